"""A machine with an outer and an inner level, and sums of rows, small enough for timelines by hand."""

from __future__ import annotations

from fractions import Fraction

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Memory, Ports
from npudsl.spec.op import Layer, Operator, Rank, Read, Tensor, Term

WORD = 16


def memory(
    name: str, *roles: str, bandwidth: int | None = None, ports: Ports | None = None, double: str = ""
) -> Memory:
    """`bandwidth` in bit per cycle; words have 16 bit."""
    return Memory(
        name,
        None,
        tuple(Hold(r) for r in roles),
        Fraction(1),
        Fraction(1),
        bandwidth=None if bandwidth is None else Fraction(bandwidth),
        ports=ports or Ports(),
        double=frozenset(double.split()),
    )


def machine(*memories: Memory, array: Array | None = None, rate: int = 1) -> Arch:
    """The outer level is `dram` (input) and `host` (output), the inner one all others, below the array if there is
    one."""
    outer = tuple(m for m in memories if m.name in ("dram", "host"))
    inner = tuple(m for m in memories if m not in outer)
    nodes = (Level("outer", outer), *((array,) if array else ()), Level("inner", inner))
    return Arch("small", nodes, Compute("mac", Fraction(1), rate=Fraction(rate)))


def row_sums(i: int, j: int) -> Layer:
    """`output[i] += input[i, j]`."""
    ranks = {d: Rank((Term(d, 1),)) for d in "ij"}
    tensors = (
        Tensor("input", "input", (ranks["i"], ranks["j"])),
        Tensor("output", "output", (ranks["i"],), is_output=True),
    )
    op = Operator("row_sums", ("i", "j"), tensors, "+=", Read("input"))
    return Layer("rows", op, (("i", i), ("j", j)))


def nest(*items: str) -> Mapping:
    """`input@dram`, `i3` (temporal), `i3x` (along axis x of array pe)."""
    found: list[Node | Loop] = []
    for item in items:
        if "@" in item:
            tensor, place = item.split("@")
            found.append(Node(tensor, place))
        elif item.endswith("x"):
            found.append(Loop(item[0], int(item[1:-1]), "pe", "x"))
        else:
            found.append(Loop(item[0], int(item[1:])))
    return Mapping(tuple(found))
