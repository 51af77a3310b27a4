"""Timeloop's explicit mappings as our machines, layers and nests."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Memory
from npudsl.spec.op import Apply, Expr, Layer, Operator, Rank, Read, Tensor, Term

from ...strategies import Case

Raw = dict[str, Any]


def convert(case: Raw) -> Case:
    """One case of the file. Loops of a level stand below its tiles; `spatial_x` stands outside `spatial_y`."""
    tensors = tuple(_tensor(name, t) for name, t in case["op"]["tensors"].items())
    dims = case["op"]["dims"]
    reads: list[Expr] = [Read(t.name) for t in tensors if not t.is_output]
    body = reduce(lambda left, right: Apply("*", (left, right)), reads)
    layer = Layer(case["id"], Operator("op", tuple(dims), tensors, "+=", body), tuple(dims.items()))
    nodes: list[Level | Array] = []
    items: list[Node | Loop] = []
    for raw in case["mapping"]:
        name, held = raw["level"], [t for t in tensors if t.name not in raw["bypass"]]
        nodes.append(Level(name, (_memory(name, held),)))
        items += [Node(t.name, name) for t in held]
        items += [Loop(dim, factor) for dim, factor in raw["temporal"]]
        if raw["spatial_x"] or raw["spatial_y"]:
            nodes.append(Array(f"below_{name}", (("x", _size(raw["spatial_x"])), ("y", _size(raw["spatial_y"])))))
            for axis in "xy":
                items += [Loop(dim, factor, f"below_{name}", axis) for dim, factor in raw[f"spatial_{axis}"]]
    return Case(Arch("machine", tuple(nodes), Compute("mac", Fraction(1))), layer, Mapping(tuple(items)))


def _tensor(name: str, raw: Raw) -> Tensor:
    ranks = tuple(Rank(tuple(Term(dim, c) for dim, c in rank)) for rank in raw["ranks"])
    return Tensor(name, name.lower(), ranks, raw["output"])


def _memory(name: str, tensors: list[Tensor]) -> Memory:
    return Memory(name, None, tuple(Hold(t.role) for t in tensors), Fraction(1), Fraction(1))


def _size(loops: list[list[Any]]) -> int:
    return reduce(lambda size, loop: size * loop[1], loops, 1)
