"""Functions of expressions, and table look-up. Results that are not rational are rounded, deterministically.

`log2`, `sqrt`, a power with a fraction as exponent and a `loglog` table compute with 50 decimal digits (the `decimal`
module, correctly rounded on every platform). The result is rounded to `DIGITS` significant digits, that of a table to
`TABLE_DIGITS`: no measured table is finer, and short rationals keep later arithmetic short. What is exact stays exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from math import ceil, floor, isqrt

from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .limits import MAX_BITS, bounded
from .scope import TableValue
from .units import NUMBER
from .values import Quantity, Unlimited, Value, kind_of

#: Significant digits of results that are not rational: of functions, and of values between the rows of a table.
DIGITS = 15
TABLE_DIGITS = 6

_CONTEXT = Context(prec=50, rounding=ROUND_HALF_EVEN)


def _decimal(value: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _rounded(value: Decimal, digits: int = DIGITS) -> Fraction:
    return Fraction(Context(prec=digits, rounding=ROUND_HALF_EVEN).plus(value))


def _domain(text: str, span: Span) -> SpecError:
    return SpecError(Diagnostic("E104", text, Label(span, "not defined here")))


def real_power(base: Fraction, exponent: Fraction, span: Span) -> Fraction:
    """`base ^ exponent` for a positive base and any exponent; exact for square roots of squares."""
    if base <= 0:
        raise _domain("a power with a fraction as exponent needs a positive base", span)
    if exponent == Fraction(1, 2):
        above, below = isqrt(base.numerator), isqrt(base.denominator)
        if above**2 == base.numerator and below**2 == base.denominator:
            return Fraction(above, below)
    logarithm = _CONTEXT.multiply(_CONTEXT.ln(_decimal(base)), _decimal(exponent))
    if abs(logarithm) > MAX_BITS // 2:
        raise SpecError(Diagnostic("E105", "this power is too large", Label(span, "too large or too small")))
    return _rounded(_CONTEXT.exp(logarithm))


def log2(value: Fraction, span: Span) -> Fraction:
    """Base-2 logarithm; exact for powers of two."""
    if value <= 0:
        raise _domain("`log2` needs a positive number", span)
    above, below = value.numerator, value.denominator
    if above & (above - 1) == 0 and below & (below - 1) == 0:
        return Fraction(above.bit_length() - below.bit_length())
    return _rounded(_CONTEXT.divide(_CONTEXT.ln(_decimal(value)), _CONTEXT.ln(Decimal(2))))


def _extreme(pick: Callable[..., Fraction], arguments: list[Value], span: Span) -> Value:
    """`min` or `max` of quantities of one dimension; `inf` takes part."""
    finite = [a for a in arguments if isinstance(a, Quantity)]
    if len(finite) < len(arguments):
        unlimited = next(a for a in arguments if isinstance(a, Unlimited))
        if pick is max or not finite:
            return unlimited
    for other in finite[1:]:
        if other.dimension != finite[0].dimension:
            raise SpecError(
                Diagnostic(
                    "E102",
                    f"{kind_of(finite[0])} and {kind_of(other)} cannot be compared",
                    Label(span, "of different dimensions"),
                )
            )
    return Quantity(pick(f.value for f in finite), finite[0].dimension)


def _plain(name: str, arguments: list[Value], span: Span) -> Fraction:
    value = arguments[0]
    if not isinstance(value, Quantity) or not value.dimension.is_number:
        raise SpecError(
            Diagnostic(
                "E102",
                f"`{name}` takes a plain number, but this is {kind_of(value)}",
                Label(span, "has a unit" if isinstance(value, Quantity) else "not a number"),
                help="divide by a unit first, as in `size / 1 bit`" if isinstance(value, Quantity) else None,
            )
        )
    return value.value


def _absolute(arguments: list[Value], span: Span) -> Value:
    value = arguments[0]
    return Quantity(abs(value.value), value.dimension) if isinstance(value, Quantity) else value


#: Name -> (least and greatest number of arguments, meaning). `None`: any number.
FUNCTIONS: dict[str, tuple[int, int | None, Callable[[list[Value], Span], Value]]] = {
    "ceil": (1, 1, lambda a, s: Quantity(Fraction(ceil(_plain("ceil", a, s))), NUMBER)),
    "floor": (1, 1, lambda a, s: Quantity(Fraction(floor(_plain("floor", a, s))), NUMBER)),
    "log2": (1, 1, lambda a, s: Quantity(log2(_plain("log2", a, s), s), NUMBER)),
    "sqrt": (1, 1, lambda a, s: Quantity(_root(_plain("sqrt", a, s), s), NUMBER)),
    "abs": (1, 1, _absolute),
    "min": (1, None, lambda a, s: _extreme(min, a, s)),
    "max": (1, None, lambda a, s: _extreme(max, a, s)),
}


def _root(value: Fraction, span: Span) -> Fraction:
    return Fraction(0) if value == 0 else real_power(value, Fraction(1, 2), span)


def call_function(name: str, arguments: list[Value], spans: list[Span], span: Span) -> Value:
    """Apply a built-in function (`name` is in `FUNCTIONS`) to quantities. E204 for the number of arguments."""
    low, high, function = FUNCTIONS[name]
    if len(arguments) < low or (high is not None and len(arguments) > high):
        wanted = f"{low}" if low == high else f"at least {low}"
        count = len(arguments)
        raise SpecError(
            Diagnostic(
                "E204",
                f"`{name}` takes {wanted} argument{'' if low == 1 else 's'}, not {count}",
                Label(span, f"{count} given"),
            )
        )
    for value, where in zip(arguments, spans, strict=True):
        if not isinstance(value, (Quantity, Unlimited)) or (
            isinstance(value, Unlimited) and name not in ("min", "max")
        ):
            raise SpecError(
                Diagnostic(
                    "E102", f"`{name}` takes numbers, but this is {kind_of(value)}", Label(where, "not a number")
                )
            )
    result = function(arguments, spans[0])
    if isinstance(result, Quantity):
        bounded(result.value, span)
    return result


def interpolate(table: TableValue, key: Quantity, span: Span) -> Quantity:
    """The value of a table at `key`; beyond the first or last row the law of the nearest two rows goes on.

    `linear`: v0 + (v1 - v0) (k - k0) / (k1 - k0), exact. `loglog`: v0 (k / k0) ^ (ln(v1/v0) / ln(k1/k0)), a power law
    between two rows, rounded to `TABLE_DIGITS` significant digits. On a row, and with one row only: that row's value.
    """
    keys = [k.value for k, _ in table.rows]
    after = bisect_right(keys, key.value)
    if len(keys) == 1:
        return table.rows[0][1]
    if after > 0 and keys[after - 1] == key.value:
        return table.rows[after - 1][1]
    low = min(max(after - 1, 0), len(keys) - 2)
    (k0, v0), (k1, v1) = ((k.value, v.value) for k, v in table.rows[low : low + 2])
    if table.mode == "linear":
        value = v0 + (v1 - v0) * (key.value - k0) / (k1 - k0)
    elif key.value <= 0:
        raise _domain(f"a loglog table has no value at {key}", span)
    elif v0 == v1:
        value = v0
    else:
        value = _power_law(k0, v0, k1, v1, key.value)
    return Quantity(bounded(value, span), table.value_dimension)


def _power_law(k0: Fraction, v0: Fraction, k1: Fraction, v1: Fraction, key: Fraction) -> Fraction:
    slope = _CONTEXT.divide(_CONTEXT.ln(_decimal(v1 / v0)), _CONTEXT.ln(_decimal(k1 / k0)))
    grown = _CONTEXT.exp(_CONTEXT.multiply(slope, _CONTEXT.ln(_decimal(key / k0))))
    return _rounded(_CONTEXT.multiply(_decimal(v0), grown), TABLE_DIGITS)
