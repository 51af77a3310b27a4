"""Operators on values: comparison and exact arithmetic with dimensions, every result bounded in size."""

from __future__ import annotations

from fractions import Fraction
from math import floor

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from .convert import as_number
from .functions import real_power
from .limits import MAX_BITS, bounded, too_large
from .units import MAX_EXPONENT, NUMBER, name_of
from .values import Quantity, Unlimited, Value, kind_of, unit_label


def _mismatch(expr: tree.Binary, left: Value, right: Value, verb: str) -> SpecError:
    return SpecError(
        Diagnostic(
            "E102",
            f"{kind_of(left)} and {kind_of(right)} cannot be {verb}",
            Label(expr.right.span, unit_label(right)),
            (Label(expr.left.span, unit_label(left)),),
        )
    )


def compare(expr: tree.Binary, left: Value, right: Value) -> bool:
    operator = expr.operator
    if isinstance(left, (Quantity, Unlimited)) and isinstance(right, (Quantity, Unlimited)):
        if isinstance(left, Quantity) and isinstance(right, Quantity) and left.dimension != right.dimension:
            raise _mismatch(expr, left, right, "compared")
        a, b = _order_key(left), _order_key(right)
        return {"==": a == b, "!=": a != b, "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator]
    if operator in ("==", "!=") and type(left) is type(right):
        return (left == right) == (operator == "==")
    raise _mismatch(expr, left, right, "compared")


def _order_key(value: Quantity | Unlimited) -> tuple[int, Fraction]:
    return (1, Fraction(0)) if isinstance(value, Unlimited) else (0, value.value)


def unlimited_arithmetic(expr: tree.Binary, left: Value, right: Value) -> Value:
    """`inf` plus, minus, times or over a (positive) quantity is `inf`; anything else has no meaning."""
    if isinstance(left, Unlimited) and isinstance(right, Quantity):
        if expr.operator in ("+", "-") or (expr.operator in ("*", "/") and right.value > 0):
            return left
    elif isinstance(right, Unlimited) and isinstance(left, Quantity):
        if expr.operator == "+" or (expr.operator == "*" and left.value > 0):
            return right
    elif isinstance(left, Unlimited) and isinstance(right, Unlimited):
        if expr.operator in ("+", "*"):
            return left
    else:
        bad, side = (left, expr.left) if not isinstance(left, (Quantity, Unlimited)) else (right, expr.right)
        raise SpecError(
            Diagnostic(
                "E102",
                f"`{expr.operator}` needs quantities, but this is {kind_of(bad)}",
                Label(side.span, unit_label(bad)),
            )
        )
    raise SpecError(
        Diagnostic("E104", f"this `{expr.operator}` with `inf` has no value", Label(expr.span, "not defined"))
    )


def arithmetic(expr: tree.Binary, left: Quantity, right: Quantity) -> Quantity:
    operator = expr.operator
    a, b, dimension = left.value, right.value, left.dimension
    if operator in ("+", "-", "%", "//") and left.dimension != right.dimension:
        verb = {"+": "added", "-": "subtracted"}.get(operator, "divided into whole parts")
        raise _mismatch(expr, left, right, verb)
    if operator in ("/", "//", "%") and b == 0:
        raise SpecError(Diagnostic("E104", "division by zero", Label(expr.right.span, f"this is {right}")))
    if operator == "^":
        return _power(expr, left, right)
    if operator == "*":
        value, dimension = a * b, left.dimension * right.dimension
    elif operator == "/":
        value, dimension = a / b, left.dimension / right.dimension
    elif operator == "//":
        value, dimension = Fraction(floor(a / b)), NUMBER
    elif operator == "%":
        value = a - b * floor(a / b)
    else:
        value = a + b if operator == "+" else a - b
    if any(abs(e) > MAX_EXPONENT for e in dimension.exponents):
        raise SpecError(Diagnostic("E105", f"{name_of(dimension)} has no meaning", Label(expr.span, "too many units")))
    return Quantity(bounded(value, expr.span), dimension)


def _power(expr: tree.Binary, left: Quantity, right: Quantity) -> Quantity:
    exponent = as_number(right, expr.right.span, what="an exponent")
    if exponent.denominator != 1:
        base = as_number(left, expr.left.span, what="the base of a power with a fraction as exponent")
        return Quantity(bounded(real_power(base, exponent, expr.span), expr.span))
    n, value = exponent.numerator, left.value
    if value == 0 and n < 0:
        raise SpecError(
            Diagnostic("E104", "division by zero: 0 to a negative power", Label(expr.left.span, "this is 0"))
        )
    if not left.dimension.is_number and abs(n) > MAX_EXPONENT:
        raise SpecError(
            Diagnostic("E105", f"{kind_of(left)} to the power {n} has no meaning", Label(expr.span, "too large"))
        )
    bits = max(value.numerator.bit_length(), value.denominator.bit_length()) - 1
    if abs(value) not in (0, 1) and (abs(n) > 2 * MAX_BITS or bits * abs(n) > 2 * MAX_BITS):
        raise too_large(expr.span)
    if abs(value) == 1 and n:
        n = 2 - n % 2
    return Quantity(bounded(value**n, expr.span), left.dimension.power(exponent.numerator))
