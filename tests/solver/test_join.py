"""Joining two halves by trees gives the combinations of rows that valuing all of them gives."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np
import pytest

from npudsl.solver import Options
from npudsl.solver.clock import Clock
from npudsl.solver.combinations import combinations
from npudsl.solver.goal import Goal, Incumbent
from npudsl.solver.halves import Bounds, Found
from npudsl.solver.layer import LayerSearch
from npudsl.solver.search import FEW, Search
from npudsl.solver.stages import Stage
from npudsl.spec.loader import load

from .test_prototype import ROOT

#: Combinations of a task that are all valued here.
MOST = 1 << 14


@cache
def searched(spec: str, net: str, objective: str) -> tuple[tuple[Search, Stage], ...]:
    arch = load(str(ROOT / spec)).arch()
    network = load(str(ROOT / net)).network(settings={})
    *_, layer = (one for one in network.layers if one.op.is_mac)
    search = LayerSearch(arch, layer, Options(objective=objective, space="uneven"), Clock(), lambda value, bound: None)
    search.run()
    return tuple((one, stage) for one in search.searches for stage in one.stages)


@pytest.mark.parametrize(
    ("spec", "net", "objective"),
    [
        ("specs/study_a.npu", "benchmarks/gemm1024.npu", "energy"),
        ("benchmarks/study_b_bandwidths.npu", "stdlib/nets/lenet5.npu", "edp"),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_trees_find_what_all_combinations_have(
    spec: str, net: str, objective: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an incumbent that some of the combinations of every task beat, inside of fronts and at the end."""
    random, compared = Random(seed), 0
    for search, stage in searched(spec, net, objective):
        inside = None if stage.bottom is None else search.insides.of(stage.bottom)
        for task in stage.tasks if stage.bottom is None or inside is not None else ():
            bounds = search.bounds(task, stage.top, inside)
            if combinations(bounds) > MOST:
                continue
            least, cycles = bounds.root()
            goal = Goal(objective)
            first, second = goal(least * random.uniform(1, 3), cycles * random.uniform(1, 3))
            incumbent = Incumbent(goal, (first, second))
            ways = []
            for few in (0, MOST):
                monkeypatch.setattr("npudsl.solver.search.FEW", few)
                found: list[Found] = []
                search._each(bounds, incumbent, found.append)
                ways.append({row for one in found for row in leading(bounds, one, incumbent)})  # trees repeat some
            assert ways[0] == ways[1]
            compared += len(ways[0])
    assert compared > 100


def leading(bounds: Bounds, found: Found, incumbent: Incumbent) -> list[tuple[float, ...]]:
    """What leads to an improvement, which whoever takes what is found asks: rows, extents, steps and costs. These come
    from sums in another order, which the last digits tell."""
    costs = found.costs if bounds.outer is None else found.costs + bounds.outer[:, found.above]
    found = found.select(np.flatnonzero(bounds.leads(costs, found.steps, found.below, incumbent)))
    count = np.arange(len(found.steps))
    told = (*found.picks(count), found.above, found.below, found.steps, *np.round(np.log1p(np.abs(found.costs)), 9))
    return [tuple(map(float, row)) for row in np.transpose(told)]


def test_small_tasks_are_not_parted() -> None:
    assert 1 < FEW <= MOST
