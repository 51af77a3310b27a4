"""Closed forms as sympy expressions: what stands in them, and their numbers by sympy's own substitution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random
from typing import Any

import sympy

from npudsl.model.expressions import ONE, Call, Expression, Symbol, occurring
from npudsl.model.symbolic import SymbolicNumbers, symbolic

from ..strategies import Case
from .expression_checks import KNOWN, grown


def wrong_expressions(derive: Callable[..., Any], numbers: Callable[..., Any], case: Case) -> Iterator[str]:
    """Symbols that are no positive integers, factors that are not the simplest, totals that sympy counts
    differently."""
    mapping = case.mapping.simplified()
    formulas = derive(case.arch, case.layer, mapping)
    bounds = {symbol: case.layer.bound[d] for d, symbol in formulas.bounds.items()}
    factors = dict(zip(formulas.symbols, (loop.factor for loop in mapping.loops), strict=True))
    if len(factors) != len(mapping.loops):
        yield "loops share a symbol"
    told = {symbolic(symbol): number for symbol, number in (*bounds.items(), *factors.items())}
    first = {symbolic(symbol): number for symbol, number in bounds.items()}
    if not all(s.is_integer and s.is_positive for s in told):
        yield "a symbol may be no positive integer"
    values = numbers(bounds | factors)
    for key, total in formulas.totals.items():
        expression, counted = symbolic(total.expression), values(total.expression)
        in_turn = sympy.sympify(sympy.sympify(expression.subs(first)).doit().subs(told)).doit()
        if not counted == in_turn == expression.subs(told).doit() == SymbolicNumbers(told)(expression):
            yield f"{key}: {expression} is {in_turn}, not {counted}"
        if expression.free_symbols - _codes(expression) != {symbolic(s) for s in total.expression.symbols}:
            yield f"{key}: {expression} has not the symbols {total.expression.symbols}"
    yield from _wrong_factors(case, formulas)
    renamed = derive(case.arch, case.layer, mapping, names=tuple(f"loop{i}" for i in range(len(factors))))
    if [s.name for s in renamed.symbols] != [f"loop{i}" for i in range(len(factors))]:
        yield f"names are not those that were given: {renamed.symbols}"


def wrong_powers(count: int) -> Iterator[str]:
    """Random expressions, quotients among them, whose sympy expression has another value."""
    random = Random(12)
    at = {symbolic(Symbol(name)): value for name, value in KNOWN.items()}
    for _ in range(count):
        expression, value = grown(random, 3)
        given = symbolic(expression)
        substituted = given.subs(at)
        if substituted != sympy.Rational(value.numerator, value.denominator):
            yield f"{expression!r} as {given} is {substituted}, not {value}"
        if not given.atoms(sympy.Rational) - given.atoms(sympy.Integer):
            counted = SymbolicNumbers({symbol: Fraction(number) for symbol, number in at.items()})(given)
            if counted != value:
                yield f"{expression!r} as {given} is counted as {counted}, not {value}"


def _wrong_factors(case: Case, formulas: Any) -> Iterator[str]:
    """A dim of its own needs no functions in a tile, nor where its factors are perfect; one that indexes the tensor
    contributes its bound to what passes an edge."""
    perfect = {d for d in case.layer.op.dims if case.mapping.extent(d, 0) == case.layer.bound[d]}
    products = [(b.edge.tensor, p) for b in formulas.bookings for _, p in b.count.terms]
    products += [(case.layer.op.tensor(name), tile) for (_, name), tile in formulas.tiles.items()]
    for tensor, found in products:
        for group, factor in found.factors:
            if any(
                isinstance(part, Call) and part.function == "Min" and ONE in part.parts() for part in occurring(factor)
            ):
                yield f"{group} of {tensor.name}: {factor} is no more than 1"
            plain = found.origin is None or group[0] in tensor.dims or set(group) <= perfect
            if len(group) == 1 and plain and _calls(factor):
                yield f"{group} of {tensor.name}: {factor} is no product of factors"
            if len(group) == 1 and found.origin and group[0] in tensor.dims and factor != formulas.bounds[group[0]]:
                yield f"{group} of {tensor.name}: {factor} is not its bound"


def _calls(factor: Expression) -> bool:
    return any(isinstance(part, Call) and part.function != "Min" for part in occurring(factor))


def _codes(expression: sympy.Expr) -> set[sympy.Symbol]:
    """Names of loops' kinds: symbols to sympy only."""
    return {symbol for symbol in expression.free_symbols if symbol.name.startswith("kinds_")}
