"""A hand-made machine, layer and mapping for tests of what is shown."""

from __future__ import annotations

from fractions import Fraction

from npudsl.mapping.evaluation import Cost, Evaluation
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.tally import Access, Tally
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Apply, Feed, Layer, Operator, Rank, Read, Tensor, Term


def rank(*dims: str) -> Rank:
    return Rank(tuple(Term(d, 1) for d in dims))


GEMM = Operator(
    "gemm",
    ("m", "n", "k"),
    (
        Tensor("input", "input", (rank("m"), rank("k"))),
        Tensor("weight", "weight", (rank("k"), rank("n"))),
        Tensor("output", "output", (rank("m"), rank("n")), is_output=True),
    ),
    "+=",
    Apply("*", (Read("input"), Read("weight"))),
)
LAYER = Layer("fc", GEMM, (("m", 4), ("n", 6), ("k", 8)), feeds=(Feed("input", "image", False),))


def memory(name: str, holds: tuple[Hold, ...], size: int | None, energy: int) -> Memory:
    return Memory(name, None if size is None else Fraction(size), holds, Fraction(energy, 16), Fraction(energy, 16))


ALL = (Hold("input"), Hold("weight"), Hold("output"))
ARCH = Arch(
    "tiny",
    (
        Level("dram", (memory("dram", ALL, None, 200),)),
        Level("glb", (memory("glb", (Hold("input"), Hold("output"), Hold("weight", True)), 16 * 1024, 6),)),
        Array(
            "pe",
            (("x", 2), ("y", 4)),
            (
                Link("bus", multicast=frozenset({"input", "weight"}), hop_energy=Fraction(2, 16)),
                Link("chain", reduce=frozenset({"output"}), along=("y",), hop_energy=Fraction(2, 16)),
            ),
        ),
        Level(
            "spad",
            (
                memory("ifmap", (Hold("input"),), 12 * 16, 1),
                memory("filter", (Hold("weight"),), 24 * 16, 1),
                memory("psum", (Hold("output"),), 12 * 16, 1),
            ),
        ),
    ),
    Compute("mac", Fraction(1)),
    clock=Fraction(200_000_000),
)
MAPPING = Mapping(
    (
        Node("input", "dram"),
        Node("weight", "dram"),
        Node("output", "dram"),
        Loop("m", 2),
        Node("input", "glb"),
        Node("output", "glb"),
        Loop("n", 3),
        Loop("k", 1),
        Loop("n", 2, "pe", "x"),
        Loop("k", 4, "pe", "y"),
        Node("input", "ifmap"),
        Node("weight", "filter"),
        Node("output", "psum"),
        Loop("m", 2),
        Loop("k", 2),
    ),
    "best",
)
TALLY = Tally(
    192,
    24,
    {"dram": {"input": Access(32, 0), "weight": Access(96, 0), "output": Access(0, 24)}},
    {"bus": {"input": 192, "weight": 96}, "chain": {"output": 96}},
    {"dram": 104, "glb": 28},
)
COST = Cost(
    Fraction(24_592),
    {
        "dram": {"input": Fraction(6400), "weight": Fraction(9600), "output": Fraction(4800)},
        "glb": {"input": Fraction(1200), "output": Fraction(288)},
        "bus": {"input": Fraction(384), "weight": Fraction(192)},
        "chain": {"output": Fraction(192)},
        "ifmap": {"input": Fraction(384)},
        "filter": {"weight": Fraction(288)},
        "psum": {"output": Fraction(672)},
        "mac": {"": Fraction(192)},
    },
    Fraction(24),
    {"mac": Fraction(24), "glb read": Fraction(19)},
    Fraction(1),
    onload=Fraction(0),
    steady=Fraction(24),
    offload=Fraction(0),
    stalls={},
    working=Fraction(1),
    at_least=Fraction(24),
    at_most=Fraction(24),
    bounded="no port or link that is used has a bandwidth",
)
EVALUATION = Evaluation(TALLY, COST)
