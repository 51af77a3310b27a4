"""Amounts of data in one unit, so that the numbers of one diagnostic can be compared and checked by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

#: Units that are tried, in bit, largest first.
UNITS = (("KiB", 8192), ("B", 8), ("bit", 1))


def one_unit(limit: Fraction, amounts: Iterable[Fraction]) -> Callable[[Fraction], str]:
    """How to write all of `amounts` (bit): the largest unit that `limit` has at least one of, and in which every amount
    is exact with at most two decimals; else bit."""
    every = (limit, *amounts)
    name, scale = next(
        ((n, s) for n, s in UNITS if limit >= s and all((a * 100 / s).denominator == 1 for a in every)), UNITS[-1]
    )
    return lambda amount: f"{_decimal(amount / scale)} {name}"


def _decimal(value: Fraction) -> str:
    """Two decimals at most, none if they are 0, thousands separated."""
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.2f}".rstrip("0")
