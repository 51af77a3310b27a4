"""Expressions of closed forms: equal if they say the same product, evaluated as sympy evaluates them."""

from __future__ import annotations

import pickle
from fractions import Fraction

import sympy
from hypothesis import given
from hypothesis import strategies as st

from npudsl.model.evaluate import Numbers
from npudsl.model.expressions import (
    ONE,
    ZERO,
    Call,
    Expression,
    Number,
    Sum,
    Symbol,
    multiply,
    occurring,
    powers_of,
)
from npudsl.model.functions import EXACT
from npudsl.model.symbolic import symbolic

from .expression_checks import wrong_algebra

NAMES = ("a", "b", "c")
KNOWN = {"a": 2, "b": 3, "c": 7}


def grown(smaller: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs = st.tuples(smaller, smaller)
    return st.one_of(
        pairs.map(lambda p: p[0] * p[1]),
        pairs.map(lambda p: p[0] + p[1]),
        pairs.map(lambda p: p[0] - p[1]),
        st.tuples(smaller, st.sampled_from(NAMES)).map(lambda p: p[0] / Symbol(p[1])),
        pairs.map(lambda p: Call("Min", *p)),
    )


LEAVES = st.one_of(st.sampled_from(NAMES).map(Symbol), st.integers(0, 3).map(Number))
EXPRESSIONS = st.recursive(LEAVES, grown, max_leaves=8)


@given(EXPRESSIONS)
def test_values_are_those_of_sympy(expression: Expression) -> None:
    numbers = Numbers({Symbol(name): Fraction(value) for name, value in KNOWN.items()}, EXACT)
    theirs = symbolic(expression).subs({symbolic(Symbol(n)): v for n, v in KNOWN.items()})
    assert numbers(expression) == Fraction(str(sympy.nsimplify(theirs)))


@given(EXPRESSIONS)
def test_a_copy_from_another_process_is_equal(expression: Expression) -> None:
    copy = pickle.loads(pickle.dumps(expression))
    assert copy == expression and hash(copy) == hash(expression) and copy.symbols == expression.symbols


@given(EXPRESSIONS)
def test_symbols_are_those_that_occur(expression: Expression) -> None:
    found = {part for part in occurring(expression) if isinstance(part, Symbol)}
    assert expression.symbols == found and expression.within(frozenset(found))
    assert not any(expression.within(frozenset(found - {one})) for one in found)


@given(st.lists(EXPRESSIONS, max_size=4), st.randoms(use_true_random=False))
def test_a_product_is_the_same_in_any_order(factors: list[Expression], random: object) -> None:
    mixed = list(factors)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = multiply(factors), multiply(mixed)
    assert one == other and hash(one) == hash(other) and repr(one) == repr(other)


@given(EXPRESSIONS, EXPRESSIONS)
def test_equal_means_equal_in_sympy(one: Expression, other: Expression) -> None:
    if one == other:
        assert symbolic(one) == symbolic(other)


def test_what_cancels_is_gone() -> None:
    a, b = Symbol("a"), Symbol("b")
    assert a * b / b == a and a / a == ONE and powers_of(ONE) == ()
    assert a - a == ZERO and a + b - b == a and a * ZERO == ZERO
    assert powers_of(a * b * a) == ((a, 2), (b, 1))
    assert Sum.of(((2, a), (1, a))) != a * a


def test_calls_differ_by_function_and_arguments() -> None:
    a = Symbol("a")
    calls = [
        Call("Footprint", (1, 1), (a, a)),
        Call("Footprint", (1, 2), (a, a)),
        Call("Union", (1, 1), (a, a)),
        Call("Footprint", (1, 1), (a, ONE)),
    ]
    assert len(set(calls)) == 4
    assert Call("Footprint", (1, 1), (a, a)) == calls[0]


def test_algebra_is_that_of_fractions() -> None:
    assert list(wrong_algebra(60)) == []
