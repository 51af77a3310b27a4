"""Conversions of values to plain numbers and truth values, with a diagnostic where a value is of another kind."""

from __future__ import annotations

from fractions import Fraction

from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .values import Quantity, Value, kind_of, unit_label


def as_int(value: Value, span: Span, *, what: str = "this") -> int:
    """A plain whole number as an int; E102 if it is not a number, E103 if not whole."""
    plain = as_number(value, span, what=what)
    if plain.denominator != 1:
        raise SpecError(Diagnostic("E103", f"{what} must be a whole number", Label(span, f"this is {Quantity(plain)}")))
    return plain.numerator


def as_number(value: Value, span: Span, *, what: str = "this") -> Fraction:
    """A plain number; E102 if the value has a unit or is no number."""
    if isinstance(value, Quantity) and value.dimension.is_number:
        return value.value
    raise SpecError(
        Diagnostic(
            "E102", f"{what} must be a plain number, but this is {kind_of(value)}", Label(span, unit_label(value))
        )
    )


def as_bool(value: Value, span: Span, *, what: str = "a condition") -> bool:
    """A truth value; E102 for anything else."""
    if isinstance(value, bool):
        return value
    raise SpecError(
        Diagnostic(
            "E102", f"{what} must be true or false, but this is {kind_of(value)}", Label(span, unit_label(value))
        )
    )
