"""What the first and last tiles take, written once more from docs/latency.md (What a search makes least).

It comes on top of sums over a port. Of every node whose tiles pass the port, and are not counted in the sum, the first
tile, or the last one of the output. Beside a port of an outermost memory: the last tiles of the output between memories
further in, one after the other; and, after what that port brings in the onload, the tiles further in of the operand
that it brings last. Beside a port further in of that operand alone: all that the outer port brings in the onload, the
operand's other tiles further in, and all last tiles of the output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from ..mapping.nest import Node
from ..model.counts import Formulas, Product
from ..spec.arch import Arch, Memory
from ..spec.op import Layer, Tensor
from .costs import Kind, Term, port
from .parts import Part
from .waits import Wait


@dataclass(frozen=True)
class _Edge:
    """A tensor between the memory `parent` and the node `child`; per side, outer then inner, the port that its tiles
    pass, with the cycles of a word (None: it has no limit)."""

    tensor: Tensor
    parent: str
    child: Node
    between: range
    ports: tuple[tuple[str, Fraction] | None, tuple[str, Fraction] | None]

    def passes(self, name: str) -> bool:
        return any(found is not None and found[0] == name for found in self.ports)

    @property
    def slower(self) -> int:
        """The side whose port takes longer for a word."""
        outer, inner = (Fraction(0) if found is None else found[1] for found in self.ports)
        return 0 if outer >= inner else 1


def terms(arch: Arch, layer: Layer, part: Part, formulas: Formulas, chosen: tuple[Wait, ...]) -> Iterator[Term]:
    """For all sums that they belong to, those of the nodes that a part places."""
    output = layer.op.output
    if any(len(group) > 1 for group in output.groups):
        return
    edges = {t.name: _edges(arch, part, t) for t in layer.op.tensors}
    for edge in (e for found in edges.values() for e in found):
        yield from _uncounted(arch, part, formulas, chosen, edge)
    for memory, name in _outermost(arch):
        waiting = [kind for wait in chosen if wait.outer == name for kind in wait.sums]
        for edge in edges[output.name][1:]:
            yield from _beside(arch, part, formulas, edge, edge.slower, name, waiting)
        order = sorted(_operands(arch, layer, part, memory))
        if not order or name != port(memory, "read")[0]:
            continue
        first, *further = edges[layer.op.operands[order[-1][1]].name]
        for edge in further:
            yield from _beside(arch, part, formulas, edge, edge.slower, name, waiting)
        for inner in _alone(part, first, further):
            for operand in (edges[layer.op.operands[number].name][0] for _, number in order):
                yield from _beside(arch, part, formulas, operand, 0, inner, ())
            for edge in (*(e for e in further if not e.passes(inner)), *edges[output.name]):
                yield from _beside(arch, part, formulas, edge, edge.slower, inner, ())


def _outermost(arch: Arch) -> Iterator[tuple[Memory, str]]:
    """Every port of an outermost memory that limits anything, once."""
    for memory in (m for m in arch.memories if arch.depth[m.name] == 0):
        found = [port(memory, direction) for direction in ("read", "write")]
        for name in dict.fromkeys(name for name, rate in found if rate is not None):
            yield memory, name


def _edges(arch: Arch, part: Part, tensor: Tensor) -> list[_Edge]:
    def passed(memory: str, direction: str) -> tuple[str, Fraction] | None:
        name, rate = port(arch.memory(memory), direction)
        return None if rate is None else (name, arch.width(memory, tensor.role) / rate)

    sides = ("write", "read") if tensor.is_output else ("read", "write")
    return [
        _Edge(
            tensor, parent.memory, child, range(outside, above),
            (passed(parent.memory, sides[0]), passed(child.memory, sides[1])),
        )
        for (parent, outside), (child, above) in pairwise(part.nest.nodes_of(tensor.name))
    ]  # fmt: skip


def _uncounted(arch: Arch, part: Part, formulas: Formulas, chosen: tuple[Wait, ...], edge: _Edge) -> Iterator[Term]:
    """What the first or last tile of an edge takes at its own ports, for sums that have not counted it: those apart
    from the steps if it has a second buffer, and those of two places if it is not one of the tiles that these are
    about."""
    memory = arch.memory(edge.child.memory)
    second = edge.tensor.role in memory.double | memory.fifo
    for side, found in enumerate(edge.ports):
        if found is not None and edge.child in part.inside:
            kinds = [(found[0], True)] if second else []
            for wait in chosen:
                if wait.outer == found[0] and (memory != wait.memory or edge.tensor not in wait.tensors):
                    kinds += wait.sums
            yield from (Term(kind, found[1], _tile(arch, part, formulas, edge, side)) for kind in kinds)


def _beside(
    arch: Arch, part: Part, formulas: Formulas, edge: _Edge, side: int, name: str, waiting: Iterable[Kind]
) -> Iterator[Term]:
    """What a tile of an edge takes at its port of one side, for the sums over another port."""
    found = edge.ports[side]
    if found is not None and edge.child in part.inside:
        tile = _tile(arch, part, formulas, edge, side)
        yield from (Term(kind, found[1], tile) for kind in ((name, False), (name, True), *waiting))


def _alone(part: Part, first: _Edge, further: list[_Edge]) -> Iterator[str]:
    """Ports of memories that hold one tensor only, which its first tile from outside does not pass."""
    names: dict[str, None] = {}
    for edge in further:
        for memory, found in ((edge.parent, edge.ports[0]), (edge.child.memory, edge.ports[1])):
            held = {n.tensor for n, _ in part.nest.placed if n.memory == memory}
            if found is not None and held == {edge.tensor.name}:
                names[found[0]] = None
    return (name for name in names if not first.passes(name))


def _tile(arch: Arch, part: Part, formulas: Formulas, edge: _Edge, side: int) -> Product:
    """Its words in one instance, or those of all instances below one parent at the outer side."""
    tile = formulas.tiles[edge.child.memory, edge.tensor.name]
    return tile if side else _of_all(arch, edge.tensor, part, tile, edge.between, formulas)


def _operands(arch: Arch, layer: Layer, part: Part, memory: Memory) -> Iterator[tuple[int, int]]:
    """(where its first tile goes, its number) of every operand that an outermost memory holds."""
    places = [m.name for m in arch.memories]
    for number, tensor in enumerate(layer.op.operands):
        nodes = [n.memory for n, _ in part.nest.nodes_of(tensor.name)]
        if len(nodes) > 1 and nodes[0] == memory.name:
            yield places.index(nodes[1]), number


def _of_all(arch: Arch, tensor: Tensor, part: Part, tile: Product, between: range, formulas: Formulas) -> Product:
    """The words of all instances below one parent that are not shared; of a window those of one instance."""
    if any(len(group) > 1 for group in tensor.groups):
        return tile
    factors = tile.factors
    for i in between:
        loop = part.nest.loops[i]
        if loop.spatial:
            array = next(a for a in arch.arrays if a.name == loop.array)
            if loop.dim in tensor.dims or loop.axis not in array.combining_axes(tensor.role, tensor.is_output):
                factors = (*factors, ((loop.dim,), formulas.symbols[i]))
    return Product(factors)
