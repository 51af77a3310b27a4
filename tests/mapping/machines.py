"""A small machine and layer that the tests of mappings share: DRAM, a shared buffer, a 4 x 3 array, split spads."""

from __future__ import annotations

from fractions import Fraction

from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Memory
from npudsl.spec.op import Apply, Layer, Operator, Rank, Read, Tensor, Term
from npudsl.syntax import parse, tree
from npudsl.text.source import Source

ROLES = ("input", "weight", "output")


def memory(name: str, size: int | None, *holds: Hold, double: str = "") -> Memory:
    bits = None if size is None else Fraction(16 * size)
    return Memory(name, bits, holds, Fraction(1), Fraction(1), double=frozenset([double] if double else []))


def machine(*, glb: int = 1000, filter_size: int = 12, cap: int | None = None, double: str = "") -> Arch:
    share = None if cap is None else Fraction(16 * cap)
    buffer = memory("glb", glb, Hold("input"), Hold("output"), Hold("weight", True, share), double=double)
    spads = (
        memory("ifmap", 12, Hold("input")),
        memory("filter", filter_size, Hold("weight")),
        memory("psum", 24, Hold("output")),
    )
    return Arch(
        "toy",
        (
            Level("dram", (memory("dram", None, *(Hold(r) for r in ROLES)),)),
            Level("glb", (buffer,)),
            Array("pe", (("x", 4), ("y", 3))),
            Level("spad", spads),
        ),
        Compute("mac", Fraction(1)),
    )


def conv1d(**bounds: int) -> Layer:
    """output[m, p] += weight[m, c, r] * input[c, p + r]"""
    one = {d: Rank((Term(d, 1),)) for d in "mcpr"}
    tensors = (
        Tensor("weight", "weight", (one["m"], one["c"], one["r"])),
        Tensor("input", "input", (one["c"], Rank((Term("p", 1), Term("r", 1))))),
        Tensor("output", "output", (one["m"], one["p"]), True),
    )
    body = Apply("*", (Read("weight"), Read("input")))
    sizes = {"m": 8, "c": 6, "p": 10, "r": 3, **bounds}
    return Layer("conv", Operator("conv1d", tuple("mcpr"), tensors, "+=", body), tuple(sizes.items()))


def declared(text: str) -> tree.MappingDecl:
    """The first mapping block of a text that parses."""
    file, mistakes = parse(Source("test.npu", text))
    assert mistakes == ()
    return next(d for d in file.declarations if isinstance(d, tree.MappingDecl))
