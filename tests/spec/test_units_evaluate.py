"""The evaluator against Python's own exact arithmetic, and its bounds on hostile expressions."""

from __future__ import annotations

import time
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npudsl.spec.evaluate import as_int, evaluate
from npudsl.spec.parameters import parse_value
from npudsl.spec.scope import Scope, TableValue
from npudsl.spec.units import DATA, ENERGY
from npudsl.spec.values import UNLIMITED, ListValue, Quantity, number, show
from npudsl.syntax import parse_expression, tree
from npudsl.text.diagnostics import SpecError
from npudsl.text.source import Source, Span


def value_of(text: str, **names: object) -> object:
    scope = Scope({n: number(v) if isinstance(v, (int, Fraction)) else v for n, v in names.items()})  # type: ignore[misc]
    return evaluate(parse_expression(Source("x", text)), scope)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("10 - 4 - 3", "3"),
        ("2 ^ 3 ^ 2", "512"),
        ("-2 ^ 2", "-4"),
        ("2 ^ -3", "0.125"),
        ("(-1) ^ 1000000001", "-1"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("-7 % 3", "2"),
        ("7 KiB // 2 KiB", "3"),
        ("7 KiB % 2 KiB", "1 KiB"),
        ("108 KiB / 16 bit", "55296"),
        ("1.6 GB/s / 200 MHz", "64 bit"),
        ("64 bit * 60 MHz", "480 MB/s"),
        ("2 pJ / 16 bit", "0.125 pJ/bit"),
        ("1 KiB == 8192 bit", "true"),
        ("1 KiB < 1 kB", "false"),
        ("3 < inf", "true"),
        ("inf + 1 KiB", "inf"),
        ("inf / 2", "inf"),
        ("min(3, inf, 2)", "2"),
        ("max(3 B, 20 bit)", "24 bit"),
        ("ceil(7 / 2)", "4"),
        ("floor(-7 / 2)", "-4"),
        ("log2(1024)", "10"),
        ("log2(1 / 8)", "-3"),
        ("log2(3)", "~1.58496"),
        ("sqrt(9 / 4)", "1.5"),
        ("4 ^ 0.5", "2"),
        ("abs(-3 pJ)", "3 pJ"),
        ("if 2 > 1 then 3 else 1 / 0", "3"),
        ("true or 1 / 0 == 1", "true"),
        ("false and 1 / 0 == 1", "false"),
        ("not 1 == 2", "true"),
        ('"a" == "a"', "true"),
        ("[1, x = 2 KiB]", "[1, x = 2 KiB]"),
        ("[1, 2] == [1, 2]", "true"),
        ("10 ^ 30", "1e30"),
    ],
)
def test_value(text: str, expected: str) -> None:
    assert show(value_of(text)) == expected  # type: ignore[arg-type]


_numbers = st.fractions(min_value=-1000, max_value=1000, max_denominator=50)


@given(_numbers, _numbers, _numbers, st.sampled_from("+-*"), st.sampled_from("+-*/%"))
def test_exact(a: Fraction, b: Fraction, c: Fraction, first: str, second: str) -> None:
    text = f"(a {first} b) {second} c"
    left = {"+": a + b, "-": a - b, "*": a * b}[first]
    if second in "/%" and c == 0:
        with pytest.raises(SpecError):
            value_of(text, a=a, b=b, c=c)
        return
    right = {"+": lambda: left + c, "-": lambda: left - c, "*": lambda: left * c, "/": lambda: left / c}
    expected = left - c * floor(left / c) if second == "%" else right[second]()
    assert value_of(text, a=a, b=b, c=c) == Quantity(expected)


@pytest.mark.parametrize(
    "text",
    [
        "2^10^10",
        "2^2^2^2^2^2",
        "(2^4000)^4000",
        "(1/3)^5000",
        "1.5^(10^30)",
        "10^(-10^20)",
        "2^4000 * 2^4000",
        "3^0.5^(10^9) + (10^300)^1000.5",
    ],
)
def test_large_numbers_end_soon(text: str) -> None:
    started = time.perf_counter()
    with pytest.raises(SpecError) as error:
        value_of(text)
    assert {d.code for d in error.value.diagnostics} == {"E105"}
    assert time.perf_counter() - started < 1


