"""Requirements on costs that cheap mappings only seem to keep: the best that keeps them, and a bound that holds."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.nest import Loop, Mapping
from npudsl.mapping.resolve_dataflow import resolve_dataflow
from npudsl.solver import Options, solve
from npudsl.solver.goal import Goal, Incumbent, Missed, RefusedError
from npudsl.solver.limited import MOST_EARLY, search_early
from npudsl.solver.solution import LayerSolution
from npudsl.text.diagnostics import Diagnostic

from ..mapping.machines import declared
from ..report.machine import ARCH, LAYER
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


def test_what_is_told_of_limits_that_nothing_keeps() -> None:
    """The least that the other limit leaves, or that any mapping has."""
    latency = "    require latency <= 40 * 1 cycle\n"

    def solved(objective: str, requirements: str) -> LayerSolution:
        asked = ((LAYER.name, _flow(requirements)),) if requirements else ()
        return solve(ARCH, "net", [LAYER], Options(objective, "even", dataflows=asked)).layers[0]

    def told(requirements: str) -> Diagnostic:
        found = solved("energy", requirements).failure
        assert found is not None and found.code == "E606"
        return found

    limited, free = solved("energy", latency).certificate, solved("energy", "").certificate
    assert limited is not None and free is not None and limited.optimal and limited.value > free.value
    most = int((limited.value + free.value) / 2)  # so each limit alone can be kept
    both = told(f"    require energy <= {most} * 1 pJ\n{latency}")
    assert f"has an energy of at most {most:,} pJ and a latency of at most 40 cycles" in both.message
    assert both.notes[0].startswith(f"the least energy with the other requirements is {limited.value:,.0f} pJ")
    best = solved("edp", "").certificate
    assert best is not None
    alone = told(f"    require edp <= {int(best.value * 0.9)} * 1 pJ * 1 cycle\n")
    assert alone.notes[0].startswith(f"the least that any has is {best.value:,.0f} pJ * cycles")


def _flow(requirements: str) -> Dataflow:
    return resolve_dataflow(declared(f"mapping limits {{\n{requirements}}}\n"), ARCH, LAYER)


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
