"""Element sets of tiles, as arrays, per group of dims: the sets that the fast executor compares.

Dims that share no rank choose their indices independently, so a tile is the cartesian product of one set per group, in
every instance and at every visit; intersections, differences in one group and unions over instances of such products
are products again. Here the sets of one group are made from the loop counters, point by point, and compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from ..spec.op import Layer, Rank, Tensor
from .limits import MOST_SETTINGS, roughly, too_large
from .nest import Counter, Nest, Transfer


@dataclass(frozen=True)
class Group:
    """Dims that share ranks, and these ranks. A dim that the tensor lacks is a group without ranks."""

    dims: tuple[str, ...]
    ranks: tuple[Rank, ...]

    @staticmethod
    def all_of(tensor: Tensor, dims: Sequence[str]) -> tuple[Group, ...]:
        """The groups of a tensor, then every other dim by itself."""
        own = [Group(g, tuple(r for r in tensor.ranks if set(r.dims) & set(g))) for g in tensor.groups]
        return (*own, *(Group((d,), ()) for d in dims if d not in tensor.dims))

    def of(self, counters: Sequence[Counter]) -> tuple[Counter, ...]:
        return tuple(c for c in counters if c.dim in self.dims)

    def spans(self, layer: Layer) -> tuple[int, ...]:
        """Per rank how many indices lie between its smallest and its largest, both included."""
        return tuple(sum(t.coefficient * (layer.bound[t.dim] - 1) for t in r.terms) + 1 for r in self.ranks)


@dataclass(frozen=True)
class Points:
    """The points of a group with some counters free and all others at 0.

    `codes[s]`: the element (its rank indices as one number, below `radix`) that setting s of the free counters touches;
    settings in row-major order of `counters`; -1 where a dim is beyond its bound.
    """

    counters: tuple[Counter, ...]
    codes: np.ndarray
    radix: int

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(c.trips for c in self.counters)


def points(group: Group, layer: Layer, counters: Sequence[Counter]) -> Points:
    """Walk all settings of `counters` (of dims of the group); raises SpecError (E652) if they are too many."""
    shape = tuple(c.trips for c in counters)
    spans = group.spans(layer)
    if prod(shape) > MOST_SETTINGS or prod(spans) * prod(shape) >= 1 << 62:
        raise too_large(
            layer,
            f"dims that index a tensor together ({', '.join(group.dims)}) have {roughly(prod(shape))} points",
            f"the interpreter compares sets of at most {MOST_SETTINGS} points",
        )
    position = {d: np.zeros((1,) * len(shape), dtype=np.int64) for d in group.dims}
    for axis, counter in enumerate(counters):
        steps = np.arange(counter.trips, dtype=np.int64) * counter.stride
        position[counter.dim] = position[counter.dim] + steps.reshape(
            [-1 if i == axis else 1 for i in range(len(shape))]
        )
    codes = np.zeros(shape, dtype=np.int64)
    for rank, span in zip(group.ranks, spans, strict=True):
        codes = codes * span + sum(t.coefficient * position[t.dim] for t in rank.terms)
    for dim in group.dims:
        codes = np.where(position[dim] < layer.bound[dim], codes, -1)
    return Points(tuple(counters), np.broadcast_to(codes, shape).reshape(-1), prod(spans))


@dataclass(frozen=True)
class Tiles:
    """The sets of one group at every visit and in every instance of a site.

    `keys`: sorted distinct (visit * instances + instance) * radix + code. `visits`, `instances`: the group's counters.
    """

    visits: tuple[Counter, ...]
    instances: tuple[Counter, ...]
    keys: np.ndarray
    radix: int

    @staticmethod
    def of(group: Group, nest: Nest, transfer: Transfer) -> Tiles:
        """Tiles that arrive at the child: counters above it by visit and instance (0 inside the sweep), others free."""
        visits, instances = group.of(transfer.visits), group.of(transfer.instances)
        below = group.of(nest.counters[transfer.child.above :])
        found = points(group, nest.layer, (*visits, *instances, *below))
        rows = prod(c.trips for c in visits) * prod(c.trips for c in instances)
        codes = found.codes.reshape(rows, -1)
        keys = (np.arange(rows, dtype=np.int64)[:, None] * found.radix + codes)[codes >= 0]
        return Tiles(visits, instances, distinct(keys), found.radix)

    @cached_property
    def copies(self) -> int:
        """The number of instances."""
        return prod(c.trips for c in self.instances)

    @property
    def count(self) -> int:
        """The number of visits."""
        return prod(c.trips for c in self.visits)

    def with_keys(self, keys: np.ndarray) -> Tiles:
        return Tiles(self.visits, self.instances, keys, self.radix)

    def minus_previous(self, sweep: int | None) -> Tiles:
        """What each instance's tile has that its tile at the previous value of the sweeping counter had not."""
        if not self.visits or self.visits[-1].index != sweep:
            return self
        # The sweeping counter is the innermost that moves the tile: the previous visit is the row before.
        row = self.copies * self.radix
        moved = self.keys // row % self.visits[-1].trips > 0
        kept = moved & contains(self.keys, self.keys - row)
        return self.with_keys(self.keys[~kept])

    def united(self, over: frozenset[int]) -> Tiles:
        """Unions over the instances that differ only in the counters `over` (by index)."""
        rest = tuple(c for c in self.instances if c.index not in over)
        if len(rest) == len(self.instances):
            return self
        rows, codes = np.divmod(self.keys, self.radix)
        visit, instance = np.divmod(rows, self.copies)
        values = np.unravel_index(instance, [c.trips for c in self.instances])
        merged = np.zeros_like(instance)
        for value, counter in zip(values, self.instances, strict=True):
            if counter.index not in over:
                merged = merged * counter.trips + value
        keys = (visit * prod(c.trips for c in rest) + merged) * self.radix + codes
        return Tiles(self.visits, rest, distinct(keys), self.radix)

    def first_visits(self) -> Tiles:
        """Words that an instance has for the first time, visits in odometer order."""
        word = self.keys % (self.copies * self.radix)
        _, first = np.unique(word, return_index=True)  # the keys are sorted by visit: the first occurrence
        return self.with_keys(np.sort(self.keys[first]))

    def sizes(self) -> np.ndarray:
        """Words per visit and instance, shape (visits, instances)."""
        rows = np.bincount(self.keys // self.radix, minlength=self.count * self.copies)
        return rows.reshape(self.count, self.copies)

    def per_visit(self) -> np.ndarray:
        """Words per visit, over all instances; one axis per counter of `visits`."""
        return self.sizes().sum(axis=1).reshape([c.trips for c in self.visits])

    def largest(self) -> np.ndarray:
        """Words per visit in the instance that has most; one axis per counter of `visits`."""
        return self.sizes().max(axis=1).reshape([c.trips for c in self.visits])


def distinct(keys: np.ndarray) -> np.ndarray:
    """The keys sorted, each once."""
    if keys.size and not (keys[1:] > keys[:-1]).all():
        return np.unique(keys)
    return keys


def contains(keys: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which of `wanted` are among the sorted `keys`."""
    if not keys.size:
        return np.zeros(wanted.shape, dtype=bool)
    place = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return keys[place] == wanted
