"""Walking every visit of a site: what happens at a visit is read from one table per group of dims.

A visit's words form a cartesian product, so their number is the product of the sizes of the groups' sets *at this
visit*; the visits are walked in odometer order, a run of inner settings at a time as one vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import prod

import numpy as np

from ..spec.op import Layer
from .limits import MOST_VISITS, roughly, too_long
from .nest import Counter

#: Visits that one vector holds, about.
RUN = 1 << 14
#: Elements of all vectors of one group that are remembered.
REMEMBERED = 1 << 21
#: Kinds of runs whose sums are remembered.
REMEMBERED_RUNS = 1 << 16


@dataclass(frozen=True)
class Table:
    """Words of one group at every setting of its visit counters: one axis per counter, in nest order."""

    counters: tuple[Counter, ...]
    words: np.ndarray


@dataclass(frozen=True)
class Course:
    """How the visits are walked: `shape[i]` values of each counter `order[i]`; the first `outer` one by one.

    A counter that alone is too long for a vector is cut: (its value // `piece`, its value % `piece`) are walked as two.
    """

    shape: tuple[int, ...]
    order: tuple[int, ...]
    outer: int
    cut: int | None
    piece: int

    @staticmethod
    def over(counters: Sequence[Counter]) -> Course:
        shape: list[int] = []
        order: list[int] = []
        cut, piece, run = None, 1, 1
        rest = list(counters)
        while rest and run < RUN // 4:
            counter = rest.pop()
            room = max(2, RUN // run)
            if counter.trips > room:
                cut, piece = counter.index, room
                shape[:0], order[:0] = [-(-counter.trips // room), room], [counter.index, counter.index]
                run *= room
                return Course._joined(rest, shape, order, 1, cut, piece)
            shape.insert(0, counter.trips)
            order.insert(0, counter.index)
            run *= counter.trips
        return Course._joined(rest, shape, order, 0, cut, piece)

    @staticmethod
    def _joined(
        rest: list[Counter], shape: list[int], order: list[int], more: int, cut: int | None, piece: int
    ) -> Course:
        shape = [c.trips for c in rest] + shape
        return Course(tuple(shape), (*(c.index for c in rest), *order), len(rest) + more, cut, piece)

    @property
    def visits(self) -> int:
        return prod(self.shape)


class _Reader:
    """One group's table along a course: for an outer setting the vector over the inner ones."""

    def __init__(self, table: Table, course: Course) -> None:
        words = table.words.astype(np.int64)
        own: list[int] = []
        for axis, counter in enumerate(table.counters):
            if counter.index == course.cut:
                words = _split(words, axis, course.piece)
            own += [i for i, index in enumerate(course.order) if index == counter.index]
        # A cut counter gives two axes; nest order holds for both, so `own` fits the axes of `words`.
        self.outer = tuple(i for i in own if i < course.outer)
        inner = [course.shape[i] if i in own else 1 for i in range(course.outer, len(course.shape))]
        self._words = words.reshape([course.shape[i] for i in self.outer] + inner)
        self._inner = course.shape[course.outer :]
        self.scalar = prod(inner) == 1
        self._most = REMEMBERED // prod(self._inner)
        self._seen: dict[tuple[int, ...], np.ndarray] = {}

    def key(self, setting: tuple[int, ...]) -> tuple[int, ...]:
        """What the vector depends on."""
        return tuple(setting[i] for i in self.outer)

    def at(self, setting: tuple[int, ...]) -> np.ndarray:
        key = self.key(setting)
        found = self._seen.get(key)
        if found is None:
            found = self._words[key]
            found = found.reshape(()) if self.scalar else np.broadcast_to(found, self._inner).reshape(-1)
            if len(self._seen) < self._most:
                self._seen[key] = found
        return found


def _split(words: np.ndarray, axis: int, piece: int) -> np.ndarray:
    """The axis as two: pieces, values in a piece; the values that fill up the last piece hold no words."""
    missing = -words.shape[axis] % piece
    padding = [(0, missing if i == axis else 0) for i in range(words.ndim)]
    words = np.pad(words, padding)
    return words.reshape((*words.shape[:axis], -1, piece, *words.shape[axis + 1 :]))


@dataclass
class Walker:
    """Walks visits; gives up with SpecError (E653) when `left` visits are used up. `tick` is called now and then."""

    layer: Layer
    tick: Callable[[], None] | None = None
    left: int = MOST_VISITS

    def total(self, counters: Sequence[Counter], tables: Sequence[Table]) -> int:
        """The sum over all visits."""
        return sum(self._runs(counters, tables, lambda words: int(words.sum())))

    def most(self, counters: Sequence[Counter], tables: Sequence[Table]) -> int:
        """The maximum over all visits."""
        return max(self._runs(counters, tables, lambda words: int(words.max())), default=0)

    def _runs(
        self, counters: Sequence[Counter], tables: Sequence[Table], summary: Callable[[np.ndarray], int]
    ) -> Iterator[int]:
        """Words per visit, a run of visits at a time, as `summary` puts them into one number.

        Groups that do not change within a run scale it; the run of all others is summed up once for each of its kinds.
        """
        course = Course.over(counters)
        self._pay(course.visits)
        readers = [_Reader(t, course) for t in tables]
        scalars, vectors = [r for r in readers if r.scalar], [r for r in readers if not r.scalar]
        one = np.ones(1 if vectors else prod(course.shape[course.outer :]), dtype=np.int64)
        known: dict[tuple[tuple[int, ...], ...], int] = {}
        for setting in product(*map(range, course.shape[: course.outer])):
            kind = tuple(r.key(setting) for r in vectors)
            found = known.get(kind)
            if found is None:
                found = summary(reduce(np.multiply, (r.at(setting) for r in vectors), one))
                if len(known) < REMEMBERED_RUNS:
                    known[kind] = found
            yield found * prod(int(r.at(setting)) for r in scalars)
            if self.tick is not None:
                self.tick()

    def _pay(self, visits: int) -> None:
        self.left -= visits
        if self.left < 0:
            raise too_long(
                self.layer,
                f"a tile is visited {roughly(visits)} times",
                f"the interpreter walks at most {MOST_VISITS} visits: larger tiles or more parallel units need fewer",
            )
