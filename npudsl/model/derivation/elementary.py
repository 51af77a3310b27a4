"""Closed forms in `+ * max min floor ceiling` where there are such forms (semantics.md, Closed forms that follow)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from .. import functions as fn

ONE = sympy.Integer(1)


@dataclass
class Elementary:
    """Rewrites one function application for given numbers of its symbols. `conditions`: what the form relies on."""

    values: Mapping[sympy.Symbol, int]
    conditions: list[sympy.Basic] = field(default_factory=list)

    def rewrite(self, call: sympy.Expr) -> sympy.Expr:
        """The elementary form, or the call itself."""
        if isinstance(call, fn.Footprint):
            return self._footprint(*call.args)
        if isinstance(call, fn.Union):
            return self._union(*call.args)
        if isinstance(call, fn.Overlap):
            return self._overlap(*call.args)
        if isinstance(call, fn.FreshUnion):
            return self._fresh_union(call)
        if isinstance(call, fn.Positions):
            code, bound, tile, factors = call.args
            kinds = fn.loop_kinds(code.name)
            return positions(bound, tile, tuple(zip(kinds, factors, strict=True)))
        return call

    def _footprint(self, coefficients: sympy.Tuple, extents: sympy.Tuple) -> sympy.Expr:
        coefficients, extents = _without_points(coefficients, extents)
        if not extents:
            return ONE
        return extents[0] if len(extents) == 1 else fn.Footprint(coefficients, extents).explicit()

    def _union(self, coefficients: sympy.Tuple, extents: sympy.Tuple, spread: sympy.Tuple) -> sympy.Expr:
        box = _adjacent(extents, spread)
        return fn.Union(coefficients, extents, spread) if box is None else self._footprint(coefficients, box)

    def _overlap(
        self, coefficients: sympy.Tuple, extents: sympy.Tuple, axis: sympy.Integer, shift: sympy.Expr
    ) -> sympy.Expr:
        kept = [k for k in range(len(extents)) if extents[k] != ONE or k == int(axis)]
        if len(kept) == 1:
            return sympy.Integer(0)
        if len(kept) > 2:
            return fn.Overlap(coefficients, extents, axis, shift)
        call = fn.Overlap(
            sympy.Tuple(*[coefficients[k] for k in kept]),
            sympy.Tuple(*[extents[k] for k in kept]),
            sympy.Integer(kept.index(int(axis))),
            shift,
        )
        form = call.explicit()
        if isinstance(form, sympy.Piecewise):
            (inside, condition), (outside, _) = form.args
            holds = bool(condition.subs(self.values))
            self.conditions.append(condition if holds else sympy.Not(condition))
            return inside if holds else outside
        return form

    def _fresh_union(self, call: sympy.Expr) -> sympy.Expr:
        coefficients, extents, spread, axis, shift = call.args
        if self._overlap(coefficients, extents, axis, shift) == 0:
            return self._union(coefficients, extents, spread)
        return call


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
