"""The algebra of expressions beside plain fractions: random sums, products and quotients, and what cancels."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from fractions import Fraction
from random import Random

from npudsl.model.evaluate import Numbers
from npudsl.model.expressions import ONE, ZERO, Call, Expression, Number, Sum, Symbol, multiply, powers_of

KNOWN = {"a": 2, "b": 3, "c": 7}
A, B, C = (Symbol(name) for name in KNOWN)
Pair = tuple[Expression, Fraction]


def wrong_algebra(count: int) -> Iterator[str]:
    """What is not as fractions have it, or not as `expressions.py` promises."""
    yield from (f"identity {number}" for number, holds in enumerate(identities()) if not holds)
    random = Random(11)
    numbers = Numbers({Symbol(name): Fraction(value) for name, value in KNOWN.items()})
    for _ in range(count):
        expression, value = grown(random, 4)
        if numbers(expression) != value:
            yield f"{expression!r} is {numbers(expression)}, not {value}"
        copy = pickle.loads(pickle.dumps(expression))
        if copy != expression or hash(copy) != hash(expression) or repr(copy) != repr(expression):
            yield f"a copy of {expression!r} is {copy!r}"
        there = expression.symbols
        if not expression.within(there) or any(expression.within(there - {one}) for one in there):
            yield f"{expression!r} is not within {there}"


def grown(random: Random, depth: int) -> Pair:
    """An expression, and its value where the symbols are `KNOWN`."""
    if not depth or random.random() < 0.2:
        if random.random() < 0.3:
            number = random.randint(0, 3)
            return Number(number), Fraction(number)
        name = random.choice(list(KNOWN))
        return Symbol(name), Fraction(KNOWN[name])
    (one, x), (other, y) = grown(random, depth - 1), grown(random, depth - 1)
    match random.choice("*/+-m"):
        case "*":
            return one * other, x * y
        case "/":  # closed forms are divided by factors only
            name = random.choice(list(KNOWN))
            return one / Symbol(name), x / KNOWN[name]
        case "+":
            return one + other, x + y
        case "-":
            return one - other, x - y
    return Call("Min", one, other), min(x, y)


def identities() -> tuple[bool, ...]:
    """All hold."""
    return (
        A * B / B == A,
        (A * B) / (B * A) == ONE,
        A / B != A,
        (ONE / A) != A,
        A * A != A,
        multiply((C, A, B)) == multiply((B, C, A)),
        repr(multiply((C, A, B, A))) == repr(multiply((A, A, B, C))),
        repr(A / B) != repr(A * B),
        repr(A * A * B) != repr(A * B),
        A - A == ZERO,
        A + B - B == A,
        Sum.of(((1, A),)) == A,
        Sum.of(((2, A),)) != A,
        Sum.of(((2, A), (-1, A))) == A,
        Sum.of(((1, A), (0, B))) == A,
        (A + B) * C != A + B * C,
        powers_of(A * B * A / C) == ((A, 2), (B, 1), (C, -1)),
        powers_of(ONE) == (),
        A * ZERO == ZERO,
        not A.within(frozenset({B})),
        (A * B / C).within(frozenset({A, B, C})),
        Call("Min", A, B) != Call("Min", B, A),
        repr(Call("Min", A, B) * C * A * A / B) == "(a)**2*(b)**-1*(c)*(Min(a, b))",
        repr(Sum.of(((1, A), (-2, A * B)))) == "1*(a) + -2*((a)*(b))",
        A != "a" and Number(1) != 1,  # type: ignore[comparison-overlap]
        _Closed("a") != _Closed("b"),
    )


class _Closed(Symbol):
    """Told from others by its hash alone."""

    def _content(self) -> str:
        raise AssertionError("looked into")
