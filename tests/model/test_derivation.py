"""Derivations add up, and elementary forms count what sets do."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from ..strategies import EVERYTHING, Case, cases, random_case
from .derivation_checks import (
    mistakes,
    wrong_comparison,
    wrong_elementary_forms,
    wrong_examples,
    wrong_names,
    wrong_positions,
)
from .told import NAMES, blocks, pair, told


@settings(max_examples=100)
@given(cases(EVERYTHING))
def test_derivations_add_up(case: Case) -> None:
    assert list(mistakes(case)) == []


def test_seeded_derivations_add_up() -> None:
    for seed in range(200):
        assert list(mistakes(random_case(seed))) == [], f"random_case({seed})"


@pytest.mark.long
def test_many_derivations_add_up() -> None:
    for seed in range(2_000_000, 2_010_000):
        assert list(mistakes(random_case(seed))) == [], f"random_case({seed})"


def test_names_of_loops() -> None:
    assert list(wrong_examples()) == []


def test_loops_have_unique_names_and_places() -> None:
    for seed in range(300):
        assert list(wrong_names(random_case(seed))) == [], f"random_case({seed})"


def test_a_comparison_accounts_for_the_whole_difference() -> None:
    for seed in range(150):
        assert list(wrong_comparison(*pair(f"problem {seed}"))) == [], seed


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_verbatim(name: str) -> None:
    assert list(told(name)) == blocks()[name]


def test_elementary_forms_count_the_same() -> None:
    assert list(wrong_elementary_forms(3000)) == []


def test_positions_have_an_elementary_form() -> None:
    assert list(wrong_positions(600)) == []
