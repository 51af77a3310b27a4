"""Cycles that no schedule of a mapping undercuts, from literal walks (docs/latency.md, Resources and Bounds).

A port or link moves words one after the other, each instance its equal share. What fills or empties a tile without a
second buffer moves while no step is executed; all else may go on beside the steps. So a mapping takes at least

    max over resources p of  max(busy(p), steps / rate + apart(p)),  and steps / rate
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import prod

from npudsl.mapping.nest import Loop, Mapping
from npudsl.spec.arch import Arch, Link, Memory
from npudsl.spec.op import Layer, Tensor

from .literal import Counters, Nest, Place, element, transfer

Cycles = dict[str, Fraction]  # per resource


class Fares:
    """What words take on one machine."""

    def __init__(self, arch: Arch) -> None:
        self.arch = arch
        links = [link for array in arch.arrays for link in array.links]
        found = [name for m in arch.memories if m.bandwidth for name in dict.fromkeys((_port(m, 0)[0], _port(m, 1)[0]))]
        self.resources = (*found, *(link.name for link in links if link.bandwidth))

    def cycles(self, tensor: Tensor, counters: Counters, loops: Iterable[Loop]) -> Cycles:
        """Per resource the cycles of the words of a tensor, `loops` spreading them over instances."""
        loops, total = tuple(loops), dict.fromkeys(self.resources, Fraction(0))
        for memory in self.arch.memories:
            if memory.bandwidth:
                used = self._instances(self.arch.depth[memory.name], loops)
                width = self.arch.width(memory.name, tensor.role)
                for direction, counts in enumerate((counters.reads, counters.writes)):
                    name, rate = _port(memory, direction)
                    total[name] += counts[memory.name, tensor.name] * width / rate / used
        for array in self.arch.arrays:
            for link in array.links:
                if link.bandwidth:
                    used = self._instances(self.arch.depth[array.name] + 1, loops)
                    total[link.name] += self._carried(link, tensor, counters) / used
        return total

    def _carried(self, link: Link, tensor: Tensor, counters: Counters) -> Fraction:
        assert link.bandwidth
        return counters.links[link.name, tensor.name] * self.arch.width(None, tensor.role) / link.bandwidth

    def _instances(self, depth: int, loops: tuple[Loop, ...]) -> int:
        """Instances in use of what stands at a depth: side by side along all arrays that are further out."""
        return prod(x.factor for x in loops if x.array is not None and self.arch.depth[x.array] < depth)

    def apart(self, tensor: Tensor, child: Place) -> bool:
        """Whether no step goes on while words move between a tile at `child` and what is outside."""
        if child.memory is None:
            return False
        memory = self.arch.memory(child.memory)
        return tensor.role not in memory.double and tensor.role not in memory.fifo

    def least(self, steps: int, busy: Iterable[Fraction | int], apart: Iterable[Fraction | int]) -> Fraction:
        """The latency from the cycles of all resources."""
        alone = steps / self.arch.compute.rate
        return max([alone, *(Fraction(x) for x in busy), *(alone + x for x in apart)])


def _port(memory: Memory, direction: int) -> tuple[str, Fraction]:
    """Name and bit per cycle of what reads (0) or writes (1) go through: ports of their own, or those for both."""
    assert memory.bandwidth
    ports = memory.ports
    if ports.read and ports.write:
        half = Fraction(ports.shared, 2)
        return f"{memory.name} {'write' if direction else 'read'}", memory.bandwidth * (
            half + (ports.write if direction else ports.read)
        )
    return memory.name, memory.bandwidth * (ports.read + ports.write + ports.shared)


def latency(arch: Arch, layer: Layer, mapping: Mapping) -> Fraction:
    """The least cycles of a legal mapping with perfect factors, by one full walk per flow."""
    nest, fares = Nest(arch, layer, mapping), Fares(arch)
    busy, apart = (dict.fromkeys(fares.resources, Fraction(0)) for _ in range(2))
    for tensor in layer.op.tensors:
        places = [Place(node.memory, above) for node, above in nest.mapping.nodes_of(tensor.name)]
        from_zero = len({element(tensor, point) for point in nest.points})
        for parent, child in zip(places, [*places[1:], Place(None, len(nest.loops))], strict=True):
            counters = Counters()
            from_zero = transfer(nest, tensor, parent, child, counters, from_zero)
            for name, cycles in fares.cycles(tensor, counters, nest.loops).items():
                busy[name] += cycles
                apart[name] += cycles if fares.apart(tensor, child) else 0
    return fares.least(len(nest.steps), busy.values(), apart.values())
