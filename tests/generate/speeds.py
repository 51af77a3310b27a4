"""Random bandwidths, ports, second buffers, rates and leakage for a machine."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from npudsl.spec.arch import Arch, Array, Level, Link, Memory, Ports

from .choices import Choices, chance, pick

#: bit per cycle, from what never matters to what always does; words have 8 to 32 bit
BANDWIDTHS = (*(Fraction(n) for n in (64, 32, 16, 8, 256, 4, 1)), Fraction(96, 5), Fraction(1, 3))
PORTS = (Ports(), Ports(1, 1, 0), Ports(2, 1, 0), Ports(0, 0, 2), Ports(1, 1, 1), Ports(1, 0, 0))
RATES = (Fraction(1), Fraction(1), Fraction(2), Fraction(1, 2), Fraction(1, 3))
LEAKAGES = (Fraction(1), Fraction(3), Fraction(1, 2))


def with_speeds(choices: Choices, arch: Arch, *, leaky: int = 0) -> Arch:
    """The machine with some of its memories and links limited. `leaky`: percent of the machines that leak."""
    limited, leaks = pick(choices, (60, 100, 30)), chance(choices, leaky)
    nodes: list[Level | Array] = []
    for node in arch.nodes:
        if isinstance(node, Level):
            nodes.append(replace(node, memories=tuple(_memory(choices, m, limited, leaks) for m in node.memories)))
        else:
            nodes.append(replace(node, links=tuple(_link(choices, x, limited // 2) for x in node.links)))
    leakage = pick(choices, LEAKAGES) if leaks else Fraction(0)
    return replace(arch, nodes=tuple(nodes), compute=replace(arch.compute, rate=pick(choices, RATES), leakage=leakage))


def _memory(choices: Choices, memory: Memory, limited: int, leaks: bool) -> Memory:
    roles = [h.role for h in memory.holds]
    return replace(
        memory,
        bandwidth=pick(choices, BANDWIDTHS) if chance(choices, limited) else None,
        ports=pick(choices, PORTS),
        double=memory.double | {r for r in roles if chance(choices, 15)},
        fifo=frozenset(r for r in roles if chance(choices, 20)),
        leakage=pick(choices, LEAKAGES) if leaks and chance(choices, 50) else Fraction(0),
    )


def _link(choices: Choices, link: Link, limited: int) -> Link:
    return replace(link, bandwidth=pick(choices, BANDWIDTHS) if chance(choices, limited) else None)
