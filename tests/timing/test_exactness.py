"""When the closed form says that it equals the timed execution, and with which words."""

from __future__ import annotations

from fractions import Fraction

import pytest

from npudsl.interpreter.timed import run_timed
from npudsl.mapping.batch import Job, makespan
from npudsl.mapping.resources import port, resources
from npudsl.model.latency import exactness, latency
from npudsl.spec.arch import Array, Ports
from npudsl.text.diagnostics import SpecError

from .machines import machine, memory, nest, row_sums

ROWS = ("input@dram", "output@host", "i4", "input@spad", "output@spad", "j4")


def reason(dram: int | None = None, spad: int | None = None, double: str = "", rows: int = 4, *items: str) -> str:
    arch = machine(
        memory("dram", "input", bandwidth=dram),
        memory("host", "output"),
        memory("spad", "input", "output", bandwidth=spad, double=double),
    )
    layer, mapping = row_sums(rows, 4), nest(*(items or ROWS))
    equal, why = exactness(arch, layer, mapping)
    timed = run_timed(arch, layer, mapping).cycles
    found = latency(arch, layer, mapping)
    assert found.low <= timed <= found.high
    assert not equal or found.cycles == timed
    return f"{'equal' if equal else 'bounds'}: {why}"


def test_reasons() -> None:
    assert reason() == "equal: no port or link that is used has a bandwidth"
    still = ("input@dram", "output@host", "input@spad", "output@spad", "i4", "j4")
    assert reason(16, None, "", 4, *still) == "equal: no tile moves between the first and the last"
    assert reason(16) == "equal: single buffers and perfect factors: movements and steps alternate"
    beside = "double buffers and perfect factors: every movement fits beside the steps before it"
    assert reason(16, None, "input") == f"equal: {beside}"
    assert reason(8, None, "input") == "bounds: movements beside the steps may wait for each other"
    clipped = ("input@dram", "output@host", "i2", "input@spad", "output@spad", "i3", "j4")
    assert reason(16, None, "", 5, *clipped) == "equal: single buffers, and only `dram` has a bandwidth"
    assert reason(16, 32, "input", 5, *clipped) == "bounds: tiles differ in size: movements may wait for each other"


def test_evictions_beside_the_steps() -> None:
    # each row takes 4 steps, its sum leaves in 2 cycles and its words come in 4, beside the steps
    arch = machine(
        memory("dram", "input", bandwidth=16),
        memory("host", "output", bandwidth=8),
        memory("spad", "input", "output", double="input output"),
    )
    layer, mapping = row_sums(4, 4), nest(*ROWS)
    found = latency(arch, layer, mapping)
    assert found.low == found.high == run_timed(arch, layer, mapping).cycles == 4 + 16 + 2
    slower = type(arch)("slower", arch.nodes, type(arch.compute)("mac", Fraction(1), rate=Fraction(4, 5)))
    assert exactness(slower, layer, mapping)[0]


def test_steps_that_differ() -> None:
    # 5 rows on 2 units below one memory: in the last step one unit idles, and less is read
    mapping = nest("input@dram", "output@host", "input@spad", "output@spad", "i3", "i2x", "j1")
    arch = machine(memory("dram", "input"), memory("host", "output"), memory("spad", "input", "output", bandwidth=16))
    lanes = type(arch)("lanes", (*arch.nodes, Array("pe", (("x", 2),))), arch.compute)
    equal, why = exactness(lanes, row_sums(5, 1), mapping)
    assert (equal, why) == (False, "steps differ in what their operations read and write")
    found = latency(lanes, row_sums(5, 1), mapping)
    assert found.low <= run_timed(lanes, row_sums(5, 1), mapping).cycles <= found.high


@pytest.mark.parametrize(
    ("ports", "read", "write"),
    [
        (Ports(), ("glb", 8), ("glb", 8)),
        (Ports(0, 0, 2), ("glb", 16), ("glb", 16)),
        (Ports(1, 1, 0), ("glb read", 8), ("glb write", 8)),
        (Ports(2, 1, 0), ("glb read", 16), ("glb write", 8)),
        (Ports(1, 1, 1), ("glb read", 12), ("glb write", 12)),
        (Ports(1, 0, 1), ("glb", 16), ("glb", 16)),
    ],
)
def test_ports(ports: Ports, read: tuple[str, int], write: tuple[str, int]) -> None:
    glb = memory("glb", "input", bandwidth=8, ports=ports)
    found = [port(glb, direction) for direction in ("read", "write")]
    assert [(r.name, r.rate) for r in found if r is not None] == [read, write]
    arch = machine(glb)
    assert list(resources(arch)) == ["mac", *dict.fromkeys((read[0], write[0]))]


def test_no_bandwidth_is_no_resource() -> None:
    assert port(memory("glb", "input"), "read") is None


def test_makespan() -> None:
    a, b = Fraction(3), Fraction(2)
    assert makespan([]) == 0
    assert makespan([Job({"p": a}), Job({"p": b})]) == 5
    assert makespan([Job({"p": a}), Job({"q": b})]) == 3
    assert makespan([Job({"p": a}), Job({"q": b}, (0,))]) == 5
    # the second waits for the first at q only, the third takes p meanwhile and is interrupted by nothing
    assert makespan([Job({"p": a}), Job({"q": b}, (0,)), Job({"q": a})]) == 5


def test_too_long() -> None:
    host = memory("host", "output", bandwidth=16)
    arch = machine(memory("dram", "input"), host)
    with pytest.raises(SpecError, match=r"too long: .* walks every run of equal steps, here 6\.00e6 runs"):
        run_timed(arch, row_sums(3_000_000, 4), nest(*ROWS[:2], "i3000000", "j4"))
    with pytest.raises(SpecError, match=r"too long: .* walks every operation, here 1\.20e7 operations"):
        run_timed(arch, row_sums(3_000_001, 4), nest(*ROWS[:2], "i1500001", "i2", "j4"))
    slow = machine(memory("dram", "input", bandwidth=16), memory("host", "output"), memory("spad", "input", "output"))
    rows = nest(*ROWS[:2], "i3000000", *ROWS[3:5], "j4")
    with pytest.raises(SpecError, match=r"too long: .* every change of tiles, here 3\.00e6 changes of tiles"):
        run_timed(slow, row_sums(3_000_000, 4), rows)
    # however many steps there are between them
    assert run_timed(slow, row_sums(3, 4 * 10**6), nest(*ROWS[:2], "i3", *ROWS[3:5], "j4000000")).steps == 12 * 10**6


def test_factors_far_beyond_the_bound_take_no_time() -> None:
    mapping = nest("input@dram", "output@host", "i1000000000", "input@spad", "output@spad", "j1000000000")
    arch = machine(memory("dram", "input", bandwidth=16), memory("host", "output"), memory("spad", "input", "output"))
    assert run_timed(arch, row_sums(3, 2), mapping).cycles == latency(arch, row_sums(3, 2), mapping).cycles == 12
