"""From a template to its program: the closed forms of its tensors put together, and the limits that it must keep."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cached_property, lru_cache

from ..mapping.nest import Node
from ..model.counts import Product
from ..model.expressions import ONE, bound_symbol
from .credits import Credits
from .ends import End, ends, words
from .hierarchy import Hierarchy
from .latency import Load, loads
from .prices import Capacity, capacities, rounded_up
from .program import Limit, Program, Split, Spot, Sum, Weights
from .templates import Place, Template
from .tensor_forms import Column, Kind, Layout, TensorForms, Weighted, tensor_forms, view, weighted
from .waits import Wait, wait_loads


class Builder:
    """Collects the distinct products of a template as columns."""

    def __init__(self, kind: Kind, hierarchy: Hierarchy, template: Template):
        self.kind, self.hierarchy, self.template = kind, hierarchy, template
        self.laid = Layout(kind, template.nest)
        self.tensors = {t.name: self._forms(t.name) for t in kind.op.tensors}
        self.columns: dict[tuple[Column, bool], int] = {}

    def _forms(self, tensor: str) -> TensorForms:
        """Of an edge the part of the nest accounts that has the inner node."""
        template = self.template
        tiers = self.hierarchy.tiers[template.top + 1 : template.bottom + 1]
        mine = frozenset(n.memory for tier in tiers for n in tier.nodes if n.tensor == tensor)
        seen, frame = view(template.nest, template.frame, self.kind.op.tensor(tensor))
        return tensor_forms(self.kind.alone[tensor], tensor, seen, frame, mine, template.last)

    def build(self) -> Program:
        energy = self._energy()
        loads = tuple(self._loads()) if self.kind.timed else ()
        limits, rooms = tuple(self._limits()), tuple(self._rooms())
        credits = tuple(self._across()) if self.kind.timed else ()
        steps = self._column(self._steps())
        dims = [loop.dim for loop in self.template.nest.loops]
        loops = tuple(tuple(i for d in group for i, dim in enumerate(dims) if dim == d) for group in self.kind.groups)
        return Program(
            self.template,
            self.kind.groups,
            loops,
            tuple(dict(map(self._split, members)) for members in loops),
            tuple(zip(*(column.parts for column, _ in self.columns), strict=True)),
            self.laid.symbols,
            len(self.columns),
            energy,
            loads,
            limits,
            steps,
            frozenset(i for (_, falling), i in self.columns.items() if falling),
            tuple((bound_symbol(d), d) for d in self.kind.op.dims),
            rooms,
            credits,
            frozenset(wait.own for wait in self.kind.waits),
        )

    def _column(self, column: Column, falling: bool = False) -> int:
        """The number of a column.

        One that counts against a sum (`falling`) has a number of its own: it is bounded from above, and the same
        product in a limit from below.
        """
        return self.columns.setdefault((column, falling), len(self.columns))

    def _split(self, index: int) -> tuple[Spot, Split]:
        """Where a loop stands, and what it may be."""
        template, place = self.template, self.template.places[index]
        dim = template.nest.loops[index].dim
        size = self._axes.get(place, 0)
        if template.top == 0 and place == ("frame",):
            place = ("slot", 0)
        return _spot(dim, place, size, template.ranges[index])

    # ---- energy and loads -------------------------------------------------------------------------

    def _energy(self) -> Sum:
        sums = [forms.energy for forms in self.tensors.values()]
        if self.template.last:
            arch, unit = self.kind.arch, self.kind.unit
            points = Product(tuple(((d,), bound_symbol(d)) for d in self.kind.op.dims))
            sums.append(weighted([(("points",), self.laid.column(points), arch.compute.op_energy / unit)]))
        return self._sum(sums)

    def _loads(self) -> Iterator[tuple[Load, Sum]]:
        """The sums of cycles that anything of this part belongs to."""
        arch, last = self.kind.arch, self.template.last
        totals: dict[Load, list[Weighted]] = {}
        for forms in self.tensors.values():
            for load, mine in forms.loads:
                totals.setdefault(load, []).append(mine)
        for credit in self._credits():
            for load, mine in credit.lost():
                totals.setdefault(load, []).append(mine)
        ends = list(self._ends()) if self.kind.reported else []
        for load in (*loads(arch, self.kind.layer), *wait_loads(self.kind.waits)):
            sums = [*totals.get(load, []), *(mine for end, mine in ends if end.belongs(load, self.kind.waits))]
            if load[1] and last:
                sums = [*sums, weighted([(("steps",), self._steps(), 1 / arch.compute.rate)])]
            if sums:
                yield load, self._sum(sums)

    def _ends(self) -> Iterator[tuple[End, Weighted]]:
        """What first and last tiles of this part take."""
        arch, op, nest = self.kind.arch, self.kind.op, self.template.nest
        mine = self._mine()
        for end in ends(arch, op, nest):
            if end.node in mine:
                tile = self.tensors[end.node.tensor].tiles[end.node.memory].product
                found = words(arch, op.tensor(end.node.tensor), nest, end, tile, self.laid.symbols)
                label = ("end", end.node.tensor, end.node.memory, end.which, *sorted(end.resources))
                yield end, weighted([(label, self.laid.column(found), end.cycles)])

    def _credits(self) -> Iterator[Credits]:
        """What sums of two places lose in this part."""
        mine = self._mine()
        for wait in self.kind.waits:
            tile = self.tensors[wait.tensor].tiles[wait.further].product if wait.node in mine else None
            yield Credits(self.kind, self.hierarchy, self.template, self.laid, wait, tile)

    def _across(self) -> Iterator[tuple[Wait, Weights]]:
        for credit in self._credits():
            found = credit.across()
            if found:
                yield credit.wait, tuple((self._column(column, falling=True), float(w)) for column, w in found)

    def _mine(self) -> set[Node]:
        """The nodes that the part places."""
        tiers = self.hierarchy.tiers[self.template.top + 1 : self.template.bottom + 1]
        return {n for tier in tiers for n in tier.nodes}

    def _steps(self) -> Column:
        """The steps; in a part that is not the last those of the loops outside its bottom, which is a lower bound."""
        if self.template.last:
            return next(iter(self.tensors.values())).steps
        outside = [
            ((loop.dim,), symbol)
            for loop, place, symbol in zip(
                self.template.nest.loops, self.template.places, self.laid.symbols, strict=True
            )
            if place[0] in ("frame", "slot")
        ]
        return self.laid.column(Product(tuple(outside)))

    def _sum(self, sums: Iterable[Weighted]) -> Sum:
        sums = tuple(sums)
        total: dict[Column, Fraction] = {}
        for one in sums:
            for column, weight in one.weights:
                total[column] = total[column] + weight if column in total else weight
        places = {column: self._column(column, weight < 0) for column, weight in total.items() if weight}
        return Sum(
            tuple((place, float(total[column])) for column, place in places.items()),
            tuple(part for one in sums for part in one.constant),
            tuple((label, places[c], weight) for one in sums for label, c, weight in one.terms if c in places),
        )

    # ---- limits -----------------------------------------------------------------------------------

    def _limits(self) -> Iterator[Limit]:
        for name, capacity, mine in self._capacities():
            if len(mine) == len(capacity.widths):
                yield self._capacity(name, capacity)
        for place, size in self._axes.items():
            yield Limit(((self._axis_column(place), 1.0),), rounded_up(Fraction(size)), ".".join(map(str, place[1:])))
        if self.template.last:
            yield from self._utilizations()

    def _rooms(self) -> Iterator[tuple[str, Sum]]:
        """What the part takes of capacities that nodes outside or further in have a share of."""
        for name, capacity, mine in self._capacities():
            if len(mine) < len(capacity.widths):
                terms = tuple(((t,), self._column(self.tensors[t].tiles[name]), float(bits)) for t, bits in mine)
                yield capacity.what, Sum(tuple((column, bits) for _, column, bits in terms), (), terms)

    def _capacities(self) -> Iterator[tuple[str, Capacity, tuple[tuple[str, Fraction], ...]]]:
        """By memory the capacities that nodes of this part have a share of, and bits per word of these."""
        inside = self.hierarchy.tiers[self.template.top + 1 : self.template.bottom + 1]
        here = {n for tier in inside for n in tier.nodes}
        nodes = [n for tier in self.hierarchy.tiers for n in tier.nodes]
        for name in dict.fromkeys(n.memory for n in nodes if n in here):
            held = [self.kind.op.tensor(n.tensor) for n in nodes if n.memory == name]
            for capacity in capacities(self.kind.arch, self.kind.arch.memory(name), held):
                mine = tuple((t, bits) for t, bits in capacity.widths if Node(t, name) in here)
                if mine:
                    yield name, capacity, mine

    def _utilizations(self) -> Iterator[Limit]:
        for arrays, least, most in self.kind.busy:
            used = Product(tuple((g, ONE / inverse) for g, inverse in self.laid.share(arrays)))
            column, what = self.laid.column(used), " ".join(arrays)
            if most is not None:
                yield Limit(((self._column(column), 1.0),), rounded_up(most), what)
            if least is not None:
                yield Limit(((self._column(column, falling=True), -1.0),), rounded_up(-least), what)

    def _capacity(self, memory: str, capacity: Capacity) -> Limit:
        weights = tuple((self._column(self.tensors[t].tiles[memory]), float(bits)) for t, bits in capacity.widths)
        return Limit(weights, rounded_up(capacity.bits), capacity.what)

    @cached_property
    def _axes(self) -> dict[Place, int]:
        """The places along arrays with their sizes."""
        arrays = [a for tier in self.hierarchy.tiers[self.template.top : self.template.bottom] for a in tier.arrays]
        return {("axis", array.name, axis): size for array in arrays for axis, size in array.axes}

    def _axis_column(self, place: Place) -> int:
        """The column of the product of all factors along an axis."""
        along = [
            ((loop.dim,), symbol)
            for loop, there, symbol in zip(
                self.template.nest.loops, self.template.places, self.laid.symbols, strict=True
            )
            if there == place
        ]
        return self._column(self.laid.column(Product(tuple(along))))


@lru_cache(maxsize=1 << 12)
def _spot(dim: str, place: Place, size: int, within: tuple[int, int | None]) -> tuple[Spot, Split]:
    """Made once: tens of thousands of programs have the same."""
    kind: Place = ("slot",) if place[0] == "slot" else place
    return (dim, place), Split(dim, kind, size, within)


@lru_cache(maxsize=8192)
def program(kind: Kind, hierarchy: Hierarchy, template: Template) -> Program:
    """The program of a template; layers of one kind share theirs."""
    return Builder(kind, hierarchy, template).build()
