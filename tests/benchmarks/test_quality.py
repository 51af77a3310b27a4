"""Mappings of other tools are legal in our language, and the comparison with our answers notices what it must."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from math import prod
from typing import Any

import pytest


@pytest.fixture
def quality(scripts: None) -> Any:
    return import_module("quality")


def peer(quality: Any, tool: str, name: str) -> Any:
    return next(one for one in quality.peers() if (one.tool, one.name) == (tool, name))


def test_every_mapping_is_legal_and_counted(quality: Any) -> None:
    found = list(quality.peers())
    assert {one.tool for one in found} == {"zigzag_loma", "zigzag_salsa", "accelforge"}
    assert {one.mapped.arch.name for one in found} == {"spads", "shared"}
    for one in found:
        evaluation = one.mapped.evaluate()  # legal, or it would not have been read
        assert evaluation.tally.points == prod(bound for _, bound in one.mapped.layer.bounds), one.name
        if one.mapped.layer.name.startswith("conv"):
            assert (one.space, one.factors) == ("uneven", "perfect"), one.name


def test_one_layer(quality: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """AccelForge and ZigZag beside our proven answer, executed."""
    monkeypatch.setattr("sys.argv", ["quality.py", "--layer", "fc8", "--tool", "accelforge"])
    assert quality.main() == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines if line.startswith("accelforge")]
    assert [row[1] for row in rows] == ["shared_fc8", "spads_fc8"]
    for _, _, own, theirs, ours, alike, ratio, *rest in rows:
        assert float(ours) <= float(alike) <= float(theirs) <= float(own) and float(ratio) >= 1
        assert rest == ["uneven", "proven"]


def test_what_must_not_be_is_said(quality: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    one = peer(quality, "accelforge", "shared_fc8")
    energy = one.mapped.evaluate().cost.energy
    right = quality.Row(one, energy, energy, True, energy)
    assert list(right.failures) == []
    wrong = {
        "less than our answer": replace(right, ours=energy + 1, alike=None),
        "not between": replace(right, alike=energy + 1),
        "not proven": replace(right, proven=False),
        "counts differ": replace(right, differences=("counts differ",)),
    }
    for text, row in wrong.items():
        (failure,) = row.failures
        assert text in failure
    monkeypatch.setattr(quality, "compare", lambda *_, **__: wrong["less than our answer"])
    monkeypatch.setattr("sys.argv", ["quality.py", "--layer", "fc8", "--tool", "accelforge"])
    assert quality.main() == 1
    monkeypatch.setattr("sys.argv", ["quality.py", "--layer", "fc9"])
    assert quality.main() == 1, "nothing was compared"


def test_unrolled_alike(quality: Any) -> None:
    """What our restricted answer unrolls is what the peer unrolls."""

    def unrolled(mapping: Any) -> set[tuple[Any, ...]]:
        return {(loop.array, loop.axis, loop.dim, loop.factor) for loop in mapping.loops if loop.spatial}

    one = peer(quality, "accelforge", "shared_fc8")
    ours = quality.Optima().best(one, one.unrolling)
    assert unrolled(ours.mapping) == unrolled(one.mapped.mapping) != set()


def test_even_and_uneven(quality: Any) -> None:
    from npudsl.mapping.nest import Loop, Mapping, Node

    one = peer(quality, "accelforge", "shared_fc8")
    nodes = [[Node(tensor, memory) for tensor in ("input", "weight", "output")] for memory in ("dram", "glb", "file")]
    loops = [Loop("m", 4), Loop("n", 1000), Loop("k", 4096)]
    even = Mapping((*nodes[0], loops[0], *nodes[1], loops[1], *nodes[2], loops[2]))
    apart = Mapping((*nodes[0], loops[0], *nodes[1], *nodes[2][:2], loops[1], *nodes[2][2:], loops[2]))
    one_apart = Mapping((*nodes[0], loops[0], *nodes[1], *nodes[2][:2], Loop("n", 1), *nodes[2][2:], *loops[1:]))
    for mapping, space in ((even, "even"), (apart, "uneven"), (one_apart, "even")):
        assert quality.Peer("", "", replace(one.mapped, mapping=mapping)).space == space
    clipped = replace(one.mapped, mapping=Mapping((*even.items, Loop("k", 2))))
    assert quality.Peer("", "", clipped).factors == "imperfect"
