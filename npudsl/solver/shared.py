"""Room that nodes on both sides of a cut have a share of: what is outside takes its part, what is inside the rest.

Tiles of several tensors share a memory (and its shares by role), and in the uneven mapspace the nodes of a memory need
not stand together. A cut between them is told, besides the costs, how much of the room is taken outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..mapping.nest import Node
from ..spec.arch import Arch
from ..spec.op import Operator
from .halves import Room
from .hierarchy import Hierarchy
from .prices import capacities, rounded_up


@dataclass(frozen=True)
class Shared:
    """A capacity (name and bits), and the nodes whose tiles it must hold together."""

    size: Room
    nodes: frozenset[Node]


def shared(arch: Arch, op: Operator, hierarchy: Hierarchy) -> tuple[Shared, ...]:
    """Capacities that a cut may part; none where no cut does. All orders of the same nodes have the same."""
    return tuple(_shared(arch, op, hierarchy)) if hierarchy.shared else ()


def _shared(arch: Arch, op: Operator, hierarchy: Hierarchy) -> Iterator[Shared]:
    arrays = [i for i, tier in enumerate(hierarchy.tiers) if tier.arrays]
    outside = hierarchy.tiers[1 : arrays[0] + 1 if arrays else None]  # no cut is further in
    nodes = [n for tier in outside for n in tier.nodes]
    for name in dict.fromkeys(n.memory for n in nodes):
        held = [op.tensor(n.tensor) for n in nodes if n.memory == name]
        for capacity in capacities(arch, arch.memory(name), held):
            if len(capacity.widths) > 1:
                yield Shared(
                    (capacity.what, rounded_up(capacity.bits)), frozenset(Node(t, name) for t, _ in capacity.widths)
                )
