"""Every legal order of nodes and slots of a machine: what a mapspace consists of before factors and loop orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations, product

from npudsl.mapping.nest import Node
from npudsl.spec.arch import Arch, Array, Level
from npudsl.spec.op import Layer


@dataclass(frozen=True)
class Group:
    """Nodes that stand together."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True)
class TemporalSlot:
    """Loops in any order, each dim at most once. Not `empty`: between groups that would otherwise be one."""

    empty: bool = True


@dataclass(frozen=True)
class AxisSlot:
    """Loops unrolled over one axis, each dim at most once, at most `size` instances."""

    array: str
    axis: str
    size: int


Skeleton = tuple[Group | TemporalSlot | AxisSlot, ...]


def even_skeletons(arch: Arch, layer: Layer) -> Iterator[Skeleton]:
    """One per choice of what optional memories hold; the nodes of a level stand together."""
    for kept in placements(arch, layer):
        parts: list[list[Skeleton]] = []
        for node in arch.nodes:
            if isinstance(node, Array):
                parts.append(list(_axis_orders(node)))
            elif kept[node.name]:
                parts.append([(Group(kept[node.name]), TemporalSlot())])
        for chosen in product(*parts):
            yield tuple(item for part in chosen for item in part)


def uneven_skeletons(arch: Arch, layer: Layer) -> Iterator[Skeleton]:
    """Also every order of the nodes between two arrays that keeps each tensor's own order, in every grouping."""
    for kept in placements(arch, layer):
        first, *rest = arch.nodes
        parts: list[list[Skeleton]] = [[(Group(kept[first.name]), TemporalSlot())]]
        region: list[Node] = []
        for node in [*rest, None]:
            if isinstance(node, Level):
                region += kept[node.name]
                continue
            parts.append([_with_slots(groups) for groups in _ordered_groups(tuple(region))])
            region = []
            if isinstance(node, Array):
                parts.append(list(_axis_orders(node)))
        for chosen in product(*parts):
            yield tuple(item for part in chosen for item in part)


def _axis_orders(array: Array) -> Iterator[Skeleton]:
    """The axes in every order; in one only if no link tells them apart, since then nothing does."""
    slots = tuple(AxisSlot(array.name, axis, size) for axis, size in array.axes)
    yield from permutations(slots) if any(link.along for link in array.links) else [slots]


def placements(arch: Arch, layer: Layer) -> Iterator[dict[str, tuple[Node, ...]]]:
    """Per level the nodes it gets, for every choice to keep or bypass what is optional."""
    fixed: list[tuple[Level, Node, bool]] = []
    for level in arch.levels:
        for memory in level.memories:
            for tensor in layer.op.tensors:
                hold = memory.hold(tensor.role)
                if hold:
                    fixed.append((level, Node(tensor.name, memory.name), hold.optional))
    for keep in product(*((True, False) if optional else (True,) for _, _, optional in fixed)):
        chosen = [(level, node) for (level, node, _), kept in zip(fixed, keep, strict=True) if kept]
        yield {one.name: tuple(n for level, n in chosen if level is one) for one in arch.levels}


def _with_slots(groups: tuple[tuple[Node, ...], ...]) -> Skeleton:
    items: list[Group | TemporalSlot] = []
    for number, nodes in enumerate(groups):
        items += [Group(nodes), TemporalSlot(empty=number == len(groups) - 1)]
    return tuple(items)


def _ordered_groups(nodes: tuple[Node, ...]) -> Iterator[tuple[tuple[Node, ...], ...]]:
    """All ways to split `nodes` into a sequence of groups; nodes of one tensor keep their order."""
    if not nodes:
        yield ()
        return
    for size in range(1, len(nodes) + 1):
        for picked in combinations(range(len(nodes)), size):
            group = tuple(nodes[i] for i in picked)
            rest = tuple(n for i, n in enumerate(nodes) if i not in picked)
            if _keeps_order(nodes, picked):
                for others in _ordered_groups(rest):
                    yield (group, *others)


def _keeps_order(nodes: tuple[Node, ...], picked: tuple[int, ...]) -> bool:
    """Whether no picked node has one of its own tensor outside it among those that are left."""
    return not any(
        nodes[before].tensor == nodes[i].tensor for i in picked for before in range(i) if before not in picked
    )
