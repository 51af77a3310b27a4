"""The literal walk against numbers worked out by hand, rule by rule of semantics.md."""

from __future__ import annotations

from npudsl.mapping.tally import Access, Tally
from npudsl.spec.arch import Arch, Link
from npudsl.spec.op import Layer

from .build import array, layer, machine, memory, nest
from .literal import tally

ROLES = ("input", "weight", "output")
CONV = ("output[p]", "input[p + r]", "weight[r]")
TOP = "dram:input dram:weight dram:output"
LOW = "rf:input rf:weight rf:output"
TWO = machine(memory("dram", *ROLES), memory("rf", *ROLES))


def count(arch: Arch, of: Layer, text: str) -> Tally:
    return tally(arch, of, nest(text))


def test_one_memory_reads_an_output_for_every_operation_but_the_first() -> None:
    found = count(machine(memory("dram", *ROLES)), layer(*CONV, p=4, r=3), f"{TOP} p=4 r=3")
    assert found.steps == found.points == 12
    assert found.counts["dram"] == {"input": Access(12, 0), "weight": Access(12, 0), "output": Access(8, 12)}
    assert found.used == {"dram": 6 + 3 + 4}


def test_a_window_slides_with_its_sweeping_loop_only() -> None:
    found = count(TWO, layer(*CONV, p=8, r=3), f"{TOP} p=4 {LOW} p=2 r=3")
    assert found.counts["dram"]["input"] == Access(4 + 3 * 2, 0)  # tiles of 4 words, 2 kept
    assert found.counts["rf"]["input"] == Access(24, 10)
    assert found.counts["rf"]["weight"] == Access(24, 3)  # p does not move it
    again = count(
        TWO, layer("output[m, p]", "input[p + r]", "weight[m, r]", m=2, p=8, r=3), f"{TOP} m=2 p=4 {LOW} p=2 r=3"
    )
    assert again.counts["dram"]["input"] == Access(20, 0)  # m restarts the sweep


def test_stationarity_goes_on_below_loops_that_do_not_move_the_tile() -> None:
    found = count(TWO, layer("output[m]", "input[k]", "weight[m, k]", m=4, k=2), f"{TOP} k=2 m=4 {LOW}")
    assert found.counts["dram"]["input"] == Access(2, 0)
    assert found.counts["dram"]["weight"] == Access(8, 0)
    assert found.counts["dram"]["output"] == Access(4, 8)  # each word comes back once


def test_unrolled_windows_are_not_a_slid_union() -> None:
    arch = machine(memory("dram", *ROLES), array("pe", x=4), memory("rf", *ROLES))
    found = count(arch, layer(*CONV, p=8, r=3), f"{TOP} p=2 pe.x:p=4 {LOW} r=3")
    assert found.counts["dram"]["input"] == Access(6 + 6, 0)
    assert found.counts["rf"]["input"] == Access(24, 24)


def test_partial_sums_of_one_moment() -> None:
    """Reduced on the link: one write. Without: a write per instance and a read for each after the first."""
    of = layer("output[m]", "weight[m, k]", m=3, k=8)
    text = "dram:weight dram:output k=2 m=3 pe.x:k=4 rf:weight rf:output"
    levels = (memory("dram", "weight", "output"), memory("rf", "weight", "output"))
    ideal = count(machine(levels[0], array("pe", x=4), levels[1]), of, text)
    assert ideal.counts["dram"]["output"] == Access(3, 6)
    # 24 words leave, 3 come back to one instance each, the other 21 start from zero
    assert ideal.counts["rf"]["output"] == Access(24 + 3, 3 + 24)
    bus = Link("bus", multicast=frozenset({"weight"}), unicast=frozenset({"output"}))
    plain = count(machine(levels[0], array("pe", bus, x=4), levels[1]), of, text)
    assert plain.counts["dram"]["output"] == Access(3 + 2 * 3 * 3, 24)
    assert plain.links == {"bus": {"weight": 24, "output": 24 + 3}}


def test_multicast_along_one_axis() -> None:
    of = layer("output[m, n]", "input[n]", m=2, n=1)
    bus = Link("bus", multicast=frozenset({"input"}), along=("x",))
    arch = machine(memory("dram", "input", "output"), array("pe", bus, x=2, y=2), memory("rf", "input", "output"))
    shared = count(arch, of, "dram:input dram:output pe.x:m=2 rf:input rf:output")
    apart = count(arch, of, "dram:input dram:output pe.y:m=2 rf:input rf:output")
    assert shared.counts["dram"]["input"] == Access(1, 0)
    assert apart.counts["dram"]["input"] == Access(2, 0)
    assert shared.links["bus"] == apart.links["bus"] == {"input": 2}


def test_clipped_factors_idle_instances_and_steps() -> None:
    arch = machine(memory("dram", *ROLES), array("pe", x=3), memory("rf", *ROLES))
    found = count(arch, layer("output[m]", "input[k]", "weight[m, k]", m=7, k=2), f"{TOP} m=3 pe.x:m=3 {LOW} k=2")
    assert (found.steps, found.points) == (6, 14)
    assert found.counts["rf"]["weight"] == Access(14, 14)
    assert found.counts["dram"]["input"] == Access(2, 0)  # k stands inside the node, m does not move it
    assert found.counts["rf"]["input"] == Access(14, 2 * 3)


def test_strided_one_by_one_touches_a_quarter() -> None:
    found = count(
        machine(memory("dram", *ROLES)), layer("output[p, q]", "input[2p, 2q]", "weight[]", p=3, q=3), f"{TOP} p=3 q=3"
    )
    assert found.used == {"dram": 9 + 1 + 9}


def test_operands_shared_by_instances_of_compute() -> None:
    arch = machine(memory("dram", *ROLES), array("pe", x=4))
    found = count(arch, layer("output[m]", "input[k]", "weight[m, k]", m=4, k=2), f"{TOP} k=2 pe.x:m=4")
    assert found.counts["dram"] == {"input": Access(2, 0), "weight": Access(8, 0), "output": Access(4, 8)}


def test_loops_of_factor_one_do_not_count() -> None:
    of = layer(*CONV, p=8, r=3)
    assert count(TWO, of, f"{TOP} p=4 r=1 {LOW} p=2 r=3") == count(TWO, of, f"{TOP} p=4 {LOW} p=2 r=3")
