"""The rows of all groups gathered into two halves, pruned by bounds on what the other groups can add."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import combinations
from math import log

import numpy as np

from .fronts import Front
from .goal import Incumbent
from .latency import Load
from .meets import Inside
from .rows import Table, Task

#: What adding up in another order may change, relative: parts inside are not added up by what is known of them here.
ROUNDING = 1e-12
#: What is shared by nodes of several parts, and how large it is, in bits.
Room = tuple[str, float]


@dataclass(frozen=True)
class Half:
    """Combinations of rows of some groups: `values` (columns, n) products, indices as in `Table`, `picks` (groups,
    n)."""

    groups: tuple[int, ...]
    values: np.ndarray
    above: np.ndarray
    below: np.ndarray
    picks: np.ndarray

    @property
    def size(self) -> int:
        return self.values.shape[1]

    def select(self, rows: np.ndarray) -> Half:
        return Half(self.groups, self.values[:, rows], self.above[rows], self.below[rows], self.picks[:, rows])


@dataclass(frozen=True)
class Found:
    """Combinations of rows with what they cost in this part, shape (costs, n), with their steps and the flat index of
    the extents that they need at the top; `below`: of those that they leave at the bottom. `picks`: of some of them
    the rows, shape (groups, some)."""

    costs: np.ndarray
    steps: np.ndarray
    above: np.ndarray
    below: np.ndarray
    picks: Callable[[np.ndarray], np.ndarray]

    def select(self, some: np.ndarray) -> Found:
        """Some of them."""
        costs, steps, above, below = self.costs[:, some], self.steps[some], self.above[some], self.below[some]
        return Found(costs, steps, above, below, lambda which: self.picks(some[which]))


class Bounds:
    """Bounds for combinations of some groups' rows: what all other groups contribute at least (at most, where
    negative).

    A cost is energy, then what is taken of each of `rooms` (what, size), in bits, then each of `loads`, in cycles.
    `outer`: for every vector of extents the least cost outside this part of any mapping that offers them, shape
    (costs, vectors), `meets` the same for sets of rows (None: nothing is outside); `inside`: what is further inside
    than this part (None: nothing); `pace`: cycles of a step; `least_cycles`: no mapping takes fewer. `matrix`: the
    weights of all columns in every cost, shape (costs, columns). `shared`, `timed`: which costs are rooms and loads,
    the latter with the cycles of all steps where these stand behind them.
    """

    def __init__(
        self,
        task: Task,
        outer: Front | None,
        loads: tuple[Load, ...] = (),
        pace: float = 1.0,
        least_cycles: float = 0.0,
        inside: Inside | None = None,
        rooms: tuple[Room, ...] = (),
    ):
        self.task, self.pace, self.least_cycles = task, pace, least_cycles
        self.outer = None if outer is None else outer.least
        self.meets = None if outer is None else outer.meets
        self.inside = None if inside is None else inside.more
        least = 0.0 if inside is None else inside.energy
        sums = [(task.energy, task.constant + least), *((task.rooms.get(what, ()), 0.0) for what, _ in rooms)]
        sums += [task.loads.get(load, ((), 0.0)) for load in loads]
        self.shared, self.timed, self.loaded = slice(1, 1 + len(rooms)), slice(1 + len(rooms), None), len(loads) > 0
        self.sizes = np.array([size for _, size in rooms])
        self.columns = [np.array([c for c, _ in weights], dtype=int) for weights, _ in sums]
        self.weights = [np.array([w for _, w in weights]) for weights, _ in sums]
        self.constants = np.array([constant for _, constant in sums])
        self.matrix = np.zeros((len(sums), task.count))
        for row, columns, mine in zip(self.matrix, self.columns, self.weights, strict=True):
            np.add.at(row, columns, mine)
        self.limits = [
            (np.array([c for c, _ in weights], dtype=int), np.array([w for _, w in weights]), bound)
            for weights, bound in task.limits
        ]
        self.extremes = np.array([t.extremes(task.falling) for t in task.tables]).reshape(len(task.tables), task.count)

    def rest(self, groups: Iterable[int]) -> np.ndarray:
        """Per column the product of what some groups contribute at least."""
        return np.prod(self.extremes[list(groups)], axis=0)

    def least(self, half: Half) -> np.ndarray:
        """Per column what the rows of a half contribute at least."""
        falling = list(self.task.falling)
        found: np.ndarray = half.values.min(axis=1)
        found[falling] = half.values[falling].max(axis=1)
        return found

    def costs(self, values: np.ndarray, above: np.ndarray) -> np.ndarray:
        """Lower bounds on the costs, shape (costs, n), from full products (shape (columns, n)) and extents needed at
        the top."""
        total = self.within(values)
        return total if self.outer is None else total + self.outer[:, above]

    def within(self, values: np.ndarray) -> np.ndarray:
        """The costs of this part alone."""
        return np.asarray(self.matrix @ values) + self.constants[:, None]

    def combined(self, picks: np.ndarray) -> Found:
        """What combinations of rows, shape (groups, n), come to: of those that fit every limit."""
        tables = self.task.tables
        values = np.prod([t.values[:, rows] for t, rows in zip(tables, picks, strict=True)], axis=0)
        kept = np.flatnonzero(self.fits(values))
        values, picks = values[:, kept], picks[:, kept]
        above = np.sum([t.above[rows] for t, rows in zip(tables, picks, strict=True)], axis=0)
        below = np.sum([t.below[rows] for t, rows in zip(tables, picks, strict=True)], axis=0)
        return Found(self.within(values), values[self.task.steps], above, below, lambda some: picks[:, some])

    def fits(self, values: np.ndarray) -> np.ndarray:
        """Mask of what keeps every limit."""
        mask = np.ones(values.shape[1], dtype=bool)
        for columns, weights, bound in self.limits:
            mask &= weights @ values[columns] <= bound
        return mask

    def has_room(self, costs: np.ndarray) -> np.ndarray:
        """Mask of costs, shape (costs, n), that take no more of any room than there is."""
        return np.asarray((costs[self.shared] <= self.sizes[:, None]).all(axis=0))

    def leads(self, costs: np.ndarray, steps: np.ndarray, below: np.ndarray, incumbent: Incumbent) -> np.ndarray:
        """Mask of costs, what is outside included, shape (costs, n), of parts that leave extents with flat indices
        `below`, with which what is inside may still lead to an improvement."""
        whole = costs
        if self.inside is not None:
            whole = self.inside.least(self.inside.place(self.inside.exponents(below))).T
            whole[:-1] += costs
            whole[1:] *= 1 - ROUNDING
        return self.has_room(whole) & incumbent.may_improve(whole[0], self.cycles(steps, whole[self.timed]))

    def pairs(
        self, one: Half, table: Table, rest: np.ndarray, incumbent: Incumbent
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows of a half and those of a table that fit every limit together and may still improve, whatever the
        other groups add, and the products of their columns; `rest`: per column what others contribute at least.

        Energies and limits of all pairs are matrix products; what ports and links take is counted for what they leave.
        """

        def total(columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
            scaled = one.values[columns] * (weights * rest[columns])[:, None]
            return np.asarray(scaled.T @ table.values[columns])

        above = one.above[:, None] + table.above

        def cost(k: int) -> np.ndarray:
            found = total(self.columns[k], self.weights[k]) + self.constants[k]
            return found if self.outer is None else found + self.outer[k][above]

        steps = self.task.steps
        taken = self.cycles(one.values[steps][:, None] * (table.values[steps] * rest[steps]), ())
        alive = incumbent.may_improve(cost(0), taken)
        for k, size in enumerate(self.sizes, self.shared.start):
            alive &= cost(k) <= size
        for columns, weights, bound in self.limits:
            alive &= total(columns, weights) <= bound
        rows, new = np.nonzero(alive)
        values = one.values[:, rows] * table.values[:, new]
        if self.loaded and len(rows):
            kept = self._leading(values, rest, one.above[rows] + table.above[new], incumbent)
            rows, new, values = rows[kept], new[kept], values[:, kept]
        return rows, new, values

    def _leading(self, values: np.ndarray, rest: np.ndarray, above: np.ndarray, incumbent: Incumbent) -> np.ndarray:
        """Positions of what may still improve, whatever the other groups add."""
        costs = (self.matrix * rest) @ values + self.constants[:, None]
        if self.outer is not None:
            costs += self.outer[:, above]
        steps = values[self.task.steps] * rest[self.task.steps]
        return np.flatnonzero(incumbent.may_improve(costs[0], self.cycles(steps, costs[self.timed])))

    def possible(self, values: np.ndarray, above: np.ndarray, incumbent: Incumbent) -> np.ndarray:
        """Mask of what fits every limit and may still improve."""
        costs = self.costs(values, above)
        cycles = self.cycles(values[self.task.steps], costs[self.timed])
        return self.fits(values) & self.has_room(costs) & incumbent.may_improve(costs[0], cycles)

    def root(self) -> tuple[float, float]:
        """Lower bounds on energy and cycles of everything in the task."""
        least = self.rest(range(len(self.task.tables)))[:, None]
        total = self.costs(least, np.zeros(1, np.int64))
        return float(total[0, 0]), float(self.cycles(least[self.task.steps], total[self.timed])[0])

    def cycles(self, steps: np.ndarray, loads: Iterable[np.ndarray]) -> np.ndarray:
        """Lower bound on the cycles from products of the steps column and loads of the same shape."""
        taken = np.maximum(steps * self.pace, self.least_cycles)
        for load in loads:
            taken = np.maximum(taken, load)
        return taken


def split(task: Task) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The groups in two parts such that the larger part has as few combinations as possible."""
    sizes = [log(t.size) for t in task.tables]
    everything = range(len(sizes))
    best = min(
        (tuple(c) for k in range(len(sizes) // 2 + 1) for c in combinations(everything, k)),
        key=lambda c: (max(sum(sizes[g] for g in c), sum(sizes[g] for g in everything if g not in c)), c),
    )
    return best, tuple(g for g in everything if g not in best)


def halves(bounds: Bounds, incumbent: Incumbent, tick: Callable[[], None]) -> tuple[Half, Half]:
    """All combinations of rows that may lead to an improvement, the second with what the first really contributes at
    least, and then the first again with what the second does."""
    first, second = split(bounds.task)
    one = _gather(bounds, first, bounds.rest(second), incumbent, tick)
    if not one.size:
        return one, one
    two = _gather(bounds, second, bounds.least(one), incumbent, tick)
    if not two.size:
        return two, two
    possible = bounds.possible(one.values * bounds.least(two)[:, None], one.above, incumbent)
    return one.select(np.flatnonzero(possible)), two


def together(
    both: tuple[Half, Half], first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Of pairs of rows of two halves the extents at the bottom and the rows, as in `Found`."""
    one, two = both
    order = np.argsort([*one.groups, *two.groups])

    def picks(some: np.ndarray) -> np.ndarray:
        return np.concatenate([one.picks[:, first[some]], two.picks[:, second[some]]])[order]

    return one.below[first] + two.below[second], picks


def _gather(
    bounds: Bounds, groups: tuple[int, ...], others: np.ndarray, incumbent: Incumbent, tick: Callable[[], None]
) -> Half:
    """All combinations of rows of `groups` that may lead to an improvement, small groups first; `others`: per column
    what all other groups contribute at least."""
    task = bounds.task
    order = sorted(groups, key=lambda g: task.tables[g].size)
    half = Half((), np.ones((task.count, 1)), np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros((0, 1), int))
    for number, group in enumerate(order):
        tick()
        half = _extend(bounds, half, group, bounds.rest(order[number + 1 :]) * others, incumbent)
    return half


def _extend(
    bounds: Bounds, half: Half, group: int, rest: np.ndarray, incumbent: Incumbent, chunk: int = 1 << 19
) -> Half:
    table = bounds.task.tables[group]
    groups = (*half.groups, group)
    pieces = [_nothing(half, groups)]
    step = max(1, chunk // max(1, table.size))
    for low in range(0, half.size, step):
        part = half.select(np.arange(low, min(low + step, half.size)))
        rows, new, values = bounds.pairs(part, table, rest, incumbent)
        picks = np.concatenate([part.picks[:, rows], new[None]])
        pieces.append(
            Half(groups, values, part.above[rows] + table.above[new], part.below[rows] + table.below[new], picks)
        )
    return Half(
        groups,
        np.concatenate([p.values for p in pieces], axis=1),
        np.concatenate([p.above for p in pieces]),
        np.concatenate([p.below for p in pieces]),
        np.concatenate([p.picks for p in pieces], axis=1),
    )


def _nothing(half: Half, groups: tuple[int, ...]) -> Half:
    none = np.zeros(0, np.int64)
    return Half(groups, half.values[:, :0], none, none, np.zeros((len(groups), 0), int))
