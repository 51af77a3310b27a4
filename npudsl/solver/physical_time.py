"""The physical limit as time: no mapping of a layer on a machine takes fewer cycles.

Compute units do one operation in 1 / rate cycles each. A memory that every tensor must be held in serves all words that
cross the boundary below it (`physical.py`); its ports together move them no faster than the sum of their bandwidths, in
all instances together (an instance that is idle only makes the others slower).
"""

from __future__ import annotations

from fractions import Fraction
from math import prod

from ..mapping.footprint import words
from ..mapping.resources import READ, WRITE, port
from ..spec.arch import Arch, Memory
from ..spec.op import Layer
from .physical import least_weight


def least_cycles(arch: Arch, layer: Layer) -> float:
    """At least 0. Raises UncountableError."""
    found = [float(computing(arch, layer))]
    for number, level in enumerate(arch.levels[:-1]):
        for memory in level.memories:
            rate = _rate(memory)
            if rate is not None and _serves_all(memory, layer):
                found.append(_crossing(arch, layer, number, memory) / float(rate))
    return max(found)


def computing(arch: Arch, layer: Layer) -> Fraction:
    """Cycles in which all compute units do all operations."""
    units = prod(size for array in arch.arrays for _, size in array.axes)
    return Fraction(layer.points, units) / arch.compute.rate


def _rate(memory: Memory) -> Fraction | None:
    """Bit per cycle of all ports of one instance; None: unlimited."""
    rates = {r.name: r.rate for direction in (READ, WRITE) if (r := port(memory, direction)) is not None}
    return sum(rates.values(), Fraction(0)) or None


def _serves_all(memory: Memory, layer: Layer) -> bool:
    holds = [memory.hold(t.role) for t in layer.op.tensors]
    return all(h is not None and not h.optional for h in holds)


def _crossing(arch: Arch, layer: Layer, number: int, memory: Memory) -> float:
    """Bits that cross the boundary below a level, per instance of the memory."""
    weights = {t.name: float(arch.width(memory.name, t.role)) for t in layer.op.tensors}
    crossings = {t.name: float(words(t, layer.bound)) for t in layer.op.tensors}
    instances = prod(size for array in arch.arrays_between(None, memory.name) for _, size in array.axes)
    return least_weight(arch, layer, number, weights, crossings) / instances
