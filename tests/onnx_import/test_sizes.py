"""Sizes that depend on dynamic dimensions: an arithmetic that agrees with whole numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npudsl.onnx_import.errors import UndecidedError
from npudsl.onnx_import.refine import NoDigitsError, common
from npudsl.onnx_import.sizes import (
    Size,
    divide,
    evaluate,
    floor,
    known,
    names_in,
    product,
    show,
    substitute,
    variable,
)

VALUES = {"a": 3, "b": 7}


def sizes() -> st.SearchStrategy[Size]:
    leaves = st.one_of(st.integers(1, 9), st.sampled_from(["a", "b"]).map(variable))
    pairs = st.tuples(st.sampled_from("+*-/"), leaves, leaves)

    def combined(inner: st.SearchStrategy[Size]) -> st.SearchStrategy[Size]:
        return st.tuples(st.sampled_from("+*/"), inner, st.one_of(inner, st.integers(1, 4))).map(_combine)

    return st.recursive(st.one_of(leaves, pairs.map(_combine)), combined, max_leaves=6)


def _combine(parts: tuple[str, Size, Size]) -> Size:
    sign, left, right = parts
    if sign == "/":
        return floor(left, right) if right != 0 and evaluate(right, VALUES) != 0 else left
    return {"+": left + right, "*": left * right, "-": left - right}[sign]


@given(sizes(), sizes())
def test_arithmetic_is_that_of_numbers(left: Size, right: Size) -> None:
    one, two = evaluate(left, VALUES), evaluate(right, VALUES)
    assert evaluate(left + right, VALUES) == one + two
    assert evaluate(left - right, VALUES) == one - two
    assert evaluate(left * right, VALUES) == one * two
    assert left + right == right + left and left * right == right * left
    if two:
        assert evaluate(floor(left, right), VALUES) == one // two
        assert (quotient := divide(left * right, right)) is None or evaluate(quotient, VALUES) == one
    assert evaluate(substitute(left, {"a": 3}), VALUES) == one


def test_products_divide() -> None:
    a, b = variable("a"), variable("b")
    assert divide(12 * a * b, 4 * a) == 3 * b
    assert divide((a + b) * (a + 2), a + 2) == a + b
    assert divide(a, b) is None and divide(a, 2) is None
    assert product([a, 1, b, 2]) == 2 * a * b


def test_what_is_shown_is_an_expression() -> None:
    a = variable("a")
    assert show(2 * a * a + a - 4) == "2 * a * a + a - 4"
    assert show((a - 1) // 2 + 1) == "(a + 1) // 2"
    assert show(((a - 2) // 2 - 1) // 3 * 5) == "5 * ((a // 2 + 1) // 3) - 5"
    assert names_in((a - variable("b")) // 2) == {"a", "b"}
    with pytest.raises(UndecidedError, match="a size is 2 \\* a, which depends on a"):
        known(2 * a, "a size")


def test_common_digits() -> None:
    a = variable("a")
    assert common([6, 4], [2, 12]) == ([[2, 3], [4]], [[2], [3, 4]])
    assert common([a * 4], [a, 4]) == ([[a, 4]], [[a], [4]])
    assert common([1, 5], [5]) == ([[], [5]], [[5]])
    assert common([], []) == ([], [])
    for first, second in (([6, 4], [4, 6]), ([a], [4]), ([5], []), ([2, 3], [6, 2])):
        with pytest.raises(NoDigitsError):
            common(first, second)
