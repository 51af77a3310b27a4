"""Sums of what steps wait for at two places, written once more from docs/latency.md (What a search makes least).

    steps / rate + apart(p, X) + apart(q, Y) - y * arrivals(X)

X: the tiles of all tensors of one memory that have no second buffer, with fills and evictions at port p, the slowest of
that memory and of those outside it. Y: such a tile of one tensor further in, with its fills at another port q, of y
cycles each, or at most as many as there is room for (`most`). No mapping with perfect factors is reported to take less.

Three sums: with `most` in every part; with y, in the part where Y's node is, at all loops that may be arrivals of X;
and without anything taken off, which bounds nothing. Of a whole nest the first and the last tell what the arrivals take
off with y in place of `most`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from ..mapping.nest import Node
from ..model.counts import Booking, Formulas, Product
from ..spec.arch import Arch, Array, Memory
from ..spec.op import Layer, Tensor
from .costs import Kind, Term, port
from .parts import Part


@dataclass(frozen=True)
class Wait:
    """One such sum: `outer` is p, of the tiles of `tensors` in `memory`; `inner` is q, of `tensor` in `further`."""

    memory: Memory
    tensors: tuple[Tensor, ...]
    outer: str
    tensor: Tensor
    further: Memory
    inner: str
    most: Fraction

    @property
    def name(self) -> str:
        return f"{self.outer} {self.memory.name} + {self.inner} {self.further.name} {self.tensor.name}"

    @property
    def roomy(self) -> Kind:
        """With `most`."""
        return self.name, True

    @property
    def own(self) -> Kind:
        """With y where it is known."""
        return f"{self.name}, y", True

    @property
    def whole(self) -> Kind:
        """With nothing taken off: no bound."""
        return f"{self.name}, 0", True

    @property
    def fill(self) -> Kind:
        """y itself: no bound."""
        return f"{self.name}: y", False

    @property
    def sums(self) -> tuple[Kind, Kind, Kind]:
        return self.roomy, self.own, self.whole

    @property
    def node(self) -> Node:
        return Node(self.tensor.name, self.further.name)

    def about(self, node: Node) -> bool:
        """Whether a node holds tiles of X."""
        return node.memory == self.memory.name and node.tensor in [t.name for t in self.tensors]


def waits(arch: Arch, layer: Layer) -> tuple[Wait, ...]:
    """All of them for a layer on a machine; none where boundaries cannot be told apart."""
    output = layer.op.output
    limited = [x for array in arch.arrays for x in array.links if x.bandwidth is not None and x.carries(output.role)]
    if limited or any(len(group) > 1 for group in output.groups):
        return ()
    return tuple(wait for memory in arch.memories for wait in _of(arch, layer, memory))


def _of(arch: Arch, layer: Layer, memory: Memory) -> Iterator[Wait]:
    depth = arch.depth
    held = tuple(t for t in layer.op.tensors if _single(memory, t))
    outer = _slowest(arch, [m for m in arch.memories if depth[m.name] < depth[memory.name]] + [memory], held)
    if depth[memory.name] == 0 or outer is None:
        return
    for further in arch.memories:
        for tensor in layer.op.operands:
            if depth[further.name] > depth[memory.name] and _single(further, tensor):
                for inner, most in _longest_fills(arch, further, tensor).items():
                    if inner != outer:
                        yield Wait(memory, held, outer, tensor, further, inner, most)


def _single(memory: Memory, tensor: Tensor) -> bool:
    return memory.hold(tensor.role) is not None and tensor.role not in memory.double | memory.fifo


def _slowest(arch: Arch, places: Iterable[Memory], tensors: Iterable[Tensor]) -> str | None:
    worst: tuple[Fraction, str] | None = None
    for tensor in tensors:
        for memory in (m for m in places if m.hold(tensor.role)):
            for direction in ("read", "write"):
                name, rate = port(memory, direction)
                if rate is not None and (worst is None or arch.width(memory.name, tensor.role) / rate > worst[0]):
                    worst = arch.width(memory.name, tensor.role) / rate, name
    return None if worst is None else worst[1]


def _longest_fills(arch: Arch, memory: Memory, tensor: Tensor) -> dict[str, Fraction]:
    """Per port the cycles of the longest fill that there is room for."""
    found: dict[str, Fraction] = {}

    def add(place: Memory, direction: str, words: Fraction | None) -> None:
        name, rate = port(place, direction)
        if rate is not None and words is not None:
            found[name] = max(words * arch.width(place.name, tensor.role) / rate, found.get(name, Fraction(0)))

    own = _room(arch, memory, tensor)
    add(memory, "write", own)
    for parent in (m for m in arch.memories if m.hold(tensor.role) and arch.depth[m.name] < arch.depth[memory.name]):
        arrays = arch.arrays_between(parent.name, memory.name)
        bounds = [] if own is None else [own * prod(size for array in arrays for _, size in array.axes)]
        inside = _room(arch, parent, tensor)
        if arch.depth[parent.name] > 0 and inside is not None and all(_shares(array, tensor) for array in arrays):
            bounds.append(inside)
        add(parent, "read", min(bounds, default=None))
    return found


def _shares(array: Array, tensor: Tensor) -> bool:
    """Whether one read serves all instances of an array that want a word."""
    axes = {axis for axis, _ in array.axes}
    reached = [set(link.along) or axes for link in array.links if tensor.role in link.multicast]
    return not array.links or axes <= set().union(*reached)


def _room(arch: Arch, memory: Memory, tensor: Tensor) -> Fraction | None:
    caps = [hold.cap for hold in memory.holds if hold.role == tensor.role]
    sizes = [size for size in (memory.size, *caps) if size is not None]
    bits = arch.width(memory.name, tensor.role) * (2 if tensor.role in memory.double else 1)
    return min(sizes) / bits if sizes else None


def terms(chosen: Iterable[Wait], priced: Term, booking: Booking) -> Iterator[Term]:
    """What cycles that a booking takes at a port (`priced`, of the words that it takes apart from the steps) add to the
    sums."""
    name, child = booking.edge.tensor.name, booking.edge.child
    for wait in chosen if booking.cause in ("fill", "evict") else ():
        resource = priced.kind[0]
        mine = child == wait.memory.name and resource == wait.outer and name in [t.name for t in wait.tensors]
        if mine or (child, resource, name) == (wait.further.name, wait.inner, wait.tensor.name):
            yield from (Term(kind, priced.weight, priced.product, priced.arrays) for kind in wait.sums)


def taken_off(arch: Arch, wait: Wait, part: Part, formulas: Formulas) -> Iterator[Term]:
    """What the sums lose in a part, and y in a last one."""
    found, outside = _arrivals(wait, part), part.top[0]
    if found is not None:
        yield Term(wait.roomy, -wait.most, _walked(part, formulas, found))
        if wait.node in outside:
            yield Term(wait.own, -wait.most, _walked(part, formulas, found))
    elif any(map(wait.about, outside)):
        found = range(part.frame)
    if wait.node not in part.inside:
        return
    for cycles, tile in _fill(arch, wait, part, formulas):
        if found is not None:
            yield Term(wait.own, -cycles, Product(_walked(part, formulas, found).factors + tile.factors))
        if part.last:
            yield Term(wait.fill, cycles, tile)


def _walked(part: Part, formulas: Formulas, loops: range) -> Product:
    """The settings of the temporal ones of some loops."""
    every = part.nest.loops
    return Product(tuple(((every[i].dim,), formulas.symbols[i]) for i in loops if not every[i].spatial))


def _fill(arch: Arch, wait: Wait, part: Part, formulas: Formulas) -> Iterator[tuple[Fraction, Product]]:
    """Cycles of a word and words of one fill of Y at q: into one instance, or for all below one parent."""
    nodes = part.nest.nodes_of(wait.tensor.name)
    place = [node for node, _ in nodes].index(wait.node)
    (parent, start), (_, end) = nodes[place - 1], nodes[place]
    tile = formulas.tiles[wait.further.name, wait.tensor.name]
    name, rate = port(wait.further, "write")
    if rate is not None and name == wait.inner:
        yield arch.width(wait.further.name, wait.tensor.role) / rate, tile
    name, rate = port(arch.memory(parent.memory), "read")
    if rate is not None and name == wait.inner:
        arrays = {array.name: array for array in arch.arrays}
        factors = tile.factors
        for i in range(start, end):
            loop = part.nest.loops[i]
            if loop.array is not None:
                alike = loop.dim not in wait.tensor.dims and _reaches(arrays[loop.array], wait.tensor, loop.axis)
                factors += () if alike else (((loop.dim,), formulas.symbols[i]),)
        yield arch.width(parent.memory, wait.tensor.role) / rate, Product(factors)


def _reaches(array: Array, tensor: Tensor, axis: str | None) -> bool:
    """Whether one read serves all instances along an axis."""
    links = [link for link in array.links if tensor.role in link.multicast]
    return not array.links or any(not link.along or axis in link.along for link in links)


def _arrivals(wait: Wait, part: Part) -> range | None:
    """The loops (temporal ones count) whose settings are the arrivals of X in a part; None: X is not there."""
    dims = {t.name: t.dims for t in wait.tensors}
    here = [(node, above) for node, above in part.nest.placed if node in part.inside and wait.about(node)]
    end = part.frame
    for node, above in here:
        for i, loop in enumerate(part.nest.loops[:above]):
            if not loop.spatial and loop.dim in dims[node.tensor]:
                end = max(end, i + 1)
    return range(end) if here else None
