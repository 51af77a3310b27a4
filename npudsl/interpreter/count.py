"""Counting every word of a mapping: walks all visits of all sites and compares the sets of elements that move."""

from __future__ import annotations

from collections.abc import Callable

from ..mapping.tally import Tally
from ..spec.op import Tensor
from .ledger import Ledger
from .nest import Nest, Site, Transfer
from .sets import Group, Tiles
from .walk import Table, Walker

Measured = list[Tiles]  # one set family per group


def count(nest: Nest, walker: Walker) -> Tally:
    """All counters of semantics.md; raises SpecError (E652, E653) if the nest is too large to be walked."""
    ledger = Ledger()
    for tensor in nest.layer.op.tensors:
        home = nest.home(tensor.name)
        whole = _sum(walker, _measured(nest, _whole(tensor, home)), _per_visit)
        ledger.hold(home, whole)
        from_zero = whole  # words of the output that start from zero at the site above the compute unit
        for transfer in nest.transfers[tensor.name]:
            if not tensor.is_output:
                _count_operand(nest, transfer, walker, ledger)
            elif transfer.child.memory is not None:
                from_zero = _count_partial_sums(nest, transfer, walker, ledger)
            else:
                _count_results(nest, transfer, walker, ledger, from_zero)
    return ledger.tally(nest, *_steps(nest, walker))


def _count_operand(nest: Nest, transfer: Transfer, walker: Walker, ledger: Ledger) -> None:
    tiles = _measured(nest, transfer)
    news = [t.minus_previous(transfer.sweep) for t in tiles]
    ledger.read[transfer.parent] += _shared(walker, news, transfer.combining)
    if transfer.child.memory is not None:
        ledger.write[transfer.child] += _sum(walker, news, _per_visit)
        ledger.hold(transfer.child, _most(walker, tiles))
    _carry(transfer, walker, news, 0, ledger)


def _count_partial_sums(nest: Nest, transfer: Transfer, walker: Walker, ledger: Ledger) -> int:
    """Tiles of the output leave and come back; returns how many words start from zero in the child, over all visits."""
    tiles = _measured(nest, transfer)
    below = [t.united(frozenset(c.index for c in transfer.between)) for t in tiles]
    leaving = _sum(walker, tiles, _per_visit)
    written = _shared(walker, tiles, transfer.combining)
    present = _sum(walker, below, _per_visit)
    back = present - _sum(walker, [t.first_visits() for t in below], _per_visit)
    ledger.read[transfer.child] += leaving
    ledger.write[transfer.parent] += written
    ledger.read[transfer.parent] += written - present + back
    ledger.write[transfer.child] += back
    ledger.hold(transfer.child, _most(walker, tiles))
    _carry(transfer, walker, tiles, back, ledger)
    return leaving - back


def _count_results(nest: Nest, transfer: Transfer, walker: Walker, ledger: Ledger, from_zero: int) -> None:
    """Operations read and write the output at its innermost site, except the first read of what starts from zero."""
    tiles = _measured(nest, transfer)
    written = _shared(walker, tiles, transfer.combining)
    ledger.write[transfer.parent] += written
    ledger.read[transfer.parent] += written - from_zero
    _carry(transfer, walker, tiles, written - from_zero, ledger)


def _carry(transfer: Transfer, walker: Walker, words: Measured, more: int, ledger: Ledger) -> None:
    for crossing in transfer.crossings:
        if any(link.carries(transfer.tensor.role) for link in crossing.array.links):
            ledger.carry(transfer, crossing, _shared(walker, words, crossing.shared) + more)


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
