"""Suggestions: near names only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npudsl.text.suggest import edit_distance, nearest

NAMES = ["input", "weight", "output", "KiB", "MiB", "Kibit", "glb", "dram", "m", "n"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("weights", "weight"),
        ("wieght", "weight"),
        ("imput", "input"),
        ("kib", "KiB"),
        ("dran", "dram"),
        ("gbl", "glb"),
        ("q", None),
        ("", None),
        ("banana", None),
        ("weight", None),
        ("x" * 1000, None),
    ],
)
def test_nearest(wrong: str, right: str | None) -> None:
    assert nearest(wrong, NAMES) == right


def test_case_wins_over_spelling_and_order_decides_ties() -> None:
    assert nearest("GLB", ["glc", "glb"]) == "glb"
    assert nearest("cat", ["bat", "hat"]) == "bat"


SHORT = st.text("ab", max_size=6)


def reference(a: str, b: str) -> int:
    """Optimal string alignment, straight from its recurrence."""
    if not a or not b:
        return len(a) + len(b)
    found = [reference(a[:-1], b) + 1, reference(a, b[:-1]) + 1, reference(a[:-1], b[:-1]) + (a[-1] != b[-1])]
    if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
        found.append(reference(a[:-2], b[:-2]) + 1)
    return min(found)


@given(SHORT, SHORT, st.integers(0, 8))
def test_distance(a: str, b: str, limit: int) -> None:
    assert edit_distance(a, b, limit) == min(reference(a, b), limit + 1)
