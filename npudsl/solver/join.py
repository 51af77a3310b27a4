"""Pairs of rows of two halves: descent of two trees at once, pruned by the least that two subtrees can give.

The energy of all pairs of children of a pair of nodes is a small matrix product, what they ask of a limit another, and
a pair of nodes goes on only if all leave room for an improvement. What remains at the rows is evaluated exactly.
Nothing is sampled and nothing is cut off, so when the descent ends no pair of rows can be better than the incumbent.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .goal import Incumbent
from .halves import Bounds, Found, Half, together
from .layout import Layout, measures
from .tree import Tree

#: Pairs of nodes whose children are tested at a time; bounds the memory of a descent.
CHUNK = 1 << 9


class Join:
    """Pairs up two halves; `take` is given every batch of pairs that may improve, `tick` is called now and then,
    `examined` counts the tests."""

    def __init__(
        self,
        bounds: Bounds,
        one: Half,
        other: Half,
        incumbent: Incumbent,
        take: Callable[[Found], None],
        tick: Callable[[], None],
    ):
        self.bounds, self.halves, self.incumbent, self.take, self.tick = bounds, (one, other), incumbent, take, tick
        self.examined = 0
        self.layout = Layout(bounds)

    def run(self) -> None:
        if not all(half.size for half in self.halves):
            return
        rows = [self.layout.rows(half) for half in self.halves]
        one, two = (Tree(r, m, self.layout.placed) for r, m in zip(rows, measures(self.layout, rows), strict=True))
        i, j = self._alive(one.levels[0][None], two.levels[0][None], np.zeros(1, np.int64), np.zeros(1, np.int64))
        stack = [(0, 0, i, j)]
        while stack:
            self.tick()
            m, n, i, j = stack.pop()
            if len(i) > CHUNK:
                stack += [(m, n, i[CHUNK:], j[CHUNK:]), (m, n, i[:CHUNK], j[:CHUNK])]
            elif m == one.bottom and n == two.bottom:
                self._pairs(one, two, i, j)
            elif len(i):
                i, j = self._alive(one.children(m, i), two.children(n, j), i, j)
                stack.append((min(m + 1, one.bottom), min(n + 1, two.bottom), i, j))

    def _alive(self, a: np.ndarray, b: np.ndarray, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of children that may lead to an improvement, least energy first.

        `a`, `b`: the children of the pairs of nodes (i, j), shapes (pairs, children, columns).
        """
        self.examined += a.shape[0] * a.shape[1] * b.shape[1]
        layout = self.layout
        energy = layout.least_of(0, a, b)

        def compute() -> np.ndarray:
            return self.bounds.cycles(a[:, :, None, layout.steps] * b[:, None, :, layout.steps], ())

        leads = self.incumbent.may_lead(energy, compute)
        for limit in layout.limits:
            leads &= layout.taken(limit, a, b) <= limit.bound
        for k, size in layout.rooms:
            leads &= layout.least_of(k, a, b) <= size
        alive = np.flatnonzero(leads)
        pair, one, two = np.unravel_index(alive, energy.shape)
        energy = energy.ravel()[alive]
        if self.bounds.loaded and len(alive):
            kept = self._leading(a[pair, one], b[pair, two])
            pair, one, two, energy = pair[kept], one[kept], two[kept], energy[kept]
        order = np.argsort(energy, kind="stable")
        pair, one, two = pair[order], one[order], two[order]
        return i[pair] * a.shape[1] + one, j[pair] * b.shape[1] + two

    def _leading(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Positions of the pairs of nodes that may lead to an improvement with all their loads."""
        costs = self.layout.least(left, right)
        steps = left[:, self.layout.steps] * right[:, self.layout.steps]
        loads = costs[self.bounds.timed]
        return np.flatnonzero(self.incumbent.may_lead(costs[0], lambda: self.bounds.cycles(steps, loads)))

    def _pairs(self, one: Tree, two: Tree, i: np.ndarray, j: np.ndarray) -> None:
        """Rows that fit every limit, and their cost in this part."""
        left, right = one.levels[-1][i], two.levels[-1][j]
        whole = self.layout.least(left, right)
        steps = left[:, self.layout.steps] * right[:, self.layout.steps]
        alive = self.incumbent.may_improve(whole[0], self.bounds.cycles(steps, whole[self.bounds.timed]))
        alive &= self.bounds.has_room(whole)
        kept = np.flatnonzero(alive & np.isfinite(whole).all(axis=0))
        if len(kept):
            first, second = one.order[i[kept]], two.order[j[kept]]
            above = self.halves[0].above[first] + self.halves[1].above[second]
            below, picks = together(self.halves, first, second)
            self.take(Found(self.layout.inside(left[kept], right[kept]), steps[kept], above, below, picks))
