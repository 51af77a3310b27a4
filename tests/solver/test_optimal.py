"""The solver's answer is the best of a full enumeration, for random small layers and machines and every objective."""

from __future__ import annotations

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.solver import Options, solve

from ..oracle.build import layer, machine, memory
from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..strategies import random_problem
from .compare import PROBLEMS, complaints

#: problems that were once answered wrongly, by seed of `random_problem(seed, PROBLEMS)`
ONCE_WRONG = (33, 36, 99, 104, 115, 131, 144, 227, 256, 312, 549)


def wrong(seed: int, limit: int) -> list[str]:
    arch, of = random_problem(seed, PROBLEMS)
    try:
        found = enumerate_mappings(arch, of, limit=limit)
    except TooLargeError:
        return []
    return [f"problem {seed}: {text}" for text in complaints(arch, of, found)]


@pytest.mark.parametrize("block", range(6))
def test_even_optimum(block: int) -> None:
    assert [text for seed in range(20 * block, 20 * block + 20) for text in wrong(seed, 8_000)] == []


@pytest.mark.parametrize("bounds", [(2, 2), (2, 4), (6, 8)], ids=str)
def test_a_level_that_holds_one_tensor_of_two(bounds: tuple[int, int]) -> None:
    """The output passes by `middle`; its tile may stay while loops above and below that level run."""
    both = ("input", "output")
    arch = machine(
        memory("dram", *both), memory("outer", *both, size=72, energy=6), memory("middle", "input", energy=6),
        memory("inner", *both, energy=20),
    )  # fmt: skip
    of = layer("output[a]", "input[b]", a=bounds[0], b=bounds[1])
    assert complaints(arch, of, enumerate_mappings(arch, of)) == []


@pytest.mark.parametrize("seed", ONCE_WRONG)
def test_once_wrong(seed: int) -> None:
    assert wrong(seed, 30_000) == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(30))
def test_even_optimum_of_many(block: int) -> None:
    assert [text for seed in range(1000 + 100 * block, 1100 + 100 * block) for text in wrong(seed, 60_000)] == []


def test_answers_are_legal() -> None:
    for seed in range(40):
        arch, of = random_problem(seed, PROBLEMS)
        mapping = solve(arch, "net", [of], Options(objective="edp")).layers[0].mapping
        assert mapping is None or check_mapping(arch, of, mapping) == ()
