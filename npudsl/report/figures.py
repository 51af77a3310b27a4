"""Numbers as a designer reads them: few digits, a unit, the same text on every machine."""

from __future__ import annotations

from fractions import Fraction

Number = int | float | Fraction

_ENERGY = ((Fraction(10**12), "J"), (Fraction(10**9), "mJ"), (Fraction(10**6), "uJ"), (Fraction(10**3), "nJ"))
_TIME = ((Fraction(1), "s"), (Fraction(1, 10**3), "ms"), (Fraction(1, 10**6), "us"), (Fraction(1, 10**9), "ns"))
_DATA: tuple[tuple[int, str], ...] = ((8 * 2**30, "GiB"), (8 * 2**20, "MiB"), (8 * 2**10, "KiB"), (8, "B"))
_COUNT: tuple[tuple[int, str], ...] = ((10**15, "P"), (10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def whole(value: int) -> str:
    """`2,897,627,264`"""
    return f"{value:,}"


def plural(number: int, noun: str) -> str:
    """`1 layer`, `8 layers`"""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def short(value: Number) -> str:
    """`422 M`: three digits and a decimal prefix; below a thousand as it is."""
    exact = Fraction(value)
    for scale, prefix in _COUNT:
        if abs(exact) >= scale:
            return f"{digits(exact / scale)} {prefix}"
    return digits(exact)


def digits(value: Number, count: int = 3) -> str:
    """`count` significant digits; whole numbers keep all theirs, and small ones gain none."""
    exact = Fraction(value)
    if exact.denominator == 1 and abs(exact) < 10**count:
        return str(exact.numerator)
    text = f"{float(exact):#.{count}g}".rstrip(".")
    return f"{float(exact):,.0f}" if "e+" in text else text


def energy(picojoule: Number) -> str:
    """`3.21 mJ`"""
    return _scaled(Fraction(picojoule), _ENERGY, "pJ")


def duration(second: Number) -> str:
    """`12.4 ms`"""
    return _scaled(Fraction(second), _TIME, "s")


def data(bit: Number) -> str:
    """`108 KiB`, exact where the size is a multiple of a byte."""
    exact = Fraction(bit)
    for scale, unit in _DATA:
        if exact >= scale and (exact / scale * 16).denominator == 1:
            return f"{_plain(exact / scale)} {unit}"
    return f"{_plain(exact)} bit"


def percent(share: Number) -> str:
    """`92.9%`; never `100.0%` unless it is."""
    value = Fraction(share) * 100
    if 99 < value < 100:
        value = min(value, Fraction(999, 10))
    return f"{float(value):.1f}%" if value.denominator != 1 else f"{value}%"


def elapsed(second: float) -> str:
    """A wall time: `0.4 s`, `75 s`."""
    return f"{second:.1f} s" if second < 100 else f"{second:.0f} s"


def bar(share: Number, width: int) -> str:
    """A bar of up to `width` cells, in eighths of a cell; anything above zero shows."""
    eighths = round(max(0.0, min(1.0, float(share))) * width * 8)
    if share > 0 and eighths == 0:
        eighths = 1
    full, part = divmod(eighths, 8)
    return "█" * full + ("▏▎▍▌▋▊▉"[part - 1] if part else "")


def _scaled(value: Fraction, units: tuple[tuple[Fraction, str], ...], base: str) -> str:
    for scale, unit in units:
        if abs(value) >= scale:
            return f"{digits(value / scale)} {unit}"
    return f"{digits(value)} {base}"


def _plain(value: Fraction) -> str:
    return f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):g}"
