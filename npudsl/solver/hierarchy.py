"""The machine as one choice of bypasses and one order of nodes uses it: tiers of nodes with the arrays between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product

from ..mapping.nest import Node
from ..spec.arch import Arch, Array, Level
from ..spec.op import Layer


@dataclass(frozen=True)
class Tier:
    """Nodes that stand together, and the arrays that follow before the next tier or the operations."""

    nodes: tuple[Node, ...]
    arrays: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Hierarchy:
    """`tiers` outermost first; temporal loops may stand below each. `uneven`: one of the orders of single nodes."""

    tiers: tuple[Tier, ...]
    uneven: bool = False

    def tier_of(self, tensor: str, memory: str | None) -> int:
        """Index of the tier that holds a node; the operations (None) come after the last tier."""
        if memory is None:
            return len(self.tiers)
        return next(i for i, tier in enumerate(self.tiers) if Node(tensor, memory) in tier.nodes)

    def may_cut(self, tier: int) -> bool:
        """Whether what is inside a tier depends on what is outside only through the extents of its tiles.

        Not below an array (which instances share a word, and which hold a partial sum, is decided outside), and not
        within the nodes of a memory (they share its room).
        """
        if any(t.arrays for t in self.tiers[:tier]):
            return False
        outside = {n.memory for t in self.tiers[: tier + 1] for n in t.nodes}
        return not any(n.memory in outside for t in self.tiers[tier + 1 :] for n in t.nodes)

    def nodes_to(self, tier: int) -> frozenset[Node]:
        """The nodes of a tier and of all tiers outside it."""
        return frozenset(n for t in self.tiers[: tier + 1] for n in t.nodes)


def hierarchies(arch: Arch, layer: Layer, space: str) -> Iterator[tuple[Hierarchy, ...]]:
    """For every choice of optional nodes (keeping before bypassing) the orders of nodes: in the even space one."""
    optional = [
        Node(t.name, m.name)
        for m in arch.memories
        for t in layer.op.tensors
        if (hold := m.hold(t.role)) is not None and hold.optional
    ]
    for kept in product((True, False), repeat=len(optional)):
        bypassed = tuple(n for n, keep in zip(optional, kept, strict=True) if not keep)
        even = _even(arch, layer, bypassed)
        yield (even,) if space == "even" else tuple(_uneven(even))


def _even(arch: Arch, layer: Layer, bypassed: tuple[Node, ...]) -> Hierarchy:
    tiers: list[Tier] = []
    for part in arch.nodes:
        if isinstance(part, Array):
            last = tiers.pop()
            tiers.append(Tier(last.nodes, (*last.arrays, part)))
            continue
        nodes = _nodes(part, layer, bypassed)
        if nodes:
            tiers.append(Tier(nodes))
    return Hierarchy(tuple(tiers))


def _nodes(level: Level, layer: Layer, bypassed: tuple[Node, ...]) -> tuple[Node, ...]:
    nodes = (Node(t.name, m.name) for m in level.memories for t in layer.op.tensors if m.hold(t.role))
    return tuple(n for n in nodes if n not in bypassed)


def _uneven(even: Hierarchy) -> Iterator[Hierarchy]:
    """Every order of the nodes between two arrays that keeps each tensor's own order.

    Nodes stand singly, but those directly below an array: no loop outside the array can be moved inside of one of them,
    so any number of nodes may have reason to stand there together. Elsewhere nodes that stand together are nodes in
    some order with no loop between them. The outermost memory holds whole tensors: its nodes stay together.
    """
    outermost, *inner = even.tiers
    regions: list[list[Node]] = [[]]
    arrays: list[tuple[Array, ...]] = [outermost.arrays] if outermost.arrays else []
    if outermost.arrays:
        regions.append([])
    for tier in inner:
        regions[-1] += tier.nodes
        if tier.arrays:
            arrays.append(tier.arrays)
            regions.append([])
    orders = [list(_tiers(nodes, below_array=i > 0)) for i, nodes in enumerate(regions)]
    for chosen in product(*orders):
        tiers = [Tier(outermost.nodes)]
        for number, order in enumerate(chosen):
            tiers += [Tier(nodes) for nodes in order]
            if number < len(arrays):
                tiers[-1] = Tier(tiers[-1].nodes, arrays[number])
        yield Hierarchy(tuple(tiers), uneven=True)


def _tiers(nodes: list[Node], below_array: bool) -> Iterator[tuple[tuple[Node, ...], ...]]:
    """The nodes of a region in tiers of one node; below an array the first tier has one or more."""
    if not below_array or not nodes:
        for order in _interleavings(nodes):
            yield tuple((n,) for n in order)
        return
    for count in range(1, len(nodes) + 1):
        for together in combinations(nodes, count):
            rest = [n for n in nodes if n not in together]
            if any(n.tensor == m.tensor and nodes.index(n) < nodes.index(m) for n in rest for m in together):
                continue  # an outer node of a tensor would stand inside an inner one
            for order in _interleavings(rest):
                yield (together, *((n,) for n in order))


def _interleavings(nodes: list[Node]) -> Iterator[tuple[Node, ...]]:
    """All orders in which the nodes of each tensor keep theirs."""
    if not nodes:
        yield ()
        return
    for i, node in enumerate(nodes):
        if not any(n.tensor == node.tensor for n in nodes[:i]):
            for rest in _interleavings(nodes[:i] + nodes[i + 1 :]):
                yield (node, *rest)
