"""The functions beyond + and * that closed forms need, exactly.

    Footprint((c...), (e...))                      distinct values of sum(c x) over a box of extents e
    Overlap((c...), (e...), axis, shift)           values that a box shares with itself moved by `shift` along `axis`
    Union((c...), (e...), ((axis, factor, pitch)...))                    distinct values over all copies of a box
    FreshUnion((c...), (e...), ((axis, factor, pitch)...), axis, shift)  likewise, of what a move leaves to fetch
    Positions(kinds, N, tile, (f...))              settings with a point of the counted loops of one clipped dim
    CoordinateSum(code, (c...), (N...), (e...), (f...)...)               `clipped.coordinate_sum`; the code gives kinds

Each takes tuples, so that one function serves any number of dims; `symbolic.py` has the same functions for sympy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

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


#: For one mapping, in Python integers (over arrays: `vectorised.py`).
EXACT: dict[str, Callable[..., Any]] = {
    "Min": lambda *values: min(values),
    "Footprint": coordinate.footprint,
    "Overlap": coordinate.overlap,
    "Union": coordinate.union,
    "FreshUnion": coordinate.fresh_union,
    "Positions": exact_positions,
    "CoordinateSum": exact_coordinate_sum,
}
