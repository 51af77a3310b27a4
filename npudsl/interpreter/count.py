"""Counting every word of a mapping: walks all visits of all sites and compares the sets of elements that move."""

from __future__ import annotations

from collections import Counter as Multiset
from collections.abc import Callable
from dataclasses import dataclass, field

from ..mapping.tally import Access, Tally
from ..spec.op import Tensor
from .nest import Nest, Site, Transfer
from .sets import Group, Tiles
from .walk import Table, Walker

Measured = list[Tiles]  # one set family per group


@dataclass
class _Book:
    """The counters, while they are being counted."""

    read: Multiset[tuple[str, str]] = field(default_factory=Multiset)
    write: Multiset[tuple[str, str]] = field(default_factory=Multiset)
    carried: Multiset[tuple[str, str]] = field(default_factory=Multiset)
    tile: dict[tuple[str, str], int] = field(default_factory=dict)


def count(nest: Nest, walker: Walker) -> Tally:
    """All counters of semantics.md; raises SpecError (E652, E653) if the nest is too large to be walked."""
    book = _Book()
    for tensor in nest.layer.op.tensors:
        home = nest.home(tensor.name)
        whole = _sum(walker, _measured(nest, _whole(tensor, home)), _per_visit)
        book.tile[_key(home)] = whole
        from_zero = whole  # words of the output that start from zero at the site above the compute unit
        for transfer in nest.transfers[tensor.name]:
            if not tensor.is_output:
                _count_operand(nest, transfer, walker, book)
            elif transfer.child.memory is not None:
                from_zero = _count_partial_sums(nest, transfer, walker, book)
            else:
                _count_results(nest, transfer, walker, book, from_zero)
    return _tally(nest, book, *_steps(nest, walker))


def _count_operand(nest: Nest, transfer: Transfer, walker: Walker, book: _Book) -> None:
    tiles = _measured(nest, transfer)
    news = [t.minus_previous(transfer.sweep) for t in tiles]
    book.read[_key(transfer.parent)] += _shared(walker, news, transfer.combining)
    if transfer.child.memory is not None:
        book.write[_key(transfer.child)] += _sum(walker, news, _per_visit)
        book.tile[_key(transfer.child)] = _most(walker, tiles)
    _carry(transfer, walker, news, 0, book)


def _count_partial_sums(nest: Nest, transfer: Transfer, walker: Walker, book: _Book) -> int:
    """Tiles of the output leave and come back; returns how many words start from zero in the child, over all visits."""
    tiles = _measured(nest, transfer)
    below = [t.united(frozenset(c.index for c in transfer.between)) for t in tiles]
    leaving = _sum(walker, tiles, _per_visit)
    written = _shared(walker, tiles, transfer.combining)
    present = _sum(walker, below, _per_visit)
    back = present - _sum(walker, [t.first_visits() for t in below], _per_visit)
    book.read[_key(transfer.child)] += leaving
    book.write[_key(transfer.parent)] += written
    book.read[_key(transfer.parent)] += written - present + back
    book.write[_key(transfer.child)] += back
    book.tile[_key(transfer.child)] = _most(walker, tiles)
    _carry(transfer, walker, tiles, back, book)
    return leaving - back


def _count_results(nest: Nest, transfer: Transfer, walker: Walker, book: _Book, from_zero: int) -> None:
    """Operations read and write the output at its innermost site, except the first read of what starts from zero."""
    tiles = _measured(nest, transfer)
    written = _shared(walker, tiles, transfer.combining)
    book.write[_key(transfer.parent)] += written
    book.read[_key(transfer.parent)] += written - from_zero
    _carry(transfer, walker, tiles, written - from_zero, book)


def _carry(transfer: Transfer, walker: Walker, words: Measured, more: int, book: _Book) -> None:
    for crossing in transfer.crossings:
        links = [link for link in crossing.array.links if link.carries(transfer.tensor.role)]
        if links:
            carried = _shared(walker, words, crossing.shared) + more
            for link in links:
                book.carried[link.name, transfer.tensor.name] += carried


def _steps(nest: Nest, walker: Walker) -> tuple[int, int]:
    """Operations, and settings of the temporal counters in which some instance has one."""
    nothing = Tensor("", "", ())
    compute = Site("", None, len(nest.counters))
    whole = Transfer(nothing, compute, compute, None, nest.temporal, nest.spatial, 0, frozenset(), ())
    present = _measured(nest, whole)
    anywhere = frozenset(c.index for c in nest.spatial)
    return _sum(walker, present, _per_visit), _shared(walker, present, anywhere)


# ---- sets of all groups, and walking over them ---------------------------------------------------


def _whole(tensor: Tensor, home: Site) -> Transfer:
    """The one visit of a home."""
    return Transfer(tensor, home, home, None, (), (), 0, frozenset(), ())


def _measured(nest: Nest, transfer: Transfer) -> Measured:
    return [Tiles.of(g, nest, transfer) for g in Group.all_of(transfer.tensor, nest.layer.op.dims)]


def _per_visit(tiles: Tiles) -> Table:
    return Table(tiles.visits, tiles.per_visit())


def _sum(walker: Walker, words: Measured, measure: Callable[[Tiles], Table]) -> int:
    counters = sorted((c for t in words for c in t.visits), key=lambda c: c.index)
    return walker.total(counters, [measure(t) for t in words])


def _shared(walker: Walker, words: Measured, over: frozenset[int]) -> int:
    """Words when instances that differ only in the counters `over` share them."""
    return _sum(walker, [t.united(over) for t in words], _per_visit)


def _most(walker: Walker, tiles: Measured) -> int:
    counters = sorted((c for t in tiles for c in t.visits), key=lambda c: c.index)
    return walker.most(counters, [Table(t.visits, t.largest()) for t in tiles])


def _key(site: Site) -> tuple[str, str]:
    return site.memory or "", site.tensor


def _tally(nest: Nest, book: _Book, points: int, steps: int) -> Tally:
    arch, tensors = nest.arch, nest.layer.op.tensors
    counts: dict[str, dict[str, Access]] = {}
    used: dict[str, int] = {}
    for memory in arch.memories:
        keys = [(memory.name, t.name) for t in tensors if (memory.name, t.name) in book.tile]
        if keys:
            counts[memory.name] = {k[1]: Access(book.read[k], book.write[k]) for k in keys}
            used[memory.name] = sum(book.tile[k] for k in keys)
    links = {
        link.name: {t.name: book.carried[link.name, t.name] for t in tensors if link.carries(t.role)}
        for array in arch.arrays
        for link in array.links
    }
    return Tally(points, steps, counts, links, used)
