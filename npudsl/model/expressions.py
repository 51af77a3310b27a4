"""Expressions that closed forms are made of, each made once: nests of one search have many in common, and sympy is slow
at making one."""

from __future__ import annotations

from functools import lru_cache

import sympy

from . import functions as fn


@lru_cache(maxsize=1 << 12)
def positive(name: str) -> sympy.Symbol:
    """The symbol of a factor or a bound."""
    return sympy.Symbol(name, integer=True, positive=True)


def bound_symbol(dim: str) -> sympy.Symbol:
    """The bound of a dim in closed forms."""
    return positive(f"N_{dim}")


@lru_cache(maxsize=1 << 12)
def numbers(values: tuple[int, ...]) -> sympy.Tuple:
    """Integers as an argument of a function."""
    return sympy.Tuple(*values)


@lru_cache(maxsize=1 << 14)
def product(symbols: tuple[sympy.Symbol, ...]) -> sympy.Expr:
    """1 of none."""
    return sympy.Mul(*symbols)


@lru_cache(maxsize=1 << 14)
def swept(
    coefficients: sympy.Tuple,
    extents: sympy.Tuple,
    spread: sympy.Tuple,
    outer: sympy.Expr,
    sweeping: tuple[int, sympy.Expr, sympy.Symbol] | None,
) -> sympy.Expr:
    """`outer` times the union of tiles, and what a sweep brings along an axis, by a shift, each of its next times."""
    whole = fn.Union(coefficients, extents, spread) if spread else fn.Footprint(coefficients, extents)
    if sweeping is None:
        return outer * whole
    axis, shift, times = sweeping
    if spread:
        fresh = fn.FreshUnion(coefficients, extents, spread, axis, shift)
    else:
        fresh = whole - fn.Overlap(coefficients, extents, axis, shift)
    return outer * (whole + (times - 1) * fresh)
