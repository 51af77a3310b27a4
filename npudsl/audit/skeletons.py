"""The mapspace as semantics.md defines it: every order of nodes and every place where loops may stand.

Even: the nodes of a level stand together. Uneven: every order of the nodes between two arrays that keeps the hierarchy
of each tensor; nodes that stand together are nodes in some order with nothing between. The outermost memory's nodes
stand together and first in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, permutations, product

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch, Array
from ..spec.op import Layer


@dataclass(frozen=True)
class Slot:
    """A place for temporal loops."""


@dataclass(frozen=True)
class Axis:
    """A place for spatial loops."""

    array: str
    axis: str
    size: int


Place = Slot | Axis
#: Groups of nodes that stand together, and places, outermost first.
Skeleton = tuple[tuple[Node, ...] | Place, ...]
Regions = tuple[tuple[tuple[Node, ...], ...], ...]
#: Per place of a skeleton its loops, outermost first.
Filling = tuple[tuple[tuple[str, int], ...], ...]


def skeletons(arch: Arch, layer: Layer, space: str) -> Iterator[Skeleton]:
    """All of them: every choice of bypasses, order of nodes and order of axes."""
    optional = optional_nodes(arch, layer)
    for number in range(2 ** len(optional)):
        kept = frozenset(n for k, n in enumerate(optional) if not number >> k & 1)
        for regions in _arranged(arch, list(held(arch, layer, kept)), space):
            for axes in product(*(permutations(a.axes) for a in arch.arrays)):
                yield build(arch, regions, axes)


def _arranged(arch: Arch, regions: Sequence[Sequence[Node]], space: str) -> Iterator[Regions]:
    """Every order of the nodes of all regions, one at a time: there may be very many."""
    if not regions:
        yield ()
        return
    for first in [tuple(even(arch, regions[0]))] if space == "even" else uneven(arch, regions[0]):
        for rest in _arranged(arch, regions[1:], space):
            yield (first, *rest)


def optional_nodes(arch: Arch, layer: Layer) -> list[Node]:
    """The nodes that a mapping may leave out."""
    pairs = [(t, m, m.hold(t.role)) for m in arch.memories for t in layer.op.tensors]
    return [Node(t.name, m.name) for t, m, hold in pairs if hold is not None and hold.optional]


def held(arch: Arch, layer: Layer, kept: frozenset[Node]) -> Iterator[tuple[Node, ...]]:
    """The nodes between each two arrays, in the order of the machine."""
    found: list[Node] = []
    for part in arch.nodes:
        if isinstance(part, Array):
            yield tuple(found)
            found = []
            continue
        for memory in part.memories:
            for tensor in layer.op.tensors:
                hold = memory.hold(tensor.role)
                node = Node(tensor.name, memory.name)
                if hold is not None and (not hold.optional or node in kept):
                    found.append(node)
    yield tuple(found)


def even(arch: Arch, nodes: Sequence[Node]) -> Iterator[tuple[Node, ...]]:
    """Nodes by level."""
    for _, group in groupby(nodes, key=lambda n: arch.depth[n.memory]):
        yield tuple(group)


def uneven(arch: Arch, nodes: Sequence[Node]) -> Iterator[tuple[tuple[Node, ...], ...]]:
    """Every order of single nodes; those of the outermost level together."""
    first = tuple(n for n in nodes if arch.depth[n.memory] == 0)
    rest = [n for n in nodes if n not in first]
    for order in orders(rest):
        yield (*([first] if first else []), *((n,) for n in order))


def orders(nodes: Sequence[Node]) -> Iterator[tuple[Node, ...]]:
    """All orders in which the nodes of each tensor keep theirs."""
    if not nodes:
        yield ()
    for i, node in enumerate(nodes):
        if all(n.tensor != node.tensor for n in nodes[:i]):
            for rest in orders([*nodes[:i], *nodes[i + 1 :]]):
                yield (node, *rest)


def build(arch: Arch, regions: Regions, axes: Sequence[Sequence[tuple[str, int]]]) -> Skeleton:
    """A slot below every group of nodes, the axes of the arrays between the regions."""
    items: list[tuple[Node, ...] | Place] = []
    for number, groups in enumerate(regions):
        for group in groups:
            items += [group, Slot()]
        if number < len(arch.arrays):
            items += [Axis(arch.arrays[number].name, name, size) for name, size in axes[number]]
    return tuple(items)


def places_of(skeleton: Skeleton) -> tuple[Place, ...]:
    return tuple(i for i in skeleton if not isinstance(i, tuple))


def nest(skeleton: Skeleton, filling: Filling) -> Mapping:
    """The mapping of a skeleton with loops in its places."""
    items: list[Node | Loop] = []
    loops = iter(filling)
    for item in skeleton:
        if isinstance(item, tuple):
            items += item
        elif isinstance(item, Axis):
            items += [Loop(d, f, item.array, item.axis) for d, f in next(loops)]
        else:
            items += [Loop(d, f) for d, f in next(loops)]
    return Mapping(tuple(items)).simplified()


def taken_apart(arch: Arch, mapping: Mapping, space: str) -> tuple[Skeleton, Filling] | None:
    """A legal mapping as skeleton and filling; None if it is not in the space."""
    positions = [arch.depth[a.name] for a in arch.arrays]
    regions: list[list[Node]] = [[] for _ in range(len(positions) + 1)]
    for node, _ in mapping.placed:
        regions[sum(arch.depth[node.memory] > p for p in positions)].append(node)
    groups: list[tuple[tuple[Node, ...], ...]] = []
    for nodes in regions:
        first = tuple(n for n in nodes if arch.depth[n.memory] == 0)
        single = (*([first] if first else []), *((n,) for n in nodes if n not in first))
        groups.append(tuple(even(arch, nodes)) if space == "even" else single)
    axes = []
    for array in arch.arrays:
        used = list(dict.fromkeys(loop.axis for loop in mapping.loops if loop.array == array.name))
        axes.append(sorted(array.axes, key=lambda a, used=used: used.index(a[0]) if a[0] in used else len(used)))  # type: ignore[misc]
    skeleton = build(arch, tuple(groups), axes)
    filling = _filled(skeleton, mapping)
    return None if nest(skeleton, filling).items != mapping.simplified().items else (skeleton, filling)


def _filled(skeleton: Skeleton, mapping: Mapping) -> Filling:
    """The loops of each place: temporal ones by the nodes above them, spatial ones by their axis."""
    loops = mapping.simplified()
    found: list[tuple[tuple[str, int], ...]] = []
    above = 0
    for item in skeleton:
        if isinstance(item, tuple):
            above += len(item)
        elif isinstance(item, Axis):
            axis = (item.array, item.axis)
            found.append(tuple((x.dim, x.factor) for x in loops.loops if (x.array, x.axis) == axis))
        else:
            found.append(tuple(_temporal(loops, above)))
    return tuple(found)


def _temporal(mapping: Mapping, nodes: int) -> Iterator[tuple[str, int]]:
    """The temporal loops with so many nodes above them."""
    seen = 0
    for item in mapping.items:
        if isinstance(item, Node):
            seen += 1
        elif seen == nodes and not item.spatial:
            yield item.dim, item.factor
