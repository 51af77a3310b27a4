"""Whether anything fits: does some mapping keep all limits of memories, axes and rules of a dataflow? Exact, by
exhaustion over the smallest tiles, and quick, because costs do not matter.

Utilization is that of perfect factors, which no other mapping with the same factors exceeds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

from ..mapping.arranging import slot_rules
from ..mapping.dataflow import Dataflow, FactorRule, PlaceRule
from ..mapping.footprint import words
from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer
from .demands import Demand, Demands
from .hierarchy import Hierarchy, hierarchies
from .splits import Place, Split, TooHardError, splits

#: Partial combinations of splits, and arrangements of nodes, that all that is asked of one question may look at.
MOST_TRIED = 150_000

#: Cases that one arrangement counts for.
ARRANGEMENT = 5

Axis = tuple[str, str]
#: (tensor, bits per word, tier) of a tile.
Tile = tuple[str, Fraction, int]


@dataclass
class Patience:
    """How many more cases may be looked at."""

    left: int = MOST_TRIED

    def spend(self, cases: int = 1) -> None:
        """Raises TooHardError when they are used up."""
        self.left -= cases
        if self.left < 0:
            raise TooHardError


@dataclass(frozen=True)
class Question:
    """One layer on one machine, in one mapspace, under the rules of one dataflow as far as they are among `demands`."""

    arch: Arch
    layer: Layer
    dataflow: Dataflow | None
    space: str = "even"
    factors: str = "perfect"
    patience: Patience = field(default_factory=Patience, compare=False)

    def find(self, demands: Demands) -> Fit | None:
        """A mapping that keeps `demands`; None if there is none. Raises TooHardError."""
        asked = self._rules(demands)
        for orders in hierarchies(self.arch, self.layer, self.space):
            nodes = {n for tier in orders[0].tiers for n in tier.nodes}
            if any((d.node in nodes) != (d.kind == "kept") for d in demands if d.node is not None):
                continue
            for hierarchy in orders:
                self.patience.spend(ARRANGEMENT)
                rules = slot_rules(asked, self.arch, [tier.nodes for tier in hierarchy.tiers])
                fit = None if rules is None else _Arrangement(self, hierarchy, rules, asked).fit(demands)
                if fit is not None:
                    return fit
        return None

    def _rules(self, demands: Demands) -> Dataflow:
        """The dataflow with those limits on factors that are among `demands`."""
        places = []
        for index, rule in enumerate(self.dataflow.places if self.dataflow else ()):
            factors = []
            for dim in self.layer.op.dims:
                least = demands.get(Demand("least", place=index, dim=dim), Fraction(1))
                most = demands.get(Demand("most", place=index, dim=dim))
                if least > 1 or most is not None:
                    factors.append(FactorRule(dim, int(least), None if most is None else int(most)))
            places.append(
                PlaceRule(rule.nodes, rule.axis, tuple(factors), True, rule.outer, rule.inner, rule.free_order)
            )
        return Dataflow("", tuple(places))

    def axes_of(self, demand: Demand) -> dict[Axis, int]:
        """The axes that an `axis`, `busy` or `idle` demand is about, with their sizes."""
        name: str | None = demand.array
        if demand.kind in ("busy", "idle"):
            assert self.dataflow is not None
            name = self.dataflow.requirements[demand.place].array
        return {
            (array.name, axis): size
            for array in self.arch.arrays
            for axis, size in array.axes
            if name in (None, array.name) and demand.axis in ("", axis)
        }


@dataclass(frozen=True)
class Fit:
    """A mapping that keeps some demands: the split of every dim over the places of an arrangement."""

    arrangement: _Arrangement
    splits: dict[str, Split]

    def load(self, demand: Demand) -> Fraction:
        """How much of a `size`, `share` or `axis` is taken, in its units; the utilization for `busy` and `idle`."""
        if demand.kind in ("size", "share"):
            return sum((bits * count for _, bits, count in self.tiles(demand)), Fraction(0))
        axes = self.arrangement.question.axes_of(demand)
        at = [i for i, (_, axis) in enumerate(self.arrangement.places) if axis in axes]
        used = prod(split.factors[i] for split in self.splits.values() for i in at)
        return Fraction(used, 1 if demand.kind == "axis" else prod(axes.values()))

    def tiles(self, demand: Demand) -> list[tuple[str, Fraction, int]]:
        """(tensor, bits per word, words) of every tile that counts for a size or a share."""
        layer = self.arrangement.question.layer
        return [
            (name, bits, words(layer.op.tensor(name), self.extents(tier)))
            for name, bits, tier in self.arrangement.tiles(demand)
        ]

    def extents(self, tier: int) -> dict[str, int]:
        """Of the tiles at a tier."""
        first = self.arrangement.first_place(tier)
        return {d: split.extents[first] for d, split in self.splits.items()}

    def nest(self) -> Mapping:
        """As a mapping, the loops of every slot in an order that the rules allow."""
        items: list[Node | Loop] = []
        arrangement = self.arrangement
        for tier, one in enumerate(arrangement.hierarchy.tiers):
            items += one.nodes
            for index, (at, axis) in enumerate(arrangement.places):
                if at == tier:
                    factors = {d: s.factors[index] for d, s in self.splits.items() if s.factors[index] > 1}
                    rule = arrangement.rules[tier] if axis is None else None
                    array, along = axis or (None, None)
                    items += [Loop(d, factors[d], array, along) for d in _in_order(list(factors), rule)]
        return Mapping(tuple(items))


def _in_order(dims: list[str], rule: PlaceRule | None) -> list[str]:
    outer = [d for d in (rule.outer if rule else ()) if d in dims]
    inner = [d for d in (rule.inner if rule else ()) if d in dims]
    return [*outer, *(d for d in dims if d not in outer and d not in inner), *inner]


@dataclass(frozen=True)
class _Arrangement:
    """One order of nodes with the rules of its slots. `places`: the slot below every tier, the axes that follow."""

    question: Question
    hierarchy: Hierarchy
    rules: tuple[PlaceRule | None, ...]
    asked: Dataflow

    @property
    def places(self) -> list[tuple[int, Axis | None]]:
        found: list[tuple[int, Axis | None]] = []
        for index, tier in enumerate(self.hierarchy.tiers):
            found.append((index, None))
            found += [(index, (array.name, axis)) for array in tier.arrays for axis, _ in array.axes]
        return found

    def first_place(self, tier: int) -> int:
        return self.places.index((tier, None))

    def tiles(self, demand: Demand) -> list[Tile]:
        """Of a memory, or of a role in it."""
        arch, op = self.question.arch, self.question.layer.op
        memory = arch.memory(demand.memory)
        found = []
        for index, tier in enumerate(self.hierarchy.tiers):
            for node in tier.nodes:
                role = op.tensor(node.tensor).role
                if node.memory == memory.name and demand.role in ("", role):
                    twice = 2 if role in memory.double else 1
                    found.append((node.tensor, arch.width(memory.name, role) * twice, index))
        return found

    def fit(self, demands: Demands) -> Fit | None:
        """Splits of all dims that keep the demands together; None if there are none."""
        layer = self.question.layer
        measured = {t for d in demands if d.kind in ("size", "share") for _, _, t in self.tiles(d)}
        wanted = {axis for d in demands if d.kind == "busy" for axis in self.question.axes_of(d)}
        per_dim = {}
        for dim, bound in layer.bounds:
            places = tuple(self._place(p, dim, demands, measured, wanted) for p in self.places)
            per_dim[dim] = splits(bound, places, self.question.factors == "perfect")
        if not all(per_dim.values()):
            return None
        found = _Together(self, demands, per_dim).pick({})
        return None if found is None else Fit(self, found)

    def _place(
        self, place: tuple[int, Axis | None], dim: str, demands: Demands, measured: set[int], wanted: set[Axis]
    ) -> Place:
        tier, axis = place
        rule = self.rules[tier] if axis is None else self.asked.along(*axis)
        limits = FactorRule(dim) if rule is None else rule.limits(dim)
        if axis is None:
            return Place(limits.least, limits.most, tier in measured)
        size = demands.get(Demand("axis", array=axis[0], axis=axis[1]))
        tops = [top for top in (limits.most, None if size is None else int(size)) if top is not None]
        return Place(limits.least, min(tops, default=None), axis=True, wanted=axis in wanted)


class _Together:
    """Picks a split for one dim after the other; what the rest may take at least (or give at most) prunes."""

    def __init__(self, arrangement: _Arrangement, demands: Demands, per_dim: dict[str, tuple[Split, ...]]):
        self.question = arrangement.question
        self.order = sorted(per_dim, key=lambda d: len(per_dim[d]))
        self.per_dim = per_dim
        self.rooms = [
            (limit, [(name, bits, arrangement.first_place(tier)) for name, bits, tier in arrangement.tiles(demand)])
            for demand, limit in demands.items()
            if demand.kind in ("size", "share")
        ]
        self.ranges = list(self._ranges(arrangement, demands))
        self.smallest = {d: _extreme(options, min) for d, options in per_dim.items()}
        self.largest = {d: _extreme(options, max) for d, options in per_dim.items()}

    def _ranges(
        self, arrangement: _Arrangement, demands: Demands
    ) -> Iterator[tuple[list[int], Fraction | None, Fraction | None]]:
        """(places, least product of factors, most) of axes."""
        for demand, limit in demands.items():
            if demand.kind in ("axis", "busy", "idle"):
                axes = self.question.axes_of(demand)
                at = [i for i, (_, axis) in enumerate(arrangement.places) if axis in axes]
                product = limit if demand.kind == "axis" else limit * prod(axes.values())
                yield (at, product, None) if demand.from_below else (at, None, product)

    def pick(self, chosen: dict[str, Split]) -> dict[str, Split] | None:
        """Splits of all dims, with those that are chosen already; None if there are none."""
        self.question.patience.spend()
        if not self._possible(chosen):
            return None
        if len(chosen) == len(self.order):
            return chosen
        dim = self.order[len(chosen)]
        for split in self.per_dim[dim]:
            found = self.pick({**chosen, dim: split})
            if found is not None:
                return found
        return None

    def _possible(self, chosen: dict[str, Split]) -> bool:
        small, large = {**self.smallest, **chosen}, {**self.largest, **chosen}
        for at, least, most in self.ranges:
            if most is not None and prod(s.factors[i] for s in small.values() for i in at) > most:
                return False
            if least is not None and prod(s.factors[i] for s in large.values() for i in at) < least:
                return False
        op = self.question.layer.op
        for limit, tiles in self.rooms:
            used = Fraction(0)
            for name, bits, place in tiles:
                used += bits * words(op.tensor(name), {d: s.extents[place] for d, s in small.items()})
            if used > limit:
                return False
        return True


def _extreme(options: tuple[Split, ...], pick: Callable[[Iterable[int]], int]) -> Split:
    """The least (or the largest) of every entry of some splits."""
    factors = tuple(pick(column) for column in zip(*(s.factors for s in options), strict=True))
    extents = tuple(pick(column) for column in zip(*(s.extents for s in options), strict=True))
    return Split(factors, extents, ())
