"""Fronts with imperfect factors beside full enumeration: what is said to be exact is, what is a bound holds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.model.evaluate import evaluate
from npudsl.solver import Options, Stop
from npudsl.solver.clock import Clock
from npudsl.solver.filled import filled
from npudsl.solver.imperfect_front import Enclosure, Probe, enclosed_front
from npudsl.solver.latency import latency
from npudsl.solver.solution import Certificate
from npudsl.solver.tradeoff import Point, Tradeoff, below
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..oracle.enumerate import TooLargeError
from ..oracle.imperfect import Least, least_imperfect
from ..strategies import timed_problem
from .test_imperfect import TINY

#: Problems whose fronts have several points, and some with one; those that are proven.
EVEN, UNEVEN, CLOSED = (1, 3, 8, 9, 30, 55, 70, 133, 186, 311), (70, 143, 195, 284), (1, 3)
#: Relative differences that rounding explains.
ROUNDING = 1e-9


def front_of(arch: Arch, layer: Layer, *, uneven: bool = False, clock: Clock | None = None) -> Tradeoff:
    options = Options(space="uneven" if uneven else "even", factors="imperfect")
    return enclosed_front(arch, layer, options, clock or Clock())


def wrong(arch: Arch, layer: Layer, found: Tradeoff, least: Least) -> list[str]:
    """What of a front is not so, beside all mappings."""
    texts = []
    for point in found.points:
        texts += [f"not legal: {point.mapping}"] if check_mapping(arch, layer, point.mapping) else []
        taken = latency(arch, layer, point.mapping), evaluate(arch, layer, point.mapping).cost.energy
        texts += [] if taken == (point.latency, point.energy) else [f"{taken} against {point}"]
    for cycles, energy in least.costs:
        if cycles < found.least_cycles * (1 - ROUNDING):
            texts.append(f"{cycles} cycles, bounded by {found.least_cycles}")
        for point in found.points:
            if cycles <= point.latency * (1 + ROUNDING) and energy < point.certificate.lower_bound * (1 - ROUNDING):
                texts.append(f"{energy} pJ in {cycles} cycles, bounded by {point.certificate}")
    said = [(float(point.latency), float(point.energy)) for point in found.points]
    if found.complete and said != [pytest.approx(point, rel=ROUNDING) for point in least.front]:
        texts.append(f"complete, but {said} against {least.front}")
    return texts


def check(seed: int, limit: int, *, uneven: bool) -> Tradeoff:
    arch, layer = timed_problem(seed, TINY)
    try:
        least = least_imperfect(arch, layer, uneven=uneven, limit=limit)
    except TooLargeError:
        pytest.skip("too many mappings to enumerate")
    found = front_of(arch, layer, uneven=uneven)
    assert bool(found.points) == bool(least.mappings), found.failure
    assert wrong(arch, layer, found, least) == []
    return found


@pytest.mark.parametrize("seed", EVEN)
def test_fronts_are_enclosed(seed: int) -> None:
    found = check(seed, 150, uneven=False)
    assert not found.complete or all(p.certificate.optimal for p in found.points)
    if seed in CLOSED:
        assert found.complete


@pytest.mark.parametrize("seed", UNEVEN)
def test_uneven_fronts_are_enclosed(seed: int) -> None:
    check(seed, 150, uneven=True)


@pytest.mark.long
@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("seed", range(2000, 2060))
def test_more_fronts_are_enclosed(seed: int, uneven: bool) -> None:
    check(seed, 1_000, uneven=uneven)


def test_without_time_nothing_is_called_complete() -> None:
    arch, layer = timed_problem(9, TINY)
    found = front_of(arch, layer, clock=Clock(stop=Stop(asked=True)))
    assert not found.complete


def test_a_layer_without_a_mapping_has_no_front() -> None:
    arch, layer = timed_problem(10, TINY)
    found = front_of(arch, layer)
    assert found.points == () and not found.complete and found.failure is not None and found.failure.code == "E601"


# ---- where probes go ---------------------------------------------------------------------------------


def point_at(cycles: int, energy: int) -> Point:
    """A point of given costs (its mapping is of no interest)."""
    arch, layer = timed_problem(9, TINY)
    mapping = filled(arch, layer)[0]
    evaluation = evaluate(arch, layer, mapping)
    evaluation = replace(evaluation, cost=replace(evaluation.cost, energy=Fraction(energy)))
    return Point(mapping, evaluation, Fraction(cycles), Certificate("energy", energy, 0.0))


def ends() -> Enclosure:
    """400 cycles and 10 pJ, 100 cycles and 50 pJ, both bounds met."""
    known = Enclosure([Probe(None, 10.0)], [point_at(400, 10)])
    known.add(Probe(Fraction(100), 50.0), point_at(100, 50))
    return known


def test_a_zone_is_probed_at_its_slow_end_and_closed_by_what_is_far_below() -> None:
    known = ends()
    limit = known.next_limit()
    assert limit == below(Fraction(400))
    known.add(Probe(limit, 20.0), point_at(150, 20))
    limit = known.next_limit()
    assert limit == below(Fraction(150))
    known.add(Probe(limit, 50.0), point_at(100, 50))
    assert known.next_limit() is None and known.met
    assert [(p.latency, p.energy, p.certificate.optimal) for p in known.front()] == [
        (100, 50, True), (150, 20, True), (400, 10, True)
    ]  # fmt: skip


def test_a_dense_zone_is_probed_in_its_middle() -> None:
    known = ends()
    known.add(Probe(below(Fraction(400)), 10.0), point_at(396, 11))
    limit = known.next_limit()
    assert limit is not None and abs(limit - 199) < 1
    known.add(Probe(limit, 15.0), point_at(160, 30))
    assert not known.met
    limit = known.next_limit()
    assert limit is not None and abs(limit - 281) < 1
    assert [float(p.certificate.lower_bound) for p in known.front()] == [50.0, 15.0, 10.0, 10.0]


def test_what_a_faster_probe_finds_counts_for_slower_ones() -> None:
    """A mapping that is faster than what was found before, and takes less energy."""
    known = ends()
    known.add(Probe(below(Fraction(400)), 9.0), point_at(200, 9))
    assert [(p.latency, p.energy) for p in known.front()] == [(100, 50), (200, 9)]
    assert known.next_limit() == below(Fraction(200))
