"""What mappings that move tiles of the output more often than need be may spare further in, and bounds that allow for
it.

Templates and canonical nests never move a tile more often than another nest (`orders.py`, `canonical.py`): all counts
but one then rise. A word of the output that starts from zero is not read by the first operation on it, so partial sums
of several instances, of which only one is taken back after every move, cross the links between their memory and the
operations less often (docs/canonical.md, What is not monotone). For a word of the innermost tile of the output, of
which s instances hold sums, one more move costs at least

    moved(s) = s * (links of the array above) + (links on the way back) + (write and read outside) + (read and write
               inside)        and spares (s - 1) * within,

within: the links between there and the operations. Where the first is no less for any s, what is searched holds the
best mapping; else a bound must be lowered by what all words may spare beyond it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from ..spec.arch import Arch, Array, Link, Memory
from ..spec.op import Layer, Tensor
from .goal import Goal
from .physical_energy import Physical


@dataclass(frozen=True)
class Spared:
    """`energy`: pJ that a mapping which is not searched may take less than the best that is, at the most; `time`:
    whether it may keep a link with a bandwidth less busy."""

    energy: Fraction = Fraction(0)
    time: bool = False

    @property
    def nothing(self) -> bool:
        return not self.energy and not self.time

    def lowered(self, bound: float, goal: Goal, pj: float, physical: Physical | None) -> float:
        """A bound on all mappings, from one on those that are searched, in units of the goal; `pj`: a unit of energy;
        `physical`: what no mapping is below (None: not known)."""
        if self.nothing or (goal.objective == "latency" and not self.time):
            return bound
        if physical is None:
            return 0.0
        least = physical.value(goal.objective) / (1.0 if goal.objective == "latency" else pj)
        if goal.timed and self.time:
            return min(bound, least)
        less = float(self.energy)
        found = bound - less / pj if goal.objective == "energy" else bound * (1.0 - less / physical.energy)
        return max(min(bound, least), found)


def spared(arch: Arch, layer: Layer) -> Spared:
    """What is not searched, at the most, over all choices of what the memories hold."""
    output = layer.op.output
    found = [_below(arch, layer, outer, inner) for outer, inner in _pairs(arch, output)]
    return Spared(max((one.energy for one in found), default=Fraction(0)), any(one.time for one in found))


def _pairs(arch: Arch, output: Tensor) -> Iterator[tuple[Memory, Memory]]:
    """Memories between which tiles of the output may move that operations work on."""
    path = arch.path(output.role)
    for number, inner in enumerate(path):
        if all(_optional(memory, output) for memory in path[number + 1 :]):
            for before, outer in enumerate(path[:number]):
                if all(_optional(memory, output) for memory in path[before + 1 : number]):
                    yield outer, inner


def _optional(memory: Memory, tensor: Tensor) -> bool:
    hold = memory.hold(tensor.role)
    return hold is not None and hold.optional


def _below(arch: Arch, layer: Layer, outer: Memory, inner: Memory) -> Spared:
    """Where the output's tiles move between two memories, of which `inner` is the innermost."""
    output = layer.op.output
    within, between = arch.arrays_between(inner.name, None), arch.arrays_between(outer.name, inner.name)
    copies = _copies(layer, between)
    if copies == 1:
        return Spared()
    width = arch.width(None, output.role)
    outside, inside = arch.width(outer.name, output.role), arch.width(inner.name, output.role)
    above = [sum((link.hop_energy for link in _links(array, output)), Fraction(0)) for array in between]
    moved = (copies * above[-1] + sum(above[:-1]) + sum(above)) * width
    moved += (outer.write_energy + outer.read_energy) * outside + (inner.read_energy + inner.write_energy) * inside
    less = sum((link.hop_energy for array in within for link in _links(array, output)), Fraction(0)) * width
    beyond = less - moved / (copies - 1)
    limited = any(link.bandwidth is not None for array in within for link in _links(array, output))
    return Spared(max(beyond, Fraction(0)) * layer.points, limited)


def _links(array: Array, output: Tensor) -> list[Link]:
    return [link for link in array.links if link.carries(output.role)]


def _copies(layer: Layer, arrays: tuple[Array, ...]) -> int:
    """Instances that may hold sums of one word: no more than there are, nor than an output without windows lets its
    other dims be unrolled to."""
    output = layer.op.output
    built = prod(size for array in arrays for _, size in array.axes)
    if any(len(group) > 1 for group in output.groups):
        return built
    return min(built, prod(bound for dim, bound in layer.bounds if dim not in output.dims))
