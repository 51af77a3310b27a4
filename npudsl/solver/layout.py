"""Rows of a half as a tree of a join holds them: where the columns of sums, limits and steps stand, and in which order
rows are parted.

Columns that count against a sum are negative in the trees, so that their least is the most; a product of two of them is
positive again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .halves import ROUNDING, Bounds, Half

#: Limits and steps are parted before costs: a pair of nodes within every limit is worth little if none of its rows is.
EMPHASIS = 8.0
#: Shares of a half that are not told apart.
FINE = 0.05
#: Rows of a half that stand for all of them in such a share.
SAMPLE = 1 << 8


@dataclass(frozen=True)
class Limit:
    """`sum of weights * columns <= bound`."""

    columns: tuple[int, ...]
    weights: np.ndarray
    bound: float


class Layout:
    """Every column stands once, those of the energy first (`energy`: how many). `weights`: of all columns in every
    cost, shape (costs, columns); `limits`, `steps`: by the places of columns; `rooms`: which costs have a size that
    they must not exceed. From column `need` on stand the places of what is needed outside and left inside (`meets.py`),
    as far as there is any."""

    def __init__(self, bounds: Bounds):
        self.bounds = bounds
        task = bounds.task
        places: dict[int, int] = {}
        used = [*bounds.columns, *(columns for columns, _, _ in bounds.limits), np.array([task.steps])]
        for columns in used:
            for column in columns:
                places.setdefault(int(column), len(places))
        self._columns = list(places)
        self._signs = np.where([column in task.falling for column in places], -1.0, 1.0)
        self.energy, self.need = len(set(map(int, bounds.columns[0]))), len(places)
        self.weights = bounds.matrix[:, self._columns]
        self.limits = [
            Limit(tuple(places[int(column)] for column in columns), weights, bound)
            for columns, weights, bound in bounds.limits
        ]
        self.steps = places[task.steps]
        around = [meets for meets in (bounds.meets, bounds.inside) if meets is not None]
        self._around = list(enumerate(around, start=self.need))
        self.rooms = list(enumerate(bounds.sizes, bounds.shared.start))

    def rows(self, half: Half) -> np.ndarray:
        """The rows of a half, shape (n, columns), with exponents of what they need outside and leave inside behind
        them."""
        rows = [np.multiply(half.values[self._columns].T, self._signs)]
        for meets, flat in ((self.bounds.meets, half.above), (self.bounds.inside, half.below)):
            if meets is not None:
                rows.append(meets.exponents(flat))
        return np.column_stack(rows)

    def outside(self, rows: np.ndarray) -> np.ndarray | None:
        """What single rows leave outside at least, shape (n, costs)."""
        meets = self.bounds.meets
        return None if meets is None else meets.least(meets.place(self._exponents(rows)[0]))

    def placed(self, rows: np.ndarray) -> np.ndarray:
        """Rows, or the least of some, with columns for places instead of exponents."""
        both = (self.bounds.meets, self.bounds.inside)
        exponents = iter(self._exponents(rows))
        places = [meets.place(next(exponents)) for meets in both if meets is not None]
        return np.column_stack([rows[:, : self.need], *places]) if places else rows

    def _exponents(self, rows: np.ndarray) -> list[np.ndarray]:
        """Of what is outside and inside, as far as there is any."""
        count = (self.bounds.meets is not None) + (self.bounds.inside is not None)
        return np.split(rows[:, self.need :], count, axis=1) if count else []

    def least_of(self, k: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The least of one cost of all pairs of children, what is outside and inside included; shapes (pairs, children,
        columns)."""
        some = slice(self.energy) if k == 0 else np.flatnonzero(self.weights[k])
        found = np.matmul(a[:, :, some] * self.weights[k, some], b[:, :, some].transpose(0, 2, 1))
        found += self.bounds.constants[k]
        for column, meets in self._around:
            places = (a[:, :, None, column] + b[:, None, :, column]).astype(np.int64)
            found += meets.table[:, k][places]
        return found

    def taken(self, limit: Limit, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """What all pairs of children at least take of a limit."""
        if len(limit.columns) == 1:
            (column,) = limit.columns
            return a[:, :, None, column] * (b[:, None, :, column] * limit.weights[0])
        some = list(limit.columns)
        return np.matmul(a[:, :, some] * limit.weights, b[:, :, some].transpose(0, 2, 1))

    def inside(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Every cost within the part of pairs of nodes or rows, shapes (pairs, columns); shape (costs, pairs)."""
        products = left[:, : self.need] * right[:, : self.need]
        return self.weights @ products.T + self.bounds.constants[:, None]

    def least(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The least of every cost of pairs of nodes, what is outside and inside included; and of the cycles of all
        steps, where something is inside."""
        found = self.inside(left, right)
        if self.bounds.inside is not None:
            found = np.concatenate([found, np.zeros((1, found.shape[1]))])
        for column, meets in self._around:
            costs = meets.least(left[:, column] + right[:, column]).T
            found[: len(costs)] += costs
        if self.bounds.inside is not None:
            found[1:] *= 1 - ROUNDING
        return found


def measures(layout: Layout, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each half what its rows are parted by, shape (n, measures): logarithms of the share of the other half that
    every limit leaves a row, of the steps, and of what every column adds to a cost when the other half is at its
    least."""
    one, two = rows
    return [_measures(layout, one, two), _measures(layout, two, one)]


def _measures(layout: Layout, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    found = [EMPHASIS * np.log(rows[:, [layout.steps]])]
    sample = np.sort(np.abs(others[:: len(others) // SAMPLE + 1]), axis=0)
    for limit in layout.limits:
        for column, weight in zip(limit.columns, np.abs(limit.weights), strict=True):
            share = _share(np.abs(rows[:, column]) * weight, sample[:, column], limit.bound)
            found.append(EMPHASIS * np.log(share + FINE)[:, None])
    found.append(np.log1p(_added(layout, rows, others).astype(np.float32)))
    return np.concatenate(found, axis=1, dtype=np.float32)


def _added(layout: Layout, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """What every column adds to its least, as a share of a cost when the other half is at its least: of the cost that
    it weighs most in, which parts rows as all others would."""
    inside = slice(layout.need)
    lowest, least = rows[:, inside].min(axis=0), others[:, inside].min(axis=0)
    scales = layout.weights * least
    whole = layout.bounds.constants + scales @ lowest
    outside, elsewhere = layout.outside(rows), layout.outside(others)
    if outside is not None and elsewhere is not None:
        outside = np.maximum(outside, elsewhere.min(axis=0))
        whole += outside.min(axis=0)
    timed = layout.bounds.timed
    whole[timed] = np.maximum(whole[timed], layout.bounds.least_cycles)
    whole = np.maximum(whole, 1.0)
    added = (rows[:, inside] - lowest) * np.abs(scales / whole[:, None]).max(axis=0)
    return added if outside is None else np.column_stack([added, (outside - outside.min(axis=0)) / whole])


def _share(values: np.ndarray, others: np.ndarray, bound: float) -> np.ndarray:
    """The share of the (sorted) others whose product with a value is within a bound."""
    most = np.full(len(values), np.inf)
    np.divide(bound, values, out=most, where=values > 0)
    return np.searchsorted(others, most, side="right") / len(others)
