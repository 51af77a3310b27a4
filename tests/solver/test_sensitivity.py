"""What more of anything is worth: held against solving every size in between."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.solver import LayerSolution, Options, Stop, solve
from npudsl.solver.clock import Clock
from npudsl.solver.knobs import Knob, knobs, needed, saturating, turned
from npudsl.solver.latency import latency
from npudsl.solver.sensitivity import Worth, sensitivities
from npudsl.spec.arch import Arch, Level
from npudsl.spec.op import Layer

from ..oracle.build import array, layer, machine, memory, nest

ROLES = ("input", "weight", "output")
GEMM = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=6, n=10, k=8)
ARCH = machine(
    replace(memory("dram", *ROLES, energy=100), bandwidth=Fraction(16)),
    memory("glb", *ROLES, size=16 * 40, energy=6),
    array("pe", x=2, y=2),
    memory("file", *ROLES, size=16 * 6),
)


def best(arch: Arch, of: Layer, objective: str) -> LayerSolution:
    return solve(arch, "net", [of], Options(objective=objective, space="even", reported=False)).layers[0]


def value(arch: Arch, of: Layer, objective: str) -> float:
    certificate = best(arch, of, objective).certificate
    assert certificate is not None and certificate.optimal
    return certificate.value


def study(objective: str, seconds: float | None = None) -> dict[tuple[str, str, str], Worth]:
    answer = best(ARCH, GEMM, objective)
    found = sensitivities(ARCH, answer, Options(objective=objective, space="even"), Clock.lasting(seconds, Stop()))
    return {(w.knob.kind, w.knob.name, w.knob.part): w for w in found}


@pytest.mark.parametrize("objective", ["energy", "edp"])
def test_ranges_are_those_of_solving_every_size(objective: str) -> None:
    now = value(ARCH, GEMM, objective)
    studied = study(objective)
    assert {key[:2] for key in studied} >= {("size", "glb"), ("size", "file"), ("axis", "pe"), ("bandwidth", "dram")}
    changed = 0
    for (kind, _, _), worth in studied.items():
        if kind == "bandwidth":
            continue  # see below
        knob, unit = worth.knob, 1 if kind == "axis" else 16
        assert worth.same_to is not None
        at = {v: value(turned(ARCH, knob, v), GEMM, objective) for v in sizes(worth, unit)}
        assert all(at[v] == now for v in at if worth.needs <= v <= worth.same_to)
        assert worth.more == value(turned(ARCH, knob, knob.now + knob.step), GEMM, objective)
        if worth.better_at is not None:
            changed += 1
            assert worth.same_to < worth.better_at
            assert value(turned(ARCH, knob, worth.better_at), GEMM, objective) <= (worth.better or 0) < now
        else:
            assert worth.same_to >= 2 * knob.now
    assert changed >= 2


def sizes(worth: Worth, unit: int) -> list[Fraction]:
    """A few values between what is used and what is proven to be the same, both included."""
    assert worth.same_to is not None
    low, high = worth.needs, worth.same_to
    between = {low + (high - low) * Fraction(k, 4) // unit * unit for k in range(4)}
    return sorted({low, high, *between})


def test_present_mapping_is_legal_with_what_it_needs_and_no_less() -> None:
    answer = best(ARCH, GEMM, "energy")
    assert answer.mapping is not None
    for knob in knobs(ARCH):
        if knob.kind in ("size", "axis"):
            needs = needed(ARCH, GEMM, answer.mapping, knob)
            assert check_mapping(turned(ARCH, knob, needs), GEMM, answer.mapping) == ()
            if needs > 1:
                assert check_mapping(turned(ARCH, knob, needs - 1), GEMM, answer.mapping) != ()


def test_bandwidth_that_is_needed_and_that_is_enough() -> None:
    answer = best(ARCH, GEMM, "energy")
    assert answer.mapping is not None
    (knob,) = (k for k in knobs(ARCH) if k.kind == "bandwidth")
    slow = replace(knob, now=Fraction(2))
    arch = turned(ARCH, knob, Fraction(2))

    def cycles(rate: Fraction) -> Fraction:
        assert answer.mapping is not None
        return latency(turned(arch, slow, rate), GEMM, answer.mapping)

    enough = saturating(arch, GEMM, answer.mapping, slow)
    assert enough > 2
    least = cycles(Fraction(2**60))
    assert least <= cycles(enough) <= least * Fraction(10021, 10000)
    assert cycles(enough * Fraction(9, 10)) > least * Fraction(1001, 1000)
    assert needed(arch, GEMM, answer.mapping, slow) == pytest.approx(2, rel=0.01)


def test_a_bandwidth_that_is_short_is_worth_what_solving_with_more_says() -> None:
    (knob,) = (k for k in knobs(ARCH) if k.kind == "bandwidth")
    slow = turned(ARCH, knob, Fraction(4))
    answer = best(slow, GEMM, "latency")
    found = sensitivities(slow, answer, Options(objective="latency", space="even"), Clock())
    (worth,) = (w for w in found if w.knob.kind == "bandwidth")
    now = value(slow, GEMM, "latency")
    assert worth.more == value(turned(ARCH, knob, Fraction(5)), GEMM, "latency") < now
    assert worth.better_at is not None and worth.better is not None and worth.same_to == 4
    assert 4 < worth.better_at <= 5
    assert value(turned(ARCH, knob, worth.better_at), GEMM, "latency") <= worth.better * 1.003
    assert worth.slope == pytest.approx(-1, abs=0.2)


def test_a_bandwidth_that_is_ample_saturates_where_it_is() -> None:
    (knob,) = (k for k in knobs(ARCH) if k.kind == "bandwidth")
    ample = replace(knob, now=Fraction(10**6))
    mapping = best(ARCH, GEMM, "latency").mapping
    assert mapping is not None
    assert saturating(turned(ARCH, knob, ample.now), GEMM, mapping, ample) == ample.now


def test_what_is_not_proven_is_not_called_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = best(ARCH, GEMM, "energy")
    assert answer.certificate is not None
    cut = replace(answer, certificate=replace(answer.certificate, lower_bound=answer.certificate.value / 2))
    monkeypatch.setattr("npudsl.solver.sensitivity.solve_layer", lambda *_: cut)
    for worth in sensitivities(ARCH, answer, Options(objective="energy", space="even"), Clock()):
        if worth.knob.kind != "bandwidth":
            assert (worth.more, worth.same_to, worth.better) == (None, worth.knob.now, None)
    better = replace(
        cut, certificate=replace(answer.certificate, value=answer.certificate.value * 0.9, lower_bound=1.0)
    )
    monkeypatch.setattr("npudsl.solver.sensitivity.solve_layer", lambda *_: better)
    for worth in sensitivities(ARCH, answer, Options(objective="energy", space="even"), Clock()):
        if worth.knob.kind != "bandwidth":  # a better mapping is there, the best is not known
            assert worth.more is None and worth.better == pytest.approx(answer.certificate.value * 0.9)


def test_without_time_only_the_mapping_speaks() -> None:
    assert study("edp", seconds=1e-9) == {}  # the optimum in cycles that no schedule undercuts is not known
    studied = study("energy", seconds=1e-9)
    assert studied
    for worth in studied.values():
        if worth.knob.kind != "bandwidth":
            assert worth.more is None and worth.better is None
            assert worth.same_to == worth.knob.now


def test_time_costs_nothing_when_energy_alone_counts() -> None:
    worth = study("energy")["bandwidth", "dram", ""]
    assert worth.same_to is None and worth.more == value(ARCH, GEMM, "energy")


def test_an_answer_that_is_not_proven_says_nothing() -> None:
    answer = best(ARCH, GEMM, "energy")
    assert answer.certificate is not None
    unproven = replace(answer, certificate=replace(answer.certificate, lower_bound=1.0))
    assert sensitivities(ARCH, unproven, Options(objective="energy", space="even"), Clock()) == ()


def test_an_axis_of_leaking_units_is_turned_one_step_only() -> None:
    leaking = replace(ARCH, compute=replace(ARCH.compute, leakage=Fraction(1)))
    answer = best(leaking, GEMM, "energy")
    found = sensitivities(leaking, answer, Options(objective="energy", space="even"), Clock())
    for worth in found:
        if worth.knob.kind == "axis":
            assert worth.same_to is not None and worth.same_to <= worth.knob.now + 1
            assert worth.better_at is None or worth.better_at <= worth.knob.now + 1


def test_shares_and_links_are_knobs() -> None:
    level = ARCH.nodes[1]
    assert isinstance(level, Level)
    (glb,) = level.memories
    shared = replace(glb, holds=tuple(replace(h, cap=Fraction(16 * 20)) for h in glb.holds))
    arch = replace(ARCH, nodes=(ARCH.nodes[0], replace(level, memories=(shared,)), *ARCH.nodes[2:]))
    found = list(knobs(arch))
    assert Knob("share", "glb", "weight", Fraction(320), Fraction(16)) in found
    (knob,) = (k for k in found if k.part == "weight")
    assert [h.cap for h in turned(arch, knob, Fraction(48)).memory("glb").holds] == [320, 48, 320]
    mapping = nest(
        "dram:input dram:weight dram:output m=2 n=5 k=4 glb:input glb:weight glb:output m=3 n=2 "
        "file:input file:weight file:output k=2"
    )
    assert needed(arch, GEMM, mapping, knob) == 16 * 2 * 2
    twice = replace(shared, double=frozenset({"weight"}))
    doubled = replace(arch, nodes=(ARCH.nodes[0], replace(level, memories=(twice,)), *ARCH.nodes[2:]))
    assert needed(doubled, GEMM, mapping, knob) == 16 * 2 * 2 * 2
    (whole,) = (k for k in found if k.kind == "size" and k.name == "glb")
    assert needed(doubled, GEMM, mapping, whole) == 16 * (3 * 2 + 2 * 2 * 2 + 3 * 2)
