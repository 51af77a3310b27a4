"""Values of expressions: exact quantities, truth values, texts, lists and the unlimited."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from ..text.source import Span
from .units import DIMENSION_NAMES, NUMBER, UNITS, Dimension, find_unit, name_of


@dataclass(frozen=True)
class Quantity:
    """`value` base units of `dimension` (see `units.BASES`), exact."""

    value: Fraction
    dimension: Dimension = NUMBER

    @property
    def is_integer(self) -> bool:
        """A plain whole number."""
        return self.dimension.is_number and self.value.denominator == 1

    def __str__(self) -> str:
        return show_quantity(self)


@dataclass(frozen=True)
class Unlimited:
    """`inf`: larger than every quantity, of any dimension. The size of an outermost memory."""

    def __str__(self) -> str:
        return "inf"


@dataclass(frozen=True)
class Entry:
    """One element of a list: `name = value`, or `value` alone (name None)."""

    name: str | None
    value: Value
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ListValue:
    entries: tuple[Entry, ...]

    def __str__(self) -> str:
        shown = (f"{e.name} = {show(e.value)}" if e.name else show(e.value) for e in self.entries)
        return f"[{', '.join(shown)}]"


Value = Quantity | bool | str | ListValue | Unlimited

UNLIMITED = Unlimited()


def number(value: int | Fraction) -> Quantity:
    """A plain number as a quantity."""
    return Quantity(Fraction(value))


def show_fraction(value: Fraction, digits: int = 9) -> str:
    """An exact short decimal (`1.6`), a fraction (`1/3`) or, where both are long, a rounded decimal (`~0.3333`)."""
    if value.denominator == 1:
        text = str(value.numerator) if value.numerator.bit_length() < 4 * 64 else ""
        return text if 0 < len(text) <= 30 else f"{_scientific(value)}"
    scaled = value * 10**digits
    if scaled.denominator == 1:
        whole, part = divmod(abs(scaled.numerator), 10**digits)
        return f"{'-' if value < 0 else ''}{whole}.{part:0{digits}d}".rstrip("0")
    text = f"{value.numerator}/{value.denominator}" if value.denominator < 10**6 > abs(value.numerator) else ""
    return text or f"~{_scientific(value)}"


def _scientific(value: Fraction) -> str:
    """Six significant digits, from integers alone, for values of any size."""
    if value == 0:
        return "0"
    size = abs(value)
    exponent = (size.numerator.bit_length() - size.denominator.bit_length()) * 30103 // 100000
    while size >= Fraction(10) ** (exponent + 1):
        exponent += 1
    while size < Fraction(10) ** exponent:
        exponent -= 1
    digits = int(size / Fraction(10) ** (exponent - 5))
    text = f"{digits // 10**5}.{digits % 10**5:05d}".rstrip("0").rstrip(".")
    sign = "-" if value < 0 else ""
    if -4 <= exponent < 6:
        return sign + f"{float(Fraction(digits) * Fraction(10) ** (exponent - 5)):g}"
    return f"{sign}{text}e{exponent}"


#: Units tried for display, per base unit, best first where two give texts of one length.
_LADDERS: dict[str, tuple[str, ...]] = {
    "bit": ("GiB", "MiB", "KiB", "GB", "MB", "kB", "B", "bit"),
    "pJ": ("J", "mJ", "uJ", "nJ", "pJ", "fJ"),
    "s": ("s", "ms", "us", "ns", "ps"),
    "Hz": ("GHz", "MHz", "kHz", "Hz"),
    "pJ/s": ("W", "mW", "uW", "nW"),
    "bit/s": ("GB/s", "MB/s", "kB/s", "bit/s"),
    "mm2": ("mm2", "um2"),
    "mm": ("mm", "um"),
}

#: Data below this is shown in bit: the widths of words and rows.
_WORD = 1024


def _scale(name: str) -> Fraction:
    unit = find_unit(name)
    assert unit is not None
    return unit.scale


def show_quantity(quantity: Quantity) -> str:
    """As someone would write it: in the usual unit with the shortest exact number of at least 1."""
    base = quantity.dimension.unit
    names = ("bit",) if base == "bit" and abs(quantity.value) < _WORD else _LADDERS.get(base, ())
    shown = []
    for name in names:
        value = quantity.value / _scale(name)
        if abs(value) >= 1 and (value * 1000).denominator == 1:
            shown.append(f"{show_fraction(value)} {name}")
    return min(shown, key=len, default=f"{show_fraction(quantity.value)} {base}".strip())


def show(value: Value) -> str:
    """A value as text of the language."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def kind_of(value: Value) -> str:
    """What a value is, with article: `an amount of data`, `a list`, `a truth value`."""
    if isinstance(value, Quantity):
        return name_of(value.dimension)
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, ListValue) else "`inf`"


def unit_label(value: Value) -> str:
    """A short label for a diagnostic: `data, in bit`, `a plain number`."""
    if isinstance(value, Quantity) and not value.dimension.is_number:
        known = DIMENSION_NAMES.get(value.dimension)
        noun = known[0].split(" ", 1)[1].removeprefix("amount of ") if known else "a quantity"
        return f"{noun}, in {value.dimension.unit}"
    return kind_of(value)


__all__ = [
    "UNITS", "UNLIMITED", "Entry", "ListValue", "Quantity", "Unlimited", "Value", "kind_of", "number", "show",
    "show_fraction", "show_quantity", "unit_label",
]  # fmt: skip
