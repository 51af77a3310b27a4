"""Units, quantities and their text: exact scales, near names, display that reads back."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npudsl.spec.parameters import parse_value
from npudsl.spec.units import BASES, UNITS, Dimension, find_unit, near_units
from npudsl.spec.values import UNLIMITED, Quantity, show, show_fraction


@pytest.mark.parametrize(
    ("unit", "scale", "base"),
    [
        ("bit", 1, "bit"),
        ("B", 8, "bit"),
        ("kB", 8_000, "bit"),
        ("KiB", 8_192, "bit"),
        ("Kibit", 1_024, "bit"),
        ("kbit", 1_000, "bit"),
        ("MiB", 8 * 2**20, "bit"),
        ("GB", 8 * 10**9, "bit"),
        ("GiB", 8 * 2**30, "bit"),
        ("pJ", 1, "pJ"),
        ("nJ", 1_000, "pJ"),
        ("fJ", Fraction(1, 1000), "pJ"),
        ("J", 10**12, "pJ"),
        ("ns", Fraction(1, 10**9), "s"),
        ("GHz", 10**9, "Hz"),
        ("mm", 1, "mm"),
        ("um", Fraction(1, 1000), "mm"),
        ("mm2", 1, "mm2"),
        ("um2", Fraction(1, 10**6), "mm2"),
        ("W", 10**12, "pJ/s"),
        ("mW", 10**9, "pJ/s"),
        ("pJ/bit", 1, "pJ/bit"),
        ("nJ/KiB", Fraction(1000, 8192), "pJ/bit"),
        ("GB/s", 8 * 10**9, "bit/s"),
        ("bit/cycle", 1, "bit/cycle"),
        ("op/cycle", 1, "op/cycle"),
        ("Top/s", 10**12, "op/s"),
        ("mm2/KiB", Fraction(1, 8192), "mm2/bit"),
    ],
)
def test_scale(unit: str, scale: Fraction, base: str) -> None:
    found = find_unit(unit)
    assert found is not None
    assert (found.scale, found.dimension.unit) == (scale, base)


@pytest.mark.parametrize("text", ["Kib", "KB", "b", "", "/", "GB/", "GB//s", "GB/s/s/s", "mm3", "ghz"])
def test_not_a_unit(text: str) -> None:
    assert find_unit(text) is None


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Kib", ["KiB", "Kibit"]),
        ("KB", ["kB", "KiB"]),
        ("Gb/s", ["GB/s", "Gbit/s"]),
        ("bytes", ["B"]),
        ("MAC", ["op"]),
        ("mhz", ["MHz"]),
        ("GB/sec", ["GB/s"]),
        ("furlong", []),
        ("x/y", []),
    ],
)
def test_near(text: str, near: list[str]) -> None:
    assert [u.name for u in near_units(text)] == near


def test_every_unit_is_its_own() -> None:
    assert all(find_unit(name) == unit for name, unit in UNITS.items())
    assert len({(u.scale, u.dimension) for u in UNITS.values()}) == len(UNITS) - sum("µ" in n for n in UNITS)


@given(
    st.fractions(min_value=-(10**12), max_value=10**12, max_denominator=10**6),
    st.sampled_from(
        ["", "KiB", "bit", "pJ", "ns", "MHz", "mW", "GB/s", "bit/cycle", "pJ/bit", "mm2", "um", "op/cycle"]
    ),
)
def test_shown_quantities_read_back(value: Fraction, unit: str) -> None:
    found = find_unit(unit)
    quantity = Quantity(value * found.scale, found.dimension) if found else Quantity(value)
    text = show(quantity)
    number, space, name = text.partition(" ")
    if not number.startswith("~"):
        assert parse_value(f"({number}) * 1{space}{name}").value == quantity


def test_shown() -> None:
    assert show(Quantity(Fraction(108 * 8192), Dimension((1, 0, 0, 0, 0, 0)))) == "108 KiB"
    assert show(UNLIMITED) == "inf"
    assert show_fraction(Fraction(1, 3)) == "1/3"
    assert show_fraction(Fraction(-8, 5)) == "-1.6"
    assert show_fraction(Fraction(10) ** 40) == "1e40"
    assert show_fraction(Fraction(1, 10**6 + 3)) == "~9.99997e-7"
    assert len(BASES) == 6
