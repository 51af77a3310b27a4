"""How numbers read."""

from __future__ import annotations

from fractions import Fraction

import pytest

from npudsl.report import figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1 k"),
        (1234, "1.23 k"),
        (2_897_627_264, "2.90 G"),
        (Fraction(1, 2), "0.500"),
        (Fraction("999.96"), "1,000"),
        (421_661_952, "422 M"),
    ],
)
def test_short(value: Fraction | int, text: str) -> None:
    assert figures.short(value) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0 pJ"), (999, "999 pJ"), (2_790_000_000, "2.79 mJ"), (10**12, "1 J")])
def test_energy(value: int, text: str) -> None:
    assert figures.energy(value) == text


@pytest.mark.parametrize(
    ("bits", "text"),
    [(108 * 1024 * 8, "108 KiB"), (12 * 16, "24 B"), (54_000 * 16, "108,000 B"), (4, "4 bit"), (2**33, "1 GiB")],
)
def test_data(bits: int, text: str) -> None:
    assert figures.data(bits) == text


def test_percent_never_rounds_up_to_all() -> None:
    assert figures.percent(Fraction(99_999, 100_000)) == "99.9%"
    assert figures.percent(1) == "100%"
    assert figures.percent(0) == "0%"
    assert figures.percent(Fraction(1, 3)) == "33.3%"


def test_durations() -> None:
    assert figures.duration(Fraction(347, 10_000)) == "34.7 ms"
    assert figures.elapsed(0.449) == "0.4 s"
    assert figures.elapsed(123.4) == "123 s"
