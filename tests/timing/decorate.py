"""Random cases with time: bandwidths, ports, double buffers and rates put on the machine of a random case."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from random import Random

from npudsl.spec.arch import Arch, Array, Level, Link, Memory, Ports

from ..strategies import EVERYTHING, Case, Space, random_case

BANDWIDTHS = tuple(map(Fraction, (16, 32, 8, 64, 256, 4096, "96/5", "1/3")))
PORTS = (Ports(), Ports(1, 1, 0), Ports(1, 1, 0), Ports(2, 1, 0), Ports(0, 0, 2), Ports(1, 1, 1))
RATES = tuple(map(Fraction, (1, 1, 1, 2, "1/3")))

#: How much of a machine is buffered twice, and how often a bandwidth is declared, in percent.
STYLES = ("single", "double", "mixed")


def timed_case(seed: int, space: Space = EVERYTHING, style: str | None = None) -> Case:
    """Case number `seed` on a machine with bandwidths."""
    random = Random(f"timed {seed}")
    case = random_case(seed, space)
    return replace(case, arch=timed_arch(case.arch, random, style or random.choice(STYLES)))


def timed_arch(arch: Arch, random: Random, style: str) -> Arch:
    limited = random.choice((30, 60, 100))
    nodes: list[Level | Array] = []
    for node in arch.nodes:
        if isinstance(node, Level):
            nodes.append(replace(node, memories=tuple(_memory(m, random, style, limited) for m in node.memories)))
        else:
            nodes.append(replace(node, links=tuple(_link(x, random, limited) for x in node.links)))
    compute = replace(arch.compute, rate=random.choice(RATES), leakage=Fraction(random.choice((0, 1))))
    return replace(arch, nodes=tuple(nodes), compute=compute)


def _memory(memory: Memory, random: Random, style: str, limited: int) -> Memory:
    share = {"single": 0, "double": 100, "mixed": 50}[style]
    return replace(
        memory,
        size=None,
        bandwidth=random.choice(BANDWIDTHS) if random.randrange(100) < limited else None,
        ports=random.choice(PORTS),
        double=frozenset(h.role for h in memory.holds if random.randrange(100) < share),
        leakage=Fraction(random.choice((0, 0, 1))),
    )


def _link(link: Link, random: Random, limited: int) -> Link:
    return replace(link, bandwidth=random.choice(BANDWIDTHS) if random.randrange(100) < limited // 4 else None)
