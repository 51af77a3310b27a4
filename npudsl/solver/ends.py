"""What the first and the last tiles take: part of what is reported, and of bounds on it.

    cycles >= onload + offload + max(O(p) + M(p), steps + A(p))          (docs/latency.md, In closed form)

For a port p the sums of `latency.py` and `waits.py` have what passes p in the onload and in the offload, as far as they
count the tiles that move there: those of `latency.py` apart from the steps only tiles without a second buffer, those of
`waits.py` only the tiles of one memory. So the first (or last) tile of every other node that p serves comes on top.

Beside a port p of the outermost memory come on top

- the last tiles of the output between memories further in, for they go out one after the other;
- during the onload p brings first tiles without a pause, the one last that has the least precedence (memories, then
  tensors, in their order); when it is there its tensor's tiles further in follow one after the other.

Beside a port further in that serves this tensor alone come on top the first tiles that p brings, the other ones of the
tensor that follow, and all last tiles of the output.

Of each of these a port of one end is counted. Moves to a canonical nest never make a tile larger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from typing import Literal

from ..mapping.nest import Mapping, Node
from ..mapping.resources import READ, WRITE, port
from ..model.counts import Product
from ..model.expressions import Symbol
from ..spec.arch import Arch, Memory
from ..spec.op import Operator, Tensor
from .latency import Load
from .waits import Wait

#: Of the sums over a resource those to which a tile belongs.
Which = Literal["all", "waits", "apart", "plain"]


@dataclass(frozen=True)
class End:
    """Cycles of one tile between `node` and the memory outside it: `cycles` for each of its words, or (`united`) of
    those of all instances that are served one by one; they belong to sums over one of `resources`: of all kinds, or of
    `which` ones. `waits`: those of `waits.py` that have not counted the tile; `apart`: these and those of `latency.py`
    apart from the steps; `plain`: those of `latency.py`."""

    node: Node
    resources: frozenset[str]
    cycles: Fraction
    united: bool
    above: tuple[int, int]  # loops above the two nodes
    which: Which = "all"

    def belongs(self, load: Load, waits: Iterable[Wait]) -> bool:
        """Whether the tile is part of what a sum bounds, and no part of the sum as it is."""
        wait = next((wait for wait in waits if load in wait.loads), None)
        if (load[0] if wait is None else wait.outer) not in self.resources:
            return False
        if self.which in ("all", "plain"):
            return self.which == "all" or wait is None
        if wait is None:
            return self.which == "apart" and load[1]
        return self.node.memory != wait.memory or self.node.tensor not in wait.tensors


def ends(arch: Arch, op: Operator, nest: Mapping) -> Iterator[End]:
    """Of a nest with at least one node of every tensor, outermost first."""
    if any(len(group) > 1 for group in op.output.groups):
        return
    flows = {t.name: _flows(arch, t, nest) for t in op.tensors}
    outermost = arch.levels[0].memories
    every = frozenset(p.name for m in outermost for d in (READ, WRITE) if (p := port(m, d)) is not None)
    for flow in chain.from_iterable(flows.values()):
        yield from flow.at()
    output = flows[op.output.name]
    yield from _beside(output[1:], every)
    for memory in outermost:
        read = port(memory, READ)
        last = _last(arch, op, nest, memory)
        if read is None or last is None:
            continue
        _, *further = flows[last.name]
        yield from _beside(further, frozenset({read.name}))
        for name in _alone(arch, nest, flows[last.name]):
            first = [flows[t.name][0] for t in op.operands if flows[t.name] and flows[t.name][0].parent == memory.name]
            yield from (flow.end(READ, frozenset({name}), "plain") for flow in first)
            rest = [flow for flow in further if name not in (flow.outer[0], flow.inner[0])]
            yield from _beside([*rest, *output], frozenset({name}), "plain")


@dataclass(frozen=True)
class _Flow:
    """A tensor between `parent` and `child`. `outer` and `inner`: the ports at the two ends that its tiles pass (empty:
    none that limits), with the cycles of a word; `ahead`: there is a second buffer in the child."""

    parent: str
    child: Node
    above: tuple[int, int]
    outer: tuple[str, Fraction]
    inner: tuple[str, Fraction]
    ahead: bool

    def end(self, side: str, resources: frozenset[str], which: Which = "all") -> End:
        """A tile at the outer (READ) or the inner port."""
        united = side == READ
        return End(self.child, resources, (self.outer if united else self.inner)[1], united, self.above, which)

    def at(self) -> Iterator[End]:
        """What sums over the two ports have not counted."""
        which: Which = "apart" if self.ahead else "waits"
        for side, (name, _) in ((READ, self.outer), (WRITE, self.inner)):
            if name:
                yield self.end(side, frozenset({name}), which)


def _flows(arch: Arch, tensor: Tensor, nest: Mapping) -> list[_Flow]:
    """Outermost first."""
    inward, outward = (READ, WRITE) if not tensor.is_output else (WRITE, READ)

    def passed(memory: str, direction: str) -> tuple[str, Fraction]:
        found = port(arch.memory(memory), direction)
        return ("", Fraction(0)) if found is None else (found.name, arch.width(memory, tensor.role) / found.rate)

    return [
        _Flow(
            parent.memory, child, (outside, above), passed(parent.memory, inward), passed(child.memory, outward),
            arch.memory(child.memory).ahead(tensor.role),
        )
        for (parent, outside), (child, above) in pairwise(nest.nodes_of(tensor.name))
    ]  # fmt: skip


def _beside(flows: Iterable[_Flow], resources: frozenset[str], which: Which = "all") -> Iterator[End]:
    """One tile of each, at the slower port."""
    for flow in flows:
        if flow.outer[1] or flow.inner[1]:
            yield flow.end(READ if flow.outer[1] >= flow.inner[1] else WRITE, resources, which)


def _last(arch: Arch, op: Operator, nest: Mapping, memory: Memory) -> Tensor | None:
    """The operand whose first tile comes last from an outermost memory."""
    place = {m.name: i for i, m in enumerate(arch.memories)}
    found: dict[int, Tensor] = {}
    for tensor in op.operands:
        nodes = nest.nodes_of(tensor.name)
        if len(nodes) > 1 and nodes[0][0].memory == memory.name:
            found[place[nodes[1][0].memory]] = tensor  # of one memory the last of the op's
    return found[max(found)] if found else None


def _alone(arch: Arch, nest: Mapping, flows: list[_Flow]) -> list[str]:
    """The ports further in than the first tile from outside that serve no other tensor."""
    first, *further = flows
    found = dict.fromkeys(
        name
        for flow in further
        for memory, (name, _) in ((flow.parent, flow.outer), (flow.child.memory, flow.inner))
        if name and {n.tensor for n, _ in nest.placed if n.memory == memory} == {flow.child.tensor}
    )
    return [name for name in found if name != first.inner[0]]


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
