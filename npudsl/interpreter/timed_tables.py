"""The movements and steps of a mapping with their cycles, as `timed_words.py` has them, at full size.

Sets are compared once per group of dims (`sets.py`), for all visits and instances; a movement's words are products of
the groups' words. Where steps are not alike (`timed_steps.py`), or instances may meet words of an output that others
had, the walk of `timed_words.py` is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from math import prod

import numpy as np

from ..mapping.resources import Loads, add, raise_to
from .nest import Counter, Transfer
from .sets import Group, Tiles
from .timed_scope import Scope
from .timed_steps import Steps
from .timed_words import EVICT, FILL, RETURN, Boundary, Move

Setting = dict[int, int]  # index of a temporal counter -> its value
Family = list[Tiles]  # one per group


@dataclass(frozen=True)
class Amount:
    """Words of a movement, in every instance that `kept` counters tell apart; added up over all others."""

    family: Family
    kept: frozenset[int]

    def tables(self) -> list[np.ndarray]:
        """Per group, shape (visits, instances)."""
        return [_table(tiles, self.kept) for tiles in self.family]


def _table(tiles: Tiles, kept: frozenset[int]) -> np.ndarray:
    shape = [c.trips for c in tiles.instances]
    dropped = tuple(1 + i for i, c in enumerate(tiles.instances) if c.index not in kept)
    return tiles.sizes().reshape(tiles.count, *shape).sum(axis=dropped).reshape(tiles.count, -1)


class Kind:
    """Movements of one kind of a transfer: how long each takes, by the setting of its visit.

    `load` makes cycles from the words of every amount, one vector over instances each. Visits whose words are the same
    in every group are computed once.
    """

    def __init__(self, amounts: Sequence[Amount], load: Callable[[list[np.ndarray]], Loads]) -> None:
        self._load = load
        self._visits = [tiles.visits for tiles in amounts[0].family]
        columns = [amount.tables() for amount in amounts]
        self._tables: list[list[np.ndarray]] = []  # per group and amount, one row per class
        self._classes: list[list[int]] = []
        for tables in zip(*columns, strict=True):
            rows, classes = np.unique(np.concatenate(tables, axis=1), axis=0, return_inverse=True)
            self._tables.append(np.split(rows, np.cumsum([t.shape[1] for t in tables])[:-1], axis=1))
            self._classes.append(classes.reshape(-1).tolist())
        self._known: dict[tuple[int, ...], Loads] = {}

    def at(self, setting: Setting) -> Loads:
        """Cycles at every resource; not to be changed."""
        key = tuple(c[_row(v, setting)] for c, v in zip(self._classes, self._visits, strict=True))
        if key not in self._known:
            self._known[key] = self._load([self._vector(a, key) for a in range(len(self._tables[0]))])
        return self._known[key]

    def _vector(self, amount: int, key: tuple[int, ...]) -> np.ndarray:
        words = np.ones(1, dtype=np.int64)
        for tables, row in zip(self._tables, key, strict=True):
            words = np.multiply.outer(words, tables[amount][row]).reshape(-1)
        return words


def _row(visits: Sequence[Counter], setting: Setting) -> int:
    row = 0
    for counter in visits:
        row = row * counter.trips + setting[counter.index]
    return row


class _Node:
    """The movements of one transfer between memories."""

    def __init__(self, scope: Scope, transfer: Transfer) -> None:
        self.scope, self.transfer = scope, transfer
        self.place = (transfer.child.memory or "", transfer.tensor.name)
        self.visits = 0
        self.leaving: Loads = {}  # of the tile that is there
        self._outer = frozenset(c.index for c in transfer.instances[: transfer.outer])
        self._every = frozenset(c.index for c in transfer.instances)
        depth = scope.nest.arch.depth
        self._outside = [
            frozenset(c.index for c in transfer.instances if depth[c.array or ""] <= depth[crossing.array.name])
            for crossing in transfer.crossings
        ]
        self._own = tuple(c.index for c in transfer.visits if c.dim in transfer.tensor.dims)
        self._before: tuple[int, ...] | None = None
        tiles = self._tiles(transfer.instances)
        if transfer.tensor.is_output:
            self._evict, self._bring = self._eviction(tiles), self._return()
        else:
            self._bring = self._fill([t.minus_previous(transfer.sweep) for t in tiles])

    def evict(self) -> Move:
        return Move(EVICT, self.place, self.visits - 1, self.leaving)

    def bring(self, setting: Setting) -> Move:
        self.visits += 1
        load = self._bring.at(setting)
        if not self.transfer.tensor.is_output:
            return Move(FILL, self.place, self.visits - 1, load)
        self.leaving = self._evict.at(setting)
        own = tuple(setting[i] for i in self._own)  # all counters that tell tiles apart
        repeats, self._before = own == self._before, own
        return Move(RETURN, self.place, self.visits - 1, load, repeats)

    # ---- kinds ------------------------------------------------------------------------------------

    def _tiles(self, instances: Sequence[Counter]) -> Family:
        nest, seen = self.scope.nest, replace(self.transfer, instances=tuple(instances))
        return [Tiles.of(g, nest, seen) for g in Group.all_of(self.transfer.tensor, nest.layer.op.dims)]

    def _fill(self, news: Family) -> Kind:
        def load(words: list[np.ndarray]) -> Loads:
            found = self._parent(words[0], np.zeros_like(words[0]))
            add(found, self._child(write=int(words[1].max())))
            add(found, self._links(words[2:]))
            return found

        read = Amount(_united(news, self.transfer.combining), self._outer)
        return Kind([read, Amount(news, self._every), *self._crossing(news)], load)

    def _eviction(self, tiles: Family) -> Kind:
        def load(words: list[np.ndarray]) -> Loads:
            written, stored = words[0], words[1]
            found = self._parent(written - stored, written)
            add(found, self._child(read=int(words[2].max())))
            add(found, self._links(words[3:]))
            return found

        below = frozenset(c.index for c in self.transfer.between)
        written = Amount(_united(tiles, self.transfer.combining), self._outer)
        stored = Amount(_united(tiles, below), self._outer)
        return Kind([written, stored, Amount(tiles, self._every), *self._crossing(tiles)], load)

    def _return(self) -> Kind:
        """Of instances that hold the same sums the first one gets them: that with all reduced counters at 0."""
        own, outer = self.transfer.tensor.dims, self._outer
        there = self._tiles([c for c in self.transfer.instances if c.index in outer or c.dim in own])
        first = [t.first_visits() for t in there]
        kept = [outer, self._every, *self._outside]

        def load(words: list[np.ndarray]) -> Loads:
            back = [all_ - new for all_, new in zip(words[::2], words[1::2], strict=True)]
            found = self._parent(back[0], np.zeros_like(back[0]))
            add(found, self._child(write=int(back[1].max())))
            add(found, self._links(back[2:]))
            return found

        return Kind([Amount(family, k) for k in kept for family in (there, first)], load)

    # ---- cycles -----------------------------------------------------------------------------------

    def _crossing(self, tiles: Family) -> list[Amount]:
        crossings = zip(self.transfer.crossings, self._outside, strict=True)
        return [Amount(_united(tiles, crossing.shared), outside) for crossing, outside in crossings]

    def _parent(self, read: np.ndarray, write: np.ndarray) -> Loads:
        load: Loads = {}
        memory, role = self.transfer.parent.memory or "", self.transfer.tensor.role
        for r, w in set(zip(read.tolist(), write.tolist(), strict=True)):
            raise_to(load, self.scope.cost.meter.memory(memory, role, read=r, write=w))
        return load

    def _child(self, read: int = 0, write: int = 0) -> Loads:
        memory, role = self.transfer.child.memory or "", self.transfer.tensor.role
        return self.scope.cost.meter.memory(memory, role, read=read, write=write)

    def _links(self, words: list[np.ndarray]) -> Loads:
        load: Loads = {}
        for crossing, of in zip(self.transfer.crossings, words, strict=True):
            for link in crossing.array.links:
                if link.carries(self.transfer.tensor.role):
                    add(load, self.scope.cost.meter.link(link.name, self.transfer.tensor.role, int(of.max())))
        return load


def _united(tiles: Family, over: frozenset[int]) -> Family:
    return [t.united(over) for t in tiles]


class Tables:
    """The boundaries of a nest; `tick` is called with every setting of the counters that change tiles."""

    def __init__(self, scope: Scope, tick: Callable[[], None] | None = None) -> None:
        self.scope, self.tick, self.nest = scope, tick, scope.nest
        self.counters = walked(scope)
        self.ticks = prod(c.trips for c in self.counters)

    @cached_property
    def steps(self) -> Steps:
        return Steps(self.scope, self.counters)

    @staticmethod
    def fit(scope: Scope) -> bool:
        """Whether steps are alike, and no instance meets a word of an output that another had before."""
        return all(len(g) == 1 for g in scope.nest.layer.op.output.groups) and Steps.fit(scope, walked(scope))

    def boundaries(self) -> Iterator[Boundary]:
        """Every boundary in order, the end included."""
        nodes = [_Node(self.scope, t) for t in self.scope.inner]
        indices = [c.index for c in self.counters]
        before: tuple[int, ...] | None = None
        for setting in product(*(range(c.trips) for c in self.counters)):
            runs = self.steps.runs(setting)
            if not runs:
                continue
            advanced = None
            if before is not None:
                advanced = next(i for i, a, b in zip(indices, before, setting, strict=True) if a != b)
            moves = tuple(_moves(nodes, dict(zip(indices, setting, strict=True)), advanced))
            for times, load in runs:
                yield Boundary(moves, load, times)
                moves = ()
            before = setting
            if self.tick is not None:
                self.tick()
        yield Boundary(tuple(n.evict() for n in reversed(nodes) if n.transfer.tensor.is_output), None)


def walked(scope: Scope) -> tuple[Counter, ...]:
    """The temporal counters with movements in front of some of their steps; those inside change no tile."""
    innermost = max((t.sweep for t in scope.inner if t.sweep is not None), default=-1)
    return tuple(c for c in scope.nest.temporal if c.index <= innermost)


def _moves(nodes: list[_Node], setting: Setting, advanced: int | None) -> Iterator[Move]:
    arriving = [n for n in nodes if n.transfer.arrives(advanced)]
    yield from (n.evict() for n in reversed(arriving) if n.transfer.tensor.is_output and n.visits)
    yield from (n.bring(setting) for n in arriving)
