"""What time is made from: the words that one instance of each memory and link moves, movement by movement in sums.

Counted by the closed forms (`model/latency_traffic.py`), checked against the timed execution.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..spec.arch import Arch
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

    def double(self, arch: Arch) -> bool:
        """Whether the child's tile is double-buffered."""
        return self.child is not None and self.role in arch.memory(self.child).double


@dataclass(frozen=True)
class Traffic:
    """All flows of a mapping, tensor by tensor, outermost first; `steps` as in `Tally`.

    `certain`: the counts of flows are exact (else lower bounds: see `model/latency_traffic.py`).
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
