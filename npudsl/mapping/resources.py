"""What limits time: the ports of memories, the links and the compute unit, by name, with what they move per cycle.

A resource stands for all instances of a port or link, which work side by side: how long it takes is decided by the
instance that moves most. What is unlimited is no resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..spec.arch import Arch, Link, Memory

Loads = dict[str, Fraction]  # resource -> cycles

READ, WRITE = "read", "write"


@dataclass(frozen=True)
class Resource:
    """`rate`: bit per cycle of all ports of one kind of one instance together."""

    name: str
    rate: Fraction


def port(memory: Memory, direction: str) -> Resource | None:
    """What words take that are read from (or written to) a memory.

    With read and write ports, shared ones help both sides by half; otherwise all ports serve both directions.
    """
    if memory.bandwidth is None:
        return None
    ports = memory.ports
    if ports.read and ports.write:
        own = ports.read if direction == READ else ports.write
        return Resource(f"{memory.name} {direction}", memory.bandwidth * (own + Fraction(ports.shared, 2)))
    return Resource(memory.name, memory.bandwidth * max(1, ports.read + ports.write + ports.shared))


def wire(link: Link) -> Resource | None:
    """What words take that a link carries into or out of one instance of its array."""
    return None if link.bandwidth is None else Resource(link.name, link.bandwidth)


def resources(arch: Arch) -> Iterator[str]:
    """Names of all resources, compute first, then outermost first."""
    yield arch.compute.name
    for memory in arch.memories:
        found = (port(memory, READ), port(memory, WRITE))
        yield from dict.fromkeys(r.name for r in found if r is not None)
    for array in arch.arrays:
        yield from (link.name for link in array.links if link.bandwidth is not None)


class Meter:
    """Turns words of a tensor into cycles of resources of one machine."""

    def __init__(self, arch: Arch) -> None:
        self._arch = arch
        self._links = {link.name: link for array in arch.arrays for link in array.links}
        self._words: dict[tuple[str, str, str], Loads] = {}  # memory, role, direction -> what one word takes

    def memory(self, name: str, role: str, *, read: int = 0, write: int = 0) -> Loads:
        """Cycles of the ports of one instance that moves these words."""
        loads: Loads = {}
        for direction, words in ((READ, read), (WRITE, write)):
            if words:
                add(loads, self._word(name, role, direction), words)
        return loads

    def _word(self, name: str, role: str, direction: str) -> Loads:
        key = (name, role, direction)
        if key not in self._words:
            resource = port(self._arch.memory(name), direction)
            width = self._arch.width(name, role)
            self._words[key] = {} if resource is None else {resource.name: width / resource.rate}
        return self._words[key]

    def link(self, name: str, role: str, words: int) -> Loads:
        """Cycles of a link for the words of one instance."""
        resource = wire(self._links[name])
        if resource is None or not words:
            return {}
        return {resource.name: words * self._arch.width(None, role) / resource.rate}


def add(loads: Loads, more: Loads, times: int = 1) -> None:
    """Add `times` times `more` to `loads`, in place."""
    for name, cycles in more.items():
        more_cycles = cycles if times == 1 else times * cycles
        loads[name] = loads[name] + more_cycles if name in loads else more_cycles


def raise_to(loads: Loads, others: Loads) -> None:
    """The larger of the two of every resource, in place."""
    for name, cycles in others.items():
        loads[name] = max(cycles, loads.get(name, Fraction(0)))


def longest(loads: Loads) -> Fraction:
    """Cycles until every resource has moved its part, if all start together."""
    return max(loads.values(), default=Fraction(0))
