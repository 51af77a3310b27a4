"""All pairs of two halves that may improve the incumbent, found by descending two trees at once.

A pair of nodes is dropped when even the least of all their columns together breaks a limit or cannot improve. What
remains at the leaves is evaluated row by row, exactly. Nothing is sampled and nothing is cut off, so when the descent
ends no pair of rows can be better than the incumbent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .goal import Incumbent
from .halves import Bounds, Half
from .tree import Tree

#: Pairs of nodes (of rows) that are tested at a time; bounds the memory of a descent.
NODE_CHUNK, ROW_CHUNK = 1 << 14, 1 << 17


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
        self.bounds, self.one, self.other, self.incumbent, self.take, self.tick = (
            bounds,
            one,
            other,
            incumbent,
            take,
            tick,
        )
        self.examined = 0
        task = bounds.task
        self.signs = np.sign(bounds.weights)
        energy = len(bounds.columns)
        columns, weights = list(bounds.columns), list(np.abs(bounds.weights))
        self.limits: list[tuple[slice, float]] = []
        for parts, bound in task.limits:
            self.limits.append((slice(len(columns), len(columns) + len(parts)), bound))
            columns += [c for c, _ in parts]
            weights += [w for _, w in parts]
        self.energy, self.steps = slice(0, energy), len(columns)
        columns.append(task.steps)
        weights.append(1.0)
        signs = np.ones(len(columns))
        signs[:energy] = np.where(self.signs < 0, -1.0, 1.0)
        self.first = self._rows(one, columns, signs * np.array(weights))
        self.second = self._rows(other, columns, signs)

    def _rows(self, half: Half, columns: list[int], scale: np.ndarray) -> np.ndarray:
        """Scaled columns, and below them the least cost outside that these extents alone allow."""
        rows = half.values[columns] * scale[:, None]
        outer = self.bounds.outer
        least = np.zeros(half.size) if outer is None else outer[half.above]
        return np.concatenate([rows, least[None]])

    def run(self) -> None:
        if not self.one.size or not self.other.size:
            return
        trees = Tree(self.first), Tree(self.second)
        stack = [(0, 0, np.zeros(1, np.int64), np.zeros(1, np.int64))]
        while stack:
            self.tick()
            depth, deeper, i, j = stack.pop()
            if len(i) > NODE_CHUNK:
                stack += [
                    (depth, deeper, i[NODE_CHUNK:], j[NODE_CHUNK:]),
                    (depth, deeper, i[:NODE_CHUNK], j[:NODE_CHUNK]),
                ]
                continue
            energy, alive = self._test(trees[0].least[depth][:, i], trees[1].least[deeper][:, j], None)
            kept = np.flatnonzero(alive)
            if not len(kept):
                continue
            kept = kept[np.argsort(energy[kept], kind="stable")]
            i, j = i[kept], j[kept]
            if depth == trees[0].depth and deeper == trees[1].depth:
                self._leaves(trees, i, j)
                continue
            stack.append(_children(trees, depth, deeper, i, j))

    def _test(self, a: np.ndarray, b: np.ndarray, outer: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Energy and mask of what may improve; `outer`: the cost outside if known, else the least of each side bounds
        it."""
        self.examined += a.shape[1]
        together = a[:-1] * b[:-1]
        energy = np.einsum("k,kn->n", self.signs, together[self.energy]) + self.bounds.constant
        energy += np.maximum(a[-1], b[-1]) if outer is None else outer
        alive = self.incumbent.may_improve(energy, self.bounds.steps(together[self.steps]))
        for columns, bound in self.limits:
            alive &= together[columns].sum(axis=0) <= bound
        return energy, alive

    def _leaves(self, trees: tuple[Tree, Tree], i: np.ndarray, j: np.ndarray) -> None:
        per_pair = trees[0].leaf * trees[1].leaf
        step = max(1, ROW_CHUNK // per_pair)
        for low in range(0, len(i), step):
            rows = trees[0].leaf_rows(i[low : low + step])
            columns = trees[1].leaf_rows(j[low : low + step])
            a = np.repeat(rows, columns.shape[1], axis=1).ravel()
            b = np.tile(columns, (1, rows.shape[1])).ravel()
            self._pairs(trees, a, b)

    def _pairs(self, trees: tuple[Tree, Tree], a: np.ndarray, b: np.ndarray) -> None:
        first, second = trees[0].order[a], trees[1].order[b]
        outer = None
        if self.bounds.outer is not None:
            outer = self.bounds.outer[self.one.above[first] + self.other.above[second]]
        left, right = trees[0].rows[:, a], trees[1].rows[:, b]
        energy, alive = self._test(left, right, outer)
        kept = np.flatnonzero(alive & np.isfinite(energy))
        if len(kept):
            steps = left[self.steps, kept] * right[self.steps, kept]
            self.take(Found(first[kept], second[kept], energy[kept], steps))


def _children(
    trees: tuple[Tree, Tree], depth: int, deeper: int, i: np.ndarray, j: np.ndarray
) -> tuple[int, int, np.ndarray, np.ndarray]:
    """Both children of every node on the sides that have any."""
    first = np.arange(2) if depth < trees[0].depth else np.zeros(1, np.int64)
    second = np.arange(2) if deeper < trees[1].depth else np.zeros(1, np.int64)
    ii = i * len(first)
    jj = j * len(second)
    a = (ii[:, None, None] + first[None, :, None] + np.zeros_like(second)[None, None, :]).ravel()
    b = (jj[:, None, None] + np.zeros_like(first)[None, :, None] + second[None, None, :]).ravel()
    return min(depth + 1, trees[0].depth), min(deeper + 1, trees[1].depth), a, b
