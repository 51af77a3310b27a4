"""What the first and the last tiles take beside the outermost memory: part of what is reported, and of bounds on it.

    cycles >= onload + offload + max(O(p) + M(p), steps + A(p))          (docs/latency.md, In closed form)

For a port p of the outermost memory the sums of `latency.py` and `waits.py` have what passes p in the onload and in the
offload. Beside it

- the last tiles of the output go out one after the other, so those between memories further in come on top;
- during the onload p brings first tiles without a pause, the one last that has the least precedence (memories, then
  tensors, in their order); when it is there its tensor's tiles further in follow one after the other.

Of each of these a port of one end is counted. Moves to a canonical nest never make a tile larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from ..mapping.nest import Mapping, Node
from ..mapping.resources import READ, WRITE, port
from ..model.counts import Product
from ..model.expressions import Symbol
from ..spec.arch import Arch, Memory
from ..spec.op import Operator, Tensor
from .latency import Load
from .waits import Wait


@dataclass(frozen=True)
class End:
    """Cycles of one tile between `node` and the memory outside it: `cycles` for each of its words, or (`united`) of
    those of all instances that are served one by one; they belong to sums over one of `resources`."""

    node: Node
    resources: frozenset[str]
    cycles: Fraction
    united: bool
    above: tuple[int, int]  # loops above the two nodes


def resource_of(load: Load, waits: Iterable[Wait]) -> str:
    """The port that a sum is over."""
    return next((wait.outer for wait in waits if wait.load == load), load[0])


def ends(arch: Arch, op: Operator, nest: Mapping) -> Iterator[End]:
    """Of a nest with at least one node of every tensor, outermost first."""
    if any(len(group) > 1 for group in op.output.groups):
        return
    outermost = arch.levels[0].memories
    every = frozenset(p.name for m in outermost for d in (READ, WRITE) if (p := port(m, d)) is not None)
    yield from _further(arch, op.output, nest, every)
    for memory in outermost:
        read = port(memory, READ)
        last = _last(arch, op, nest, memory)
        if read is not None and last is not None:
            yield from _further(arch, last, nest, frozenset({read.name}))


def _last(arch: Arch, op: Operator, nest: Mapping, memory: Memory) -> Tensor | None:
    """The operand whose first tile comes last from an outermost memory."""
    place = {m.name: i for i, m in enumerate(arch.memories)}
    found: dict[int, Tensor] = {}
    for tensor in op.operands:
        nodes = nest.nodes_of(tensor.name)
        if len(nodes) > 1 and nodes[0][0].memory == memory.name:
            found[place[nodes[1][0].memory]] = tensor  # of one memory the last of the op's
    return found[max(found)] if found else None


def _further(arch: Arch, tensor: Tensor, nest: Mapping, resources: frozenset[str]) -> Iterator[End]:
    inward, outward = (READ, WRITE) if not tensor.is_output else (WRITE, READ)
    for (parent, outside), (child, above) in list(pairwise(nest.nodes_of(tensor.name)))[1:]:
        outer, inner = (_cycles(arch, n.memory, tensor, d) for n, d in ((parent, inward), (child, outward)))
        if max(outer, inner):
            yield End(child, resources, max(outer, inner), outer >= inner, (outside, above))


def _cycles(arch: Arch, memory: str, tensor: Tensor, direction: str) -> Fraction:
    found = port(arch.memory(memory), direction)
    return Fraction(0) if found is None else arch.width(memory, tensor.role) / found.rate


def words(arch: Arch, tensor: Tensor, nest: Mapping, end: End, tile: Product, symbols: tuple[Symbol, ...]) -> Product:
    """Words of the tile, of one instance or of all; of a window one instance stands for all."""
    if not end.united or any(len(group) > 1 for group in tensor.groups):
        return tile
    shared = {(a.name, axis) for a in arch.arrays for axis in a.combining_axes(tensor.role, tensor.is_output)}
    apart = [
        ((loop.dim,), symbols[i])
        for i, loop in enumerate(nest.loops[: end.above[1]])
        if i >= end.above[0] and loop.spatial and (loop.dim in tensor.dims or (loop.array, loop.axis) not in shared)
    ]
    return Product(tile.factors + tuple(apart))
