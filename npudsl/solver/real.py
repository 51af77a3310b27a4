"""The functions of closed forms at real factors, arrays of them: continuous, and equal to the exact ones where these
have an elementary form (windows of unit dilation, copies side by side). Elsewhere they are estimates."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ..model.coordinate import reduced

Array = Any  # a float or an array of floats
Spread = tuple[tuple[int, Array, Array], ...]


def footprint(coefficients: tuple[int, ...], extents: tuple[Array, ...]) -> Array:
    """Distinct values of sum(c x) over a box. Three dims and more: as if without gaps and without collisions."""
    if len(extents) == 1:
        return extents[0]
    if len(extents) == 2:
        u, d = reduced(coefficients)
        p, r = extents
        return p * r - np.maximum(0, p - d) * np.maximum(0, r - u)
    span = 1 + sum(c * (e - 1) for c, e in zip(coefficients, extents, strict=True))
    return np.minimum(prod(extents), span)


def overlap(coefficients: tuple[int, ...], extents: tuple[Array, ...], axis: int, shift: Array) -> Array:
    """Values that a box shares with itself moved by `shift` along dim `axis`: what the windows at its end reach over.

    semantics.md, Overlap, with m = (s - P) / d + 1 for all of the last d positions.
    """
    if len(extents) != 2:
        return 0.0 * shift
    u, d = reduced((coefficients[axis], coefficients[1 - axis]))
    p, r = extents[axis], extents[1 - axis]
    return np.minimum(p, d) * np.maximum(0, r - ((shift - p) / d + 1) * u)


def union(coefficients: tuple[int, ...], extents: tuple[Array, ...], spread: Spread) -> Array:
    """Over all copies of a box: one larger box where they stand side by side, else as if they shared nothing."""
    box = list(extents)
    for axis, factor, pitch in reversed(spread):
        if np.all(np.isclose(pitch, box[axis], rtol=1e-9)):
            box[axis] = box[axis] * factor
        else:
            return prod(f for _, f, _ in spread) * footprint(coefficients, extents)
    return footprint(coefficients, tuple(box))


def fresh_union(
    coefficients: tuple[int, ...], extents: tuple[Array, ...], spread: Spread, axis: int, shift: Array
) -> Array:
    """Of what is new in every copy after a move: the same share of the union as of a single box."""
    kept = overlap(coefficients, extents, axis, shift) / footprint(coefficients, extents)
    return union(coefficients, extents, spread) * (1 - kept)


REAL: dict[str, Callable[..., Any]] = {
    "Footprint": footprint,
    "Overlap": overlap,
    "Union": union,
    "FreshUnion": fresh_union,
}
