"""Problems in which steps mostly wait at two places: small layers of well-known kinds, on machines whose tiles arrive
slowly, and between steps, in a buffer and, of one operand, in a file further in that has room for a few words."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory, Ports
from npudsl.spec.op import Apply, Layer, Operator, Rank, Read, Tensor, Term

from .choices import Choices, chance, pick

BITS = 16
#: bit per cycle of what is slow, from a word per cycle to eight cycles per word
FAST, SLOW = (tuple(Fraction(n) for n in some) for some in ((8, 4, 16), (2, 1, 4)))
PRICES = tuple(Fraction(n) for n in (1, 2, 0, 5))
SPLIT = Ports(1, 1, 0)
#: by kind the ranks of input, weight and output; two dims in one rank are a window
KINDS = {
    "gemm": (("n", "k"), ("k", "m"), ("n", "m")),
    "conv": (("c", "pr"), ("m", "c", "r"), ("m", "p")),
    "depthwise": (("c", "pr"), ("c", "r"), ("c", "p")),
    "vector": (("k",), ("k", "m"), ("m",)),
}
BOUNDS = {
    "gemm": (("m", (4, 2, 6, 3, 8)), ("n", (2, 1, 3)), ("k", (4, 2, 3, 6))),
    "conv": (("m", (2, 4, 3)), ("c", (2, 1, 3)), ("p", (2, 3, 4)), ("r", (2, 3))),
    "depthwise": (("c", (4, 2, 3, 6)), ("p", (4, 2, 3)), ("r", (3, 2, 4))),
    "vector": (("k", (4, 6, 8)), ("m", (4, 3, 6, 8))),
}


def refill_problem(choices: Choices, *, crowded: bool = False) -> tuple[Arch, Layer]:
    """A layer of one of `KINDS` and a machine for it. `crowded`: the file has room for a few more words, and beside it
    stands a memory of other tensors: loops of the operand may stand between, inside of its node or outside."""
    kind = pick(choices, tuple(KINDS))
    bounds = tuple((dim, pick(choices, sizes)) for dim, sizes in BOUNDS[kind])
    stride = choices.integer(1, 2)

    def rank(dims: str) -> Rank:
        return Rank(tuple(Term(d, stride if i == 0 and len(dims) > 1 else 1) for i, d in enumerate(dims)))

    ranks = [tuple(map(rank, some)) for some in KINDS[kind]]
    names = ("input", "weight", "output")
    tensors = tuple(Tensor(name, name, some, name == "output") for name, some in zip(names, ranks, strict=True))
    product = Apply("*", (Read("input"), Read("weight")))
    op = Operator(kind, tuple(d for d, _ in bounds), tensors, "+=", product)
    layer = Layer("layer", op, bounds)
    return refill_machine(choices, layer, crowded), layer


def refill_machine(choices: Choices, layer: Layer, crowded: bool = False) -> Arch:
    """DRAM, a buffer, maybe an array, and the file: its operand comes from a memory of its own outside (or DRAM, by way
    of one or straight), by a slow port of that or of the file."""
    alone = pick(choices, ("weight", "weight", "weight", "input"))
    others = tuple(r for r in ("input", "weight", "output") if r != alone)
    held = others if chance(choices, 85) else pick(choices, (others[-1:], others[:1]))
    rest = tuple(r for r in others if r not in held)
    source = "rom" if chance(choices, 65) else pick(choices, ("own", "buffer", "dram"))
    slow_file = source == "dram" or chance(choices, 40)
    fast, slow = (SLOW, FAST) if source == "own" and chance(choices, 60) else (FAST, SLOW)
    refill = pick(choices, fast)
    ports = pick(choices, (Ports(), Ports(), SPLIT))
    outside = others if source == "rom" else (*others, alone)
    outermost = [_memory(choices, "dram", outside, None, pick(choices, slow), ports)]
    if source == "rom":
        outermost.append(_memory(choices, "rom", (alone,), None, None if slow_file else refill, SPLIT))
    here = (*held, alone) if source == "buffer" else held
    bandwidth, words = None, sum(_words(layer, role) for role in held)
    if chance(choices, 60):
        words = choices.integer(max(3, words // 2), max(4, words))
    if source == "buffer":
        words, bandwidth = words + 4, None if slow_file else refill
    buffers = [_memory(choices, "buffer", here, words, bandwidth, Ports(8, 8, 0) if bandwidth is None else SPLIT)]
    if source == "own":
        words = choices.integer(4, max(4, 2 * _words(layer, alone)))
        second, speed = chance(choices, 50), None if slow_file else refill
        buffers.append(_memory(choices, "own", (alone,), words, speed, pick(choices, (SPLIT, Ports())), double=second))
    room = choices.integer(2, 6) if crowded else choices.integer(1, 2)
    file = _memory(choices, "file", (alone,), room, refill if slow_file else None, Ports(16, 1, 0))
    inside = [file]
    if crowded:
        rest = tuple(dict.fromkeys((*rest, pick(choices, others))))
    if rest:
        few = choices.integer(1, 2 if crowded else 6)
        inside.append(_memory(choices, "inside", rest, few, None, SPLIT, fifo=chance(choices, 70)))
    axes = (("x", choices.integer(2, 3)),) if chance(choices, 30) else ()
    net = Link("net", frozenset({"input", "weight"}), frozenset({"output"}), hop_energy=pick(choices, PRICES))
    array = [Array("pe", axes, (net,))] if axes else []
    levels: tuple[Level | Array, ...] = Level("buffer", tuple(buffers)), *array, Level("file", tuple(inside))
    rate = pick(choices, (Fraction(16), Fraction(16), Fraction(4), Fraction(1)))
    return Arch("machine", (Level("dram", tuple(outermost)), *levels), Compute("mac", Fraction(1), rate))


def _words(layer: Layer, name: str) -> int:
    """Points of a tensor, at least its words."""
    return prod(layer.bound[d] for d in layer.op.tensor(name).dims)


def _memory(
    choices: Choices,
    name: str,
    roles: tuple[str, ...],
    words: int | None,
    bandwidth: Fraction | None,
    ports: Ports,
    *,
    fifo: bool = False,
    double: bool = False,
) -> Memory:
    return Memory(
        name,
        None if words is None else Fraction(words * BITS),
        tuple(Hold(role) for role in roles),
        read_energy=pick(choices, PRICES),
        write_energy=pick(choices, PRICES),
        bandwidth=bandwidth,
        ports=ports,
        fifo=frozenset(roles) if fifo else frozenset(),
        double=frozenset(roles) if double else frozenset(),
    )
