"""Closed forms in `+ * max min floor ceiling` where there are such forms (semantics.md, Closed forms that follow)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from .. import symbolic as fn
from ..functions import loop_kinds

ONE = sympy.Integer(1)


def elementary(call: sympy.Expr) -> sympy.Expr:
    """The elementary form of one function application, or the call itself."""
    if isinstance(call, fn.Footprint):
        return _footprint(*call.args)
    if isinstance(call, fn.Union):
        return _union(*call.args)
    if isinstance(call, fn.Overlap):
        return _overlap(*call.args)
    if isinstance(call, fn.FreshUnion):
        coefficients, extents, spread, axis, shift = call.args
        return call if _overlap(coefficients, extents, axis, shift) else _union(coefficients, extents, spread)
    if isinstance(call, fn.Positions):
        code, bound, tile, factors = call.args
        return positions(bound, tile, tuple(zip(loop_kinds(code.name), factors, strict=True)))
    return call


def _footprint(coefficients: sympy.Tuple, extents: sympy.Tuple) -> sympy.Expr:
    few, long = _without_points(coefficients, extents)
    match tuple(long):
        case ():
            return ONE
        case (alone,):
            return alone
        case _, _:
            return fn.Footprint(few, long).explicit()
    return fn.Footprint(coefficients, extents)


def _union(coefficients: sympy.Tuple, extents: sympy.Tuple, spread: sympy.Tuple) -> sympy.Expr:
    box = _adjacent(extents, spread)
    return fn.Union(coefficients, extents, spread) if box is None else _footprint(coefficients, box)


def _overlap(coefficients: sympy.Tuple, extents: sympy.Tuple, axis: sympy.Integer, shift: sympy.Expr) -> sympy.Expr:
    kept = [k for k in range(len(extents)) if extents[k] != ONE or k == int(axis)]
    if len(kept) == 1:
        return sympy.Integer(0)
    if len(kept) > 2:
        return fn.Overlap(coefficients, extents, axis, shift)
    if extents[int(axis)] == ONE and shift.is_Integer:
        return _overlap_of_line(coefficients, extents, int(axis), kept, int(shift))
    if shift == extents[int(axis)]:
        return _overlap_of_neighbour(coefficients, extents, int(axis), kept)
    return fn.Overlap(
        sympy.Tuple(*[coefficients[k] for k in kept]),
        sympy.Tuple(*[extents[k] for k in kept]),
        sympy.Integer(kept.index(int(axis))),
        shift,
    ).explicit()


def _overlap_of_line(
    coefficients: sympy.Tuple, extents: sympy.Tuple, axis: int, kept: list[int], shift: int
) -> sympy.Expr:
    """Of R points d apart, moved by `shift` steps of u: `max(0, R - u shift / d)` if d divides that, else nothing."""
    other = next(k for k in kept if k != axis)
    steps, left = divmod(int(coefficients[axis]) * shift, int(coefficients[other]))
    return sympy.Integer(0) if left else sympy.Max(0, extents[other] - steps)


def _overlap_of_neighbour(coefficients: sympy.Tuple, extents: sympy.Tuple, axis: int, kept: list[int]) -> sympy.Expr:
    """Of a box with the next one, s = P: m is 1 for every i, so max(0, min(d, 2P - d)) times max(0, R - u)."""
    other = next(k for k in kept if k != axis)
    divisor = sympy.gcd(coefficients[axis], coefficients[other])
    u, d = coefficients[axis] / divisor, coefficients[other] / divisor
    return sympy.Max(0, sympy.Min(d, 2 * extents[axis] - d)) * sympy.Max(0, extents[other] - u)


def _without_points(coefficients: sympy.Tuple, extents: sympy.Tuple) -> tuple[sympy.Tuple, sympy.Tuple]:
    """Without the dims of extent 1, which move nothing."""
    kept = [k for k in range(len(extents)) if extents[k] != ONE]
    return sympy.Tuple(*[coefficients[k] for k in kept]), sympy.Tuple(*[extents[k] for k in kept])


def _adjacent(extents: sympy.Tuple, spread: sympy.Tuple) -> sympy.Tuple | None:
    """The one larger box that copies side by side make, whatever the factors are."""
    box, left = list(extents), list(spread)
    while left:
        beside = next((copy for copy in left if copy[2] == box[int(copy[0])]), None)
        if beside is None:
            return None
        left.remove(beside)
        box[int(beside[0])] *= beside[1]
    return sympy.Tuple(*box)


def positions(bound: sympy.Expr, tile: sympy.Expr, loops: Sequence[tuple[str, Any]]) -> sympy.Expr:
    """`clipped.positions` as an expression: cnt(N, [f | rest]) = q cnt(s, rest) + cnt(N - q s, rest)."""
    counted = [kind in ("walk", "sweep", "sum") for kind, _ in loops]
    if not any(counted):
        return ONE
    first = counted.index(False) if False in counted else len(loops)
    if not any(counted[first:]):
        return sympy.ceiling(bound / (tile * sympy.Mul(*[f for _, f in loops[first:]])))
    move = tile * sympy.Mul(*[f for _, f in loops[1:]])
    if not counted[0]:
        return positions(sympy.Min(bound, move), tile, loops[1:])
    whole = sympy.floor(bound / move)
    inside = sympy.Mul(*[f for kind, f in loops[1:] if kind in ("walk", "sweep", "sum")])
    return whole * inside + positions(bound - whole * move, tile, loops[1:])