def test_long_chains_do_not_nest() -> None:
    span = Span(Source("x", "1"), 0, 1)
    expr: tree.Expr = tree.Number(Fraction(1), None, span)
    for _ in range(50_000):
        expr = tree.Binary("+", expr, tree.Number(Fraction(1), None, span), span)
    assert evaluate(expr, Scope()) == number(50_001)


@pytest.mark.parametrize("wrap", ["minus", "right", "list", "if", "call"])
def test_deep_nesting_is_a_diagnostic(wrap: str) -> None:
    span = Span(Source("x", "1"), 0, 1)
    expr: tree.Expr = tree.Number(Fraction(1), None, span)
    path = tree.Path((tree.Name("abs", span),), span)
    for _ in range(10_000):
        match wrap:
            case "minus":
                expr = tree.Unary("-", expr, span)
            case "right":
                expr = tree.Binary("+", tree.Number(Fraction(1), None, span), expr, span)
            case "list":
                expr = tree.ListOf((expr,), span)
            case "if":
                expr = tree.Conditional(tree.Binary("==", expr, expr, span), expr, expr, span)
            case "call":
                expr = tree.Reference(path, None, (tree.Argument(None, expr, span),), span)
    with pytest.raises(SpecError) as error:
        evaluate(expr, Scope())
    assert error.value.diagnostics[0].code == "E105"


def _table(mode: str, *rows: tuple[int, int]) -> TableValue:
    points = tuple((Quantity(Fraction(k), DATA), Quantity(Fraction(v), ENERGY)) for k, v in rows)
    return TableValue("f", "size", DATA, ENERGY, mode, points)


@pytest.mark.parametrize(
    ("table", "key", "expected"),
    [
        (_table("linear", (10, 1), (30, 5)), "20 bit", Fraction(3)),
        (_table("linear", (10, 1), (30, 5)), "10 bit", Fraction(1)),
        (_table("linear", (10, 1), (30, 5)), "40 bit", Fraction(7)),  # beyond the rows the line goes on
        (_table("linear", (10, 1), (30, 5), (40, 5)), "35 bit", Fraction(5)),
        (_table("linear", (10, 7)), "99 bit", Fraction(7)),
        (_table("loglog", (10, 1), (1000, 100)), "100 bit", Fraction(10)),
        (_table("loglog", (10, 1), (1000, 10)), "100 bit", Fraction("3.16228")),
        (_table("loglog", (10, 1), (1000, 10)), "1 bit", Fraction("0.316228")),
        (_table("loglog", (10, 3), (1000, 3)), "77 bit", Fraction(3)),
        (_table("loglog", (10, 1), (1000, 10)), "1000 bit", Fraction(10)),
    ],
)
def test_table(table: TableValue, key: str, expected: Fraction) -> None:
    assert value_of(f"f({key})", f=table) == Quantity(expected, ENERGY)
    assert value_of(f"f(size = {key})", f=table) == Quantity(expected, ENERGY)


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 10**6))
def test_loglog_is_monotone_and_near_the_power_law(key: int, low: int, high: int) -> None:
    table = _table("loglog", (100, low), (10_000, high))
    found = value_of("f(k * 1 bit)", f=table, k=key)
    assert isinstance(found, Quantity)
    exact = low * (high / low) ** (0.5 * (len_log(key) - 2))
    assert abs(float(found.value) / exact - 1) < 1e-5


def len_log(key: int) -> float:
    from math import log10

    return log10(key)


def test_settings() -> None:
    assert parse_value("216KiB", name="glb").value == parse_value("216 KiB").value
    assert parse_value("2 * 108 KiB").value == parse_value("216 KiB").value
    assert parse_value("inf").value == UNLIMITED
    assert parse_value("-3").value == number(-3)
    assert as_int(parse_value("12").value, parse_value("12").span) == 12
    assert isinstance(parse_value("[1, 2]").value, ListValue)


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "E0"), ("12 Kib", "E101"), ("1 +", "E0"), ("__import__('os')", "E"), ("x", "E201"), ("1e999999", "E")],
)
def test_bad_settings(text: str, code: str) -> None:
    with pytest.raises(SpecError) as error:
        parse_value(text, name="rows")
    first = error.value.diagnostics[0]
    assert first.code.startswith(code)
    assert first.primary is not None and first.primary.span.source.name == "--set rows"
