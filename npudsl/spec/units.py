"""Dimensions and units: what a number measures, in exact rationals.

Base units (the value of a quantity is always in these): data in bit, energy in pJ, time in s, cycles, length in mm
(so area in mm2), operations, and derived from them power in pJ/s, bandwidth in bit/s or bit/cycle.
`GB` is 10^9 byte and `GiB` 2^30 byte, always. `cycle` is a dimension of its own: a clock converts, nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

#: The base dimensions, in the order of `Dimension.exponents`, with the base unit of each.
BASES: tuple[tuple[str, str], ...] = (
    ("data", "bit"),
    ("energy", "pJ"),
    ("time", "s"),
    ("cycle", "cycle"),
    ("length", "mm"),
    ("op", "op"),
)

#: No quantity needs a larger exponent; `x ^ 10` of a length is a mistake.
MAX_EXPONENT = 16


@dataclass(frozen=True)
class Dimension:
    """A product of powers of base dimensions; `exponents` in the order of `BASES`."""

    exponents: tuple[int, ...] = (0,) * len(BASES)

    @property
    def is_number(self) -> bool:
        return not any(self.exponents)

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __truediv__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a - b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def power(self, exponent: int) -> Dimension:
        return Dimension(tuple(a * exponent for a in self.exponents))

    @property
    def unit(self) -> str:
        """The base unit as text: `pJ/bit`, `mm2`, `Hz`; empty for a plain number."""
        if self == FREQUENCY:
            return "Hz"
        above = [_powered(u, e) for (_, u), e in zip(BASES, self.exponents, strict=True) if e > 0]
        below = [_powered(u, -e) for (_, u), e in zip(BASES, self.exponents, strict=True) if e < 0]
        if not above and not below:
            return ""
        return "/".join(["*".join(above) or "1", *below])


def _powered(unit: str, exponent: int) -> str:
    return unit if exponent == 1 else f"{unit}{exponent}"


def _base(name: str) -> Dimension:
    return Dimension(tuple(int(name == base) for base, _ in BASES))


NUMBER = Dimension()
DATA, ENERGY, TIME, CYCLE, LENGTH, OP = (_base(name) for name, _ in BASES)
AREA = LENGTH.power(2)
POWER = ENERGY / TIME
FREQUENCY = NUMBER / TIME
DATA_PER_TIME = DATA / TIME
DATA_PER_CYCLE = DATA / CYCLE
ENERGY_PER_DATA = ENERGY / DATA
ENERGY_PER_OP = ENERGY / OP
ENERGY_PER_CYCLE = ENERGY / CYCLE
AREA_PER_DATA = AREA / DATA
OP_PER_CYCLE = OP / CYCLE
OP_PER_TIME = OP / TIME

#: How a diagnostic calls a dimension (with article) and its usual unit.
DIMENSION_NAMES: dict[Dimension, tuple[str, str]] = {
    NUMBER: ("a plain number", ""),
    DATA: ("an amount of data", "KiB"),
    ENERGY: ("an energy", "pJ"),
    TIME: ("a time", "ns"),
    CYCLE: ("a number of cycles", "cycle"),
    LENGTH: ("a length", "mm"),
    OP: ("a number of operations", "op"),
    AREA: ("an area", "mm2"),
    POWER: ("a power", "mW"),
    FREQUENCY: ("a frequency", "MHz"),
    DATA_PER_TIME: ("a data rate", "GB/s"),
    DATA_PER_CYCLE: ("a data rate per cycle", "bit/cycle"),
    ENERGY_PER_DATA: ("an energy per data", "pJ/bit"),
    ENERGY_PER_OP: ("an energy per operation", "pJ/op"),
    ENERGY_PER_CYCLE: ("an energy per cycle", "pJ/cycle"),
    AREA_PER_DATA: ("an area per data", "mm2/KiB"),
    OP_PER_CYCLE: ("operations per cycle", "op/cycle"),
    OP_PER_TIME: ("operations per time", "Gop/s"),
}


def name_of(dimension: Dimension) -> str:
    """`an amount of data`, or for a dimension without a name `a quantity in pJ/bit/s`."""
    known = DIMENSION_NAMES.get(dimension)
    return known[0] if known else f"a quantity in {dimension.unit}"


@dataclass(frozen=True)
class Unit:
    """A unit: `scale` base units of `dimension`; `doc` says it in words (`1024 byte`)."""

    name: str
    scale: Fraction
    dimension: Dimension
    doc: str


_DECIMAL = {"f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}


def _scaled(exponent: int, word: str) -> str:
    return f"1 {word}" if exponent == 0 else f"10^{exponent} {word}"


def _family(symbol: str, word: str, scale: Fraction, dimension: Dimension, prefixes: str) -> list[Unit]:
    """One unit for each decimal prefix of the space-separated `prefixes` (`-` stands for none)."""
    names = ["" if p == "-" else p for p in prefixes.split()]
    return [Unit(p + symbol, scale * Fraction(10) ** _DECIMAL[p], dimension, _scaled(_DECIMAL[p], word)) for p in names]


def _units() -> dict[str, Unit]:
    pico, byte = Fraction(10) ** 12, Fraction(8)
    found = [
        *_family("bit", "bit", Fraction(1), DATA, "- k M G T"),
        *_family("B", "byte", byte, DATA, "- k M G T"),
        *(Unit(p + "bit", Fraction(2) ** e, DATA, f"{2**e} bit") for p, e in _BINARY.items()),
        *(Unit(p + "B", byte * 2**e, DATA, f"{2**e} byte") for p, e in _BINARY.items()),
        *_family("J", "joule", pico, ENERGY, "f p n u µ m -"),
        *_family("s", "second", Fraction(1), TIME, "f p n u µ m -"),
        *_family("Hz", "hertz", Fraction(1), FREQUENCY, "- k M G T"),
        *_family("W", "watt", pico, POWER, "p n u µ m - k"),
        *_family("m", "metre", Fraction(1000), LENGTH, "n u µ m -"),
        *_family("op", "operation", Fraction(1), OP, "- k M G T P"),
        Unit("cycle", Fraction(1), CYCLE, "1 clock cycle"),
    ]
    for length in [u for u in found if u.dimension == LENGTH]:
        found.append(Unit(f"{length.name}2", length.scale**2, AREA, f"a square of {length.doc}"))
    return {u.name: u for u in found}


#: Every simple unit by name; compound ones (`pJ/bit`) are made from these by `find_unit`.
UNITS: dict[str, Unit] = _units()


def find_unit(text: str) -> Unit | None:
    """The unit written `text`, a simple one or a quotient (`GB/s`, `mm2/KiB`); None if a part is no unit."""
    head, *below = text.split("/")
    unit = UNITS.get(head)
    if unit is None or len(below) > 2:
        return None
    scale, dimension, doc = unit.scale, unit.dimension, unit.doc
    for part in below:
        divisor = UNITS.get(part)
        if divisor is None:
            return None
        scale, dimension = scale / divisor.scale, dimension / divisor.dimension
        doc = f"{doc} per {divisor.doc.removeprefix('1 ')}"
    return Unit(text, scale, dimension, doc)


def near_units(text: str) -> tuple[Unit, ...]:
    """Units that someone who wrote the unknown `text` may have meant, at most three, best first."""
    head, slash, rest = text.partition("/")
    if slash:
        if rest in UNITS and head not in UNITS:
            pairs = [find_unit(f"{u.name}/{rest}") for u in near_units(head)]
        elif head in UNITS:
            pairs = [find_unit(f"{head}/{u.name}") for u in near_units(rest)]
        else:
            pairs = []
        return tuple(u for u in pairs if u is not None)
    plural = text.removesuffix("s")
    folded = [u for n, u in UNITS.items() if n.lower() in (text.lower(), plural.lower())]
    begun = [u for n, u in UNITS.items() if len(text) > 1 and n.startswith(text) and n != text]
    words = [UNITS[n] for n in _SPELT.get(plural.lower(), ())]
    found = list(dict.fromkeys([*folded, *begun, *words]))
    return tuple(sorted(found, key=lambda u: (len(u.name), u.name))[:3])


#: Words people write for units.
_SPELT: dict[str, tuple[str, ...]] = {
    "byte": ("B",), "bits": ("bit",), "b": ("bit", "B"), "second": ("s",), "sec": ("s",), "hertz": ("Hz",),
    "joule": ("J",), "watt": ("W",), "meter": ("m",), "metre": ("m",), "micron": ("um",), "cycles": ("cycle",),
    "cyc": ("cycle",), "mac": ("op",), "ops": ("op",), "kb": ("kB", "KiB"), "mb": ("MB", "MiB"),
}  # fmt: skip
