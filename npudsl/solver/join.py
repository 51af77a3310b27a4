"""Pairs of rows of two halves: descent of two trees at once, pruned by the least that two subtrees can give.

The energy of all pairs of children of a pair of nodes is a small matrix product, and a pair of nodes goes on only if that
and every limit leave room for an improvement. What remains at the rows is evaluated exactly. Nothing is sampled and
nothing is cut off, so when the descent ends no pair of rows can be better than the incumbent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .goal import Incumbent
from .halves import Bounds, Half
from .tree import Tree

#: Pairs of nodes whose children are tested at a time; bounds the memory of a descent.
CHUNK = 1 << 11


@dataclass(frozen=True)
class Found:
    """Pairs of rows with their energy and steps: positions in the halves."""

    first: np.ndarray
    second: np.ndarray
    energy: np.ndarray
    steps: np.ndarray


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
        task = bounds.task
        columns, weights = list(bounds.columns), list(np.abs(bounds.weights))
        self.energy = slice(0, len(columns))
        self.limits: list[tuple[slice, float]] = []
        for parts, bound in task.limits:
            self.limits.append((slice(len(columns), len(columns) + len(parts)), bound))
            columns += [c for c, _ in parts]
            weights += [w for _, w in parts]
        self.steps, self.outer = len(columns), len(columns) + 1
        columns.append(task.steps)
        weights.append(1.0)
        # columns that count against the energy are negative in the trees, so that their least is the most
        self.signs = np.sign(bounds.weights)
        signs = np.ones(len(columns))
        signs[self.energy] = np.where(self.signs < 0, -1.0, 1.0)
        self.scales = (columns, signs * np.array(weights)), (columns, signs)

    def run(self) -> None:
        if not all(half.size for half in self.halves):
            return
        trees = tuple(Tree(self._rows(half, *s)) for half, s in zip(self.halves, self.scales, strict=True))
        tops = tuple(t.levels[0] for t in trees)
        i, j = self._alive(tops[0][None], tops[1][None], np.zeros(1, np.int64), np.zeros(1, np.int64))
        stack = [(0, 0, i, j)]
        while stack:
            self.tick()
            one, two, i, j = stack.pop()
            if len(i) > CHUNK:
                stack += [(one, two, i[CHUNK:], j[CHUNK:]), (one, two, i[:CHUNK], j[:CHUNK])]
            elif one == trees[0].bottom and two == trees[1].bottom:
                self._pairs(trees[0], trees[1], i, j)
            elif len(i):
                i, j = self._alive(trees[0].children(one, i), trees[1].children(two, j), i, j)
                stack.append((min(one + 1, trees[0].bottom), min(two + 1, trees[1].bottom), i, j))

    def _rows(self, half: Half, columns: list[int], scale: np.ndarray) -> np.ndarray:
        """Scaled columns, and after them the least cost outside that these extents alone allow."""
        rows = np.empty((half.size, len(columns) + 1))
        rows[:, :-1] = (half.values[columns] * scale[:, None]).T
        rows[:, -1] = 0.0 if self.bounds.outer is None else self.bounds.outer[half.above]
        return rows

    def _alive(self, a: np.ndarray, b: np.ndarray, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of children that may lead to an improvement, least energy first.

        `a`, `b`: the children of the pairs of nodes (i, j), shapes (pairs, children, columns).
        """
        self.examined += a.shape[0] * a.shape[1] * b.shape[1]
        energy = np.matmul(a[:, :, self.energy] * self.signs, b[:, :, self.energy].transpose(0, 2, 1))
        energy += self.bounds.constant
        if self.bounds.outer is not None:
            energy += np.maximum(a[:, :, None, self.outer], b[:, None, :, self.outer])
        alive = np.flatnonzero(
            self.incumbent.may_lead(
                energy, lambda: self.bounds.steps(a[:, :, None, self.steps] * b[:, None, :, self.steps])
            )
        )
        pair, one, two = np.unravel_index(alive, energy.shape)
        left, right = a[pair, one], b[pair, two]
        kept = np.ones(len(alive), dtype=bool)
        for columns, bound in self.limits:
            kept &= np.einsum("nk,nk->n", left[:, columns], right[:, columns]) <= bound
        kept = np.flatnonzero(kept)
        kept = kept[np.argsort(energy.ravel()[alive[kept]], kind="stable")]
        i = i[pair[kept]] * a.shape[1] + one[kept]
        return i, j[pair[kept]] * b.shape[1] + two[kept]

    def _pairs(self, one: Tree, two: Tree, i: np.ndarray, j: np.ndarray) -> None:
        """Rows that fit every limit: their energy with the cost outside that they really have."""
        first, second = one.order[i], two.order[j]
        left, right = one.levels[-1][i], two.levels[-1][j]
        energy = np.einsum("k,nk,nk->n", self.signs, left[:, self.energy], right[:, self.energy]) + self.bounds.constant
        if self.bounds.outer is not None:
            energy += self.bounds.outer[self.halves[0].above[first] + self.halves[1].above[second]]
        steps = left[:, self.steps] * right[:, self.steps]
        kept = np.flatnonzero(self.incumbent.may_improve(energy, self.bounds.steps(steps)) & np.isfinite(energy))
        if len(kept):
            self.take(Found(first[kept], second[kept], energy[kept], steps[kept]))
