"""Memories with real contents: operands that are filled, partial sums that leave, meet and come back.

Sites that keep their tile during a block (live ones) hold an array that follows the movement rule from block to block.
Sites whose visits lie within a block hold all these visits as axes of one array; there the partial sums of a word's
visits are combined in one go, since each visit starts from what the one before has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from ..spec.op import Tensor
from .blocks import Block, Layout, Plan
from .limits import MOST_BLOCK_ELEMENTS, roughly, too_large
from .nest import Counter, Nest, Site, Transfer
from .operations import KEPT, SUMMED, Labelled
from .sets import Group
from .shelves import Desk, Gate, Shelf


class Chain:
    """The sites of one tensor with their shelves, and the passages between them."""

    def __init__(self, tensor: Tensor, plan: Plan, layout: Layout) -> None:
        nest = plan.nest
        self.tensor, self.plan, self.layout = tensor, plan, layout
        self.groups = Group.all_of(tensor, tensor.dims)
        self.transfers = [t for t in nest.transfers[tensor.name] if t.child.memory is not None]
        self.home = nest.home(tensor.name)
        arrival = {t.child: t for t in self.transfers} | {self.home: _standing(tensor, self.home)}
        self.shelves = {site: [Shelf(g, nest, t) for g in self.groups] for site, t in arrival.items()}
        self.gates = {
            t.child: [Gate(*pair, t) for pair in zip(self.shelves[t.parent], self.shelves[t.child], strict=True)]
            for t in self.transfers
        }
        self.inner = self.transfers[-1].child if self.transfers else self.home
        self.desks = [Desk(shelf, nest, layout) for shelf in self.shelves[self.inner]]
        self.contents: dict[Site, np.ndarray] = {}

    @property
    def axes(self) -> tuple[str, ...]:
        """The tensor's dims as the axes of a block's points."""
        return tuple(d for g in self.groups for d in g.dims)

    def shape(self, site: Site, block: Block) -> list[int]:
        """Words of a site along each axis; raises SpecError (E652) if all instances together hold too many."""
        parts = [shelf.part(block) for shelf in self.shelves[site]]
        sizes = [p.stop - p.start for p in parts]
        if prod(sizes) > MOST_BLOCK_ELEMENTS:
            raise too_large(
                self.plan.nest.layer,
                f"all instances of `{site.memory}` together hold {roughly(prod(sizes))} words of `{site.tensor}`",
            )
        return sizes


def _standing(tensor: Tensor, home: Site) -> Transfer:
    return Transfer(tensor, home, home, None, (), (), 0, frozenset(), ())


# ---- operands -----------------------------------------------------------------------------------


class Operand:
    """The words of an operand in all memories. Starts with `home`, the whole tensor, one axis per group."""

    def __init__(self, chain: Chain, home: np.ndarray) -> None:
        self.chain = chain
        chain.contents[chain.home] = home
        self._held: dict[Site, list[slice]] = {}

    def move(self, block: Block) -> None:
        """Fill the live sites whose tiles arrive with this block, outermost first."""
        for transfer in self.chain.transfers:
            if self.chain.plan.live(transfer.child) and transfer.arrives(block.advanced):
                self._fill(transfer, block)

    def _fill(self, transfer: Transfer, block: Block) -> None:
        chain, site = self.chain, transfer.child
        words = chain.contents[transfer.parent]
        slides = transfer.slides(block.advanced)
        shape = chain.shape(site, block)
        for axis, gate in enumerate(chain.gates[site]):
            swept = slides and transfer.sweep in {c.index for c in gate.child.tiles.visits}
            if swept:
                slide, swept_axis = gate.slide(block, self._held[site][axis]), axis
                words = words.take(slide.new_from, axis=axis)
            else:
                words = words.take(gate.intake(block).received, axis=axis)
        if slides:
            stayed = chain.contents[site].take(slide.kept_from, axis=swept_axis)
            new = words
            words = np.empty(shape, dtype=new.dtype)
            words[_at(swept_axis, slide.kept)] = stayed
            words[_at(swept_axis, slide.new)] = new
        chain.contents[site] = words
        self._held[site] = [shelf.part(block) for shelf in chain.shelves[site]]

    def present(self, block: Block) -> Labelled:
        """What the operations of the block read, through the sites within the block; zero where there is no point."""
        chain = self.chain
        live = [t.child for t in chain.transfers if chain.plan.live(t.child)]
        words = chain.contents[live[-1] if live else chain.home]
        for transfer in chain.transfers:
            if chain.plan.live(transfer.child):
                continue
            for axis, gate in enumerate(chain.gates[transfer.child]):
                intake = gate.intake(block)
                words = _gather(words, intake.received, axis)
                if intake.spread is not None:
                    words = words.take(intake.spread, axis=axis)
        for axis, desk in enumerate(chain.desks):
            words = self._used(words, desk.uses(block), axis)
        return self._labelled(words, block)

    def _used(self, words: np.ndarray, places: np.ndarray, axis: int) -> np.ndarray:
        nowhere = places < 0
        if not nowhere.any():
            return _gather(words, places, axis)
        words = words.take(np.where(nowhere, 0, places), axis=axis)
        words[_at(axis, np.flatnonzero(nowhere))] = 0
        return words

    def _labelled(self, words: np.ndarray, block: Block) -> Labelled:
        layout, shape, labels = self.chain.layout, [], []
        for dim in self.chain.axes:
            whole = block.length(layout.order[dim])
            kept = whole if dim in self.chain.plan.nest.layer.op.output.dims else block.length(layout.kept[dim])
            shape += [kept, whole // kept]
            labels += [(dim, KEPT), (dim, SUMMED)]
        return Labelled(words.reshape(shape), tuple(labels))


# ---- the output ---------------------------------------------------------------------------------


class Output:
    """Partial sums of the output in all memories. Arrays: an axis for instances on reduced dims, then the groups'."""

    def __init__(self, chain: Chain, nest: Nest, combine: np.ufunc, zero: float, dtype: np.dtype) -> None:
        self.chain, self.nest = chain, nest
        self.combine, self.zero, self.dtype = combine, zero, dtype
        self._held: dict[Site, Block] = {}
        home = [shelf.tiles.keys.size for shelf in chain.shelves[chain.home]]
        chain.contents[chain.home] = np.full([1, *home], zero, dtype=dtype)

    def _reduced(self, site: Site, since: int = 0) -> list[Counter]:
        """Counters above a site that tell instances with partial sums of the same words apart."""
        dims = self.chain.tensor.dims
        return [c for c in self.nest.spatial if since <= c.index < site.above and c.dim not in dims]

    def move(self, block: Block) -> None:
        """Let the tiles of live sites that are no longer wanted leave, innermost first, and new ones come."""
        moving = [t for t in self.chain.transfers if self.chain.plan.live(t.child) and t.arrives(block.advanced)]
        for transfer in reversed(moving):
            if transfer.child in self._held:
                self._leave(transfer)
        for transfer in moving:
            self._come(transfer, block)

    def finish(self) -> np.ndarray:
        """Everything leaves; the contents of the home, one axis per group."""
        for transfer in reversed(self.chain.transfers):
            if transfer.child in self._held:
                self._leave(transfer)
        return self.chain.contents[self.chain.home][0]

    def _leave(self, transfer: Transfer) -> None:
        """Partial sums of a tile meet on the way out, and are written to the parent or combined with what it has."""
        chain, block = self.chain, self._held.pop(transfer.child)
        sums = chain.contents[transfer.child]
        outer = self._instances(transfer.parent)
        sums = self.combine.reduce(sums.reshape(outer, -1, *sums.shape[1:]), axis=1)
        merges = [gate.merge(block) for gate in chain.gates[transfer.child]]
        for axis, merge in enumerate(merges):
            sums = merge.apply(sums, axis + 1, self.combine)
        self._put(transfer.parent, [m.targets for m in merges], sums)

    def _come(self, transfer: Transfer, block: Block) -> None:
        """Words that the parent received before are taken out of it and given to the first instance that has them."""
        chain, site = self.chain, transfer.child
        tile = np.full([self._instances(site), *chain.shape(site, block)], self.zero, dtype=self.dtype)
        chain.contents[site], self._held[site] = tile, block
        gates = chain.gates[site]
        holders = [gate.holders(block) for gate in gates]
        sources = [gate.intake(block).received[h] for gate, h in zip(gates, holders, strict=True)]
        parent = chain.contents[transfer.parent]
        known = self._known(transfer, block, [gate.fresh(block)[h] for gate, h in zip(gates, holders, strict=True)])
        if not known.any():
            return
        outer = self._instances(transfer.parent)
        first = np.arange(outer) * (self._instances(site) // outer)  # the first of each parent's instances
        there = np.ix_(np.arange(outer), *sources)
        words = parent[there]
        tile[np.ix_(first, *holders)] = np.where(known, words, self.zero)
        parent[there] = np.where(known, self.zero, words)

    def _known(self, transfer: Transfer, block: Block, fresh: Sequence[np.ndarray]) -> np.ndarray:
        """Which words the parent instance has received before, one axis per group."""
        new = np.ones((), dtype=bool)
        for flags in fresh:
            new = np.logical_and.outer(new, flags)
        reduced = [c for c in transfer.visits if c.dim not in self.chain.tensor.dims]
        return ~new if all(block.ranges[c.index][0] == 0 for c in reduced) else np.ones_like(new)

    def _instances(self, site: Site) -> int:
        count = 1
        for counter in self._reduced(site):
            count *= counter.trips
        return count

    def collect(self, partial: Labelled, block: Block) -> None:
        """Partial sums of a block go into the innermost site, and from there out to the first live one."""
        chain, plan = self.chain, self.chain.plan
        sums, kept = self._arranged(partial, block)
        merges = [desk.merge(block) for desk in chain.desks]
        site, transfers = chain.inner, list(chain.transfers)
        while True:
            for axis, merge in enumerate(merges):
                sums = merge.apply(sums, len(kept) + axis, self.combine)
            if plan.live(site):
                break
            transfer = transfers.pop()
            leaving = [c for c in kept if c.index >= transfer.parent.above]
            sums = self.combine.reduce(sums, axis=tuple(range(len(kept) - len(leaving), len(kept))))
            kept = kept[: len(kept) - len(leaving)]
            merges, site = [gate.merge(block) for gate in chain.gates[site]], transfer.parent
        self._put(site, [m.targets for m in merges], sums.reshape(-1, *sums.shape[len(kept) :]))

    def _arranged(self, partial: Labelled, block: Block) -> tuple[np.ndarray, list[Counter]]:
        """Axes: first every counter along which partial sums are apart, in nest order, then the groups' points."""
        chain, layout = self.chain, self.chain.layout
        dims = [d for d in self.nest.layer.op.dims if d not in chain.tensor.dims]
        sums = partial.shaped([(d, KEPT) for d in (*dims, *chain.axes)])
        counters = [c for d in dims for c in layout.kept[d]]
        words = sums.shape[len(dims) :]
        sums = sums.reshape([block.length([c]) for c in counters] + list(words))
        apart = sorted((c for c in counters if c.spatial or c.index >= chain.plan.first), key=lambda c: c.index)
        walked = tuple(i for i, c in enumerate(counters) if c not in apart)
        order = [counters.index(c) for c in apart]
        sums = sums.transpose([*walked, *order, *range(len(counters), sums.ndim)])
        sums = sums.reshape(sums.shape[len(walked) :])
        if len(chain.axes) > len(chain.groups):
            points = [block.length([c for d in g.dims for c in layout.order[d]]) for g in chain.groups]
            sums = sums.reshape([*sums.shape[: len(apart)], *points])
        return sums, apart

    def _put(self, site: Site, targets: Sequence[np.ndarray], sums: np.ndarray) -> None:
        held = self.chain.contents[site]
        where = _box([np.arange(sums.shape[0]), *targets])
        held[where] = self.combine(held[where], sums)


# ---- index helpers ------------------------------------------------------------------------------


def _run(places: np.ndarray) -> slice | None:
    """The places as a slice, if they follow each other."""
    if places.size and places[-1] - places[0] == places.size - 1 and bool((np.diff(places) == 1).all()):
        return slice(int(places[0]), int(places[-1]) + 1)
    return None


def _at(axis: int, places: np.ndarray) -> tuple[slice | np.ndarray, ...]:
    return (*(slice(None),) * axis, _run(places) or places)


def _gather(words: np.ndarray, places: np.ndarray, axis: int) -> np.ndarray:
    run = _run(places)
    return words.take(places, axis=axis) if run is None else words[(*(slice(None),) * axis, run)]


def _box(places: Sequence[np.ndarray]) -> tuple[slice | np.ndarray, ...]:
    """An index of the cartesian product of places, by slices where possible: they do not copy."""
    runs = [_run(p) for p in places]
    if sum(r is None for r in runs) > 1:
        return np.ix_(*places)
    return tuple(p if r is None else r for r, p in zip(runs, places, strict=True))
