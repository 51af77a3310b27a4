"""Rows of a half as a tree of a join holds them: where the columns of sums, limits and steps stand, and in which order
rows are parted.

Columns that count against a sum are negative in the trees, so that their least is the most; a product of two of them is
positive again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .halves import Bounds, Half

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
    cost, shape (costs, columns); `limits`, `steps`: by the places of columns. Column `need` tells the place of what is
    needed outside (`meets.py`), if anything is outside."""

    def __init__(self, bounds: Bounds):
        self.bounds = bounds
        task = bounds.task
        places: dict[int, int] = {}
        for columns in (*bounds.columns, *(found for found, _, _ in bounds.limits), [task.steps]):
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

    def rows(self, half: Half) -> np.ndarray:
        """The rows of a half, shape (n, columns), with exponents of what is needed outside behind them."""
        rows = np.multiply(half.values[self._columns].T, self._signs)
        meets = self.bounds.meets
        return rows if meets is None else np.column_stack([rows, meets.exponents(half.above)])

    def outside(self, rows: np.ndarray) -> np.ndarray | None:
        """What single rows leave outside at least, shape (n, costs)."""
        meets = self.bounds.meets
        return None if meets is None else meets.table[meets.place(rows[:, self.need :]).astype(np.int64)]

    def placed(self, rows: np.ndarray) -> np.ndarray:
        """Rows, or the least of some, with column `need` instead of the exponents."""
        meets = self.bounds.meets
        return rows if meets is None else np.column_stack([rows[:, : self.need], meets.place(rows[:, self.need :])])

    def energies(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The least energy of all pairs of children, what is outside included; shapes (pairs, children, columns)."""
        some = slice(self.energy)
        found = np.matmul(a[:, :, some] * self.weights[0, some], b[:, :, some].transpose(0, 2, 1))
        found += self.bounds.constants[0]
        if self.bounds.meets is not None:
            places = (a[:, :, None, self.need] + b[:, None, :, self.need]).astype(np.int64)
            found += self.bounds.meets.table[:, 0][places]
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
        """The least of every cost of pairs of nodes, what is outside included."""
        found = self.inside(left, right)
        if self.bounds.meets is not None:
            places = (left[:, self.need] + right[:, self.need]).astype(np.int64)
            found += self.bounds.meets.table[places].T
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
    outside = layout.outside(rows)
    if outside is not None:
        outside = np.maximum(outside, layout.outside(others).min(axis=0))
        whole += outside.min(axis=0)
    whole[1:] = np.maximum(whole[1:], layout.bounds.least_cycles)
    whole = np.maximum(whole, 1.0)
    added = (rows[:, inside] - lowest) * np.abs(scales / whole[:, None]).max(axis=0)
    return added if outside is None else np.column_stack([added, (outside - outside.min(axis=0)) / whole])


def _share(values: np.ndarray, others: np.ndarray, bound: float) -> np.ndarray:
    """The share of the (sorted) others whose product with a value is within a bound."""
    most = np.full(len(values), np.inf)
    np.divide(bound, values, out=most, where=values > 0)
    return np.searchsorted(others, most, side="right") / len(others)
