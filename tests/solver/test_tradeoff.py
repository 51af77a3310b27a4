"""Fronts of energy against latency are those of a full enumeration, with energies and latencies walked literally."""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from math import inf
from random import Random

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.solver import Options, Stop, solve
from npudsl.solver.clock import Clock
from npudsl.solver.tradeoff import Point, Tradeoff, pareto_front, undominated
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..generate.choices import Seeded
from ..oracle.cost import energy, leakage
from ..oracle.cycles import latency
from ..oracle.enumerate import Result, TooLargeError, enumerate_mappings
from ..oracle.literal import tally
from .compare import TOO_MANY_ORDERS
from .fuzz import Kind

KINDS = {
    "even": Kind("even", limit=1_000),
    "uneven": Kind("uneven", limit=1_000),
    "even, timed": Kind("even", timed=True, limit=1_000),
    "uneven, timed": Kind("uneven", timed=True, limit=1_000),
}
Problem = tuple[Arch, Layer, Result]


def problem_of(kind: Kind, seed: int) -> Problem | None:
    """The problem with a seed and all its mappings; None: there are too many."""
    arch, layer = kind.problem(Seeded(Random(seed)))
    try:
        return arch, layer, enumerate_mappings(arch, layer, uneven=kind.space == "uneven", limit=kind.limit)
    except TooLargeError:
        return None


def problems(kind: Kind, start: int, wanted: int) -> list[Problem]:
    """So many with several points; every tenth of the others is among them as well."""
    found: list[Problem] = []
    for seed in count(start):
        problem = problem_of(kind, seed)
        if problem is None:
            continue
        several = len(problem[2].front) > 1
        if several or seed % 10 == 0:
            found.append(problem)
            wanted -= several
        if not wanted:
            return found
    raise AssertionError


def wrong(problem: Problem, front: Tradeoff) -> list[str]:
    """What is wrong with a front beside that of enumeration."""
    arch, layer, found = problem
    if front.failure is not None:
        ours = front.failure.code == TOO_MANY_ORDERS or not found.front
        return [] if ours and not front.points else [f"{layer}: {front.failure}"]
    walked = [
        (latency(arch, layer, p.mapping), energy(arch, layer, tally(arch, layer, p.mapping))) for p in front.points
    ]
    said = [(p.latency, p.energy) for p in front.points]
    texts = [f"not legal: {p.mapping}" for p in front.points if check_mapping(arch, layer, p.mapping)]
    texts += [] if walked == said else [f"walked {walked}, said {said}"]
    texts += [] if said == found.front else [f"{said} against {found.front}"]
    return texts + ([] if front.complete else ["not complete"])


def mistakes(kind: Kind, start: int, wanted: int) -> list[str]:
    texts: list[str] = []
    for problem in problems(kind, start, wanted):
        texts += wrong(problem, pareto_front(*problem[:2], Options(space=kind.space), Clock()))
    return texts


@pytest.mark.parametrize("kind", KINDS)
def test_front(kind: str) -> None:
    assert mistakes(KINDS[kind], 0, 3) == []


def astray(problem: Problem, front: Tradeoff) -> list[str]:
    """What is wrong with a front of a machine that leaks: energies of enumeration are of the least cycles."""
    arch, layer, found = problem
    texts = [f"not legal: {p.mapping}" for p in front.points if check_mapping(arch, layer, p.mapping)]
    for point in front.points:
        least = float(min(e for cycles, e in found.front if cycles <= point.latency))
        moved = energy(arch, layer, tally(arch, layer, point.mapping))
        if point.energy != moved + leakage(arch) * point.evaluation.cost.cycles:
            texts.append(f"{point.energy} pJ said of {point.mapping}")
        if abs(point.certificate.lower_bound - least) > 1e-9 * least:
            texts.append(f"{point.certificate} where {least} is the least")
    for cycles, least_energy in found.front:
        known = [p.certificate.lower_bound for p in front.points if p.latency <= cycles]
        if front.complete and min(known, default=inf) > float(least_energy) * (1 + 1e-9):
            texts.append(f"a point at {cycles} cycles and {least_energy} pJ is missing")
    if front.complete and not all(p.certificate.optimal for p in front.points):
        texts.append("complete with gaps")
    return texts


@pytest.mark.parametrize("space", ["even", "uneven"])
def test_front_of_a_machine_that_leaks(space: str) -> None:
    complete, wanted = 0, problems(Kind(space, timed=True, leaky=100, limit=400), 320, 3)
    for problem in wanted:
        front = pareto_front(*problem[:2], Options(space=space), Clock())
        if front.failure is None:
            assert astray(problem, front) == []
            complete += front.complete
    assert complete


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
@pytest.mark.parametrize("kind", KINDS)
def test_front_of_many(kind: str, block: int) -> None:
    larger = Kind(KINDS[kind].space, KINDS[kind].timed, 0, 20_000)
    assert mistakes(larger, 10_000 + 1_000 * block, 20) == []


@pytest.mark.parametrize("timed", [False, True])
def test_the_least_of_everything_is_on_it(timed: bool) -> None:
    kind = Kind("even", timed=timed, limit=1_000)
    for arch, layer, _ in problems(kind, 500, 1):
        front = pareto_front(arch, layer, Options(space="even"), Clock())
        for objective in ("energy", "latency", "edp") if front.points else ():
            alone = solve(arch, "net", [layer], Options(objective, "even")).layers[0].certificate
            point = front.best(objective)
            value = {"energy": point.energy, "latency": point.latency, "edp": point.edp}[objective]
            assert alone is not None and float(value) == pytest.approx(alone.value, rel=1e-12)


def test_without_time_there_is_no_proof() -> None:
    """Whatever is known when the time is up: legal mappings, energies above their bounds, bounds that hold."""
    stopped = Clock(stop=Stop(asked=True))
    for arch, layer, found in problems(KINDS["even, timed"], 0, 3):
        front = pareto_front(arch, layer, Options(space="even"), stopped)
        assert not front.complete
        assert bool(front.points) == bool(found.front)
        for point in front.points:
            least = min(e for cycles, e in found.front if cycles <= point.latency)
            assert not check_mapping(arch, layer, point.mapping)
            assert point.certificate.lower_bound <= float(least) * (1 + 1e-9) <= float(point.energy) * (1 + 1e-9)


def test_a_limit_on_latency_cuts_the_front() -> None:
    for arch, layer, found in problems(KINDS["even"], 0, 3):
        for cycles, _ in found.front:
            front = pareto_front(arch, layer, Options(space="even", most_cycles=cycles), Clock())
            assert [(p.latency, p.energy) for p in front.points] == [x for x in found.front if x[0] <= cycles]
            assert front.complete


def test_dominated_points_go() -> None:
    arch, layer, _ = problems(KINDS["even"], 0, 1)[-1]
    one = pareto_front(arch, layer, Options(space="even"), Clock()).points[0]

    def slower(factor: Fraction | int) -> Point:
        return Point(one.mapping, one.evaluation, one.latency * factor, one.certificate)

    assert undominated([slower(2), one, slower(3), one]) == (one,)
