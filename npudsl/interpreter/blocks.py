"""Cutting a nest into blocks: outer temporal counters are walked one by one, inner ones and instances all at once.

A block is a box of counter values. Everything inside a block is one array operation per tensor, site and group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from .body import product_of_two
from .limits import MOST_BLOCK_ELEMENTS, MOST_BLOCKS, roughly, too_large, too_long
from .nest import Counter, Nest, Site

#: Elements of the largest array of a block, about: it should stay in the processor's cache.
BLOCK_ELEMENTS = 1 << 21

Range = tuple[int, int]


@dataclass(frozen=True)
class Block:
    """`ranges[i]`: values (first, end) of the counter with index i. `advanced`: index of the counter that advanced."""

    ranges: tuple[Range, ...]
    advanced: int | None

    def of(self, counters: Sequence[Counter]) -> tuple[Range, ...]:
        return tuple(self.ranges[c.index] for c in counters)

    def length(self, counters: Sequence[Counter]) -> int:
        return prod(self.ranges[c.index][1] - self.ranges[c.index][0] for c in counters)


@dataclass(frozen=True)
class Layout:
    """How the points of a block lie in arrays: one axis per dim, over its counters in the order `order[dim]`.

    `kept[dim]`: the first counters of that order, for dims that the output lacks: those that tell partial sums in the
    innermost memory of the output apart. The others are summed there by the operations.
    """

    order: dict[str, tuple[Counter, ...]]
    kept: dict[str, tuple[Counter, ...]]

    @staticmethod
    def of(nest: Nest) -> Layout:
        output = nest.layer.op.output
        inner = nest.transfers[output.name][-1].parent
        sweep = next((t.sweep for t in nest.transfers[output.name] if t.child == inner), None)
        order, kept = {}, {}
        for dim in nest.layer.op.dims:
            counters = nest.of_dim(dim)
            apart = [
                c
                for c in counters
                if (c.index < inner.above if c.spatial else c.index <= (-1 if sweep is None else sweep))
            ]
            if dim in output.dims:  # as the words lie in the memory: visit, instance, index
                apart.sort(key=lambda c: (c.spatial, c.index))
            order[dim] = (*apart, *(c for c in counters if c not in apart))
            kept[dim] = () if dim in output.dims else tuple(apart)
        return Layout(order, kept)


@dataclass(frozen=True)
class Plan:
    """Temporal counters with an index below `first` are walked value by value, the one at `first` by `piece` values."""

    nest: Nest
    first: int
    piece: int

    @staticmethod
    def of(nest: Nest, layout: Layout) -> Plan:
        """The largest blocks whose arrays are small enough; raises SpecError (E652) if there are none."""
        plan = Plan(nest, len(nest.counters), 1)
        if plan._elements(layout) > MOST_BLOCK_ELEMENTS:
            raise too_large(nest.layer, "too many words are used in one step")
        for counter in reversed(nest.temporal):
            wider = Plan(nest, counter.index, counter.trips)
            if wider._elements(layout) > BLOCK_ELEMENTS:
                one = Plan(nest, counter.index, 1)._elements(layout)
                piece = min(counter.trips, BLOCK_ELEMENTS // one)
                return Plan(nest, counter.index, piece) if piece > 1 else plan
            plan = wider
        return plan

    def _elements(self, layout: Layout) -> int:
        """Elements of the largest array of a block."""
        op = self.nest.layer.op

        def length(counters: Sequence[Counter]) -> int:
            return prod(self._most(c) for c in counters)

        dims = {d: length(layout.order[d]) for d in op.dims}
        sums = prod(dims[d] for d in op.output.dims) * prod(length(k) for k in layout.kept.values())
        if op.reduction != "+=" or product_of_two(op.body) is None:
            sums = prod(dims.values())
        return max(sums, *(prod(dims[d] for d in t.dims) for t in op.operands))

    def _most(self, counter: Counter) -> int:
        if counter.spatial or counter.index > self.first:
            return counter.trips
        return self.piece if counter.index == self.first else 1

    def live(self, site: Site) -> bool:
        """Whether a site keeps its tile while a block is executed."""
        return site.above <= self.first

    def blocks(self) -> Iterator[Block]:
        """The blocks in which some instance has a point, in odometer order."""
        walked = [c for c in self.nest.temporal if c.index <= self.first]
        starts = [range(0, c.trips, self.piece if c.index == self.first else 1) for c in walked]
        count = prod(len(s) for s in starts)
        if count > MOST_BLOCKS:
            raise too_long(self.nest.layer, f"it falls into {roughly(count)} blocks of steps")
        before: tuple[int, ...] | None = None
        for setting in product(*starts):
            ranges = [(0, c.trips) for c in self.nest.counters]
            corner = dict.fromkeys(self.nest.layer.op.dims, 0)
            for counter, start in zip(walked, setting, strict=True):
                step = self.piece if counter.index == self.first else 1
                ranges[counter.index] = (start, min(start + step, counter.trips))
                corner[counter.dim] += start * counter.stride
            if any(corner[d] >= bound for d, bound in self.nest.layer.bounds):
                continue
            advanced = None
            if before is not None:
                advanced = next(c.index for c, a, b in zip(walked, before, setting, strict=True) if a != b)
            yield Block(tuple(ranges), advanced)
            before = setting
