"""The design study's own optima, uneven nests with sliding windows, by our closed forms: 17 layers, every counter.

`prototype_mappings.json` was written by running the prototype (`uneven.py`, then `closed.py` on its nests) on
architectures (b) and (a) of `solver.md`. One convention differs: the prototype reads a partial sum for every operation,
we do not read one that starts from zero; these words are those evicted from the innermost node less those handed back.
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.model.evaluate import tally
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Memory
from npudsl.spec.op import Apply, Layer, Operator, Rank, Read, Tensor, Term

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "prototype_mappings.json").read_text())
ROLES = {"W": "weight", "I": "input", "O": "output"}
MEMORIES = ("dram", "glb", "rf")


def _machine() -> Arch:
    holds = tuple(Hold(role) for role in ROLES.values())
    levels = [Level(m, (Memory(m, None, holds, Fraction(1), Fraction(1)),)) for m in MEMORIES]
    array = Array("pe", (("x", 1024),))  # without links: every word is shared, as in the prototype
    return Arch("study", (*levels[:2], array, levels[2]), Compute("mac", Fraction(1)))


def _layer(case: dict[str, Any]) -> Layer:
    def rank(*terms: tuple[str, int]) -> Rank:
        return Rank(tuple(Term(d, c) for d, c in terms))

    stride = case["stride"]
    weight = Tensor("W", "weight", tuple(rank((d, 1)) for d in "mcrs"))
    window = rank(("p", stride), ("r", 1)), rank(("q", stride), ("s", 1))
    image = Tensor("I", "input", (rank(("n", 1)), rank(("c", 1)), *window))
    output = Tensor("O", "output", tuple(rank((d, 1)) for d in "nmpq"), True)
    op = Operator("conv2d", tuple("nmcpqrs"), (weight, image, output), "+=", Apply("*", (Read("W"), Read("I"))))
    return Layer(case["layer"], op, tuple(case["dims"].items()))


def _nest(case: dict[str, Any]) -> Mapping:
    items: list[Node | Loop] = []
    for kind, name, number in case["nest"]:
        if kind == "n":
            items.append(Node(name, MEMORIES[number]))
        elif kind == "t":
            items.append(Loop(name, number))
        else:
            items.append(Loop(name, number, "pe", "x"))
    return Mapping(tuple(items))


def _expected(case: dict[str, Any], tensor: str) -> dict[str, tuple[int, int]]:
    """(read, write) per memory from the prototype's counts per node, by our convention."""
    counts = case["counts"]
    nodes = [0, *(level for level in (1, 2) if f"{tensor}@{level}" in counts)]
    found = {level: [0, 0] for level in nodes}
    from_zero = 0
    for parent, child in zip(nodes, [*nodes[1:], "compute"], strict=True):
        c = counts[f"{tensor}@{child}"]
        inner = child == "compute"
        if tensor != "O":
            found[parent][0] += c["reads"]
            if not inner:
                found[child][1] += c["fills"]
        elif inner:
            found[parent][0] += c["writes"] - from_zero
            found[parent][1] += c["writes"]
        else:
            found[parent][0] += c["rb"]
            found[parent][1] += c["writes"]
            found[child][0] += c["drains"]
            found[child][1] += c["rb"]
            from_zero = c["drains"] - c["rb"]
    return {MEMORIES[level]: (read, write) for level, (read, write) in found.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c['machine']}-{c['layer']}")
def test_counts_of_the_prototype(case: dict[str, Any]) -> None:
    layer, nest = _layer(case), _nest(case)
    counted = tally(_machine(), layer, nest)
    assert counted.steps == case["steps"]
    for tensor in ROLES:
        ours = {m: per[tensor] for m, per in counted.counts.items() if tensor in per}
        assert {m: (a.read, a.write) for m, a in ours.items()} == _expected(case, tensor)
    for level in (1, 2):
        held = [words for key, words in case["tiles"].items() if key.endswith(f"@{level}")]
        assert counted.used[MEMORIES[level]] == sum(held)
