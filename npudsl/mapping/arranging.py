"""What a dataflow says about each slot of a nest whose nodes have been brought into an order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..spec.arch import Arch
from .dataflow import EMPTY, Dataflow, PlaceRule
from .nest import Node


def slot_rules(
    dataflow: Dataflow, arch: Arch, tiers: Sequence[Collection[Node]]
) -> tuple[PlaceRule | None, ...] | None:
    """What the slot below each tier must fit (None: nothing), or None if no mapping of this arrangement obeys.

    `tiers`: all nodes of a mapping, outermost first. Between tiers loops may stand; the nodes of a tier have none
    between them, so that they commute. A mapping with empty slots has several arrangements and obeys the dataflow if
    one of them does. Optional nodes, axes and requirements are not looked at.
    """
    found = arranged(dataflow, arch, tiers)
    if found.disordered or not all(rule.may_be_empty for rule in found.empty):
        return None
    return tuple(EMPTY if i in found.closed else rule for i, rule in enumerate(found.below))


@dataclass(frozen=True)
class Arrangement:
    """What an arrangement asks.

    `below`: per tier the rule that its slot must fit; `closed`: tiers whose slot must be empty, because it lies between
    the nodes of a rule; `empty`: rules that must admit an empty slot; `disordered`: rules that have a node above
    one of an earlier rule.
    """

    below: tuple[PlaceRule | None, ...]
    closed: dict[int, PlaceRule]
    empty: tuple[PlaceRule, ...]
    disordered: tuple[PlaceRule, ...]


def arranged(dataflow: Dataflow, arch: Arch, tiers: Sequence[Collection[Node]]) -> Arrangement:
    """`slot_rules` with the reasons."""
    tier_of = {node: index for index, tier in enumerate(tiers) for node in tier}
    ending: list[list[PlaceRule]] = [[] for _ in tiers]
    closed: dict[int, PlaceRule] = {}
    empty: list[PlaceRule] = []
    disordered: list[PlaceRule] = []
    reached = 0
    for rule in dataflow.temporal:
        at = sorted(tier_of[node] for node in rule.nodes or () if node in tier_of)
        if not at:
            empty.append(rule)
        elif at[0] < reached:
            disordered.append(rule)
        else:
            closed.update((index, rule) for index in range(at[0], at[-1]))
            reached = at[-1]
            ending[reached].append(rule)
    named = frozenset(node for rule in dataflow.temporal for node in rule.nodes or ())
    below: list[PlaceRule | None] = []
    for index, (tier, rules) in enumerate(zip(tiers, ending, strict=True)):
        fitting = None if index in closed else _Tier(arch, frozenset(tier), named).innermost(rules)
        below.append(fitting)
        empty += [rule for rule in rules if rule is not fitting]
    return Arrangement(tuple(below), closed, tuple(empty), tuple(disordered))


@dataclass(frozen=True)
class _Tier:
    """Nodes with no loop between them; those in `named` are bound by rules, the others free."""

    arch: Arch
    nodes: frozenset[Node]
    named: frozenset[Node]

    def innermost(self, rules: Sequence[PlaceRule]) -> PlaceRule | None:
        """Of the rules that end here, in their order, the one that the slot below must fit; the others are about empty
        slots, for nodes follow directly. None: nodes without a rule may stand innermost, or have to.
        """
        if not rules or not self._may_be_innermost(rules[-1]):
            return None
        return None if rules[-1].may_be_empty and self._free_node_may_be_innermost() else rules[-1]

    def _free_node_may_be_innermost(self) -> bool:
        bound, free = self.nodes & self.named, self.nodes - self.named
        return any(not any(self._inside(other, node) for other in bound) for node in free)

    def _may_be_innermost(self, rule: PlaceRule) -> bool:
        """Whether one of its nodes may; free nodes may stand between its others."""
        own, free = self.nodes & (rule.nodes or frozenset()), self.nodes - self.named
        return any(not any(self._inside(other, node) for other in free) for node in own)

    def _inside(self, inner: Node, outer: Node) -> bool:
        """Whether `inner` must stand below `outer`: the same tensor further in, or an array between them."""
        if inner.tensor == outer.tensor:
            order = [memory.name for memory in self.arch.memories]
            return order.index(inner.memory) > order.index(outer.memory)
        return bool(self.arch.arrays_between(outer.memory, inner.memory))
