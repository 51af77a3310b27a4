"""What the first and last tiles take further in than the outermost memory, written once more from docs/latency.md.

It comes on top of sums over a port of an outermost memory: the last tiles of the output between memories further in,
one after the other; and, after what that port brings in the onload, the tiles further in of the operand that it brings
last.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from ..model.counts import Formulas, Product
from ..spec.arch import Arch, Memory
from ..spec.op import Layer, Tensor
from .costs import Term, port
from .parts import Part
from .waits import Wait


def terms(arch: Arch, layer: Layer, part: Part, formulas: Formulas, chosen: tuple[Wait, ...]) -> Iterator[Term]:
    """For all sums that they belong to, those of the nodes that a part places."""
    if any(len(group) > 1 for group in layer.op.output.groups):
        return
    first = [m for m in arch.memories if arch.depth[m.name] == 0]
    ports = {name for m in first for d in ("read", "write") for name, rate in [port(m, d)] if rate is not None}
    found = [(layer.op.output, ports)]
    for memory in first:
        name, rate = port(memory, "read")
        order = sorted(_operands(arch, layer, part, memory))
        if order and rate is not None:
            found.append((layer.op.operands[order[-1][1]], {name}))
    for tensor, names in found:
        for product, cycles in _inner(arch, tensor, part, formulas):
            for name in names:
                yield from (Term((name, apart), cycles, product) for apart in (False, True))
            yield from (Term(wait.kind, cycles, product) for wait in chosen if wait.outer in names)


def _operands(arch: Arch, layer: Layer, part: Part, memory: Memory) -> Iterator[tuple[int, int]]:
    """(where its first tile goes, its number) of every operand that an outermost memory holds."""
    places = [m.name for m in arch.memories]
    for number, tensor in enumerate(layer.op.operands):
        nodes = [n.memory for n, _ in part.nest.nodes_of(tensor.name)]
        if len(nodes) > 1 and nodes[0] == memory.name:
            yield places.index(nodes[1]), number


def _inner(arch: Arch, tensor: Tensor, part: Part, formulas: Formulas) -> Iterator[tuple[Product, Fraction]]:
    """Words and cycles of each, of the tiles further in."""
    nodes = part.nest.nodes_of(tensor.name)
    for (parent, outside), (child, above) in pairwise(nodes[1:]):
        if child not in part.inside:
            continue
        outer = _cycles(arch, parent.memory, tensor, "write" if tensor.is_output else "read")
        inner = _cycles(arch, child.memory, tensor, "read" if tensor.is_output else "write")
        tile = formulas.tiles[child.memory, tensor.name]
        if outer and outer >= inner:
            yield _of_all(arch, tensor, part, tile, range(outside, above), formulas), outer
        elif inner:
            yield tile, inner


def _cycles(arch: Arch, memory: str, tensor: Tensor, direction: str) -> Fraction:
    rate = port(arch.memory(memory), direction)[1]
    return Fraction(0) if rate is None else arch.width(memory, tensor.role) / rate


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
