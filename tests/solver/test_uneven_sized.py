"""Uneven optima on random machines with finite memories, shares, widths and double buffers."""

from __future__ import annotations

import pytest

from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..strategies import random_problem
from .compare import UNEVEN_PROBLEMS, complaints


def wrong(seed: int, limit: int) -> list[str]:
    arch, layer = random_problem(seed, UNEVEN_PROBLEMS)
    try:
        found = enumerate_mappings(arch, layer, uneven=True, limit=limit)
    except TooLargeError:
        return []
    return [f"problem {seed}: {text}" for text in complaints(arch, layer, found, "uneven")]


@pytest.mark.parametrize("block", range(2))
def test_uneven_optimum(block: int) -> None:
    assert [text for seed in range(20 * block, 20 * block + 20) for text in wrong(seed, 4_000)] == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_uneven_optimum_of_many(block: int) -> None:
    assert [text for seed in range(1000 + 100 * block, 1100 + 100 * block) for text in wrong(seed, 60_000)] == []
