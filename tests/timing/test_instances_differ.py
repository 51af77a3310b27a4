"""Where instances differ in what they move the mean over all of them is a bound, too."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from npudsl.interpreter.timed import run_timed
from npudsl.mapping.legality import check_mapping
from npudsl.model.evaluate import evaluate
from npudsl.solver.latency import latency
from npudsl.spec.arch import Link

from ..oracle.build import array, layer, machine, memory, nest


def test_reported_cycles_are_not_below_what_no_schedule_undercuts() -> None:
    """Problem 921012 of `fuzz --space uneven --timed` as of 2026-11-23, smaller: of an output whose index is a sum the
    first instance evicts fewer words than others, and its share alone was told."""
    link = Link("l", reduce=frozenset({"output"}), bandwidth=Fraction(16))
    arch = machine(
        memory("m0", "input", "output"), array("pe", link, x=2), memory("m1", "input", "output"), memory("m2", "output")
    )
    arch = replace(arch, compute=replace(arch.compute, precision=(("output", Fraction(32)),)))
    of = layer("output[b + a]", "input[2a]", a=2, b=12)
    mapping = nest("m0:input m0:output b=2 pe.x:b=2 m1:input m1:output b=3 a=2 m2:output")
    assert not check_mapping(arch, of, mapping)
    cost, executed = evaluate(arch, of, mapping).cost, run_timed(arch, of, mapping)
    assert cost.at_least is not None and latency(arch, of, mapping) <= cost.at_least <= cost.cycles
    assert cost.at_least <= executed.cycles
