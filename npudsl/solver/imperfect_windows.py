"""Words of a window, bounded from below by planes in the logarithms of its extents.

A window is a group of dims that share an index of a tensor (semantics.md, Footprint). The logarithm of its words is
not convex in those of its extents, so each form has a set of planes that lie nowhere above it at whole extents, which
are all that a tile has: the lower convex hull of all its points. Every plane is checked at every point and lowered by
what it is above any.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from ..model.coordinate import reduced

#: Points of a form that are tabulated at the most, and planes that are kept.
MOST_POINTS, MOST_PLANES = 40_000, 16
#: What the logarithms of tabulated words may be wrong by.
ROUNDING = 1e-12


@dataclass(frozen=True)
class Form:
    """`coefficients` and `bounds` of the dims, all bounds above 1. `kind`: "tile", its words; "slide", the least that
    is new after a move along dim `axis` by twice its extent or more; "longest": the largest extent, the least that any
    window has."""

    kind: str
    coefficients: tuple[int, ...]
    bounds: tuple[int, ...]
    axis: int = 0


def tile_form(coefficients: tuple[int, ...], bounds: tuple[int, ...]) -> Form:
    """The words of a tile; of more than two dims at least the longest."""
    return Form("tile" if len(bounds) == 2 else "longest", coefficients, bounds)


def slide_form(coefficients: tuple[int, ...], bounds: tuple[int, ...], axis: int) -> Form | None:
    """What is new after a far move; None: no more is known of it than one word per position along the swept dim.

    semantics.md, Overlap, for positions one apart (after division by the common divisor): P' of P positions that move
    by s >= 2 P bring min(F(P', R), (s + P' - P) u) new words, at least min(F(P', R), 2 u P').
    """
    if len(bounds) != 2 or reduced(coefficients)[1 - axis] != 1:
        return None
    return Form("slide", coefficients, bounds, axis)


@lru_cache(maxsize=512)
def planes(form: Form) -> np.ndarray:
    """Rows (slope per extent, constant): log words >= slopes @ log extents + constant, at all whole extents."""
    count = len(form.bounds)
    least = np.hstack([np.eye(count), np.zeros((count, 1))])  # no window has fewer words than its longest extent
    points = int(np.prod(form.bounds, dtype=float))
    if form.kind == "longest" or points > MOST_POINTS:
        return least if form.kind != "slide" else least[[form.axis]]
    grid = np.meshgrid(*[np.arange(1.0, b + 1) for b in form.bounds], indexing="ij")
    words = np.log(_words(form, grid[0], grid[1]).ravel())
    at = np.log(np.array([g.ravel() for g in grid])).T
    return _spread_out(_checked(_hull(at, words), at, words), at, words)


def _words(form: Form, p: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Words at arrays of extents of the two dims."""
    u, d = reduced(form.coefficients)
    whole: np.ndarray = p * r - np.maximum(0, p - d) * np.maximum(0, r - u)
    if form.kind == "slide":
        step, extent = ((u, p), (d, r))[form.axis]
        return np.minimum(whole, 2 * step * extent)
    return whole


def _hull(at: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The planes of the lower hull of the points (at, words)."""
    top = np.append(at.mean(axis=0), words.max() + 10.0)
    try:
        faces = ConvexHull(np.vstack([np.column_stack([at, words]), top])).equations
    except QhullError:
        return np.zeros((0, at.shape[1] + 1))
    lower = faces[faces[:, -2] < -1e-9]
    return np.column_stack([lower[:, :-2] / -lower[:, -2:-1], lower[:, -1] / -lower[:, -2]])


def _checked(found: np.ndarray, at: np.ndarray, words: np.ndarray) -> np.ndarray:
    """The planes lowered so far that none is above a point; with a level one, which every form has."""
    found = np.vstack([found, np.zeros(at.shape[1] + 1)])
    above = (found[:, :-1] @ at.T + found[:, -1:] - words).max(axis=1)
    found[:, -1] -= np.maximum(0.0, above) + ROUNDING
    return np.unique(found.round(15) - [*([0.0] * at.shape[1]), ROUNDING], axis=0)


def _spread_out(found: np.ndarray, at: np.ndarray, words: np.ndarray) -> np.ndarray:
    """Of many planes those that leave least between them and the points, taken one by one."""
    if len(found) <= MOST_PLANES:
        return found
    heights = found[:, :-1] @ at.T + found[:, -1:]
    reached, chosen = np.full(at.shape[0], -np.inf), []
    for _ in range(MOST_PLANES):
        gaps = (words - np.maximum(heights, reached)).sum(axis=1)
        best = int(gaps.argmin())
        chosen.append(best)
        reached = np.maximum(reached, heights[best])
    return found[sorted(set(chosen))]
