"""Problems with many nodes outside of arrays: layers of well-known kinds, often with equal bounds, on machines with
several shared levels there, split by role, capped or bypassed now and then."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import prod

from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Apply, Expr, Layer, Operator, Rank, Read, Tensor, Term

from .choices import Choices, chance, pick, shuffled
from .speeds import with_speeds

BITS = 16
#: by kind the ranks of the operands and of the output; two dims in one rank are a window
KINDS = {
    "gemm": (("n", "k"), ("k", "m"), ("n", "m")),
    "conv": (("c", "pr"), ("m", "c", "r"), ("m", "p")),
    "batched": (("g", "n", "k"), ("g", "k", "m"), ("g", "n", "m")),
    "square": (("pr", "qs"), ("m", "r", "s"), ("m", "p", "q")),
    "depthwise": (("c", "pr"), ("c", "r"), ("c", "p")),
    "biased": (("n", "k"), ("k", "m"), ("m",), ("n", "m")),
    "vector": (("k",), ("k", "m"), ("m",)),
    "alone": (("m", "pr"), ("m", "p")),
}
OPERANDS = ("input", "weight", "bias")
#: bounds that split in several ways
BOUNDS = (4, 2, 6, 8, 3, 12, 16)
PRICES = tuple(Fraction(n) for n in (40, 20, 6, 2, 1))


def deep_problem(choices: Choices, *, points: int, timed: bool = False) -> tuple[Arch, Layer]:
    """A machine and a layer of at most so many points. `timed`: with bandwidths."""
    layer = deep_layer(choices, points)
    arch = deep_machine(choices, layer)
    return with_speeds(choices, arch, leaky=15) if timed else arch, layer


def deep_layer(choices: Choices, points: int) -> Layer:
    """Bounds are often equal, which makes for symmetries."""
    kind = pick(choices, tuple(KINDS))
    stride, dilation = pick(choices, (1, 1, 2, 3)), pick(choices, (1, 1, 1, 2))

    def rank(dims: str) -> Rank:
        factors = (1,) if len(dims) == 1 else (stride, dilation)
        return Rank(tuple(Term(d, f) for d, f in zip(dims, factors, strict=True)))

    ranks = [tuple(map(rank, some)) for some in KINDS[kind]]
    *operands, output = ranks
    tensors = tuple(Tensor(name, name, some) for name, some in zip(OPERANDS, operands, strict=False))
    body: Expr = Read(tensors[0].name)
    for tensor in tensors[1:]:
        body = Apply("*", (body, Read(tensor.name)))
    dims = list(dict.fromkeys(d for some in KINDS[kind] for one in some for d in one))
    bounds, left = [], points
    for dim in dims:
        bounds.append((dim, pick(choices, [b for b in BOUNDS if b <= left] or [1])))
        left //= bounds[-1][1]
    if chance(choices, 40):
        equal = max([b for b in BOUNDS if b ** len(dims) <= points], default=1)
        bounds = [(d, equal) for d in dims]
    result = Tensor("output", "output", output, is_output=True)
    return Layer("layer", Operator(kind, tuple(dims), (*tensors, result), "+=", body), tuple(bounds))


def deep_machine(choices: Choices, layer: Layer) -> Arch:
    """DRAM, one to three levels, maybe an array, maybe one or two levels inside, and rarely another array there."""
    roles = [t.role for t in layer.op.tensors]
    alike = chance(choices, 40)
    dram = Level("dram", (Memory("dram", None, _holds(roles), Fraction(200), Fraction(200)),))
    nodes: list[Level | Array] = [dram]
    outer, inner = pick(choices, (1, 2, 1, 3)), pick(choices, (1, 0, 1, 2))
    nodes += [_level(choices, layer, f"outer{i}", alike) for i in range(outer)]
    if chance(choices, 75):
        nodes.append(_array(choices, "pe", roles, alike))
        for i in range(inner):
            nodes.append(_level(choices, layer, f"inner{i}", alike))
            if chance(choices, 10):
                nodes.append(_array(choices, f"lane{i}", roles, alike))
    compute = Compute("mac", Fraction(1), precision=tuple((r, Fraction(BITS)) for r in roles))
    return Arch("machine", tuple(nodes), compute)


def _holds(roles: list[str]) -> tuple[Hold, ...]:
    return tuple(Hold(role) for role in roles)


def _level(choices: Choices, layer: Layer, name: str, alike: bool) -> Level:
    """All roles in one memory or in two. `alike`: none is treated in another way than the others."""
    roles = [t.role for t in layer.op.tensors]
    parts = [roles]
    if not alike and chance(choices, 25):
        parts = [p for p in (roles[:1], roles[1:]) if p]
    elif not alike and chance(choices, 20):
        parts = [shuffled(choices, roles)[1:] or roles]
    names = [name] if len(parts) == 1 else [f"{name}{i}" for i in range(len(parts))]
    return Level(name, tuple(_memory(choices, layer, n, p, alike) for n, p in zip(names, parts, strict=True)))


def _memory(choices: Choices, layer: Layer, name: str, roles: list[str], alike: bool) -> Memory:
    """Room for a part of what its tensors have."""
    words = sum(prod(layer.bound[d] for d in t.dims) for t in layer.op.tensors if t.role in roles)
    size = Fraction(BITS * choices.integer(len(roles), max(len(roles) + 2, words * pick(choices, (1, 2, 4)) // 6)))
    price = pick(choices, PRICES)
    memory = Memory(name, size, _holds(roles), price, price)
    if alike:
        return memory
    holds = tuple(Hold(role, chance(choices, 8), size / 2 if chance(choices, 10) else None) for role in roles)
    return replace(
        memory,
        size=None if chance(choices, 8) else size,
        holds=holds,
        write_energy=pick(choices, PRICES),
        double=frozenset(r for r in roles if chance(choices, 10)),
        widths=tuple((r, Fraction(8)) for r in roles if chance(choices, 10)),
    )


def _array(choices: Choices, name: str, roles: list[str], alike: bool) -> Array:
    axes = tuple((f"{name}_{axis}", choices.integer(1, 4)) for axis in "xy"[: choices.integer(1, 2)])
    if alike or chance(choices, 40):
        return Array(name, axes)
    shared = frozenset(r for r in roles[:-1] if chance(choices, 70))
    reduced = frozenset(roles[-1:]) if chance(choices, 70) else frozenset()
    rest = frozenset(roles) - shared - reduced
    along = (pick(choices, [a for a, _ in axes]),) if chance(choices, 20) else ()
    return Array(
        name, axes, (Link(f"{name}_net", shared, reduced, rest, along=along, hop_energy=pick(choices, PRICES)),)
    )
