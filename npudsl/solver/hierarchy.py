"""The machine as one choice of bypasses uses it: tiers of nodes with the arrays between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from ..mapping.nest import Node
from ..spec.arch import Arch, Array, Level
from ..spec.op import Layer


@dataclass(frozen=True)
class Tier:
    """Nodes that stand together in an even mapping, and the arrays that follow before the next tier or the operations."""

    nodes: tuple[Node, ...]
    arrays: tuple[Array, ...]


@dataclass(frozen=True)
class Hierarchy:
    """`tiers` outermost first; temporal loops may stand below each. `bypassed`: optional nodes left out."""

    tiers: tuple[Tier, ...]
    bypassed: tuple[Node, ...]

    def tier_of(self, tensor: str, memory: str | None) -> int:
        """Index of the tier that holds a node; the operations (None) come after the last tier."""
        if memory is None:
            return len(self.tiers)
        return next(i for i, tier in enumerate(self.tiers) if Node(tensor, memory) in tier.nodes)

    def arrays_above(self, tier: int) -> bool:
        return any(t.arrays for t in self.tiers[:tier])


def hierarchies(arch: Arch, layer: Layer) -> Iterator[Hierarchy]:
    """Every choice of optional nodes, keeping before bypassing."""
    optional = [
        Node(t.name, m.name)
        for m in arch.memories
        for t in layer.op.tensors
        if (hold := m.hold(t.role)) is not None and hold.optional
    ]
    for kept in product((True, False), repeat=len(optional)):
        bypassed = tuple(n for n, keep in zip(optional, kept, strict=True) if not keep)
        yield _hierarchy(arch, layer, bypassed)


def _hierarchy(arch: Arch, layer: Layer, bypassed: tuple[Node, ...]) -> Hierarchy:
    tiers: list[Tier] = []
    for part in arch.nodes:
        if isinstance(part, Array):
            last = tiers.pop()
            tiers.append(Tier(last.nodes, (*last.arrays, part)))
            continue
        nodes = _nodes(part, layer, bypassed)
        if nodes:
            tiers.append(Tier(nodes, ()))
    return Hierarchy(tuple(tiers), bypassed)


def _nodes(level: Level, layer: Layer, bypassed: tuple[Node, ...]) -> tuple[Node, ...]:
    nodes = (Node(t.name, m.name) for m in level.memories for t in layer.op.tensors if m.hold(t.role))
    return tuple(n for n in nodes if n not in bypassed)
