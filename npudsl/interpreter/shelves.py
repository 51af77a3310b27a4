"""Where words lie: the words of all visits and instances of a site, one array axis per group of dims.

A site's array has an axis per group of its tensor; the places along an axis are the group's (visit, instance, word) in
this order, so that the visits of a block are a slice. Copies of an operand's word in instances that only differ in dims
that the tensor lacks are equal and stored once. Index arrays say from which place of the parent's array a word comes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from .blocks import Block, Layout, Range
from .nest import Counter, Nest, Transfer
from .sets import Group, Tiles, points

#: Index arrays of different blocks that are remembered per group and transfer.
REMEMBERED = 256

K = TypeVar("K")
V = TypeVar("V")


class Shelf:
    """One axis of a site: the words of one group."""

    def __init__(self, group: Group, nest: Nest, transfer: Transfer) -> None:
        self.group = group
        self.tiles = Tiles.of(group, nest, transfer)
        self._parts: dict[tuple[Range, ...], slice] = {}

    @property
    def row_counters(self) -> tuple[Counter, ...]:
        return (*self.tiles.visits, *self.tiles.instances)

    def part(self, block: Block) -> slice:
        """The places of the visits in a block."""
        key = block.of(self.tiles.visits)
        if key not in self._parts:
            first = last = 0
            for counter, (start, stop) in zip(self.tiles.visits, key, strict=True):
                first, last = first * counter.trips + start, last * counter.trips + stop - 1
            words = self.tiles.copies * self.tiles.radix
            low, high = np.searchsorted(self.tiles.keys, [first * words, (last + 1) * words])
            self._parts[key] = slice(int(low), int(high))
        return self._parts[key]

    def places(self, rows: np.ndarray, codes: np.ndarray) -> np.ndarray:
        """The places of words given as row (visit and instance) and code; they must be there."""
        keys = rows * self.tiles.radix + codes
        found = np.searchsorted(self.tiles.keys, keys)
        if not np.array_equal(self.tiles.keys[np.minimum(found, self.tiles.keys.size - 1)], keys):
            raise AssertionError("a memory was asked for a word that it does not hold")
        return found


def restrict(rows: np.ndarray, counters: Sequence[Counter], to: Sequence[Counter]) -> np.ndarray:
    """Settings of `counters` (row-major numbers) as settings of some of them."""
    values = np.unravel_index(rows, [c.trips for c in counters]) if counters else ()
    by_index = {c.index: v for c, v in zip(counters, values, strict=True)}
    result = np.zeros_like(rows)
    for counter in to:
        result = result * counter.trips + by_index[counter.index]
    return result


@dataclass(frozen=True)
class Intake:
    """How the words of a block come: `received` places in the parent's slice; `spread`: per place of the child which of
    the received words lies there (None: each received word lies in its own place)."""

    received: np.ndarray
    spread: np.ndarray | None


@dataclass(frozen=True)
class Slide:
    """How a tile slides: places (in the child's slice) and origins of words that stay and of words that come."""

    kept: np.ndarray
    kept_from: np.ndarray
    new: np.ndarray
    new_from: np.ndarray


@dataclass(frozen=True)
class Merge:
    """Values along an axis that meet in places: take `order` (None: all), combine runs from `starts` (None: single)."""

    order: np.ndarray | None
    starts: np.ndarray | None
    targets: np.ndarray

    @staticmethod
    def of(places: np.ndarray) -> Merge:
        """Of values that go to `places`; those with -1 do not exist."""
        there = np.flatnonzero(places >= 0)
        order = there[np.argsort(places[there], kind="stable")]
        targets, starts = np.unique(places[order], return_index=True)
        in_place = order.size == places.size and bool((order[1:] > order[:-1]).all())
        single = starts.size == order.size
        return Merge(None if in_place else order, None if single else starts, targets)

    def apply(self, array: np.ndarray, axis: int, combine: np.ufunc) -> np.ndarray:
        if self.order is not None:
            array = array.take(self.order, axis=axis)
        return array if self.starts is None else combine.reduceat(array, self.starts, axis=axis)


class Gate:
    """One group's passage between the shelves of a parent and a child site."""

    def __init__(self, parent: Shelf, child: Shelf, transfer: Transfer) -> None:
        self.parent, self.child = parent, child
        visits = child.tiles.visits
        self._sweep = visits[-1] if visits and visits[-1].index == transfer.sweep else None
        rows, codes = np.divmod(child.tiles.keys, child.tiles.radix)
        self.source = parent.places(restrict(rows, child.row_counters, parent.row_counters), codes)
        self._intakes: dict[tuple[Range, ...], Intake] = {}
        self._merges: dict[tuple[Range, ...], Merge] = {}

    def _from(self, block: Block) -> np.ndarray:
        """Per place of the child's slice the place in the parent's slice."""
        return self.source[self.child.part(block)] - self.parent.part(block).start

    @cached_property
    def _previous(self) -> np.ndarray:
        """Per place the same word's place in the same instance at the previous value of the sweeping counter, or -1."""
        tiles = self.child.tiles
        if self._sweep is None:
            return np.full(tiles.keys.shape, -1, dtype=np.int64)
        back = tiles.copies * tiles.radix
        moved = tiles.keys // back % self._sweep.trips > 0
        found = np.searchsorted(tiles.keys, tiles.keys - back)
        return np.where(moved & (tiles.keys[found] == tiles.keys - back), found, -1)

    def intake(self, block: Block) -> Intake:
        """For the sites whose visits lie within the block: what stays in an instance comes from its previous visit."""
        key = block.of(self.child.tiles.visits)
        if key in self._intakes:
            return self._intakes[key]
        part, source = self.child.part(block), self._from(block)
        origin = self._previous[part] - part.start
        place = np.arange(source.size)
        new = origin < 0
        origin = np.where(new, place, origin)
        while not new[origin].all():  # a word may have stayed for several visits
            origin = origin[origin]
        intake = Intake(source, None) if new.all() else Intake(source[new], (np.cumsum(new) - 1)[origin])
        return _remember(self._intakes, key, intake)

    def slide(self, block: Block, before: slice) -> Slide:
        """For sites that keep their tile during blocks: from the tile at `before` to that of the block."""
        part, source = self.child.part(block), self._from(block)
        previous = self._previous[part]
        stays = (previous >= before.start) & (previous < before.stop)
        kept, new = np.flatnonzero(stays), np.flatnonzero(~stays)
        return Slide(kept, previous[kept] - before.start, new, source[new])

    def merge(self, block: Block) -> Merge:
        """Where partial sums of the child's slice go in the parent's slice."""
        key = block.of(self.child.tiles.visits)
        if key in self._merges:
            return self._merges[key]
        return _remember(self._merges, key, Merge.of(self._from(block)))

    def holders(self, block: Block) -> np.ndarray:
        """Places in the child's slice of the first instance below each parent instance that has the word."""
        _, first = np.unique(self._from(block), return_index=True)
        return np.sort(first)

    @cached_property
    def _first(self) -> np.ndarray:
        """Whether a parent instance meets the word at this visit for the first time, per place."""
        tiles = self.child.tiles
        rows, codes = np.divmod(tiles.keys, tiles.radix)
        visit = rows // tiles.copies
        parents = restrict(rows, self.child.row_counters, self.parent.tiles.instances)
        words = parents * tiles.radix + codes
        _, first, word = np.unique(words, return_index=True, return_inverse=True)
        return visit == visit[first][word]

    def fresh(self, block: Block) -> np.ndarray:
        return self._first[self.child.part(block)]


class Desk:
    """One group at the operations: which place of the innermost site each point of a block uses."""

    def __init__(self, shelf: Shelf, nest: Nest, layout: Layout) -> None:
        self._counters = shelf.group.of(nest.counters)
        self._shelf = shelf
        arranged = [c for d in shelf.group.dims for c in layout.order[d]]
        self._order = [self._counters.index(c) for c in arranged]
        found = points(shelf.group, nest.layer, self._counters)
        rows = restrict(np.arange(found.codes.size), self._counters, shelf.row_counters)
        exists = found.codes >= 0
        self._places = np.full(found.codes.shape, -1, dtype=np.int64)
        self._places[exists] = shelf.places(rows[exists], found.codes[exists])
        self._places = self._places.reshape(found.shape)
        self._uses: dict[tuple[Range, ...], np.ndarray] = {}
        self._merges: dict[tuple[Range, ...], Merge] = {}

    def uses(self, block: Block) -> np.ndarray:
        """Places in the innermost site's slice, -1 where there is no point; flattened from one axis per dim."""
        key = block.of(self._counters)
        if key in self._uses:
            return self._uses[key]
        places = self._places[tuple(slice(a, b) for a, b in key)].transpose(self._order).reshape(-1)
        places = np.where(places < 0, -1, places - self._shelf.part(block).start)
        return _remember(self._uses, key, places)

    def merge(self, block: Block) -> Merge:
        key = block.of(self._counters)
        if key in self._merges:
            return self._merges[key]
        return _remember(self._merges, key, Merge.of(self.uses(block)))


def _remember(seen: dict[K, V], key: K, value: V) -> V:
    if len(seen) < REMEMBERED:
        seen[key] = value
    return value
