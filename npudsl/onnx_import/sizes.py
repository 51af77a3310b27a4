"""Sizes of axes: whole numbers, or polynomials over a model's dynamic dimensions with whole coefficients.

A dynamic dimension is a name that stands for a number of at least 1. A quotient that does not come out even is an
indivisible part of its own, `(h - 1) // 2`, as windows with a stride give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .errors import UndecidedError

#: Most terms of a size: more than any network's axis has, and small enough for products to stay quick.
MAX_TERMS = 200
MAX_DEGREE = 16
MAX_DEPTH = 16
MAX_COEFFICIENT = 1 << 64


@dataclass(frozen=True)
class Floor:
    """`numerator // denominator`, which does not come out even for every value."""

    numerator: Size
    denominator: Size

    def __str__(self) -> str:
        return f"{show(self.numerator, nested=True)} // {show(self.denominator, nested=True)}"


Part = str | Floor
#: Parts with their powers, sorted by text. The empty monomial is the constant.
Monomial = tuple[tuple[Part, int], ...]


@dataclass(frozen=True)
class Poly:
    """A sum of terms, none zero, sorted; never a plain number (that is an `int`)."""

    terms: tuple[tuple[Monomial, int], ...]

    def __add__(self, other: Size) -> Size:
        return _collect([*self.terms, *_terms(other)])

    __radd__ = __add__

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + -1 * other

    def __rsub__(self, other: Size) -> Size:
        return -self + other

    def __mul__(self, other: Size) -> Size:
        return _collect([(_times(m, n), c * d) for m, c in self.terms for n, d in _terms(other)])

    __rmul__ = __mul__

    def __floordiv__(self, other: Size) -> Size:
        return floor(self, other)

    def __rfloordiv__(self, other: Size) -> Size:
        return floor(other, self)


Size = int | Poly


def variable(name: str) -> Size:
    """The size that a dynamic dimension of this name is."""
    return Poly(((((name, 1),), 1),))


def product(sizes: Iterable[Size]) -> Size:
    """The product; 1 if there is none."""
    total: Size = 1
    for size in sizes:
        total = total * size
    return total


def elements(shape: Iterable[Size]) -> int | None:
    """How many elements a shape has; None if that depends on a dynamic dimension."""
    total = product(shape)
    return total if isinstance(total, int) else None


def divide(above: Size, below: Size) -> Size | None:
    """`above / below`, or None if it does not come out even for every value."""
    if below == 0:
        return None
    if isinstance(above, int) and isinstance(below, int):
        return above // below if above % below == 0 else None
    parts = sorted({p for m, _ in (*_terms(above), *_terms(below)) for p, _ in m}, key=str)
    lead, lead_coefficient = max(_terms(below), key=lambda t: _order(t[0], parts))
    quotient: Size = 0
    rest = above
    for _ in range(MAX_TERMS):
        if rest == 0:
            return quotient
        monomial, coefficient = max(_terms(rest), key=lambda t: _order(t[0], parts))
        step = _without(monomial, lead)
        if step is None or coefficient % lead_coefficient:
            return None
        term = _collect([(step, coefficient // lead_coefficient)])
        quotient, rest = quotient + term, rest - term * below
    return None


def floor(above: Size, below: Size) -> Size:
    """`above // below`; whole multiples of a number `below` are taken out: `(2*h + 3) // 2 = h + 1`."""
    if isinstance(above, int) and isinstance(below, int):
        if below == 0:
            raise UndecidedError("a division by zero")
        return above // below
    even = divide(above, below)
    if even is not None:
        return even
    if isinstance(below, int):
        outside = _collect([(m, c // below) for m, c in _terms(above) if c % below == 0 or m == ()])
        rest = above - outside * below
        return outside + (rest // below if isinstance(rest, int) else _quotient(rest, below))
    return _quotient(above, below)


def _quotient(above: Size, below: Size) -> Size:
    if max(_depth(above), _depth(below)) >= MAX_DEPTH:
        raise UndecidedError(f"quotients nested more than {MAX_DEPTH} deep")
    return _collect([(((Floor(above, below), 1),), 1)])


def _depth(size: Size) -> int:
    parts = [part for monomial, _ in _terms(size) for part, _ in monomial if isinstance(part, Floor)]
    return max((1 + max(_depth(p.numerator), _depth(p.denominator)) for p in parts), default=0)


def known(size: Size, what: str) -> int:
    """The number that a size is. Raises `UndecidedError` if it depends on a dynamic dimension."""
    if isinstance(size, int):
        return size
    raise UndecidedError(f"{what} is {show(size)}, which depends on {', '.join(sorted(names_in(size)))}")


def names_in(size: Size) -> set[str]:
    """The dynamic dimensions that a size depends on."""
    found: set[str] = set()
    for monomial, _ in _terms(size):
        for part, _ in monomial:
            found |= {part} if isinstance(part, str) else names_in(part.numerator) | names_in(part.denominator)
    return found


def evaluate(size: Size, values: Mapping[str, int]) -> int:
    """The number that a size is for given dynamic dimensions."""
    total = 0
    for monomial, coefficient in _terms(size):
        for part, power in monomial:
            base = values[part] if isinstance(part, str) else evaluate_floor(part, values)
            coefficient *= base**power
        total += coefficient
    return total


def evaluate_floor(part: Floor, values: Mapping[str, int]) -> int:
    """The number that a quotient is for given dynamic dimensions."""
    return evaluate(part.numerator, values) // evaluate(part.denominator, values)


def substitute(size: Size, values: Mapping[str, Size]) -> Size:
    """The size with other sizes in place of some dynamic dimensions."""
    total: Size = 0
    for monomial, coefficient in _terms(size):
        term: Size = coefficient
        for part, power in monomial:
            if isinstance(part, str):
                base = values.get(part, variable(part))
            else:
                base = floor(substitute(part.numerator, values), substitute(part.denominator, values))
            term = term * product([base] * power)
        total = total + term
    return total


def show(size: Size, *, nested: bool = False) -> str:
    """The size as an expression of the language; in brackets if it is a sum, quotient or product and `nested`."""
    if isinstance(size, int):
        return str(size)
    text = ""
    for monomial, coefficient in sorted(size.terms, key=_shown_order):
        shown = [_shown_part(p, len(monomial) > 1 or abs(coefficient) != 1) for p, k in monomial for _ in range(k)]
        factor = [str(abs(coefficient))] if abs(coefficient) != 1 or not shown else []
        sign = (" - " if text else "-") if coefficient < 0 else (" + " if text else "")
        text += sign + " * ".join(factor + shown)
    plain = len(size.terms) == 1 and text.isidentifier()
    return f"({text})" if nested and not plain else text


def _shown_order(term: tuple[Monomial, int]) -> tuple[bool, int, str]:
    """What is added before what is taken away, higher powers before lower ones."""
    monomial, coefficient = term
    return coefficient < 0, -_degree(monomial), str(monomial)


def _shown_part(part: Part, bracketed: bool) -> str:
    return part if isinstance(part, str) else f"({part})" if bracketed else str(part)


def _terms(size: Size) -> tuple[tuple[Monomial, int], ...]:
    if isinstance(size, Poly):
        return size.terms
    return (((), int(size)),) if size else ()


def _collect(terms: Iterable[tuple[Monomial, int]]) -> Size:
    sums: dict[Monomial, int] = {}
    for monomial, coefficient in terms:
        sums[monomial] = sums.get(monomial, 0) + coefficient
    left = sorted(((m, c) for m, c in sums.items() if c), key=lambda t: str(t[0]))
    if len(left) > MAX_TERMS or any(abs(c) >= MAX_COEFFICIENT or _degree(m) > MAX_DEGREE for m, c in left):
        raise UndecidedError("a size with too many terms, or too large ones")
    if not left or (len(left) == 1 and left[0][0] == ()):
        return left[0][1] if left else 0
    return Poly(tuple(left))


def _degree(monomial: Monomial) -> int:
    return sum(power for _, power in monomial)


def _times(first: Monomial, second: Monomial) -> Monomial:
    powers = dict(first)
    for part, power in second:
        powers[part] = powers.get(part, 0) + power
    return tuple(sorted(powers.items(), key=lambda t: str(t[0])))


def _without(monomial: Monomial, divisor: Monomial) -> Monomial | None:
    powers = dict(monomial)
    for part, power in divisor:
        powers[part] = powers.get(part, 0) - power
    if any(power < 0 for power in powers.values()):
        return None
    return tuple((p, k) for p, k in sorted(powers.items(), key=lambda t: str(t[0])) if k)


def _order(monomial: Monomial, parts: list[Part]) -> tuple[int, tuple[int, ...]]:
    """Graded lexicographic order, a monomial order, so that division ends."""
    powers = dict(monomial)
    vector = tuple(powers.get(p, 0) for p in parts)
    return sum(vector), vector
