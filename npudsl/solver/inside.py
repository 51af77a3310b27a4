"""What is inside a cut costs at least, for every vector of tile extents that is offered there.

A part inside needs extents that divide those offered, and leaves such as divide these to what is further in. Of each
group of dims the least of a column over all rows with the same extents is a small table; a column's least over the
whole part is their product, and costs are sums of columns. So entries of a front that are cheap outside, but leave
tiles too small to be cheap inside, or take room that is needed there, are never made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce

import numpy as np

from .families import United
from .halves import Bounds, Room
from .lattice import Lattice
from .meets import Inside
from .problem import Problem
from .rows import Task
from .sieve import Laid
from .stages import Cut, Stage

#: Products that are made at a time; bounds the memory.
CHUNK = 1 << 20
#: Costs by vectors of extents that are known of the inside of a cut at the most: some tables of 64 MB.
MOST_INSIDE = 1 << 23


@dataclass
class Insides:
    """What all that may be inside a cut costs at least, for the cuts of some stages; asked from the outermost cut
    inwards or in any other order. `rooms`: as of `Bounds`. Where vectors of extents are too many for tables only the
    least energy is known."""

    problem: Problem
    rooms: tuple[Room, ...]
    stages: Sequence[Stage]
    tick: Callable[[], None]
    _known: dict[Cut, Inside | None] = field(default_factory=dict)

    def of(self, cut: Cut) -> Inside | None:
        """None: nothing fits inside."""
        if cut not in self._known:
            lattice, costs = self.problem.lattice, 1 + len(self.rooms) + len(self.problem.loads)
            if (1 + costs) * lattice.size > MOST_INSIDE:
                self._known[cut] = Inside.coarse(min(self._energies(cut), default=np.inf))
            else:
                self._known[cut] = Inside.of(lattice, self._costs(cut), costs)
        return self._known[cut]

    def _energies(self, cut: Cut) -> Iterator[float]:
        """The least of every batch from the cut on with what is further in, whatever the extents."""
        for stage in self.stages:
            further = self.of(stage.bottom) if stage.top == cut and stage.bottom is not None else None
            if stage.top == cut and (stage.bottom is None or further is not None):
                least = (least_energy(task, [group.laid for group in groups]) for task, groups in self._laid(stage))
                yield min(least, default=np.inf) + (0.0 if further is None else further.energy)

    def _costs(self, cut: Cut) -> Iterator[np.ndarray]:
        """Of every stage from the cut on, by the extents that are offered there or that it needs."""
        for stage in self.stages:
            if stage.top == cut and stage.bottom is None:
                (needed,) = self._least(stage, left=False)
                yield needed
            elif stage.top == cut and stage.bottom is not None:
                further = self.of(stage.bottom)
                if further is not None:
                    assert further.least is not None
                    needed, left = self._least(stage, left=True)
                    needed = _with(needed, further.least.min(axis=1, keepdims=True))
                    left = _with(left, further.least)
                    yield np.maximum(*(self.problem.lattice.least_below(each) for each in (needed, left)))

    def _least(self, stage: Stage, *, left: bool) -> tuple[np.ndarray, ...]:
        """Of all parts of a stage alone, by the extents that they need; and by those that they leave."""
        problem, count = self.problem, 1 + left
        least = np.full((count, 2 + len(self.rooms) + len(problem.loads), problem.lattice.size), np.inf)
        for task, groups in self._laid(stage):
            bounds = Bounds(task, None, problem.loads, problem.pace, rooms=self.rooms)
            for mine, below in zip(least, (False, True)[:count], strict=True):
                rows = [(group.laid, group.below if below else group.laid.above) for group in groups]
                np.minimum(mine, least_costs(problem.lattice, bounds, rows), out=mine)
        return tuple(least)

    def _laid(self, stage: Stage) -> Iterator[tuple[Task, list[United]]]:
        """The sums of all batches that fit, with all rows of every group."""
        for batch in stage.batches:
            self.tick()
            laid = batch.laid()
            if laid is not None:
                yield laid


def _with(found: np.ndarray, further: np.ndarray) -> np.ndarray:
    """Costs of a part with those further in; cycles of all steps are bounded by either."""
    return np.concatenate([found[:-1] + further[:-1], np.maximum(found[-1:], further[-1:])])


def least_energy(task: Task, laid: Sequence[Laid]) -> float:
    """No rows cost less energy, whatever their extents. `task`: without tables, of which `laid` are all rows."""
    least = np.prod([rows.extremes() for rows in laid], axis=0)
    return task.constant + sum(weight * float(least[column]) for column, weight in task.energy)


def least_costs(lattice: Lattice, bounds: Bounds, groups: Sequence[tuple[Laid, np.ndarray]]) -> np.ndarray:
    """Shape (costs + 1, vectors): every cost and the cycles of the steps, infinite where no rows fit the limits.

    `bounds`: of a task without tables, nothing else counted; `groups`: all rows of each, and what each row adds to the
    flat index of a vector.
    """
    weights, constants, most = _sums(bounds)
    used = np.flatnonzero(weights.any(axis=0))
    parts = [_by_index(laid, index, used) for laid, index in groups]
    flat = reduce(np.add.outer, (index for index, _ in parts), np.zeros(1, np.int64)).ravel()
    found = np.repeat(constants[:, None], len(flat), axis=1)
    step = max(1, CHUNK // len(flat))
    for low in range(0, len(used), step):
        found += weights[:, used[low : low + step]] @ _together([least[low : low + step] for _, least in parts])
    count = len(found) - len(most)
    fits = np.flatnonzero((found[count:] <= most[:, None]).all(axis=0))
    costs = np.full((count, lattice.size), np.inf)
    costs[:, flat[fits]] = found[:count, fits]
    return costs


def _sums(bounds: Bounds) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights of all columns in every cost, in the cycles of the steps and in every limit; constants of these; the
    limits."""
    others = np.zeros((1 + len(bounds.limits), bounds.task.count))
    others[0, bounds.task.steps] = bounds.pace
    for row, (columns, weights, _) in zip(others[1:], bounds.limits, strict=True):
        np.add.at(row, columns, weights)
    constants = np.concatenate([bounds.constants, np.zeros(len(others))])
    return np.concatenate([bounds.matrix, others]), constants, np.array([bound for _, _, bound in bounds.limits])


def _by_index(laid: Laid, index: np.ndarray, used: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different indices, and of the columns `used` the least of the rows with each (the most, if falling)."""
    order = np.argsort(index, kind="stable")
    ascending = index[order]
    starts = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]]))
    values, number, falling = laid.values[:, order], laid.number[used], laid.falling[used]
    least = np.minimum.reduceat(values, starts, axis=1)[number]
    if falling.any():
        least[falling] = np.maximum.reduceat(values, starts, axis=1)[number[falling]]
    return ascending[starts], least


def _together(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Products of what groups have, shapes (columns, vectors of a group), for all combinations: (columns, all)."""
    found = np.ones((len(parts[0]), 1))
    for part in parts:
        found = (found[:, :, None] * part[:, None, :]).reshape(len(part), -1)
    return found
