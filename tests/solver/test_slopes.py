"""Slopes of the continuous relaxation: by hand where there is a formula, else against the relaxation itself."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import exp, log

import numpy as np
import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Mapping
from npudsl.model.functions import EXACT
from npudsl.solver import Options, solve
from npudsl.solver.demands import Demand
from npudsl.solver.forms import counted
from npudsl.solver.knobs import KIB, Knob, turned
from npudsl.solver.real import REAL
from npudsl.solver.slopes import Slopes, slopes
from npudsl.solver.widening import widened
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..oracle.build import array, layer, machine, memory, nest
from ..strategies import PERFECT, random_case

ROLES = ("input", "weight", "output")


def study(arch: Arch, of: Layer, objective: str) -> Slopes:
    mapping = solve(arch, "net", [of], Options(objective=objective, space="even")).layers[0].mapping
    assert mapping is not None
    found = slopes(arch, of, mapping, objective)
    assert found is not None
    return found


def test_a_buffer_for_a_product() -> None:
    """Outputs stay, a x a of them; what is moved besides is 2 M / a, and a^2 is nearly the buffer: d ln / d ln = -1/2
    of the share that these words have."""
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=4096, n=4096, k=4096)
    arch = machine(memory("dram", *ROLES, energy=200), memory("glb", *ROLES, size=16 * 128 * 130, energy=0))
    arch = replace(arch, compute=replace(arch.compute, op_energy=Fraction(0)))
    mapping = nest("dram:input dram:weight dram:output m=32 n=32 k=4096 glb:input glb:weight glb:output m=128 n=128")
    found = slopes(arch, of, mapping, "energy")
    assert found is not None
    assert found.objective == pytest.approx(1, abs=0.01)
    moved, kept = 2 * of.points / 128, 4096**2
    assert found.limits[Demand("size", "glb")] == pytest.approx(-0.5 * moved / (moved + kept), rel=0.05)


@pytest.mark.parametrize("objective", ["energy", "edp"])
def test_slopes_are_what_the_relaxation_does_when_a_limit_changes(objective: str) -> None:
    of = layer("output[m, p, q]", "input[c, p + r, q + s]", "weight[m, c, r, s]", m=64, c=32, p=28, q=28, r=3, s=3)
    arch = machine(
        memory("dram", *ROLES, energy=200),
        memory("glb", "input", "output", size=16 * 9000, energy=6),
        array("pe", x=7, y=6),
        tuple(memory(n, r, size=16 * s) for n, r, s in zip("iwo", ROLES, (12, 100, 20), strict=True)),
    )
    mapping = solve(arch, "net", [of], Options(objective=objective, space="even")).layers[0].mapping
    assert mapping is not None
    found = slopes(arch, of, mapping, objective)
    assert found is not None and found.objective <= 1 + 1e-9
    moving = 0
    for demand, slope in found.limits.items():
        kind = "axis" if demand.kind == "axis" else "size"
        now = {**dict(arch.arrays[0].axes), **{m.name: m.size for m in arch.memories}}[demand.axis or demand.memory]
        assert slope <= 1e-9 and now is not None
        if kind == "axis":
            continue  # whole numbers
        knob = Knob("size", demand.memory, "", Fraction(now), KIB)
        larger = slopes(turned(arch, knob, Fraction(now) * Fraction(101, 100)), of, mapping, objective)
        assert larger is not None
        measured = log(larger.objective / found.objective) / log(1.01)
        assert slope == pytest.approx(measured, rel=0.1, abs=5e-4)
        moving += slope < -1e-3
    assert moving >= 2


def test_twice_the_units_halve_the_steps() -> None:
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=60, n=60, k=60)
    arch = machine(memory("dram", *ROLES), array("pe", x=7, y=11), memory("file", *ROLES, size=16 * 8))
    found = study(arch, of, "latency")
    assert [found.limits[Demand("axis", array="pe", axis=a)] for a in "xy"] == pytest.approx([-1, -1], abs=0.01)
    assert found.limits[Demand("size", "file")] == pytest.approx(0, abs=1e-6)
    assert exp(log(found.objective)) < 1  # 60 is not divisible by 7 and 11


@pytest.mark.parametrize("rate, slope", [(Fraction(1, 10), -1), (Fraction(10**6), 0)])
def test_bandwidth_is_worth_as_much_as_it_limits(rate: Fraction, slope: int) -> None:
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=16, n=16, k=16)
    dram = replace(memory("dram", *ROLES), bandwidth=rate)
    arch = machine(dram, memory("glb", *ROLES, size=16 * 100), array("pe", x=4), memory("file", *ROLES, size=16 * 8))
    found = study(arch, of, "latency")
    assert found.bandwidths == pytest.approx({"dram": slope}, abs=0.01)
    axis = found.limits[Demand("axis", array="pe", axis="x")]
    assert axis == pytest.approx(-1 - slope, abs=0.01)  # one or the other
    assert (found.limits[Demand("size", "glb")] < -0.3) == (slope == -1)


def test_tiles_that_are_doubled_have_half_the_room() -> None:
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=64, n=64, k=64)
    mapping = nest("dram:input dram:weight dram:output m=8 n=8 k=64 glb:input glb:weight glb:output m=8 n=8")

    def machine_with(words: int, double: frozenset[str]) -> Arch:
        glb = replace(memory("glb", *ROLES, size=16 * words, energy=6), double=double)
        return machine(memory("dram", *ROLES, energy=200), glb)

    once = slopes(machine_with(100, frozenset()), of, mapping, "energy")
    twice = slopes(machine_with(200, frozenset(ROLES)), of, mapping, "energy")
    assert once is not None and twice is not None and once.objective < 0.99
    assert twice.objective == pytest.approx(once.objective, rel=1e-4)


def test_dims_that_an_axis_lacks_may_use_it() -> None:
    """All of m is unrolled along x already, and nothing along y: other dims would fill both."""
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=3, n=64, k=64)
    arch = machine(memory("dram", *ROLES), array("pe", x=8, y=2), memory("file", *ROLES, size=16 * 8))
    mapping = nest("dram:input dram:weight dram:output n=64 k=64 pe.x:m=3 file:input file:weight file:output")
    found = slopes(arch, of, mapping, "latency")
    assert found is not None
    assert found.objective == pytest.approx(3 / 16, rel=0.01)
    assert [found.limits[Demand("axis", array="pe", axis=a)] for a in "xy"] == pytest.approx([-1, -1], abs=0.01)


def test_widening_keeps_the_nest_legal_and_its_cost() -> None:
    more = 0
    for seed in range(60):
        case = random_case(seed, PERFECT)
        arch, of = case.arch, case.layer
        wider = widened(arch, of, case.mapping, partial(counted, arch, of))
        assert counted(arch, of, wider) == pytest.approx(counted(arch, of, case.mapping.simplified()), rel=1e-9)
        assert check_mapping(arch, of, Mapping(wider.items)) == ()
        assert wider.simplified().items == case.mapping.simplified().items
        more += len(wider.loops) > len(case.mapping.simplified().loops)
    assert more > 30


@pytest.mark.parametrize("seed", range(20))
def test_functions_at_real_factors_are_those_at_whole_ones(seed: int) -> None:
    random = np.random.default_rng(seed)
    stride, p, r, t = (int(x) for x in random.integers(1, 7, 4))
    shift = p * t
    assert REAL["Footprint"]((stride, 1), (p, r)) == EXACT["Footprint"]((stride, 1), (p, r))
    assert REAL["Overlap"]((stride, 1), (p, r), 0, shift) == EXACT["Overlap"]((stride, 1), (p, r), 0, shift)
    assert REAL["Union"]((stride, 1), (p, r), ((0, t, p),)) == EXACT["Union"]((stride, 1), (p, r), ((0, t, p),))
    one = EXACT["FreshUnion"]((stride, 1), (p, r), ((0, 1, p),), 0, shift)
    assert REAL["FreshUnion"]((stride, 1), (p, r), ((0, 1, p),), 0, shift) == pytest.approx(one)
