"""Closed forms = interpreter = literal walk, on every counter, for random cases of the whole language."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from npudsl.interpreter import run
from npudsl.model.counts import derive

from ..oracle.sides import differences
from ..strategies import EVEN_PERFECT, EVERYTHING, WINDOWED, Case, Space, cases, random_case
from .counterexamples import CASES
from .shared_checks import wrong_reuse, wrong_sharing


@settings(max_examples=300)
@given(cases(EVEN_PERFECT))
def test_even_perfect_mappings(case: Case) -> None:
    assert differences(case) == ()


@settings(max_examples=300)
@given(cases(EVERYTHING))
def test_every_mapping(case: Case) -> None:
    assert differences(case) == ()


@pytest.mark.parametrize("block", range(6))
@pytest.mark.parametrize(
    ("space", "count"),
    [(EVEN_PERFECT, 150), (WINDOWED, 150), (EVERYTHING, 300)],
    ids=["even-perfect", "windows", "all"],
)
def test_seeded_cases(space: Space, count: int, block: int) -> None:
    """Many more than hypothesis would draw in the time, without its shrinking; in blocks that processes can share."""
    for seed in range(block * count, (block + 1) * count):
        assert differences(random_case(seed, space)) == (), f"random_case({seed}, {space})"


def test_outputs_of_executions() -> None:
    """The interpreter, which moves real data, ends with the operator's output."""
    for seed in range(400):
        case = random_case(seed)
        assert run(case.arch, case.layer, case.mapping, seed=seed).output_equal is True, f"random_case({seed})"


@pytest.mark.parametrize(("story", "case"), CASES)
def test_counterexamples(story: str, case: Case) -> None:
    assert differences(case) == (), story


@pytest.mark.long
def test_many_cases() -> None:
    for seed in range(1_000_000, 1_025_000):
        for space in (EVERYTHING, WINDOWED):
            assert differences(random_case(seed, space)) == (), f"random_case({seed}, {space})"


def test_nests_share_only_what_they_have_in_common() -> None:
    assert list(wrong_sharing(derive, 100)) == []
    assert list(wrong_reuse(derive, 100)) == []
