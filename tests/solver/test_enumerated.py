"""The solver's answer is the best of a full enumeration, on random small layers and machines, for every objective.

Problems that are too large to enumerate are passed over, so that every test compares as many as it says. Rows are
joined by trees however few they are: `test_join.py` compares that with valuing all combinations.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from random import Random

import pytest

from npudsl.solver import search

from ..generate.choices import Seeded
from .fuzz import Kind
from .under_dataflows import random_problem, wrong

#: name -> problems of a machine and a layer; partial mappings that an enumeration may look at
FREE = {
    "even": Kind("even", limit=2_000),
    "uneven": Kind("uneven", limit=1_500),
    "even, timed": Kind("even", timed=True, leaky=25, limit=1_000),
    "uneven, timed": Kind("uneven", timed=True, leaky=25, limit=1_000),
    "even, leaking": Kind("even", timed=True, leaky=100, limit=1_000),
    "uneven, leaking": Kind("uneven", timed=True, leaky=100, limit=1_000),
    "even, waiting": Kind("even", refills=True, limit=1_000),
    "uneven, waiting": Kind("uneven", refills=True, limit=2_000),
}
#: the same under dataflows: mapspace, whether there are bandwidths
RULED = {
    "even": ("even", False),
    "uneven": ("uneven", False),
    "even, timed": ("even", True),
    "uneven, timed": ("uneven", True),
}
#: problems that were once answered wrongly, by kind and seed
ONCE_WRONG = [
    *(("even", seed) for seed in (33, 36, 99, 104, 115, 131, 144, 227, 256, 312, 549)),
    *(("even, timed", seed) for seed in (100015, 100046, 100073)),
]
ONCE_WRONG_UNDER_DATAFLOWS = [
    ("uneven, timed", 21),
    *(("even", seed) for seed in (500010, 500022, 500036, 500083, 500088, 500094, 500125, 500141, 500154)),
]


@pytest.fixture(autouse=True)
def trees(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FEW", 0)


def mistakes(kind: Kind, start: int, problems: int) -> list[str]:
    """What is wrong with the answers to so many problems from seed `start` on."""
    found: list[str] = []
    compared = 0
    for seed in count(start):
        texts = kind.wrong(Seeded(Random(seed)))
        compared += texts is not None
        found += [f"problem {seed}: {text}" for text in texts or ()]
        if compared == problems:
            return found
    raise AssertionError


def mistakes_under_dataflows(kind: tuple[str, bool], start: int, problems: int, limit: int) -> list[str]:
    found: list[str] = []
    compared = 0
    for seed in count(start):
        space, timed = kind
        problem = random_problem(seed, space, timed=timed)
        texts = None if problem is None else wrong(problem, limit)
        compared += texts is not None
        found += [f"problem {seed}: {text}" for text in texts or ()]
        if compared == problems:
            return found
    raise AssertionError


@pytest.mark.parametrize("kind", FREE)
def test_optimum(kind: str) -> None:
    assert mistakes(FREE[kind], 0, 10) == []


@pytest.mark.parametrize("kind", RULED)
def test_optimum_under_dataflows(kind: str) -> None:
    assert mistakes_under_dataflows(RULED[kind], 107, 8, 1_000) == []


@pytest.mark.parametrize(("kind", "seed"), ONCE_WRONG)
def test_once_wrong(kind: str, seed: int) -> None:
    assert replace(FREE[kind], limit=30_000).wrong(Seeded(Random(seed))) == []


@pytest.mark.parametrize(("kind", "seed"), ONCE_WRONG_UNDER_DATAFLOWS)
def test_once_wrong_under_dataflows(kind: str, seed: int) -> None:
    space, timed = RULED[kind]
    problem = random_problem(seed, space, timed=timed)
    assert problem is not None
    assert wrong(problem) == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
@pytest.mark.parametrize("kind", FREE)
def test_optimum_of_many(kind: str, block: int) -> None:
    assert mistakes(replace(FREE[kind], limit=40_000), 10_000 + 1_000 * block, 50) == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
@pytest.mark.parametrize("kind", RULED)
def test_optimum_of_many_under_dataflows(kind: str, block: int) -> None:
    assert mistakes_under_dataflows(RULED[kind], 10_000 + 1_000 * block, 50, 20_000) == []
