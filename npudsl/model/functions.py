"""The functions beyond + and * that closed forms need, with exact and vectorised evaluation.

    Footprint((c...), (e...))                      distinct values of sum(c x) over a box of extents e
    Overlap((c...), (e...), axis, shift)           values that a box shares with itself moved by `shift` along `axis`
    Union((c...), (e...), ((axis, factor, pitch)...))                    distinct values over all copies of a box
    FreshUnion((c...), (e...), ((axis, factor, pitch)...), axis, shift)  likewise, of what a move leaves to fetch
    Positions(kinds, N, tile, (f...))              settings with a point of the counted loops of one clipped dim
    CoordinateSum(code, (c...), (N...), (e...), (f...)...)               `clipped.coordinate_sum`; the code gives kinds

Each takes tuples, so that one function serves any number of dims. Evaluation goes through `coordinate.py` and
`clipped.py`; `symbolic.py` has the same functions for sympy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from . import clipped, coordinate


def kinds_code(kinds: tuple[str, ...]) -> str:
    """Loop kinds as one name (their initials)."""
    return "kinds_" + "".join(k[:2] for k in kinds)


def loop_kinds(code: str) -> tuple[str, ...]:
    """The kinds that `kinds_code` was given."""
    short = code.removeprefix("kinds_")
    return tuple({k[:2]: k for k in clipped.KINDS}[short[i : i + 2]] for i in range(0, len(short), 2))


def _ints(values: Any) -> tuple[int, ...]:
    return tuple(int(v) for v in values)


def exact_positions(code: str, bound: int, tile: int, factors: tuple[int, ...]) -> int:
    steps = tuple(clipped.Step(k, int(f)) for k, f in zip(loop_kinds(code), factors, strict=True))
    return clipped.positions(int(bound), int(tile), steps)


def exact_coordinate_sum(code: str, coefficients: Any, bounds: Any, tiles: Any, *factors: Any) -> int:
    return sum(case.times * case.words for case in exact_cases(code, coefficients, bounds, tiles, *factors))


def exact_cases(code: str, coefficients: Any, bounds: Any, tiles: Any, *factors: Any) -> Iterator[clipped.Case]:
    """The code lists the kinds of every dim's loops, dims parted by `_`, with a last part `keep` or `drop`."""
    parts = code.removeprefix("kinds_").split("_")
    loops = tuple(
        tuple(clipped.Step(k, int(f)) for k, f in zip(loop_kinds(part), values, strict=True))
        for part, values in zip(parts[:-1], factors, strict=True)
    )
    return clipped.coordinate_cases(_ints(coefficients), _ints(bounds), _ints(tiles), loops, parts[-1] == "keep")


def sum_code(kinds: tuple[tuple[str, ...], ...], kept: bool) -> str:
    """The code that `exact_coordinate_sum` reads."""
    parts = ["".join(k[:2] for k in one) for one in kinds] + ["keep" if kept else "drop"]
    return "kinds_" + "_".join(parts)


# ---- vectorised: arrays of factors, one value per row ------------------------------------------


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
    """Of rows of integers the first of each kind, and the kind of each. Each row is one number where that fits 62 bits:
    numbers are sorted faster than rows."""
    sizes = table.max(axis=0, initial=0) + 1
    if (table < 0).any() or prod(int(s) for s in sizes) >= 1 << 62:
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


def vector_footprint(coefficients: tuple[int, ...], extents: tuple[Any, ...]) -> Any:
    """`coordinate.footprint` over arrays, by its closed form up to two dims."""
    match extents:
        case (alone,):
            return alone
        case p, r:
            u, d = coordinate.reduced(coefficients)
            return p * r - np.maximum(0, p - d) * np.maximum(0, r - u)
    return rows_of(coordinate.footprint)(coefficients, extents)


#: What compiled closed forms call: for one mapping in Python integers, exactly ...
EXACT: dict[str, Callable[..., Any]] = {
    "Min": lambda *values: min(values),
    "Footprint": coordinate.footprint,
    "Overlap": coordinate.overlap,
    "Union": coordinate.union,
    "FreshUnion": coordinate.fresh_union,
    "Positions": exact_positions,
    "CoordinateSum": exact_coordinate_sum,
}
#: ... and over arrays of factors.
VECTORISED: dict[str, Callable[..., Any]] = {
    "Footprint": vector_footprint,
    "Overlap": rows_of(coordinate.overlap),
    "Union": rows_of(coordinate.union),
    "FreshUnion": rows_of(coordinate.fresh_union),
}
