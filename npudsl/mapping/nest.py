"""A complete mapping: one nest of tensor nodes, temporal loops and spatial loops, outermost first.

`semantics.md` says what it means. The nest is the only thing that the closed forms and the interpreter are both given;
even, uneven, imperfect and bypassing mappings are all just nests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..spec.hashing import hashed_once


@dataclass(frozen=True)
class Node:
    """Tensor `tensor` is held in memory `memory` from here inwards."""

    tensor: str
    memory: str


@dataclass(frozen=True)
class Loop:
    """A loop over `dim`. Temporal if `array` is None, else unrolled over `axis` of `array`."""

    dim: str
    factor: int
    array: str | None = None
    axis: str | None = None

    @property
    def spatial(self) -> bool:
        return self.array is not None


@hashed_once
@dataclass(frozen=True)
class Mapping:
    """`items`: nodes and loops, outermost first. The operation stands below the last item."""

    items: tuple[Node | Loop, ...]
    name: str = "mapping"

    @cached_property
    def loops(self) -> tuple[Loop, ...]:
        """The loops alone, outermost first."""
        return tuple(i for i in self.items if isinstance(i, Loop))

    @cached_property
    def strides(self) -> tuple[int, ...]:
        """Per loop of `loops`: how far it moves its dim, the product of the factors of that dim below it."""
        below: dict[str, int] = {}
        moves = []
        for loop in reversed(self.loops):
            moves.append(below.get(loop.dim, 1))
            below[loop.dim] = moves[-1] * loop.factor
        return tuple(reversed(moves))

    @cached_property
    def placed(self) -> tuple[tuple[Node, int], ...]:
        """Every node with the number of loops above it, outermost first."""
        found, above = [], 0
        for item in self.items:
            if isinstance(item, Node):
                found.append((item, above))
            else:
                above += 1
        return tuple(found)

    def nodes_of(self, tensor: str) -> tuple[tuple[Node, int], ...]:
        """The nodes of one tensor with the number of loops above each, outermost first."""
        return tuple((n, k) for n, k in self.placed if n.tensor == tensor)

    def extent(self, dim: str, position: int) -> int:
        """Product of the factors of `dim` in the loops from `position` (an index into `loops`) inwards."""
        result = 1
        for loop in self.loops[position:]:
            if loop.dim == dim:
                result *= loop.factor
        return result

    def simplified(self) -> Mapping:
        """The same mapping without loops of factor 1 (they do not count)."""
        return Mapping(tuple(i for i in self.items if isinstance(i, Node) or i.factor != 1), self.name)
