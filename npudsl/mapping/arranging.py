"""What a dataflow says about each slot of a nest whose nodes have been brought into an order."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from ..spec.arch import Arch
from .dataflow import EMPTY, Dataflow, PlaceRule
from .nest import Node


class _ContradictionError(Exception):
    """No mapping of this arrangement obeys."""


def slot_rules(
    dataflow: Dataflow, arch: Arch, tiers: Sequence[Collection[Node]]
) -> tuple[PlaceRule | None, ...] | None:
    """What the slot below each tier must fit (None: nothing), or None if no mapping of this arrangement obeys.

    `tiers`: all nodes of a mapping, outermost first. Between tiers loops may stand; the nodes of a tier have none
    between them, so that they commute. A mapping with empty slots has several arrangements and obeys the dataflow if
    one of them does. Optional nodes, axes and requirements are not looked at.
    """
    named = frozenset(node for rule in dataflow.temporal for node in rule.nodes or ())
    try:
        ending, closed = _rules_of_tiers(dataflow, tiers)
        return tuple(
            _Tier(arch, frozenset(tier), named).slot(rules, index in closed)
            for index, (tier, rules) in enumerate(zip(tiers, ending, strict=True))
        )
    except _ContradictionError:
        return None


def _rules_of_tiers(
    dataflow: Dataflow, tiers: Sequence[Collection[Node]]
) -> tuple[list[list[PlaceRule]], frozenset[int]]:
    """Per tier the rules whose last node stands there; the tiers that have a slot between the nodes of one rule."""
    tier_of = {node: index for index, tier in enumerate(tiers) for node in tier}
    ending: list[list[PlaceRule]] = [[] for _ in tiers]
    closed: set[int] = set()
    reached = 0
    for rule in dataflow.temporal:
        at = sorted(tier_of[node] for node in rule.nodes or () if node in tier_of)
        if not at:
            _check_empty([rule])
            continue
        if at[0] < reached:
            raise _ContradictionError
        closed.update(range(at[0], at[-1]))
        reached = at[-1]
        ending[reached].append(rule)
    return ending, frozenset(closed)


def _check_empty(rules: Sequence[PlaceRule]) -> None:
    if not all(rule.may_be_empty for rule in rules):
        raise _ContradictionError


@dataclass(frozen=True)
class _Tier:
    """Nodes with no loop between them; those in `named` are bound by rules, the others free."""

    arch: Arch
    nodes: frozenset[Node]
    named: frozenset[Node]

    def slot(self, rules: list[PlaceRule], closed: bool) -> PlaceRule | None:
        """What the slot below fits, given the rules that end here in their order. `closed`: it must be empty.

        Below all but the last rule stands a node of the next, so their slots are empty.
        """
        if closed:
            _check_empty(rules)
            return EMPTY
        if not rules:
            return None
        _check_empty(rules[:-1])
        last = rules[-1]
        if last.may_be_empty and self._free_node_may_be_innermost():
            return None
        if self._free_node_inside(last):
            raise _ContradictionError
        return last

    def _free_node_may_be_innermost(self) -> bool:
        bound, free = self.nodes & self.named, self.nodes - self.named
        return any(not any(self._inside(other, node) for other in bound) for node in free)

    def _free_node_inside(self, rule: PlaceRule) -> bool:
        own = self.nodes & (rule.nodes or frozenset())
        return any(self._inside(node, other) for node in self.nodes - self.named for other in own)

    def _inside(self, inner: Node, outer: Node) -> bool:
        """Whether `inner` must stand below `outer`: the same tensor further in, or an array between them."""
        if inner.tensor == outer.tensor:
            order = [memory.name for memory in self.arch.memories]
            return order.index(inner.memory) > order.index(outer.memory)
        return bool(self.arch.arrays_between(outer.memory, inner.memory))
