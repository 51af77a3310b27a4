"""Timelines worked out by hand from docs/latency.md. `[a, b)` is a stretch of cycles; s0, s1, ... are steps."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from npudsl.interpreter.timed import Timed, run_timed
from npudsl.mapping.nest import Mapping
from npudsl.model.latency import latency
from npudsl.spec.arch import Arch, Array, Link, Ports
from npudsl.spec.op import Layer

from .machines import machine, memory, nest, row_sums

ROW_BY_ROW = nest("input@dram", "output@host", "i3", "input@spad", "output@spad", "j2")
HALF = Fraction(1, 2)


def spans(arch: Arch, layer: Layer, mapping: Mapping) -> dict[str, tuple[Fraction, Fraction]]:
    """When each step and movement with words was free to start and complete: `s0`, `fill input 0`, ..."""
    found: list[tuple[int, Fraction, Fraction]] = []
    done = run_timed(arch, layer, mapping, trace=lambda *event: found.append(event))
    steps = [n for n, task in enumerate(done.tasks) if task.move is None]
    names = {n: f"s{i}" for i, n in enumerate(steps)}
    for number, task in enumerate(done.tasks):
        if task.move is not None and task.load:
            names[number] = f"{task.move.kind} {task.move.place[1]} {task.move.visit}"
    return {names[n]: (start, end) for n, start, end in found if n in names}


def phases(done: Timed) -> tuple[Fraction, Fraction, Fraction, dict[str, Fraction]]:
    return done.cycles, done.onload, done.offload, done.stalls


def test_single_buffer() -> None:
    # dram moves a word a cycle, a row has two:
    # dram  |F0 F0|     |F1 F1|     |F2 F2|
    # steps |     |s0 s1|     |s2 s3|     |s4 s5|
    # cycle  0     2     4     6     8     10    12
    arch = machine(memory("dram", "input", bandwidth=16), memory("host", "output"), memory("spad", "input", "output"))
    done = run_timed(arch, row_sums(3, 2), ROW_BY_ROW)
    assert phases(done) == (12, 2, 0, {"dram": 4})
    assert done.waits == {("spad", "input"): 4}
    assert done.busy == {"mac": 6, "dram": 6}
    found = latency(arch, row_sums(3, 2), ROW_BY_ROW)
    assert (found.equal, found.cycles, found.timing.stalls) == (True, 12, {"dram": 4})


def test_double_buffer_that_keeps_up() -> None:
    # F2 must wait for the row before the last, until 4
    # dram  |F0 F0|F1 F1|F2 F2|
    # steps |     |s0 s1|s2 s3|s4 s5|
    # cycle  0     2     4     6     8
    spad = memory("spad", "input", "output", double="input")
    arch = machine(memory("dram", "input", bandwidth=16), memory("host", "output"), spad)
    assert phases(run_timed(arch, row_sums(3, 2), ROW_BY_ROW)) == (8, 2, 0, {})
    assert spans(arch, row_sums(3, 2), ROW_BY_ROW)["fill input 2"] == (4, 6)
    found = latency(arch, row_sums(3, 2), ROW_BY_ROW)
    assert (found.cycles, found.timing.onload, found.timing.steady) == (8, 2, 6)
    assert found.low <= 8 <= found.high


def test_a_fifo_brings_the_next_tile_ahead_as_well() -> None:
    spad = replace(memory("spad", "input", "output"), fifo=frozenset({"input"}))
    arch = machine(memory("dram", "input", bandwidth=16), memory("host", "output"), spad)
    assert phases(run_timed(arch, row_sums(3, 2), ROW_BY_ROW)) == (8, 2, 0, {})
    assert latency(arch, row_sums(3, 2), ROW_BY_ROW).cycles == 8


def test_double_buffer_that_does_not() -> None:
    # half the bandwidth: a row takes 4 cycles. F2 is free to start at 6, when s1 is over
    # dram  |F0 F0 F0 F0|F1 F1 F1 F1|F2 F2 F2 F2|
    # steps |           |s0 s1|     |s2 s3|     |s4 s5|
    # cycle  0           4     6     8     10    12    14
    spad = memory("spad", "input", "output", double="input")
    arch = machine(memory("dram", "input", bandwidth=8), memory("host", "output"), spad)
    done = run_timed(arch, row_sums(3, 2), ROW_BY_ROW)
    assert phases(done) == (14, 4, 0, {"dram": 4})
    assert spans(arch, row_sums(3, 2), ROW_BY_ROW)["fill input 2"] == (6, 12)
    found = latency(arch, row_sums(3, 2), ROW_BY_ROW)
    assert found.low <= 14 <= found.high


def test_operations_and_movements_at_one_port() -> None:
    # spad moves two words a cycle. s0 and s2 read an input and write a result: 1 cycle; s1 and s3 read the result too:
    # 1.5.
    # Steps leave nothing free: F1 (2 words) waits, and the eviction E0 (1 word), which comes first, for s1.
    # spad  |F0|s0|s1  |E0|F1|s2|s3  |E1|
    # cycle  0  1  2  3.5 4  5  6   7.5 8
    layer = row_sums(2, 2)
    mapping = nest("input@dram", "output@host", "i2", "input@spad", "output@spad", "j2")
    spad = memory("spad", "input", "output", bandwidth=32, double="input")
    arch = machine(memory("dram", "input"), memory("host", "output"), spad)
    done = run_timed(arch, layer, mapping)
    assert phases(done) == (8, 1, HALF, {"spad": 1 + 3 * HALF})
    assert spans(arch, layer, mapping) == {
        "fill input 0": (0, 1),
        "s0": (1, 2),
        "s1": (2, 7 * HALF),
        "evict output 0": (7 * HALF, 4),
        "fill input 1": (0, 5),
        "s2": (5, 6),
        "s3": (6, 15 * HALF),
        "evict output 1": (15 * HALF, 8),
    }
    assert done.waits == {("spad", "input"): 1, ("spad", "output"): HALF}


SUMS_COME_BACK = nest("input@dram", "output@host", "j2", "i2", "input@spad", "output@spad")


def test_partial_sums_come_back_single() -> None:
    # host moves a word a cycle; sums 0 and 1 leave and come back once
    # host  |  |E0|  |E1|B2|  |E2|B3|  |E3|
    # steps |s0|  |s1|     |s2|     |s3|
    # cycle  0  1  2  3  4  5  6  7  8  9  10
    host = memory("host", "output", bandwidth=16)
    arch = machine(memory("dram", "input"), host, memory("spad", "input", "output"))
    done = run_timed(arch, row_sums(2, 2), SUMS_COME_BACK)
    assert phases(done) == (10, 0, 1, {"host": 5})
    found = latency(arch, row_sums(2, 2), SUMS_COME_BACK)
    assert (found.equal, found.cycles) == (True, 10)


def test_partial_sums_come_back_double() -> None:
    # B2 needs the buffer that E0 leaves at 2, and comes after E1, which is of the same boundary; B3 that of E1
    # host  |  |E0|E1|B2|B3|E2|E3|
    # steps |s0|s1|     |s2|s3|
    # cycle  0  1  2  3  4  5  6  7
    host = memory("host", "output", bandwidth=16)
    arch = machine(memory("dram", "input"), host, memory("spad", "input", "output", double="output"))
    assert phases(run_timed(arch, row_sums(2, 2), SUMS_COME_BACK)) == (7, 0, 1, {"host": 2})
    found = latency(arch, row_sums(2, 2), SUMS_COME_BACK)
    assert found.low <= 7 <= found.high


def test_a_second_buffer_is_free_when_its_sum_has_left() -> None:
    # host reads and writes a word in 2 cycles each; sums 0, 1, 2 leave and come back. s2 needs the buffer of E0; B3, B4
    # and
    # B5 those of E1, E2 and E3
    # write |  |E0   |E1   |E2   |  |E3   |E4   |   |E5   |
    # read  |              |B3   |B4   |  |B5   |
    # steps |s0|s1|  |s2|        |s3|  |s4|     |s5|
    # cycle  0  1  2  3  4  5  6  7  8  9  10 11 12 13 14 15
    host = memory("host", "output", bandwidth=8, ports=Ports(1, 1, 0))
    arch = machine(memory("dram", "input"), host, memory("spad", "input", "output", double="output"))
    layer, mapping = row_sums(3, 2), nest("input@dram", "output@host", "j2", "i3", "input@spad", "output@spad")
    assert spans(arch, layer, mapping) == {
        "s0": (0, 1),
        "evict output 0": (1, 3),
        "s1": (1, 2),
        "evict output 1": (2, 5),
        "s2": (3, 4),
        "evict output 2": (4, 7),
        "return output 3": (5, 7),
        "s3": (7, 8),
        "evict output 3": (8, 10),
        "return output 4": (7, 9),
        "s4": (9, 10),
        "evict output 4": (10, 12),
        "return output 5": (10, 12),
        "s5": (12, 13),
        "evict output 5": (13, 15),
    }
    found = latency(arch, layer, mapping)
    assert found.low <= 15 <= found.high


def test_a_sum_that_left_last_comes_back_next() -> None:
    # 3 rows in tiles of rows 2 and 1: with row 2 the inner loop has one value only, so its sum is visited twice in a
    # row.
    # Double-buffered, and host reads and writes a word a cycle: B5 waits for E4 (without the rule s5 would start at 7)
    # write |  |E0|E1|  |E2|E3|E4|  |  |E5|
    # read  |  |  |B2|B3|  |  |  |B5|  |
    # steps |s0|s1|  |s2|s3|s4|  |  |s5|
    # cycle  0  1  2  3  4  5  6  7  8  9  10
    host = memory("host", "output", bandwidth=16, ports=Ports(1, 1, 0))
    arch = machine(memory("dram", "input"), host, memory("spad", "input", "output", double="output"))
    mapping = nest("input@dram", "output@host", "i2", "input@spad", "j2", "i2", "output@spad")
    found = spans(arch, row_sums(3, 2), mapping)
    assert found["s4"] == (5, 6)
    assert found["evict output 4"] == (6, 7)
    assert found["return output 5"] == (7, 8)
    assert found["s5"] == (8, 9)
    assert run_timed(arch, row_sums(3, 2), mapping).cycles == 10


def test_slowest_instance_decides() -> None:
    # 5 rows on 2 instances, 3 and 2 steps of rows: tiles of 3 rows x 2 words, cut to 2 rows for the second instance.
    # The first instance's spad takes 6 cycles; dram reads all 10 words, at two words a cycle 5 cycles.
    mapping = nest("input@dram", "output@host", "i2x", "input@spad", "output@spad", "i3", "j2")
    dram = memory("dram", "input", bandwidth=32)
    spad = memory("spad", "input", "output", bandwidth=16, ports=Ports(1, 1, 0))
    arch = machine(dram, memory("host", "output"), spad, array=Array("pe", (("x", 2),)))
    done = run_timed(arch, row_sums(5, 2), mapping)
    # a step with a sum that starts from zero reads one word; three of the six read the sum too: 2 cycles. 3 words go
    # out.
    assert phases(done) == (6 + 3 + 6 + 3, 6, 3, {"spad read": 3})
    assert done.busy == {"mac": 6, "dram": 5, "spad read": 6 + 3 + 3, "spad write": 6 + 6}
    found = latency(arch, row_sums(5, 2), mapping)
    assert (found.equal, found.cycles) == (True, 18)


def test_link() -> None:
    # the same without ports: the link moves a word per cycle into (or out of) each instance
    mapping = nest("input@dram", "output@host", "i2x", "input@spad", "output@spad", "i3", "j2")
    bus = Link("bus", multicast=frozenset({"input"}), unicast=frozenset({"output"}), bandwidth=Fraction(16))
    spad = memory("spad", "input", "output")
    arch = machine(memory("dram", "input"), memory("host", "output"), spad, array=Array("pe", (("x", 2),), (bus,)))
    done = run_timed(arch, row_sums(5, 2), mapping)
    assert phases(done) == (6 + 6 + 3, 6, 3, {})
    assert done.busy == {"mac": 6, "bus": 9}
    assert latency(arch, row_sums(5, 2), mapping).cycles == 15


def test_fractions_of_cycles() -> None:
    # 3 words at 32 bit per cycle take 1.5 cycles; two operations a cycle
    mapping = nest("input@dram", "output@host", "input@spad", "output@spad", "j3")
    arch = machine(
        memory("dram", "input", bandwidth=32), memory("host", "output"), memory("spad", "input", "output"), rate=2
    )
    assert run_timed(arch, row_sums(1, 3), mapping).cycles == 3
    timing = latency(arch, row_sums(1, 3), mapping).timing
    assert (timing.onload, timing.steady, timing.cycles, timing.stalls) == (3 * HALF, 3 * HALF, 3, {})
