"""Words of first instances: closed forms beside sets, and what pricing makes of them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import TypeVar

import pytest

from npudsl.interpreter.nest import Nest
from npudsl.interpreter.timed import run_timed
from npudsl.interpreter.timed_traffic import traffic as counted
from npudsl.mapping.pricing import leakages, price
from npudsl.mapping.timing import Timing
from npudsl.model.evaluate import evaluate, tally
from npudsl.model.latency import latency
from npudsl.model.latency_traffic import traffic
from npudsl.spec.arch import Arch, Level, Link, Memory

from ..interpreter.machines import alexnet, eyeriss, random_eyeriss_mapping
from ..strategies import PERFECT
from .decorate import timed_arch, timed_case
from .machines import machine, memory, nest, row_sums

Part = TypeVar("Part", Memory, Link)
ROW_BY_ROW = nest("input@dram", "output@host", "i3", "input@spad", "output@spad", "j2")


@pytest.mark.parametrize("block", range(2))
def test_sets_agree_with_closed_forms(block: int) -> None:
    for seed in range(5000 + 60 * block, 5060 + 60 * block):
        case = timed_case(seed)
        executed = Nest.of(case.arch, case.layer, case.mapping)
        assert traffic(case.arch, case.layer, case.mapping) == counted(executed, case.mapping), seed


def test_full_size() -> None:
    layer = alexnet()[4]
    arch, mapping = timed_arch(eyeriss(), Random(1), "mixed"), random_eyeriss_mapping(alexnet()[4], 1)
    assert traffic(arch, layer, mapping) == counted(Nest.of(arch, layer, mapping), mapping)


def test_price_with_traffic() -> None:
    arch = machine(memory("dram", "input", bandwidth=16), memory("host", "output"), memory("spad", "input", "output"))
    layer = row_sums(3, 2)
    words = tally(arch, layer, ROW_BY_ROW)
    cost = price(arch, layer, ROW_BY_ROW, words)
    assert (cost.cycles, cost.onload, cost.steady, cost.offload) == (12, 2, 10, 0)
    assert cost.busy == {"mac": 6, "dram": 6}
    assert cost.stalls == {"dram": 4}
    assert cost.bottleneck == "dram"
    assert (cost.at_least, cost.at_most) == (12, 12)
    assert cost.bounded == "single buffers and perfect factors: movements and steps alternate"
    assert cost.utilization * cost.working == Fraction(1, 2)


def test_cycles_are_exact_where_they_say_so() -> None:
    moved = 0
    for seed in range(300, 380):
        case = timed_case(seed, PERFECT, "single")
        cost = evaluate(case.arch, case.layer, case.mapping).cost
        assert cost.cycles == cost.onload + cost.steady + cost.offload
        if cost.exact:
            assert cost.cycles == run_timed(case.arch, case.layer, case.mapping).cycles
            moved += cost.cycles != latency(case.arch, case.layer, case.mapping).timing.cycles
    assert moved > 2  # the untimed bound is less where several resources take turns


def test_leakage_is_paid_for_all_cycles() -> None:
    dram = memory("dram", "input", bandwidth=16)
    spad = replace(memory("spad", "input", "output"), leakage=Fraction(3))
    arch = machine(dram, memory("host", "output"), spad)
    layer = row_sums(3, 2)
    words = tally(arch, layer, ROW_BY_ROW)
    assert dict(leakages(arch))["spad"] == 3
    assert price(arch, layer, ROW_BY_ROW, words).parts["spad"]["leakage"] == 3 * 12
    longer = Timing(Fraction(2), Fraction(17), Fraction(1), {}, {"dram": Fraction(11)}, "dram")
    executed = price(arch, layer, ROW_BY_ROW, words, executed=longer)
    assert (executed.cycles, executed.parts["spad"]["leakage"]) == (20, 60)
    assert (executed.stalled, executed.stalls, executed.bottleneck) == (11, {"dram": 11}, "dram")
    assert (executed.at_least, executed.at_most, executed.exact) == (12, 12, True)


def test_more_bandwidth_is_never_slower_with_single_buffers() -> None:
    for seed in range(200, 230):
        case = timed_case(seed, style="single")
        wider = _scaled(case.arch, 2)
        slow = run_timed(case.arch, case.layer, case.mapping).cycles
        assert run_timed(wider, case.layer, case.mapping).cycles <= slow, seed


def _scaled(arch: Arch, factor: int) -> Arch:
    def scaled(part: Part) -> Part:
        return part if part.bandwidth is None else replace(part, bandwidth=part.bandwidth * factor)

    nodes = tuple(
        replace(n, memories=tuple(map(scaled, n.memories)))
        if isinstance(n, Level)
        else replace(n, links=tuple(map(scaled, n.links)))
        for n in arch.nodes
    )
    return replace(arch, nodes=nodes)
