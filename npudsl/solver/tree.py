"""A balanced tree over rows that knows the least of every column in every subtree."""

from __future__ import annotations

import numpy as np


class Tree:
    """Rows (columns, n) sorted into 2**depth leaves of equal size; `least[d]` has shape (columns, 2**d).

    Short leaves are filled up with copies of a row (harmless for a minimum, and the same row twice is no new answer).
    """

    def __init__(self, rows: np.ndarray, leaf: int = 8):
        count = rows.shape[1]
        self.depth = max(0, int(np.ceil(np.log2(max(1, count / leaf)))))
        self.leaf = -(-count // (1 << self.depth))
        self.order = self._sorted(rows, count)
        self.rows = rows[:, self.order]
        least = [self.rows.reshape(rows.shape[0], 1 << self.depth, self.leaf).min(axis=2)]
        for _ in range(self.depth):
            least.append(least[-1].reshape(rows.shape[0], -1, 2).min(axis=2))
        self.least = least[::-1]

    def _sorted(self, rows: np.ndarray, count: int) -> np.ndarray:
        """Row numbers such that each node's two halves are parted along the column that varies most."""
        order = np.arange(count)
        filled = np.concatenate([order, np.full((self.leaf << self.depth) - count, count - 1)])
        spread = np.sign(rows) * np.log1p(np.abs(rows))
        for level in range(self.depth):
            nodes = filled.reshape(1 << level, -1)
            values = spread[:, nodes]
            widest = (values.max(axis=2) - values.min(axis=2)).argmax(axis=0)
            chosen = values[widest, np.arange(1 << level)]
            part = np.argpartition(chosen, nodes.shape[1] // 2, axis=1)
            filled = np.take_along_axis(nodes, part, axis=1).ravel()
        return filled

    def leaf_rows(self, leaves: np.ndarray) -> np.ndarray:
        """Positions (in `rows`) of the rows of some leaves, shape (leaves, leaf size)."""
        return leaves[:, None] * self.leaf + np.arange(self.leaf)[None]
