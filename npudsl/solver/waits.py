"""Sums of what steps wait for at two places: a bound on the cycles that are reported, beside `latency.py`.

Movements of single-buffered tiles lie between steps (docs/latency.md, Bounds). With p(b) the cycles of a resource p for
the tiles of a memory X at boundary b, y(b) those of another resource q for a tile of one tensor Y further in, for any
set B of boundaries

    cycles >= steps / rate + sum of p(b) over B + sum of y(b) over all others
           >= steps / rate + apart(p, X) + apart(q, Y) - |B| most,     B: those where tiles of X arrive, most >= y(b)

The first fills are part of the onload, the last evictions of the offload. Returns of partial sums are left out of
apart(p, X). |B| is the largest number of visits: where an outer loop moves the tiles of one tensor it moves all that
arrive at loops further in.

`most` comes from the room of memories: a part of a nest that has the tiles of X need not know those of Y. Where both
are known a second sum has the tile of Y itself in place of `most` (`credits.py`). For that tile to be the tile of all
nests that a canonical one stands for, no loop that moves Y is hoisted past its node (`pinned`): hoisting makes a tile
smaller that is filled more often, and a nest with larger tiles that are filled less often may wait less. That the bound
of the canonical nest holds for what is reported of the others is proven in docs/latency.md (What a search makes least):
B may be any set, and as many boundaries of the other nest as there are arrivals in the canonical one, those of its
outermost loops, bring no less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from ..mapping.nest import Node
from ..mapping.resources import READ, WRITE, port
from ..mapping.time_floor import Toll, tolls
from ..model.counts import Booking
from ..spec.arch import Arch, Memory
from ..spec.op import Layer, Tensor
from .latency import Load


@dataclass(frozen=True)
class Wait:
    """Steps, what resource `outer` moves for the tiles of `tensors` in `memory`, and `inner` for that of `tensor` in
    `further`; less `most` cycles for every arrival in `memory`, or (`own`) less those of the tile."""

    memory: str
    tensors: tuple[str, ...]
    outer: str
    tensor: str
    further: str
    inner: str
    most: Fraction

    @property
    def load(self) -> Load:
        return f"{self.memory}: {self.outer}, {self.tensor} in {self.further}: {self.inner}", True

    @property
    def own(self) -> Load:
        return f"{self.load[0]}, its own tile", True

    @property
    def loads(self) -> tuple[Load, Load]:
        return self.load, self.own

    @property
    def node(self) -> Node:
        """That of Y."""
        return Node(self.tensor, self.further)

    def about(self, node: Node) -> bool:
        """Whether the tiles of a node are of X."""
        return node.memory == self.memory and node.tensor in self.tensors


def waits(arch: Arch, layer: Layer) -> tuple[Wait, ...]:
    """The sums that may be worth it: for every memory its slowest resource, with others that fill tiles further in."""
    if not _in_classes(arch, layer):
        return ()
    found: list[Wait] = []
    for number, memory in enumerate(arch.memories):
        held = [t for t in layer.op.tensors if _apart(memory, t)]
        outer = _slowest(arch, layer, memory, held)
        if arch.depth[memory.name] == 0 or outer is None:
            continue
        for further in arch.memories[number + 1 :]:
            for tensor in layer.op.operands if arch.depth[further.name] > arch.depth[memory.name] else ():
                if _apart(further, tensor):
                    names = tuple(t.name for t in held)
                    found += [
                        Wait(memory.name, names, outer, tensor.name, further.name, inner, most)
                        for inner, most in _fills(arch, tensor, further).items()
                        if inner != outer
                    ]
    return tuple(found)


def wait_loads(chosen: Iterable[Wait]) -> tuple[Load, ...]:
    """The sums, both of each."""
    return tuple(load for wait in chosen for load in wait.loads)


def pinned(chosen: Iterable[Wait]) -> frozenset[Node]:
    """The nodes of Y, which no loop that moves them is hoisted past."""
    return frozenset(wait.node for wait in chosen)


def wait_charges(
    arch: Arch, layer: Layer, chosen: Iterable[Wait], bookings: Iterable[Booking]
) -> Iterator[tuple[Load, Booking, Toll]]:
    """As `latency.charges`, for these sums."""
    chosen = tuple(chosen)
    known: dict[tuple[str, str, str], list[Toll]] = {}
    for toll in tolls(arch, layer) if chosen else ():
        known.setdefault((toll.place, toll.tensor, toll.action), []).append(toll)
    for booking in bookings:
        edge = booking.edge
        for toll in known.get((booking.place, edge.tensor.name, booking.counter), ()):
            for wait in chosen:
                mine = edge.child == wait.memory and edge.tensor.name in wait.tensors and toll.resource == wait.outer
                other = (edge.tensor.name, edge.child, toll.resource) == (wait.tensor, wait.further, wait.inner)
                if booking.cause in ("fill", "evict") and (mine or other):
                    yield from ((load, booking, toll) for load in wait.loads)


def _in_classes(arch: Arch, layer: Layer) -> bool:
    """Whether the closed forms of time know every boundary of every nest with perfect factors (`time_classes.py`)."""
    output = layer.op.output
    links = [link for array in arch.arrays for link in array.links]
    return all(len(g) == 1 for g in output.groups) and not any(x.bandwidth and x.carries(output.role) for x in links)


def _apart(memory: Memory, tensor: Tensor) -> bool:
    return memory.hold(tensor.role) is not None and not memory.ahead(tensor.role)


def _slowest(arch: Arch, layer: Layer, memory: Memory, held: list[Tensor]) -> str | None:
    """The port that takes longest for a word of the tiles of a memory: its own, or one of a memory further out."""
    names = {t.name for t in held}
    places = [m.name for m in arch.memories if arch.depth[m.name] < arch.depth[memory.name]]
    found = [t for t in tolls(arch, layer) if t.tensor in names and t.place in (*places, memory.name)]
    return max(found, key=lambda toll: toll.cycles).resource if found else None


def _fills(arch: Arch, tensor: Tensor, memory: Memory) -> dict[str, Fraction]:
    """By resource the most cycles that the fill of a tile can take, as far as room limits it."""
    found: dict[str, Fraction] = {}
    room = _words(arch, memory, tensor)
    write = port(memory, WRITE)
    if write is not None and room is not None:
        found[write.name] = room * arch.width(memory.name, tensor.role) / write.rate
    for parent in arch.memories:
        read = port(parent, READ)
        if read is None or not parent.hold(tensor.role) or arch.depth[parent.name] >= arch.depth[memory.name]:
            continue
        words = _read(arch, tensor, parent, memory, room)
        if words is not None:
            most = words * arch.width(parent.name, tensor.role) / read.rate
            found[read.name] = max(most, found.get(read.name, most))
    return found


def _read(arch: Arch, tensor: Tensor, parent: Memory, memory: Memory, room: Fraction | None) -> Fraction | None:
    """Words that a parent instance is read for at most: with multicast no more than it holds; else those of all
    instances below it."""
    between = arch.arrays_between(parent.name, memory.name)
    shared = all({axis for axis, _ in array.axes} <= set(array.combining_axes(tensor.role, False)) for array in between)
    below = None if room is None else room * prod(size for array in between for _, size in array.axes)
    held = _words(arch, parent, tensor) if shared and arch.depth[parent.name] > 0 else None
    return min((words for words in (below, held) if words is not None), default=None)


def _words(arch: Arch, memory: Memory, tensor: Tensor) -> Fraction | None:
    """Words of a tensor that a memory has room for."""
    hold = memory.hold(tensor.role)
    sizes = [size for size in (memory.size, None if hold is None else hold.cap) if size is not None]
    copies = 2 if tensor.role in memory.double else 1
    return min(sizes) / (arch.width(memory.name, tensor.role) * copies) if sizes else None
