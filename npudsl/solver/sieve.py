"""Rows that cannot be in any mapping that improves, dropped before rows are compared with each other.

A row is bounded as a half is (`halves.py`): with the least that all other groups contribute. One matrix product per
group tells it of all its rows, which is far less than comparing them takes, and with a good incumbent it leaves few of
a long dim.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .goal import Incumbent
from .halves import Bounds
from .rows import Task


@dataclass(frozen=True)
class Laid:
    """Rows of one group: `values` (distinct columns, rows), `number`: which of them each column is; `above` as in
    `Table`; `falling`: columns (not distinct ones) that count against a sum."""

    values: np.ndarray
    number: np.ndarray
    above: np.ndarray
    falling: np.ndarray

    def extremes(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Per column what some rows (all) contribute at least (at most, if it is falling)."""
        few = self.values if rows is None else self.values[:, rows]
        least = few.min(axis=1)[self.number]
        return np.where(self.falling, few.max(axis=1)[self.number], least) if self.falling.any() else least

    def total(self, columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """The weighted sum of columns for every row."""
        return np.bincount(self.number[columns], weights, len(self.values)) @ self.values


def surviving(
    bounds_of: Callable[[Task], Bounds], incumbent: Incumbent, task: Task, groups: Sequence[Laid]
) -> list[np.ndarray]:
    """Per group which rows may be in a mapping that is better than the incumbent (positions; none in any group if there
    is no such mapping). `task`: without tables. Small groups come first: what they leave bounds the large ones."""
    bounds = bounds_of(task)
    left = [np.arange(group.values.shape[1]) for group in groups]
    extremes = np.array([group.extremes() for group in groups])
    for place in sorted(range(len(groups)), key=lambda k: len(left[k])):
        rest = np.prod(np.delete(extremes, place, axis=0), axis=0)
        left[place] = np.flatnonzero(_possible(bounds, groups[place], rest, incumbent))
        if not len(left[place]):
            return [np.zeros(0, np.int64) for _ in groups]
        extremes[place] = groups[place].extremes(left[place])
    return left


def _possible(bounds: Bounds, group: Laid, rest: np.ndarray, incumbent: Incumbent) -> np.ndarray:
    """Mask of the rows that fit every limit and may still improve."""

    def total(columns: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return group.total(columns, weights * rest[columns])

    costs = np.array([total(c, w) for c, w in zip(bounds.columns, bounds.weights, strict=True)])
    costs += bounds.constants[:, None]
    if bounds.outer is not None:
        costs += bounds.outer[:, group.above]
    steps = rest[bounds.task.steps] * group.values[group.number[bounds.task.steps]]
    mask = incumbent.may_improve(costs[0], bounds.cycles(steps, costs[bounds.timed])) & bounds.has_room(costs)
    for columns, weights, bound in bounds.limits:
        mask &= total(columns, weights) <= bound
    return mask
