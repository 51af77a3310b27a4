"""What bounds of counts are made of: sums of products of real factors, words of windows and settings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from .imperfect_windows import Form

#: Loops (indices) whose factors are multiplied.
Loops = tuple[int, ...]


@dataclass(frozen=True)
class Window:
    """Words of a form whose extents are products of the real factors of some loops."""

    form: Form
    extents: tuple[Loops, ...]


@dataclass(frozen=True)
class Monomial:
    """`constant` times the real factors of `loops`, the words of `windows` and the settings of each of `counts`.

    A count, of loops over one dim, is a whole number, at least the product of their real factors.
    """

    constant: int
    loops: Loops = ()
    windows: tuple[Window, ...] = ()
    counts: tuple[Loops, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it depends on the factors."""
        return bool(self.loops or self.windows or self.counts)

    def __mul__(self, other: Monomial) -> Monomial:
        loops = tuple(sorted((*self.loops, *other.loops)))
        counts = tuple(sorted((*self.counts, *other.counts)))
        return Monomial(self.constant * other.constant, loops, (*self.windows, *other.windows), counts)


@dataclass(frozen=True)
class Total:
    """`sum weight * monomial + constant`, weights >= 0."""

    terms: tuple[tuple[Monomial, Fraction], ...] = ()
    constant: Fraction = Fraction(0)


def weighted(parts: Iterable[tuple[Total, Fraction]]) -> Total:
    """The sum of totals times weights."""
    merged: dict[Monomial, Fraction] = {}
    constant = Fraction(0)
    for total, times in parts:
        if times:
            constant += total.constant * times
            for monomial, weight in total.terms:
                merged[monomial] = merged.get(monomial, Fraction(0)) + weight * times
    return Total(tuple(merged.items()), constant)
