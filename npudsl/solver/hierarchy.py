"""The machine as one choice of bypasses and one order of nodes uses it: tiers of nodes with the arrays between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from ..mapping.arranging import slot_rules
from ..mapping.dataflow import Dataflow, PlaceRule
from ..mapping.nest import Node
from ..spec.arch import Arch, Array, Level
from ..spec.hashing import hashed_once
from ..spec.op import Layer


@dataclass(frozen=True)
class Tier:
    """Nodes that stand together, and the arrays that follow before the next tier or the operations."""

    nodes: tuple[Node, ...]
    arrays: tuple[Array, ...] = ()


@hashed_once
@dataclass(frozen=True)
class Hierarchy:
    """`tiers` outermost first; temporal loops may stand below each.

    `canonical`: nodes and loops are free to be moved, so that canonical nests are enough (`canonical.py`). `rules`: per
    tier what a dataflow asks of the slot below it (None: nothing; empty: of no slot); `axes`: what it asks of axes.
    `shared`: the room that a memory's nodes outside a cut take is told across it.
    `pinned`: nodes that loops which move them are not moved past.
    """

    tiers: tuple[Tier, ...]
    canonical: bool = False
    rules: tuple[PlaceRule | None, ...] = ()
    axes: tuple[PlaceRule, ...] = ()
    shared: bool = False
    pinned: frozenset[Node] = frozenset()

    def rule(self, tier: int) -> PlaceRule | None:
        """What the slot below a tier must fit."""
        return self.rules[tier] if self.rules else None

    def along(self, array: str, axis: str) -> PlaceRule | None:
        """What the loops along an axis must fit."""
        return next((rule for rule in self.axes if rule.axis == (array, axis)), None)

    def tier_of(self, tensor: str, memory: str | None) -> int:
        """Index of the tier that holds a node; the operations (None) come after the last tier."""
        if memory is None:
            return len(self.tiers)
        return next(i for i, tier in enumerate(self.tiers) if Node(tensor, memory) in tier.nodes)

    def may_cut(self, tier: int) -> bool:
        """Whether what is inside a tier depends on what is outside only through the extents of its tiles.

        Not below an array (which instances share a word, and which hold a partial sum, is decided outside), and not
        within the nodes of a memory (they share its room) unless it is `shared`, and not where a dataflow has a say.
        """
        if self.rule(tier) is not None or any(t.arrays for t in self.tiers[:tier]):
            return False
        if self.shared:
            return True
        outside = {n.memory for t in self.tiers[: tier + 1] for n in t.nodes}
        return not any(n.memory in outside for t in self.tiers[tier + 1 :] for n in t.nodes)

    def nodes_to(self, tier: int) -> frozenset[Node]:
        """The nodes of a tier and of all tiers outside it."""
        return frozenset(n for t in self.tiers[: tier + 1] for n in t.nodes)


def hierarchies(
    arch: Arch, layer: Layer, space: str, dataflow: Dataflow | None = None, pinned: frozenset[Node] = frozenset()
) -> Iterator[tuple[Hierarchy, ...]]:
    """For every choice of optional nodes (keeping before bypassing) the orders of nodes: in the even space one.

    `dataflow`: only choices and orders that it admits, with what it asks of their slots; `pinned` as in `Hierarchy`.
    """
    optional = [
        Node(t.name, m.name)
        for m in arch.memories
        for t in layer.op.tensors
        if (hold := m.hold(t.role)) is not None and hold.optional
    ]
    for kept in product((True, False), repeat=len(optional)):
        bypassed = tuple(n for n, keep in zip(optional, kept, strict=True) if not keep)
        even = _even(arch, layer, bypassed)
        nodes = [n for tier in even.tiers for n in tier.nodes]
        if dataflow is None:
            yield (even,) if space == "even" else tuple(replace(order, pinned=pinned) for order in _uneven(even))
        elif dataflow.admits_nodes(nodes):
            groups = [rule.nodes & set(nodes) for rule in dataflow.temporal if rule.nodes is not None]
            orders = (
                (even,) if space == "even" else tuple(replace(order, pinned=pinned) for order in _uneven(even, groups))
            )
            yield tuple(ruled for order in orders if (ruled := _ruled(arch, order, dataflow)) is not None)


def _ruled(arch: Arch, order: Hierarchy, dataflow: Dataflow) -> Hierarchy | None:
    """An order of nodes with what a dataflow asks of its slots; None: it admits no such order."""
    rules = slot_rules(dataflow, arch, [tier.nodes for tier in order.tiers])
    if rules is None:
        return None
    axes = tuple(rule for rule in dataflow.places if rule.axis is not None)
    return replace(order, rules=rules if any(rules) else (), axes=axes)


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


def _uneven(even: Hierarchy, groups: Sequence[frozenset[Node]] = ()) -> Iterator[Hierarchy]:
    """Every order of the nodes between two arrays that keeps each tensor's own order; `groups` stand together.

    Nodes stand singly, but those directly below an array: no loop outside the array can be moved inside of one of them,
    so any number of nodes may have reason to stand there together. Elsewhere nodes that stand together are nodes in
    some order with no loop between them. The outermost memory holds whole tensors: its nodes stay together.
    With groups loops are not free to be moved, and every order of the nodes is needed with every slot.
    """
    regions, arrays = regions_of(even)
    if groups:
        orders = [list(_interleavings(_units(nodes, groups))) for nodes in regions]
    else:
        orders = [list(tiers_of(nodes, below_array=i > 0)) for i, nodes in enumerate(regions)]
    for chosen in product(*orders):
        yield Hierarchy(stacked(even.tiers[0], chosen, arrays), canonical=not groups)


def regions_of(even: Hierarchy) -> tuple[list[list[Node]], list[tuple[Array, ...]]]:
    """The nodes between arrays, but for those of the outermost memory, and the arrays between these regions."""
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
    return regions, arrays


def stacked(outermost: Tier, orders: Sequence[Sequence[Unit]], arrays: Sequence[tuple[Array, ...]]) -> tuple[Tier, ...]:
    """All tiers: the outermost, and one for each unit of an order of every region, with the arrays between regions."""
    tiers = [Tier(outermost.nodes)]
    for number, order in enumerate(orders):
        tiers += [Tier(nodes) for nodes in order]
        if number < len(arrays):
            tiers[-1] = Tier(tiers[-1].nodes, arrays[number])
    return tuple(tiers)


Unit = tuple[Node, ...]


def _units(nodes: list[Node], groups: Sequence[frozenset[Node]]) -> list[Unit]:
    """The nodes of a region, those of a group as one."""
    units: dict[Unit, None] = {}
    for node in nodes:
        group = next((g for g in groups if node in g), frozenset({node}))
        units[tuple(n for n in nodes if n in group)] = None
    return list(units)


def tiers_of(nodes: list[Node], below_array: bool) -> Iterator[tuple[Unit, ...]]:
    """The nodes of a region in tiers of one node; below an array the first tier has one or more."""
    if not below_array or not nodes:
        yield from _interleavings([(n,) for n in nodes])
        return
    for count in range(1, len(nodes) + 1):
        for together in combinations(nodes, count):
            rest = [n for n in nodes if n not in together]
            if any(n.tensor == m.tensor and nodes.index(n) < nodes.index(m) for n in rest for m in together):
                continue  # an outer node of a tensor would stand inside an inner one
            for order in _interleavings([(n,) for n in rest]):
                yield (together, *order)


def _interleavings(units: list[Unit]) -> Iterator[tuple[Unit, ...]]:
    """All orders in which the nodes of each tensor keep theirs."""
    if not units:
        yield ()
        return
    for i, unit in enumerate(units):
        tensors = {n.tensor for n in unit}
        if not any(n.tensor in tensors for earlier in units[:i] for n in earlier):
            for rest in _interleavings(units[:i] + units[i + 1 :]):
                yield (unit, *rest)
