"""Requirements on costs that cheap mappings only seem to keep: the best that keeps them, and a bound that holds."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from npudsl.mapping.nest import Loop, Mapping
from npudsl.solver.goal import Goal, Incumbent, Missed, RefusedError
from npudsl.solver.limited import MOST_EARLY, search_early

from .under_limits import excess, random_problems, wrong


@pytest.mark.parametrize(("space", "seed"), [("even", 35), ("even", 75), ("even", 148)])
def test_the_best_that_obeys_is_found_behind_many_that_seem_to(space: str, seed: int) -> None:
    problems = random_problems(seed, space, leaky=0)
    assert problems and max(problem.decoys for problem in problems) > 8
    for problem in problems:
        answer = problem.answer()
        assert list(wrong(problem, answer)) == []
        above = excess(problem, answer)
        assert above is not None and above <= 1e-9, problem.text


def test_limits_are_tightened_by_what_is_missed_until_something_obeys() -> None:
    """Mapping number n seems to take n cycles and takes a tenth more; up to 100 are allowed, so 90 is the first."""
    asked: list[int] = []

    def judge(mapping: Mapping) -> Missed:
        asked.append(mapping.loops[0].factor)
        return {"latency": asked[-1] * 1.1 / 100} if asked[-1] * 1.1 > 100 else {}

    def nest(n: int) -> Mapping:
        return Mapping((Loop("d", n),))

    goal = Goal("energy", most_cycles=100.0)
    incumbent = Incumbent(goal, judge=judge)

    def search() -> None:
        for n in range(120, 0, -1):  # more cycles, less energy
            if incumbent.may_improve(np.array([200.0 - n]), np.array([float(n)]))[0]:
                incumbent.offer((200.0 - n, float(n)), partial(nest, n))

    assert not search_early(incumbent, search)
    assert incumbent.mapping is not None and incumbent.mapping().loops[0].factor == 90
    assert len(asked) < 5 and incumbent.goal is goal and incumbent.rejected == 100.0
    search()
    assert incumbent.mapping().loops[0].factor == 90 and incumbent.rejected == 100.0  # 100 to 91 were looked at, too
    assert search_early(Incumbent(goal, judge=lambda mapping: {}), lambda: None)


def test_refusals_end_a_search() -> None:
    incumbent = Incumbent(Goal("energy", most_cycles=1e9), judge=lambda mapping: {"rules": 1.0}, patience=2)
    offers = [(float(n), 0.0) for n in (5, 4, 3)]
    for offer in offers[:2]:
        assert not incumbent.offer(offer, lambda: Mapping(()))
    with pytest.raises(RefusedError):
        incumbent.offer(offers[2], lambda: Mapping(()))
    assert incumbent.rejected == 3.0
    looked = 0

    def endless() -> None:
        nonlocal looked
        for n in range(10**6):
            looked += 1
            incumbent.offer((float(-n), 0.0), lambda: Mapping(()))

    assert not search_early(incumbent, endless)
    assert looked == 3 * (MOST_EARLY + 1)
