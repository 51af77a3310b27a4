"""The solver's answer is the best of a full enumeration, for random small layers and machines and every objective."""

from __future__ import annotations

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.solver import Options, solve

from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..strategies import random_problem
from .compare import PROBLEMS, complaints

#: problems that were once answered wrongly, by seed of `random_problem(seed, PROBLEMS)`
ONCE_WRONG: tuple[int, ...] = ()


def wrong(seed: int, limit: int) -> list[str]:
    arch, layer = random_problem(seed, PROBLEMS)
    try:
        found = enumerate_mappings(arch, layer, limit=limit)
    except TooLargeError:
        return []
    return [f"problem {seed}: {text}" for text in complaints(arch, layer, found)]


@pytest.mark.parametrize("block", range(10))
def test_even_optimum(block: int) -> None:
    assert [text for seed in range(20 * block, 20 * block + 20) for text in wrong(seed, 8_000)] == []


@pytest.mark.parametrize("seed", ONCE_WRONG)
def test_once_wrong(seed: int) -> None:
    assert wrong(seed, 100_000) == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(30))
def test_even_optimum_of_many(block: int) -> None:
    assert [text for seed in range(1000 + 100 * block, 1100 + 100 * block) for text in wrong(seed, 60_000)] == []


def test_answers_are_legal() -> None:
    for seed in range(40):
        arch, layer = random_problem(seed, PROBLEMS)
        mapping = solve(arch, "net", [layer], Options(objective="edp")).layers[0].mapping
        assert mapping is None or check_mapping(arch, layer, mapping) == ()
