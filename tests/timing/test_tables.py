"""The boundaries that tables of sets give beside those of the literal walk, and full-size layers in time."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from npudsl.interpreter.nest import Nest
from npudsl.interpreter.timed import run_timed
from npudsl.interpreter.timed_scope import Scope
from npudsl.interpreter.timed_tables import Tables
from npudsl.interpreter.timed_words import Boundary, Walk
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.resources import Loads
from npudsl.mapping.time_bounds import latency
from npudsl.model.evaluate import tally
from npudsl.spec.arch import Arch, Level, Memory, Ports

from ..interpreter.machines import alexnet, eyeriss
from ..strategies import EVERYTHING, PERFECT, Case, Space
from .decorate import timed_case

Seen = tuple[list[tuple[object, Loads]], Loads | None, int]


def seen(boundary: Boundary) -> Seen:
    return [(move, move.load) for move in boundary.moves], boundary.step, boundary.times


def differing(seeds: range, space: Space, style: str | None = None) -> tuple[int, list[str]]:
    """How many cases the tables fit, and those in which they differ from the walk."""
    fitting, wrong = 0, []
    for seed in seeds:
        scope = scope_of(timed_case(seed, space, style))
        if Tables.fit(scope):
            fitting += 1
            if list(map(seen, Tables(scope).boundaries())) != list(map(seen, Walk(scope).boundaries())):
                wrong.append(f"case {seed}")
    return fitting, wrong


def scope_of(case: Case) -> Scope:
    return Scope.of(Nest.of(case.arch, case.layer, case.mapping))


def test_tables_give_what_the_walk_gives() -> None:
    fitting, wrong = differing(range(1000, 1120), EVERYTHING)
    assert fitting > 60
    assert wrong == []
    fitting, wrong = differing(range(1000, 1080), PERFECT, "double")
    assert fitting > 60
    assert wrong == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(4))
def test_thousands(block: int) -> None:
    for space, style in ((EVERYTHING, None), (PERFECT, "single"), (PERFECT, "mixed")):
        assert differing(range(40_000 + 500 * block, 40_500 + 500 * block), space, style)[1] == []


def test_full_size() -> None:
    arch, layer, mapping = limited(eyeriss()), alexnet(1)[4], nest(CONV5)
    done = run_timed(arch, layer, mapping)
    found = latency(arch, layer, mapping, tally(arch, layer, mapping))
    assert done.steps == 479_232
    assert found.low <= done.cycles <= found.high < found.low * Fraction(11, 10)
    assert done.busy == found.timing.busy
    assert done.cycles == done.onload + done.steps + sum(done.stalls.values()) + done.offload


#: The answer for specs/eyeriss.npu, one frame.
CONV5 = (
    "input@dram weight@dram output@dram g2 m2 c24 input@glb output@glb m2 p13 x:q13 y:m2 y:c2 y:s3 "
    "input@ifmap weight@filter output@psum m16 c4 r3"
)


def nest(text: str) -> Mapping:
    """`input@glb`, `m2` (temporal), `x:q13` (along axis x)."""
    items: list[Node | Loop] = []
    for word in text.split():
        tensor, _, memory = word.partition("@")
        axis, _, loop = word.rpartition(":")
        spatial = ("pe", axis) if axis else ()
        items.append(Node(tensor, memory) if memory else Loop(loop[0], int(loop[1:]), *spatial))
    return Mapping(tuple(items))


def limited(arch: Arch) -> Arch:
    """Bandwidths outside the array, and what comes ahead, as in specs/eyeriss.npu."""

    def slower(memory: Memory) -> Memory:
        if memory.name == "dram":
            return replace(memory, bandwidth=Fraction(96, 5))
        if memory.name == "glb":
            return replace(memory, bandwidth=Fraction(80), ports=Ports(1, 1, 0))
        return replace(memory, fifo=frozenset(h.role for h in memory.holds if h.role != "weight"))

    levels = (replace(n, memories=tuple(map(slower, n.memories))) if isinstance(n, Level) else n for n in arch.nodes)
    return replace(arch, nodes=tuple(levels))
