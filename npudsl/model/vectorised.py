"""The functions of closed forms over arrays of factors, one value per row: by elementary forms where these hold
(semantics.md, Closed forms that follow), elsewhere row by row, each different row once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from . import coordinate

#: Of an overlap so many terms at the most are added up as arrays.
TERMS = 64
#: Rows have codes of one number each if there are no more.
CODES = 1 << 62

Array = Any  # whole numbers as floats: an array, or one for all rows
Extents = tuple[Array, ...]
Spread = tuple[tuple[int, Array, Array], ...]


def rows_of(function: Callable[..., int]) -> Callable[..., np.ndarray]:
    """A function of (nested tuples of) integers, applied to rows of arrays; equal rows are evaluated once, and what is
    evaluated is remembered for other arrays."""

    @lru_cache(maxsize=1 << 16)
    def value(shape: Any, row: tuple[int, ...]) -> int:
        return function(*_rebuild(shape, iter(row)))

    def vectorised(*args: Any) -> np.ndarray:
        flat: list[Any] = []
        shape = _flatten(args, flat)
        columns = np.broadcast_arrays(*[np.atleast_1d(x) for x in flat])
        table = np.stack(columns, axis=1).astype(np.int64)
        first, inverse = distinct_rows(table)
        values = np.array([value(shape, tuple(row)) for row in table[first].tolist()], dtype=float)
        return values[inverse]

    return vectorised


def distinct_rows(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of rows of whole numbers, none negative, the first of each kind, and the kind of each. Each row is one number
    where that fits 62 bits: numbers are sorted faster than rows."""
    sizes = table.max(axis=0, initial=0) + 1
    if prod(int(s) for s in sizes) > CODES:
        _, first, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
    else:
        code = np.zeros(len(table), np.int64)
        for column, size in zip(table.T, sizes, strict=True):
            code = code * size + column
        _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    return first, inverse.ravel()


def _flatten(args: Any, flat: list[Any]) -> Any:
    """Tuples become tuples of shapes, leaves (None) are appended to `flat`."""
    if isinstance(args, tuple):
        return tuple(_flatten(a, flat) for a in args)
    flat.append(args)
    return None


def _rebuild(shape: Any, values: Any) -> Any:
    if shape is None:
        return next(values)
    return tuple(_rebuild(s, values) for s in shape)


def _completed(values: Array, known: Any, function: Callable[..., np.ndarray], args: tuple[Any, ...]) -> np.ndarray:
    """`values` where they are `known`, elsewhere what a function over arrays makes of these rows."""
    flat: list[Any] = []
    shape = _flatten(args, flat)
    known, values, *leaves = np.broadcast_arrays(known, values, *[np.atleast_1d(x) for x in flat])
    if known.all():
        return values
    others = ~known
    found = np.array(values, dtype=float)
    found[others] = function(*_rebuild(shape, iter([leaf[others] for leaf in leaves])))
    return found


def footprint(coefficients: tuple[int, ...], extents: Extents) -> Array:
    """`coordinate.footprint`, by its closed form up to two dims."""
    match extents:
        case (alone,):
            return alone
        case p, r:
            u, d = coordinate.reduced(coefficients)
            return p * r - np.maximum(0, p - d) * np.maximum(0, r - u)
    return FOOTPRINT(coefficients, extents)


def overlap(coefficients: tuple[int, ...], extents: Extents, axis: int, shift: Array) -> Array:
    """`coordinate.overlap`: nothing in one dim; in two the sum over i = P - d .. P - 1 of [i + m d < s + P] max(0, R -
    m u), m = ceil((s - i)/d), as long as there are few terms."""
    if len(extents) == 1:
        return 0.0
    if len(extents) == 2:
        u, d = coordinate.reduced((coefficients[axis], coefficients[1 - axis]))
        p, r = extents[axis], extents[1 - axis]
        terms = min(d, int(np.max(p)))
        if terms <= TERMS:
            return sum(_overlapping(p, r, u, d, shift, p - k) for k in range(1, terms + 1))
    return OVERLAP(coefficients, extents, axis, shift)


def _overlapping(p: Array, r: Array, u: int, d: int, shift: Array, i: Array) -> Array:
    m = np.ceil((shift - i) / d)
    return np.where((i >= 0) & (i + m * d < shift + p), np.maximum(0, r - m * u), 0)


def union(coefficients: tuple[int, ...], extents: Extents, spread: Spread) -> Array:
    """`coordinate.union`: copies directly beside each other make one larger box."""
    box, beside = list(extents), np.array(True)
    for axis, factor, pitch in reversed(spread):
        beside = beside & ((factor == 1) | (pitch == box[axis]))
        box[axis] = box[axis] * factor
    return _completed(footprint(coefficients, tuple(box)), beside, UNION, (coefficients, extents, spread))


def fresh_union(coefficients: tuple[int, ...], extents: Extents, spread: Spread, axis: int, shift: Array) -> Array:
    """`coordinate.fresh_union`: all is new where a move keeps nothing; one copy loses what it keeps."""
    kept = overlap(coefficients, extents, axis, shift)
    single = np.logical_and.reduce([factor == 1 for _, factor, _ in spread])
    alone = footprint(coefficients, extents) - kept
    values = np.where(kept == 0, union(coefficients, extents, spread), alone)
    return _completed(values, (kept == 0) | single, FRESH, (coefficients, extents, spread, axis, shift))


FOOTPRINT, OVERLAP, UNION, FRESH = (
    rows_of(function)
    for function in (coordinate.footprint, coordinate.overlap, coordinate.union, coordinate.fresh_union)
)
VECTORISED: dict[str, Callable[..., Any]] = {
    "Footprint": footprint,
    "Overlap": overlap,
    "Union": union,
    "FreshUnion": fresh_union,
}
