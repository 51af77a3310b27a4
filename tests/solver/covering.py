"""Whether the templates of a search cover a nest: one, or some part by part, with its factors count no more.

Nothing is searched, so layers may be of any size. Counted is word by word, so what holds here holds for all prices and
bandwidths: per tensor and memory or link the words read, written and carried, all and those apart from the steps
(`Booking.apart`), the words of every tile, and the steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.model.counts import derive
from npudsl.model.evaluate import Numbers
from npudsl.model.expressions import Expression, Symbol
from npudsl.model.formulas import Count
from npudsl.solver.groups import live_dims, outline, skeleton
from npudsl.solver.hierarchy import Hierarchy, hierarchies
from npudsl.solver.templates import Part, Place, Template, templates
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

Items = tuple[Node | Loop, ...]
#: (tensor, counter, place, whether only what moves apart from the steps counts) -> words
Words = dict[tuple[str, str, str, bool], int]
#: Factors by dim and place.
Factors = dict[tuple[str, Place], int]


@dataclass(frozen=True)
class Costs:
    """`words`: by the inner end of the edge that they pass (None: the operations); `tiles`: words; `steps`."""

    words: dict[Node | None, Words]
    tiles: dict[Node, int]
    steps: int

    def total(self, children: Iterable[Node | None]) -> Words:
        found: Words = {}
        for child in children:
            for key, words in self.words.get(child, {}).items():
                found[key] = found.get(key, 0) + words
        return found

    def no_worse(self, other: Costs, children: Iterable[Node | None] | None = None) -> bool:
        """Whether nothing is more than in the other. `children`: only these ends count (steps if the operations do)."""
        ends = set(other.words) if children is None else set(children)
        mine, theirs = self.total(ends), other.total(ends)
        return (
            all(words <= theirs.get(key, 0) for key, words in mine.items())
            and all(self.tiles[n] <= other.tiles[n] for n in ends if n is not None)
            and (None not in ends or self.steps <= other.steps)
        )


class Covering:
    """Templates of a layer on a machine, beside nests with perfect factors. `shared`: nests are cut between nodes of
    one memory too."""

    def __init__(self, arch: Arch, layer: Layer, space: str, *, shared: bool = False):
        self.arch, self.layer = arch, layer
        self.dims = live_dims(layer)
        self.op = outline(skeleton(layer)[0])
        self.orders: dict[frozenset[Node], list[Hierarchy]] = {}
        for orders in hierarchies(arch, layer, space):
            for order in orders:
                nodes = frozenset(n for tier in order.tiers for n in tier.nodes)
                self.orders.setdefault(nodes, []).append(replace(order, shared=shared))
        self._formulas: dict[object, _Formulas] = {}
        self._known: dict[object, tuple[dict[Node | None, Words], dict[Node, int]]] = {}

    def covers(self, mapping: Mapping) -> bool:
        simple = mapping.simplified()
        costs = self.costs(simple.items)
        return any(
            self._in_parts(order, factors, costs)
            for order in self.orders.get(frozenset(n for n, _ in simple.placed), ())
            if (factors := _assigned(order, simple.items)) is not None
        )

    # ---- counts -----------------------------------------------------------------------------------

    def costs(self, items: Items, frame: int = 0) -> Costs:
        """Of a nest, every loop of which counts; the first `frame` ones stand for everything outside."""
        words: dict[Node | None, Words] = {}
        tiles: dict[Node, int] = {}
        for tensor in self.layer.op.tensors:
            mine = tuple(i for i in items if isinstance(i, Loop) or i.tensor == tensor.name)
            key = (tensor.name, mine, frame)
            if key not in self._known:
                self._known[key] = self._counted(tensor.name, mine, frame)
            for child, found in self._known[key][0].items():
                words.setdefault(child, {}).update(found)
            tiles |= self._known[key][1]
        return Costs(words, tiles, prod(i.factor for i in items if isinstance(i, Loop) and not i.spatial))

    def _counted(self, tensor: str, items: Items, frame: int) -> tuple[dict[Node | None, Words], dict[Node, int]]:
        shape = tuple(i if isinstance(i, Node) else (i.dim, i.array, i.axis) for i in items)
        key = (tensor, shape, frame)
        if key not in self._formulas:
            self._formulas[key] = _Formulas.of(self.arch, self.layer, tensor, items, frame)
        formulas = self._formulas[key]
        factors = [i.factor for i in items if isinstance(i, Loop)]
        values = Numbers(
            dict(zip(formulas.symbols, factors, strict=True)) | {s: self.layer.bound[d] for d, s in formulas.bounds}
        )
        words = {child: {k: values(e) for k, e in one.items()} for child, one in formulas.words.items()}
        return words, {node: values(e) for node, e in formulas.tiles.items()}

    # ---- templates --------------------------------------------------------------------------------

    def _in_parts(self, order: Hierarchy, factors: Factors, costs: Costs) -> bool:
        """Whether some chain of parts from the outermost memory to the operations covers the nest."""
        end = len(order.tiers)
        bottom = end if order.tiers[-1].arrays else end - 1
        if not bottom:
            return self._in_part(order, (0, 0, True), factors, costs)
        reached = [0]
        for low in [*(t for t in range(1, bottom) if order.may_cut(t)), bottom]:
            if any(self._in_part(order, (top, low, low == bottom), factors, costs) for top in reached):
                reached.append(low)
        return bottom in reached

    def _in_part(self, order: Hierarchy, part: Part, factors: Factors, costs: Costs) -> bool:
        top, bottom, last = part
        ends: set[Node | None] = {n for tier in order.tiers[top + 1 : bottom + 1] for n in tier.nodes}
        if last:
            ends.add(None)
        placed = _placed(order, part, factors)
        return any(
            self.costs(items, template.frame).no_worse(costs, ends)
            for template in templates(self.op, self.dims, order, part)
            if (items := _filled(template, placed)) is not None
        )


@dataclass(frozen=True)
class _Formulas:
    """Closed forms of a tensor in nests that look alike."""

    symbols: tuple[Symbol, ...]
    bounds: tuple[tuple[str, Symbol], ...]
    words: dict[Node | None, dict[tuple[str, str, str, bool], Expression]]
    tiles: dict[Node, Expression]

    @classmethod
    def of(cls, arch: Arch, layer: Layer, tensor: str, items: Items, frame: int) -> _Formulas:
        formulas = derive(arch, layer, Mapping(items), frozenset(layer.op.dims), frame, only=tensor)
        counts: dict[Node | None, dict[tuple[str, str, str, bool], Count]] = {}
        for booking in formulas.bookings:
            child = None if booking.edge.child is None else Node(tensor, booking.edge.child)
            for apart in (False, True) if booking.apart(arch) else (False,):
                key = (tensor, booking.counter, booking.place, apart)
                mine = counts.setdefault(child, {})
                mine[key] = mine[key] + booking.count if key in mine else booking.count
        words = {c: {k: n.expression for k, n in one.items()} for c, one in counts.items()}
        tiles = {Node(t, m): tile.expression for (m, t), tile in formulas.tiles.items()}
        return cls(formulas.symbols, tuple(formulas.bounds.items()), words, tiles)


def _groups(items: Items) -> Iterator[tuple[set[Node], list[Loop]]]:
    """Nodes that stand together, with the loops that follow."""
    nodes: set[Node] = set()
    loops: list[Loop] = []
    for item in items:
        if isinstance(item, Loop):
            loops.append(item)
            continue
        if loops:
            yield nodes, loops
            nodes, loops = set(), []
        nodes.add(item)
    yield nodes, loops


def _assigned(order: Hierarchy, items: Items) -> Factors | None:
    """The factors of a nest by tier and axis; None: its nodes stand in another order."""
    found: Factors = {}
    tier = 0
    for nodes, loops in _groups(items):
        left = set(nodes)
        while left:
            if tier == len(order.tiers) or not set(order.tiers[tier].nodes) <= left:
                return None
            left -= set(order.tiers[tier].nodes)
            tier += 1
        for loop in loops:
            place: Place = ("slot", tier - 1) if loop.array is None else ("axis", loop.array, str(loop.axis))
            found[loop.dim, place] = found.get((loop.dim, place), 1) * loop.factor
    return found


def _placed(order: Hierarchy, part: Part, factors: Factors) -> Factors:
    """The same as seen from a part: what is outside is its frame, what is inside its core."""
    top, bottom, _ = part
    tier_of = {array.name: number for number, tier in enumerate(order.tiers) for array in tier.arrays}
    found: Factors = {}
    for (dim, place), factor in factors.items():
        tier = place[1] if place[0] == "slot" else tier_of[str(place[1])]
        assert isinstance(tier, int)
        seen: Place = ("frame",) if tier < top else ("core",) if tier >= bottom else place
        found[dim, seen] = found.get((dim, seen), 1) * factor
    return found


def _filled(template: Template, factors: Factors) -> Items | None:
    """A template with factors; None: it has no loop for one of them."""
    loops = template.nest.loops
    there = {(loop.dim, place) for loop, place in zip(loops, template.places, strict=True)}
    mine: Factors = {}
    for (dim, place), factor in factors.items():
        at: Place = place
        if (dim, place) not in there and place == ("slot", template.top):
            at = ("frame",)  # the frame has the loops of the first slot whose order is all one
        if (dim, at) not in there:
            if factor > 1:
                return None
            continue
        mine[dim, at] = mine.get((dim, at), 1) * factor
    places = iter(template.places)
    return tuple(
        i if isinstance(i, Node) else Loop(i.dim, mine.get((i.dim, next(places)), 1), i.array, i.axis)
        for i in template.nest.items
    )
