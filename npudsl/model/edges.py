"""The structure of a nest: which loops move which node, and which instances share a word.

An *edge* is the path of a tensor from one node to its next node inside, or from the innermost node to the operations.
Nothing here depends on the values of factors; every loop is taken to count (drop those of factor 1 before).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ..mapping.nest import Loop, Mapping
from ..spec.arch import Arch, Array
from ..spec.op import Tensor


@dataclass(frozen=True)
class Edge:
    """`position` and `parent_position`: loops above the two nodes. `sweep`: index of the sweeping loop (None: never
    moved).

    `child` None stands for the operations. The first `frame` loops stand for everything outside a part of a nest: they
    are always walked, in whatever order they may be. `crossed`: arrays between the two, outermost first. `combining`:
    indices of the spatial loops between them whose axis shares the words of this tensor.
    """

    tensor: Tensor
    parent: str
    child: str | None
    parent_position: int
    position: int
    sweep: int | None
    crossed: tuple[Array, ...]
    combining: frozenset[int]
    loops: tuple[Loop, ...]
    frame: int = 0

    @cached_property
    def between(self) -> frozenset[int]:
        """Indices of the loops between the two nodes."""
        return frozenset(range(self.parent_position, self.position))

    @cached_property
    def moved(self) -> bool:
        """Whether any loop moves the inner node at all."""
        return any(not loop.spatial and loop.dim in self.tensor.dims for loop in self.loops[: self.position])

    def combining_below(self, array: Array) -> frozenset[int]:
        """The combining loops of arrays deeper than `array`."""
        deeper = {a.name for a in self.crossed[self.crossed.index(array) + 1 :]}
        return frozenset(i for i in self.combining if self.loops[i].array in deeper)

    @cached_property
    def spatial(self) -> frozenset[int]:
        """Indices of the unrolled loops above the node."""
        return frozenset(i for i, loop in enumerate(self.loops[: self.position]) if loop.array is not None)

    def kinds(self, joined: frozenset[int]) -> tuple[str, ...]:
        """How the loops above the node enter the count of words over all arrivals (`clipped.KINDS`)."""
        if self.child is None:
            found = ["walk"] * self.position
        else:
            framed = min(self.frame, self.position)
            found = ["walk" if self.moved else "zero"] * framed + ["zero"] * (self.position - framed)
            if self.sweep is not None:
                found[framed : self.sweep] = ["walk"] * (self.sweep - framed)
                found[self.sweep] = "sweep"
        for i in self.spatial:
            found[i] = "join" if i in joined else "sum"
        return tuple(found)


def edges_of(arch: Arch, mapping: Mapping, tensor: Tensor, frame: int = 0) -> tuple[Edge, ...]:
    """Outermost first; the last one ends at the operations."""
    nodes = mapping.nodes_of(tensor.name)
    found = []
    for (parent, above_parent), (child, above) in pairwise(nodes):
        found.append(_edge(arch, mapping, tensor, parent.memory, child.memory, above_parent, above, frame))
    innermost, above = nodes[-1]
    found.append(_edge(arch, mapping, tensor, innermost.memory, None, above, len(mapping.loops), frame))
    return tuple(found)


def _edge(
    arch: Arch,
    mapping: Mapping,
    tensor: Tensor,
    parent: str,
    child: str | None,
    above_parent: int,
    above: int,
    frame: int,
) -> Edge:
    loops = mapping.loops
    crossed = arch.arrays_between(parent, child)
    shared = {(a.name, axis) for a in crossed for axis in a.combining_axes(tensor.role, tensor.is_output)}
    moving = [i for i in range(frame, above) if not loops[i].spatial and loops[i].dim in tensor.dims]
    return Edge(
        tensor=tensor,
        parent=parent,
        child=child,
        parent_position=above_parent,
        position=above,
        sweep=moving[-1] if moving else None,
        crossed=crossed,
        combining=frozenset(i for i in range(above_parent, above) if (loops[i].array, loops[i].axis) in shared),
        loops=loops,
        frame=frame,
    )
