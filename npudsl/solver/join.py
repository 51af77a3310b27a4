"""Pairs of rows of two halves: descent of two trees at once, pruned by the least that two subtrees can give.

The energy of all pairs of children of a pair of nodes is a small matrix product, and a pair of nodes goes on only if
that and every limit leave room for an improvement. What remains at the rows is evaluated exactly. Nothing is sampled
and nothing is cut off, so when the descent ends no pair of rows can be better than the incumbent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from .goal import Incumbent
from .halves import Bounds, Half
from .tree import Tree

#: Pairs of nodes whose children are tested at a time; bounds the memory of a descent.
CHUNK = 1 << 11


@dataclass(frozen=True)
class Found:
    """Pairs of rows (positions in the halves) with what they cost in this part, shape (costs, n), with their steps and
    the flat index of the extents that they need at the top."""

    first: np.ndarray
    second: np.ndarray
    costs: np.ndarray
    steps: np.ndarray
    above: np.ndarray


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
        layout = _Layout(bounds)
        self.sums, self.limits, self.steps, self.outer = layout.sums, layout.limits, layout.steps, layout.width
        self.signs = layout.signs
        self.scales = (layout.columns, layout.signs * layout.weights), (layout.columns, layout.signs)

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
        rows = np.zeros((half.size, self.outer + len(self.sums)))
        rows[:, : self.outer] = (half.values[columns] * scale[:, None]).T
        if self.bounds.outer is not None:
            rows[:, self.outer :] = self.bounds.outer[:, half.above].T
        return rows

    def _alive(self, a: np.ndarray, b: np.ndarray, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The pairs of children that may lead to an improvement, least energy first.

        `a`, `b`: the children of the pairs of nodes (i, j), shapes (pairs, children, columns).
        """
        self.examined += a.shape[0] * a.shape[1] * b.shape[1]

        def compute() -> np.ndarray:
            return self.bounds.cycles(a[:, :, None, self.steps] * b[:, None, :, self.steps], ())

        columns = self.sums[0]
        energy = np.matmul(a[:, :, columns] * self.signs[columns], b[:, :, columns].transpose(0, 2, 1))
        energy += self.bounds.constants[0]
        if self.bounds.outer is not None:
            energy += np.maximum(a[:, :, None, self.outer], b[:, None, :, self.outer])
        alive = np.flatnonzero(self.incumbent.may_lead(energy, compute))
        pair, one, two = np.unravel_index(alive, energy.shape)
        kept = self._fitting(energy.ravel()[alive], a[pair, one], b[pair, two])
        i = i[pair[kept]] * a.shape[1] + one[kept]
        return i, j[pair[kept]] * b.shape[1] + two[kept]

    def _fitting(self, energy: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Positions of the pairs of nodes that keep every limit and may lead with all their loads, least energy
        first."""
        fits = np.ones(len(energy), dtype=bool)
        for columns, bound in self.limits:
            fits &= np.einsum("k,nk,nk->n", self.signs[columns], left[:, columns], right[:, columns]) <= bound
        kept = np.flatnonzero(fits)
        if len(self.sums) > 1 and len(kept):
            left, right, energy = left[kept], right[kept], energy[kept]
            loads = [self._load(k, left, right) for k in range(1, len(self.sums))]
            steps = left[:, self.steps] * right[:, self.steps]
            leads = self.incumbent.may_lead(energy, lambda: self.bounds.cycles(steps, loads))
            kept, energy = kept[leads], energy[leads]
            return kept[np.argsort(energy, kind="stable")]
        return kept[np.argsort(energy[kept], kind="stable")]

    def _load(self, k: int, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """The least of a sum of cycles of pairs of nodes."""
        columns = self.sums[k]
        load = np.einsum("k,nk,nk->n", self.signs[columns], left[:, columns], right[:, columns])
        load += self.bounds.constants[k]
        if self.bounds.outer is not None:
            load += np.maximum(left[:, self.outer + k], right[:, self.outer + k])
        return load

    def _pairs(self, one: Tree, two: Tree, i: np.ndarray, j: np.ndarray) -> None:
        """Rows that fit every limit: their cost, with what is outside if that is known for certain."""
        first, second = one.order[i], two.order[j]
        left, right = one.levels[-1][i], two.levels[-1][j]
        above = self.halves[0].above[first] + self.halves[1].above[second]
        costs = np.array(
            [np.einsum("k,nk,nk->n", self.signs[c], left[:, c], right[:, c]) for c in self.sums]
        ) + self.bounds.constants[:, None]  # fmt: skip
        whole = costs if self.bounds.outer is None else costs + self.bounds.outer[:, above]
        steps = left[:, self.steps] * right[:, self.steps]
        alive = self.incumbent.may_improve(whole[0], self.bounds.cycles(steps, whole[1:]))
        kept = np.flatnonzero(alive & np.isfinite(whole).all(axis=0))
        if len(kept):
            self.take(Found(first[kept], second[kept], costs[:, kept], steps[kept], above[kept]))


class _Layout:
    """Where the columns of sums, limits and steps stand in a row of a tree.

    Columns that count against a sum are negative in the trees, so that their least is the most.
    """

    def __init__(self, bounds: Bounds):
        self.columns: list[int] = []
        weights: list[float] = []
        falling: list[bool] = []

        def place(columns: Iterable[int], by: Iterable[float]) -> slice:
            start = len(self.columns)
            for column, weight in zip(columns, by, strict=True):
                self.columns.append(int(column))
                weights.append(abs(weight))
                falling.append(weight < 0)
            return slice(start, len(self.columns))

        self.sums = [place(c, w) for c, w in zip(bounds.columns, bounds.weights, strict=True)]
        self.limits = [(place(*zip(*parts, strict=True)), bound) for parts, bound in bounds.task.limits]
        self.steps = place([bounds.task.steps], [1.0]).start
        self.width = len(self.columns)
        self.weights, self.signs = np.array(weights), np.where(falling, -1.0, 1.0)
