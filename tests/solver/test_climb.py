"""Random changes find the best of a small layer, and nothing that is better than the solver's answer."""

from __future__ import annotations

from random import Random

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.model.evaluate import evaluate

from ..generate.choices import Seeded
from ..strategies import make_problem
from .climb import LARGE, Climber, better, starts
from .counterexamples import stays_below_an_array


def test_they_find_what_enumeration_finds() -> None:
    """4,752 pJ was the answer when templates were missing."""
    arch, layer = stays_below_an_array()
    climber = Climber(arch, layer, lambda m: float(evaluate(arch, layer, m).cost.energy), Random(2))
    found = [climber.climb(start, 600) for start in list(starts(arch, layer, Random(2), 40))[:3]]
    value, mapping = min(found, key=lambda best: best[0])
    assert value == 4176 and not check_mapping(arch, layer, mapping)


@pytest.mark.parametrize(("seed", "objective"), [(3, "energy"), (8, "energy"), (6, "edp")])
def test_nothing_is_below_the_bound(seed: int, objective: str) -> None:
    random = Random(seed)
    arch, layer = make_problem(Seeded(random), LARGE, timed=objective != "energy")
    assert better(arch, layer, objective, random, 150) is None
