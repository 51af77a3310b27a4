"""Bounds on numbers and on nesting, so that evaluating a hostile file stays short in time and memory."""

from __future__ import annotations

from fractions import Fraction

from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span

#: Bits of a numerator or denominator. 10^30 needs 100; nothing physical comes near 4096.
MAX_BITS = 4096

#: Nesting of parentheses, brackets, conditions and calls in one expression (chains like `a + b + c` do not nest).
MAX_DEPTH = 100


def bounded(value: Fraction, span: Span) -> Fraction:
    """`value`, or E105 if it has more than `MAX_BITS` bits above or below."""
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise too_large(span)
    return value


def too_large(span: Span) -> SpecError:
    """E105 for a number."""
    return SpecError(
        Diagnostic("E105", f"this number needs more than {MAX_BITS} bits", Label(span, "too large or too fine"))
    )


def too_deep(span: Span) -> SpecError:
    """E105 for an expression."""
    return SpecError(
        Diagnostic("E105", f"this expression is nested more than {MAX_DEPTH} deep", Label(span, "too deep"))
    )
