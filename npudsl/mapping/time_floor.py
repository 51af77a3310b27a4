"""What a mapping takes at least, from counts alone: no resource moves faster than it can (docs/latency.md, Bounds).

    cycles >= max(steps / rate, busy(p) for every port and link p)

where busy(p) is that of the instance that moves most. It moves at least its equal share, so counts over all instances
bound it as well: that is a sum of products, like the counts, and holds for partial mappings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod

from ..spec.arch import Arch
from ..spec.op import Layer
from .nest import Mapping
from .resources import READ, WRITE, Loads, Meter, add
from .tally import Tally

LINK = "link"


@dataclass(frozen=True)
class Toll:
    """What a counted word takes: `cycles` of `resource` in one instance of `place` (a memory or a link).

    `action`: `read`, `write` or `link`. The instances stand side by side along all axes of `arrays`: the count over
    all of them, times `cycles`, divided by the factors of the spatial loops there, is at most busy(resource).
    """

    place: str
    tensor: str
    action: str
    resource: str
    cycles: Fraction
    arrays: tuple[str, ...]


@lru_cache(maxsize=256)
def tolls(arch: Arch, layer: Layer) -> tuple[Toll, ...]:
    """Of every counter whose words take time: memories outermost first, then links."""
    meter, found = Meter(arch), []
    for tensor in layer.op.tensors:
        for memory in arch.path(tensor.role):
            outside = tuple(a.name for a in arch.arrays_between(None, memory.name))
            for action, words in ((READ, (1, 0)), (WRITE, (0, 1))):
                loads = meter.memory(memory.name, tensor.role, read=words[0], write=words[1])
                found += [Toll(memory.name, tensor.name, action, r, c, outside) for r, c in loads.items()]
        outside = ()
        for array in arch.arrays:
            outside += (array.name,)
            for link in array.links:
                if link.carries(tensor.role):
                    loads = meter.link(link.name, tensor.role, 1)
                    found += [Toll(link.name, tensor.name, LINK, r, c, outside) for r, c in loads.items()]
    return tuple(found)


def shares(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally) -> Loads:
    """Cycles of every resource if all instances that the mapping uses move the same: at most those of the busiest."""
    return _shares(arch, layer, mapping, lambda toll: _words(tally, toll))


def shares_apart(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally) -> Loads:
    """The same of what moves while no step goes on, as far as the tally tells it."""
    return _shares(arch, layer, mapping, lambda toll: tally.apart.get((toll.place, toll.tensor, toll.action), 0))


def _shares(arch: Arch, layer: Layer, mapping: Mapping, words_of: Callable[[Toll], int]) -> Loads:
    loads: Loads = {}
    for toll in tolls(arch, layer):
        words = words_of(toll)
        if words:
            used = prod(loop.factor for loop in mapping.loops if loop.array in toll.arrays)
            add(loads, {toll.resource: words * toll.cycles / used})
    return loads


def floor(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally) -> Fraction:
    """The bound for a mapping that has been counted: `max(steps / rate, shares)`."""
    return max([tally.steps / arch.compute.rate, *shares(arch, layer, mapping, tally).values()])


def _words(tally: Tally, toll: Toll) -> int:
    if toll.action == LINK:
        return tally.links.get(toll.place, {}).get(toll.tensor, 0)
    access = tally.counts.get(toll.place, {}).get(toll.tensor)
    return 0 if access is None else access.read if toll.action == READ else access.write
