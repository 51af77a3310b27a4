"""Rows of a half as a tree of a join holds them: where the columns of sums, limits and steps stand, and in which order
rows are parted.

Columns that count against a sum are negative in the trees, so that their least is the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from .halves import Bounds, Half

#: Limits and steps are parted before costs: a pair of nodes within every limit is worth little if none of its rows is.
EMPHASIS = 8.0
#: Shares of a half that are not told apart.
FINE = 0.05
#: Rows of a half that stand for all of them in such a share.
SAMPLE = 1 << 8


class Layout:
    """`sums`, `limits`: columns (and bound) of every cost and every limit; from column `outer` on stands, per cost, the
    least outside that the extents of a row alone allow."""

    def __init__(self, bounds: Bounds):
        self.bounds = bounds
        self._columns: list[int] = []
        weights: list[float] = []
        falling: list[bool] = []

        def place(columns: Iterable[int], by: Iterable[float]) -> slice:
            start = len(self._columns)
            for column, weight in zip(columns, by, strict=True):
                self._columns.append(int(column))
                weights.append(abs(weight))
                falling.append(weight < 0)
            return slice(start, len(self._columns))

        self.sums = [place(c, w) for c, w in zip(bounds.columns, bounds.weights, strict=True)]
        self.limits = [(place(*zip(*parts, strict=True)), bound) for parts, bound in bounds.task.limits]
        self.steps = place([bounds.task.steps], [1.0]).start
        self.outer = len(self._columns)
        self._weights, self.signs = np.array(weights), np.where(falling, -1.0, 1.0)

    def rows(self, half: Half, weighted: bool) -> np.ndarray:
        """The rows of a half, shape (n, columns); one of two halves is weighted."""
        scale = self.signs * self._weights if weighted else self.signs
        rows = np.zeros((half.size, self.outer + len(self.sums)))
        rows[:, : self.outer] = (half.values[self._columns] * scale[:, None]).T
        if self.bounds.outer is not None:
            rows[:, self.outer :] = self.bounds.outer[:, half.above].T
        return rows

    def products(self, columns: slice, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Sums of products of columns of all pairs of children, shapes (pairs, children, columns)."""
        if columns.stop - columns.start == 1:
            return a[:, :, None, columns.start] * (b[:, None, :, columns.start] * self.signs[columns.start])
        return np.matmul(a[:, :, columns] * self.signs[columns], b[:, :, columns].transpose(0, 2, 1))

    def total(self, k: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """The least of a cost of all pairs of children, what is outside included."""
        found = self.products(self.sums[k], a, b)
        found += self.bounds.constants[k]
        if self.bounds.outer is not None:
            found += np.maximum(a[:, :, None, self.outer + k], b[:, None, :, self.outer + k])
        return found

    def inside(self, k: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """A cost within the part of pairs of nodes or rows, shapes (pairs, columns)."""
        columns = self.sums[k]
        found = np.einsum("k,nk,nk->n", self.signs[columns], left[:, columns], right[:, columns])
        return found + self.bounds.constants[k]

    def sum(self, k: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The least of a cost of pairs of nodes, what is outside included."""
        found = self.inside(k, left, right)
        if self.bounds.outer is not None:
            found += np.maximum(left[:, self.outer + k], right[:, self.outer + k])
        return found


def measures(layout: Layout, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each half what its rows are parted by, shape (n, measures): logarithms of the share of the other half that
    every limit leaves a row, of the steps, and of what every cost is when the other half is at its least."""
    one, two = rows
    return [_measures(layout, one, two), _measures(layout, two, one)]


def _measures(layout: Layout, rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    found = [EMPHASIS * np.log(rows[:, [layout.steps]])]
    sample = np.sort(np.abs(others[:: len(others) // SAMPLE + 1]), axis=0)
    for columns, bound in layout.limits:
        for column in range(columns.start, columns.stop):
            share = _share(np.abs(rows[:, column]), sample[:, column], bound)
            found.append(EMPHASIS * np.log(share + FINE)[:, None])
    least, outside = others.min(axis=0), layout.bounds.outer is not None
    for k, columns in enumerate(layout.sums):
        parts = rows[:, columns] * least[columns] * layout.signs[columns]
        if outside:
            parts = np.column_stack([parts, np.maximum(rows[:, layout.outer + k], least[layout.outer + k])])
        lowest = parts.min(axis=0, initial=np.inf)
        whole = max(1.0, layout.bounds.constants[k] + lowest.sum(), layout.bounds.least_cycles if k else 0.0)
        found.append(np.log1p(((parts - lowest) / whole).astype(np.float32)))
    return np.concatenate(found, axis=1)


def _share(values: np.ndarray, others: np.ndarray, bound: float) -> np.ndarray:
    """The share of the (sorted) others whose product with a value is within a bound."""
    most = np.full(len(values), np.inf)
    np.divide(bound, values, out=most, where=values > 0)
    return np.searchsorted(others, most, side="right") / len(others)
