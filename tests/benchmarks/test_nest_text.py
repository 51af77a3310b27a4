"""How peers' nests become ours: what is moved so that the nest exists costs no more than promised."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from importlib import import_module
from itertools import groupby
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import npudsl
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.model.evaluate import evaluate

BOUNDS = {"m": 8, "p": 8, "r": 4}
MACHINE = """import std.ops as o
import std.tech.eyeriss65 as t

arch one {
    memory dram : t.dram() { holds = [input, weight, output] }
    memory file : t.regfile(size = inf) { holds = [input, weight, output] }
    compute mac : t.mac()
}

network line {
    tensor image[n = 1, g = 1, c = 1, w = 11]
    layer conv = o.conv1d[m = 8, r = 4](input = image)
}
"""
MOVED_BY = {"weight": "gmcr", "input": "ngcpr", "output": "ngmp"}


@pytest.fixture
def text(scripts: None) -> Any:
    return import_module("nest_text")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> npudsl.Spec:
    path: Path = tmp_path_factory.mktemp("nests") / "one.npu"
    path.write_text(MACHINE)
    return npudsl.load(path)


def energy(spec: npudsl.Spec, items: Sequence[Node | Loop]) -> Fraction:
    return evaluate(spec.arch().arch, spec.network().layers[0], Mapping(tuple(items))).cost.energy


loops = st.permutations([dim for dim, bound in BOUNDS.items() for _ in range(bound.bit_length() - 1)])
places = st.tuples(*[st.integers(0, 8)] * 3)


def nest(order: Sequence[str], depths: Sequence[int]) -> list[Node | Loop]:
    """Loops of factor 2, and a tile of each tensor in `file` below `depths` of them."""
    items: list[Node | Loop] = [Node(tensor, "dram") for tensor in MOVED_BY]
    for above in range(len(order) + 1):
        items += [Node(tensor, "file") for tensor, depth in zip(MOVED_BY, depths, strict=True) if depth == above]
        items += [Loop(order[above], 2)] if above < len(order) else []
    return items


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=loops, depths=places)
def test_dims_that_stand_twice_in_a_slot(text: Any, spec: npudsl.Spec, order: list[str], depths: Any) -> None:
    """A slot names each dim once, covers the layer, and costs no more than with the loops where they were."""
    items = nest(order, depths)
    merged: list[Node | Loop] = []
    for is_loop, run in groupby(items, key=lambda item: isinstance(item, Loop)):
        if is_loop:
            written = text.merged((item.dim, item.factor) for item in run if isinstance(item, Loop))
            slot = [Loop(dim, int(factor)) for dim, _, factor in (entry.split() for entry in written)]
            assert len({loop.dim for loop in slot}) == len(slot)
            merged += slot
        else:
            merged += run
    assert {dim: Mapping(tuple(merged)).extent(dim, 0) for dim in BOUNDS} == BOUNDS
    assert energy(spec, merged) <= energy(spec, items)


def test_a_block_is_read_back(text: Any, tmp_path: Path) -> None:
    items = nest(["m", "p", "m", "r", "p", "m", "r", "p"], [1, 5, 4])
    written = [text.node(i.memory, i.tensor) if isinstance(i, Node) else text.loop(i.dim, i.factor) for i in items]
    path = tmp_path / "again.npu"
    path.write_text(MACHINE + "\n" + text.block("again", "line.conv", "one", written))
    read = npudsl.load(path).mapping("again").mapping
    assert [str(item) for item in read.loops] == [str(Loop(*loop)) for loop in [
        ("m", 2), ("p", 2), ("m", 2), ("r", 2), ("p", 2), ("m", 2), ("r", 2), ("p", 2)
    ]]  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=loops, depths=places, tensor=st.sampled_from(list(MOVED_BY)))
def test_moving_in_costs_nothing(
    text: Any, spec: npudsl.Spec, order: list[str], depths: tuple[int, ...], tensor: str
) -> None:
    """A tile below loops that do not move it costs what it costs above them."""
    which = list(MOVED_BY).index(tensor)
    depth = depths[which]
    while depth < len(order) and order[depth] not in MOVED_BY[tensor]:
        depth += 1
    moved = [*depths[:which], depth, *depths[which + 1 :]]
    assert energy(spec, nest(order, depths)) == energy(spec, nest(order, moved))


def test_tiles_of_the_array_stand_inside(text: Any) -> None:
    """Inputs move in past `n`, which does not move them; `k` does, so the buffer's weights move out to the outputs."""
    node, loop = text.node, text.loop
    items = [
        *(node("dram", tensor) for tensor in ("input", "weight", "output")),
        node("glb", "output"), loop("k", 2), node("glb", "input"), node("file", "input"), loop("n", 4096),
        node("glb", "weight"), loop("k", 12, "pe.y"), node("file", "output"), loop("k", 48),
        node("file", "weight"), loop("m", 4),
    ]  # fmt: skip
    by = {"weight": "nk", "input": "mk", "output": "mn"}
    body = text.block("a", "b", "c", text.ordered(items, ("dram", "glb"), by)).splitlines()[4:-1]
    assert [line.strip() for line in body] == [
        "glb.output [k = 2]", "glb.input [n = 4096]", "glb.weight []", "pe.y [k = 12]",
        "file.input []", "file.output [k = 48]", "file.weight [m = 4]",
    ]  # fmt: skip
    by["input"] = "mnk"
    body = text.block("a", "b", "c", text.ordered(items, ("dram", "glb"), by)).splitlines()[4:-1]
    assert [line.strip() for line in body[:5]] == [
        "glb.output [k = 2]", "glb.input []", "glb.weight []", "pe.y [k = 12]", "file.input [n = 4096]",
    ]  # fmt: skip
    assert prod(item.loop[1] for item in items if item.loop) == 2 * 4096 * 12 * 48 * 4


def test_unrolled_neighbours(text: Any) -> None:
    """Loops of an unrolled dim leave the array, in their order and with their factors; others stay, other dims too."""
    node, loop = text.node, text.loop
    outer = [node("glb", "input"), loop("p", 5)]
    array = [loop("p", 9, "pe.x"), loop("m", 2, "pe.y")]
    inner = [node("file", "input"), loop("q", 3), loop("p", 3), node("file", "output"), loop("m", 4), loop("p", 2)]
    moved = text.neighbours([*outer, *array, *inner], "pqrs")
    assert moved == [*outer, inner[2], inner[5], *array, inner[0], inner[1], inner[3], inner[4]]
    assert text.neighbours(moved, "pqrs") == moved


def test_a_part_of_a_loop_is_refused(text: Any) -> None:
    with pytest.raises(ValueError, match=r"m by 4\.5"):
        text.loop("m", 4.5)
