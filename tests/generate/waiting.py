"""Machines on which steps wait for tiles at two places: small memories without second buffers, and slow ports."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Operator

from .choices import Choices, chance, pick, subset
from .speeds import PORTS

BITS = 16
SPEEDS = tuple(Fraction(n) for n in (16, 8, 32, 4, 64))
PRICES = tuple(Fraction(n) for n in (1, 2, 0, 5))


def waiting_machine(choices: Choices, op: Operator) -> Arch:
    """DRAM, a buffer whose tiles arrive between steps, often one beside it for a single operand, and maybe an array;
    inside, that operand has room for few words."""
    roles = list(dict.fromkeys(t.role for t in op.tensors))
    alone = [t.role for t in op.operands][-1:] if len(roles) > 2 or chance(choices, 50) else []
    others = [r for r in roles if r not in alone]
    buffers = [_memory(choices, "buffer", others, choices.integer(3, 20))]
    if alone and chance(choices, 75):
        second = alone if chance(choices, 50) else []
        buffers.append(_memory(choices, "own", alone, choices.integer(1, 4), second, chance(choices, 20)))
    inside = []
    if not alone or chance(choices, 40):
        inside.append(_memory(choices, "inside", others, choices.integer(2, 8), subset(choices, others, 60)))
    if alone:
        inside.append(_memory(choices, "file", alone, choices.integer(1, 3)))
    axes = tuple((name, choices.integer(1, 3)) for name in "xy"[: choices.integer(0, 1)])
    shared = frozenset(t.role for t in op.operands if chance(choices, 80))
    reduced = frozenset({op.output.role} if chance(choices, 70) else ())
    link = Link("net", shared, reduced, frozenset(roles) - shared - reduced, hop_energy=pick(choices, PRICES))
    array = [Array("pe", axes, (link,) if chance(choices, 60) else ())] if axes else []
    levels: tuple[Level | Array, ...] = Level("buffer", tuple(buffers)), *array, Level("inside", tuple(inside))
    rate = pick(choices, (Fraction(4), Fraction(1), Fraction(2)))
    dram = Level("dram", (_memory(choices, "dram", roles, None),))
    return Arch("machine", (dram, *levels), Compute("mac", Fraction(1), rate))


def _memory(
    choices: Choices,
    name: str,
    roles: Sequence[str],
    words: int | None,
    ahead: Sequence[str] = (),
    optional: bool = False,
) -> Memory:
    fifo = chance(choices, 60)
    return Memory(
        name,
        None if words is None else Fraction(words * BITS),
        tuple(Hold(role, optional) for role in roles),
        read_energy=pick(choices, PRICES),
        write_energy=pick(choices, PRICES),
        bandwidth=pick(choices, SPEEDS) if chance(choices, 85) else None,
        ports=pick(choices, PORTS),
        fifo=frozenset(ahead) if fifo else frozenset(),
        double=frozenset() if fifo else frozenset(ahead),
    )
