"""A dataflow: what a mapping block with holes says about the mappings of one layer on one machine.

Neutral data, made by `resolve_dataflow.py`, read by the solver, checked by `violations.py`.

What holds for a mapping is said of its *slots*. A temporal slot is the run of temporal loops directly below a node, up
to the next node, spatial loop or the operation; it may be empty. Loops of factor 1 do not count. A mapping obeys the
places of a dataflow if its nodes can be brought into an order that means the same (nodes with no loop between them
commute, nodes of one tensor and nodes on different sides of an array do not) such that

- the nodes of every temporal rule have no loop between them, and the slot below the last of them fits the rule;
- nodes of an earlier rule stand before those of a later one (`places` is in the order of the text, outermost first);
- the loops along every axis that has a rule fit it; along an axis their order has no meaning.

A place without a rule is free. Nodes of a rule that a mapping does not have (optional, bypassed) do not count; if it
has none of them, the rule is about an empty slot.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Literal

from ..text.source import Span
from .nest import Loop, Mapping, Node


@dataclass(frozen=True)
class FactorRule:
    """`least <= factor <= most` of a dim at one place (`most` None: no limit; no loop is a factor of 1)."""

    dim: str
    least: int = 1
    most: int | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    @property
    def exact(self) -> int | None:
        """The factor, if there is only one."""
        return self.least if self.least == self.most else None

    def admits(self, factor: int) -> bool:
        return self.least <= factor and (self.most is None or factor <= self.most)


@dataclass(frozen=True)
class PlaceRule:
    """What a slot may hold.

    `nodes`: the nodes that stand just above a temporal slot, some of them optional perhaps; None for an axis.
    `axis`: (array, axis) of a spatial slot.
    `factors`: the dims that are named, each once; any other dim has no loop here unless the slot is `open`.
    `outer`, `inner`: dims whose loops stand outside, inside everything else, in this order (outermost first). Every
    named dim is in one of them, and in a slot that is not open all are in `outer`. With `free_order` both are empty.
    `name`: what the text calls the slot.
    """

    nodes: frozenset[Node] | None
    axis: tuple[str, str] | None
    factors: tuple[FactorRule, ...] = ()
    open: bool = False
    outer: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    free_order: bool = False
    span: Span | None = field(default=None, compare=False, repr=False)
    name: str = field(default="", compare=False)

    @cached_property
    def factor(self) -> dict[str, FactorRule]:
        """The factor rules by dim."""
        return {rule.dim: rule for rule in self.factors}

    def limits(self, dim: str) -> FactorRule:
        """What the factor of any dim may be here."""
        return self.factor.get(dim) or FactorRule(dim, 1, None if self.open else 1)

    @property
    def may_be_empty(self) -> bool:
        return all(rule.least == 1 for rule in self.factors)

    def ordered(self, dims: Sequence[str]) -> bool:
        """Whether loops over `dims` (outermost first, each once, factors above 1) stand in an order that fits."""
        if self.free_order or self.axis is not None:
            return True
        here = set(dims)
        outer, inner = ([d for d in named if d in here] for named in (self.outer, self.inner))
        return list(dims[: len(outer)]) == outer and list(dims[len(dims) - len(inner) :]) == inner

    def admits(self, loops: Sequence[Loop]) -> bool:
        """Whether the loops of a slot, outermost first, fit."""
        factors = {loop.dim: loop.factor for loop in loops if loop.factor > 1}
        named = all(rule.admits(factors.get(rule.dim, 1)) for rule in self.factors)
        return named and (self.open or factors.keys() <= self.factor.keys()) and self.ordered(list(factors))


#: A slot without loops.
EMPTY = PlaceRule(frozenset(), None)

Metric = Literal["latency", "energy", "edp", "utilization"]


@dataclass(frozen=True)
class Requirement:
    """`least <= metric <= most`: latency in cycles, energy in pJ, edp in pJ * cycles, utilization a ratio.

    `array`: the array whose utilization is meant, None for the whole machine and for the other metrics.
    """

    kind: Metric
    array: str | None
    least: Fraction | None
    most: Fraction | None
    message: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Dataflow:
    """What a block asks of the mappings of one layer on one machine.

    `places`: temporal and spatial rules in the order of the text, outermost first; a node or an axis is in one rule.
    `kept`, `bypassed`: optional nodes that every mapping has, or has not; the others are free.
    `complete`: the mapping, if the block has no holes; then it alone is admitted, and the rest says the same.
    """

    name: str
    places: tuple[PlaceRule, ...] = ()
    kept: frozenset[Node] = frozenset()
    bypassed: frozenset[Node] = frozenset()
    requirements: tuple[Requirement, ...] = ()
    complete: Mapping | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    def along(self, array: str, axis: str) -> PlaceRule | None:
        """The rule of an axis."""
        return next((rule for rule in self.places if rule.axis == (array, axis)), None)

    @cached_property
    def temporal(self) -> tuple[PlaceRule, ...]:
        """The rules of temporal slots, outermost first."""
        return tuple(rule for rule in self.places if rule.nodes is not None)

    def admits_nodes(self, nodes: Collection[Node]) -> bool:
        """Whether a choice of optional nodes is allowed: `nodes` are all that a mapping has."""
        return self.kept <= set(nodes) and not self.bypassed & set(nodes)
