"""Random machines for the roles of an operator."""

from __future__ import annotations

from fractions import Fraction

from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Operator

from .choices import Choices, chance, pick, shuffled, subset
from .space import Space

ENERGIES = tuple(Fraction(e) for e in (1, 2, 6, 20, 3))
WIDTHS = tuple(Fraction(w) for w in (16, 8, 32, 20))


def arch(choices: Choices, space: Space, op: Operator) -> Arch:
    """1 to `max_levels` levels with 0 to `max_arrays` arrays anywhere below the outermost."""
    roles = list(dict.fromkeys(t.role for t in op.tensors))
    outputs = {t.role for t in op.tensors if t.is_output}
    levels = [level(choices, space, i, roles) for i in range(choices.integer(1, space.max_levels))]
    arrays = [
        array(choices, space, i, roles, outputs) for i in range(min(pick(choices, (0, 1, 1, 2, 2)), space.max_arrays))
    ]
    places = sorted(choices.integer(1, len(levels)) for _ in arrays)
    nodes: list[Level | Array] = []
    for i, one in enumerate(levels):
        nodes += [a for a, place in zip(arrays, places, strict=True) if place == i]
        nodes.append(one)
    nodes += [a for a, place in zip(arrays, places, strict=True) if place == len(levels)]
    return Arch("machine", tuple(nodes), compute(choices, space, roles))


def compute(choices: Choices, space: Space, roles: list[str]) -> Compute:
    precision = tuple((r, pick(choices, WIDTHS)) for r in roles if space.sized)
    return Compute("mac", pick(choices, ENERGIES), precision=precision)


def level(choices: Choices, space: Space, number: int, roles: list[str]) -> Level:
    """One shared memory or a memory per part of the roles. The outermost level holds every role."""
    held = roles
    if number > 0 and space.bypass and chance(choices, 35):
        held = subset(choices, roles, 65) or [pick(choices, roles)]
    parts = [held]
    if len(held) > 1 and chance(choices, 30):
        cut = choices.integer(1, len(held) - 1)
        order = shuffled(choices, held)
        parts = [order[:cut], order[cut:]]
        if len(parts[1]) > 1 and chance(choices, 50):
            parts[1:] = [[r] for r in parts[1]]
    name = f"m{number}"
    names = [name] if len(parts) == 1 else [f"{name}{chr(ord('a') + i)}" for i in range(len(parts))]
    memories = tuple(memory(choices, space, n, part, number) for n, part in zip(names, parts, strict=True))
    return Level(name, memories)


def memory(choices: Choices, space: Space, name: str, roles: list[str], number: int) -> Memory:
    optional = number > 0 and space.bypass
    sized = space.sized and number > 0
    size = Fraction(8 * choices.integer(4, 60)) if sized and chance(choices, 80) else None
    holds = []
    for role in roles:
        cap = Fraction(8 * choices.integer(2, 20)) if sized and chance(choices, 15) else None
        holds.append(Hold(role, optional and chance(choices, 30), cap))
    return Memory(
        name,
        size,
        tuple(holds),
        read_energy=pick(choices, ENERGIES),
        write_energy=pick(choices, ENERGIES),
        double=frozenset(r for r in roles if sized and chance(choices, 15)),
        widths=tuple((r, pick(choices, WIDTHS)) for r in roles if space.sized and chance(choices, 15)),
    )


def array(choices: Choices, space: Space, number: int, roles: list[str], outputs: set[str]) -> Array:
    axes = tuple((f"{'xyz'[i]}{number}", choices.integer(1, 6)) for i in range(pick(choices, (1, 2, 2, 1, 0))))
    links: list[Link] = []
    if space.links and (not space.linkless or chance(choices, 60)):
        for i in range(choices.integer(1, 3)):
            links.append(link(choices, f"l{number}{i}", roles, outputs, tuple(a for a, _ in axes)))
    return Array(f"pe{number}", axes, tuple(links))


def link(choices: Choices, name: str, roles: list[str], outputs: set[str], axes: tuple[str, ...]) -> Link:
    """A link that carries some roles: operands by multicast or one by one, outputs reduced or one by one."""
    carried = subset(choices, roles, 60) or [pick(choices, roles)]
    plain = {r for r in carried if chance(choices, 25)}
    return Link(
        name,
        multicast=frozenset(r for r in carried if r not in plain and r not in outputs),
        reduce=frozenset(r for r in carried if r not in plain and r in outputs),
        unicast=frozenset(plain),
        along=(pick(choices, axes),) if axes and chance(choices, 35) else (),
        hop_energy=pick(choices, ENERGIES),
    )
