"""Closed forms as sympy expressions: for people, who read and rearrange them.

The functions that `functions.py` counts with are sympy functions here. `explicit` rewrites what has an elementary form
(semantics.md, Closed forms that follow), for display.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import prod
from typing import Any

import sympy

from .expressions import Argument, Call, Number, Powers, Sum, Symbol
from .functions import EXACT


@lru_cache(maxsize=1 << 12)
def positive(name: str) -> sympy.Symbol:
    """The symbol of a factor or a bound."""
    return sympy.Symbol(name, integer=True, positive=True)


def symbolic(argument: Argument) -> Any:
    """The sympy expression of an expression; of arguments of functions what stands for them in sympy."""
    match argument:
        case Symbol():
            return positive(argument.name)
        case Number():
            return sympy.Integer(argument.number)
        case Powers():
            return sympy.Mul(*[symbolic(base) ** exponent for base, exponent in argument.factors])
        case Sum():
            return sympy.Add(*[weight * symbolic(term) for weight, term in argument.terms])
        case Call():
            function = FUNCTIONS[argument.function]
            return function(*[symbolic(a) for a in argument.arguments])
        case tuple():
            return sympy.Tuple(*[symbolic(a) for a in argument])
        case str():
            return sympy.Symbol(argument)
    return sympy.Integer(argument)


class SymbolicNumbers:
    """Evaluates sympy expressions for given integers, each distinct subexpression once."""

    def __init__(self, values: Mapping[sympy.Symbol, int]):
        self._known: dict[sympy.Basic, Any] = dict(values)

    def __call__(self, expression: sympy.Basic) -> Any:
        found = self._known.get(expression)
        if found is None:
            found = self._known[expression] = self._compute(expression)
        return found

    def _compute(self, node: sympy.Basic) -> Any:
        if isinstance(node, sympy.Integer):
            return int(node)
        if isinstance(node, sympy.Symbol):
            return node.name
        arguments = [self(a) for a in node.args]
        if isinstance(node, sympy.Tuple):
            return tuple(arguments)
        if isinstance(node, sympy.Mul):
            return prod(arguments)
        if isinstance(node, sympy.Add):
            return sum(arguments)
        if isinstance(node, sympy.Pow):
            base, exponent = arguments
            return base**exponent
        return EXACT[type(node).__name__](*arguments)


class Counting(sympy.Function):
    """A function with numbers of its own: `expression.subs(values).doit()` gives an integer."""

    def doit(self, **hints: Any) -> sympy.Expr:
        call = self.func(*[a.doit(**hints) for a in self.args])
        if any(not s.name.startswith("kinds_") for s in call.free_symbols):
            return call
        return sympy.Integer(EXACT[type(call).__name__](*[_numbers(a) for a in call.args]))


def _numbers(argument: sympy.Basic) -> Any:
    """Tuples of Python integers; the name of a code."""
    if isinstance(argument, sympy.Tuple):
        return tuple(_numbers(a) for a in argument)
    return argument.name if isinstance(argument, sympy.Symbol) else int(argument)


class Footprint(Counting):
    """`Footprint((c...), (e...))`: distinct values of sum(c x) over a box of extents e."""

    nargs = 2

    def explicit(self) -> sympy.Expr:
        (coefficients, extents) = self.args
        if len(extents) != 2:
            return self
        u, d = (sympy.Integer(int(c)) for c in coefficients)
        divisor = sympy.gcd(u, d)
        p, r = extents
        return p * r - sympy.Max(0, p - d / divisor) * sympy.Max(0, r - u / divisor)


class Overlap(Counting):
    """`Overlap((c...), (e...), axis, shift)`: values a box shares with itself moved by `shift` along dim `axis`."""

    nargs = 4

    def explicit(self) -> sympy.Expr:
        """The case of unit steps, `max(0, (P - 1 - s) u + R)`, if that is what it is."""
        coefficients, extents, axis, shift = self.args
        if len(extents) != 2:
            return self
        k = int(axis)
        u, d = int(coefficients[k]), int(coefficients[1 - k])
        divisor = sympy.gcd(u, d)
        if d != divisor:
            return self
        p, r, step = extents[k], extents[1 - k], sympy.Integer(u) / divisor
        return sympy.Max(0, (p - 1 - shift) * step + r)


class Union(Counting):
    """`Union((c...), (e...), ((axis, factor, pitch)...))`: distinct values over all copies of a box."""

    nargs = 3


class FreshUnion(Counting):
    """`FreshUnion((c...), (e...), ((axis, factor, pitch)...), axis, shift)`: likewise, of what a move leaves to
    fetch."""

    nargs = 5


class Positions(Counting):
    """`Positions(kinds, N, tile, (f...))`: settings with a point of the counted loops of one clipped dim."""

    nargs = 4


class CoordinateSum(Counting):
    """`CoordinateSum(code, (c...), (N...), (e...), (f...)...)`: `clipped.coordinate_sum`; the code gives the loops'
    kinds."""


#: By the names that `functions.EXACT` has.
FUNCTIONS: dict[str, Any] = {
    "Min": sympy.Min,
    **{kind.__name__: kind for kind in (Footprint, Overlap, Union, FreshUnion, Positions, CoordinateSum)},
}
