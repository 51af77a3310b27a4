"""What time is made from: the words that one instance of each memory and link moves, movement by movement in sums.

Counted by the closed forms (`model/latency_traffic.py`) and by the interpreter (`interpreter/timed_traffic.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..spec.arch import Arch
from ..spec.op import Layer, Tensor
from .nest import Mapping
from .resources import Loads, Meter, add


@dataclass(frozen=True)
class Moved:
    """Words that one parent instance and one child instance read and write; `links`: by name, into or out of an
    instance."""

    parent_read: int = 0
    parent_write: int = 0
    child_read: int = 0
    child_write: int = 0
    links: tuple[tuple[str, int], ...] = ()

    def __sub__(self, other: Moved) -> Moved:
        mine, theirs = dict(self.links), dict(other.links)
        return Moved(
            self.parent_read - other.parent_read,
            self.parent_write - other.parent_write,
            self.child_read - other.child_read,
            self.child_write - other.child_write,
            tuple((name, mine.get(name, 0) - theirs.get(name, 0)) for name in dict.fromkeys([*mine, *theirs])),
        )


@dataclass(frozen=True)
class Flow:
    """Movements of a tensor between a node and its next node inside, or the operations (`child` None).

    Words of the first instance of each, which no other exceeds. `arrivals`, `departures`: fills or returns, and
    evictions, of the whole layer; `first`: the first arrival; `last`, `whole`: the last eviction, and that of a tile
    that is not cut. For operations `arrivals` holds all reads, `departures` all writes, and `first` the most that one
    step moves.
    `visits`: of the child; `sweep`: its sweeping loop, an index into the mapping's loops without those of factor 1.
    """

    tensor: str
    role: str
    is_output: bool
    parent: str
    child: str | None
    visits: int
    arrivals: Moved
    departures: Moved
    first: Moved
    last: Moved
    whole: Moved
    sweep: int | None

    def loads(self, meter: Meter, moved: Moved) -> Loads:
        """Cycles at every resource."""
        loads = meter.memory(self.parent, self.role, read=moved.parent_read, write=moved.parent_write)
        if self.child is not None:
            add(loads, meter.memory(self.child, self.role, read=moved.child_read, write=moved.child_write))
        for name, words in moved.links:
            add(loads, meter.link(name, self.role, words))
        return loads

    def ahead(self, arch: Arch) -> bool:
        """Whether the child's next tile may move beside the steps: double-buffered, or waiting in a FIFO."""
        return self.child is not None and arch.memory(self.child).ahead(self.role)


@dataclass(frozen=True)
class Traffic:
    """All flows of a mapping, tensor by tensor, outermost first; `steps` as in `Tally`.

    `certain`: see `certain` below; else some words are lower bounds.
    """

    flows: tuple[Flow, ...]
    steps: int
    certain: bool = True

    @property
    def inner(self) -> Iterator[Flow]:
        """The flows between memories."""
        return (f for f in self.flows if f.child is not None)

    @property
    def operations(self) -> Iterator[Flow]:
        return (f for f in self.flows if f.child is None)


def mixed(mapping: Mapping, tensor: Tensor, above: int) -> bool:
    """Whether the first instance of a node of an output, below `above` loops, may meet a word that another had
    before."""
    several = any(loop.spatial for loop in mapping.loops[:above])
    return several and any(len(g) > 1 for g in tensor.groups)


def certain(arch: Arch, layer: Layer, mapping: Mapping) -> bool:
    """Whether the words of first instances tell everything that time needs: no other instance moves more.

    Not so for an output whose index is a sum of dims, held by several instances; for partial sums on links with a
    bandwidth directly above the compute units; and for a window that clipped factors cut differently in instances.
    """
    mapping, output = mapping.simplified(), layer.op.output
    nodes = mapping.nodes_of(output.name)
    if any(mixed(mapping, output, above) for _, above in [*nodes[1:], (None, len(mapping.loops))]):
        return False
    if any(_cut_differently(layer, mapping, t) for t in layer.op.operands):
        return False
    crossed = arch.arrays_between(nodes[-1][0].memory, None)
    return not any(x.bandwidth is not None and x.carries(output.role) for array in crossed for x in array.links)


def _cut_differently(layer: Layer, mapping: Mapping, tensor: Tensor) -> bool:
    """Whether instances may hold windows of different sizes: a smaller one may slide less far into what it holds.

    Of two dims, a smaller window of one instance never has more new words; a union of several may.
    """
    above = [k for _, k in mapping.nodes_of(tensor.name)]
    for group in tensor.groups:
        clipped = any(mapping.extent(d, 0) != layer.bound[d] for d in group)
        held = above[-1] if len(group) > 2 else above[-2] if len(above) > 1 else 0
        if clipped and len(group) > 1 and any(x.spatial and x.dim in group for x in mapping.loops[:held]):
            return True
    return False
