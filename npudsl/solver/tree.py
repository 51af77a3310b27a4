"""A balanced tree over rows that knows the least of every column in every subtree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Children of a node, a power of two, and its logarithm. All pairs of children of two nodes are tested at once.
FAN, BITS = 8, 3
#: Rows of a node that decide along which column it is parted.
SAMPLE = 8


class Tree:
    """Rows, shape (n, columns), sorted into leaves of `FAN`; `levels[k]`: shape (nodes, columns), outermost first.

    `spread`, shape (n, measures): rows far apart in a measure are parted first. `told`: what nodes tell, made of the
    least of their rows.

    The last level is the rows themselves (`order`: which), filled up to a power of two with copies of one (harmless for
    a minimum, and the same row twice is no new answer). A node has `FAN` children, the topmost ones up to `FAN`
    siblings.
    """

    def __init__(self, rows: np.ndarray, spread: np.ndarray, told: Callable[[np.ndarray], np.ndarray]):
        bits = max(0, int(rows.shape[0] - 1).bit_length())
        self.order = _sorted(spread, bits)
        levels = [np.ascontiguousarray(rows[self.order])]
        while levels[-1].shape[0] > FAN:
            levels.append(levels[-1].reshape(-1, FAN, rows.shape[1]).min(axis=1))
        self.levels = [told(level) for level in levels[::-1]]

    @property
    def bottom(self) -> int:
        return len(self.levels) - 1

    def children(self, level: int, nodes: np.ndarray) -> np.ndarray:
        """What the children of some nodes know, shape (nodes, children, columns); a row is its own only child."""
        if level == self.bottom:
            return self.levels[level][nodes][:, None]
        below = self.levels[level + 1]
        return below.reshape(-1, FAN, below.shape[1])[nodes]


def _sorted(spread: np.ndarray, bits: int) -> np.ndarray:
    """Row numbers such that each node's two halves are parted along the measure that varies most (in a sample)."""
    count = spread.shape[0]
    filled = np.concatenate([np.arange(count), np.full((1 << bits) - count, count - 1)])
    if bits <= BITS:
        return filled
    spread = spread[:, (spread != spread[0]).any(axis=0)].astype(np.float32)
    for level in range(bits - BITS if spread.shape[1] else 0):
        nodes = filled.reshape(1 << level, -1)
        values = spread[nodes[:, :: max(1, nodes.shape[1] // SAMPLE)]]
        widest = (values.max(axis=1) - values.min(axis=1)).argmax(axis=1)
        part = np.argpartition(spread[nodes, widest[:, None]], nodes.shape[1] // 2, axis=1)
        filled = np.take_along_axis(nodes, part, axis=1).ravel()
    return filled
