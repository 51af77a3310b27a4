"""The fewest steps that limits of some counts and factors leave: a floor for the cycles of a part of a relaxed program.

As in `imperfect_steps.py`, by dynamic programming over what is left of every axis: a dim whose factors along the axes
multiply to S takes at least ceil(N / S) settings. A relaxed program alone may fill the axes with real factors of dims
whose limits are wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf, prod

import numpy as np

from .imperfect_steps import quotients

#: Combinations of what may be left of the axes; more take longer than a linear program.
MOST_STATES = 256


@dataclass(frozen=True)
class Shared:
    """A dim of bound `bound`. Positions among the whole numbers of a program: `factors`, along every axis; `spread`,
    their product; `count`, its settings (None: there is no such number)."""

    bound: int
    factors: tuple[int | None, ...]
    spread: int | None
    count: int | None


@dataclass(frozen=True)
class Floor:
    """`sizes` of all axes."""

    sizes: tuple[int, ...]
    dims: tuple[Shared, ...]

    def steps(self, limits: Sequence[tuple[int, int]]) -> float:
        """No mapping within the limits takes fewer steps; inf: there is none."""
        least = np.full(states(self.sizes), inf)
        least[0] = 1.0  # quotients descend: nothing is used yet
        for dim in self.dims:
            places = (*dim.factors, dim.spread, dim.count)
            mine = tuple((1, dim.bound) if k is None else limits[k] for k in places)
            least = (least[:, None] * _settings(self.sizes, dim.bound, mine)).min(axis=0)
        return float(least.min())


def states(sizes: tuple[int, ...]) -> int:
    """In how many ways something may be left of the axes."""
    return prod(len(quotients(size)) for size in sizes)


@lru_cache(maxsize=256)
def _settings(sizes: tuple[int, ...], bound: int, limits: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Settings of a dim if of one (row) combination of what is left another (column) is to be left; inf: it cannot be.

    `limits`: of its factors along the axes, of their product and of its settings.
    """
    *axes, (narrow, wide), (few, many) = limits
    grids = np.meshgrid(*map(quotients, sizes), indexing="ij")
    spread: np.ndarray = np.ones((states(sizes),) * 2)
    possible: np.ndarray = np.ones((states(sizes),) * 2, dtype=bool)
    for grid, (least, most) in zip(grids, axes, strict=True):
        left = grid.ravel()
        factor = np.minimum(left[:, None] // left[None, :], most)  # the largest that leaves so much
        possible &= factor >= max(least, 1)
        spread *= factor
    settings = np.ceil(bound / np.clip(spread, 1, min(wide, bound)))
    possible &= (spread >= narrow) & (settings <= many)
    found: np.ndarray = np.where(possible, np.maximum(settings, few), inf)
    return found
