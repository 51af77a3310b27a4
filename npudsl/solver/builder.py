"""From a template to its program: the closed forms of its nest, laid out group by group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import cached_property, lru_cache

import sympy

from ..model.counts import Booking, Formulas, Product, derive
from ..spec.arch import Arch
from ..spec.op import Layer, Operator
from .hierarchy import Hierarchy
from .latency import Load, charges, loads
from .prices import Capacity, capacities, leakage
from .program import Busy, Group, Label, Limit, Program, Sum, groups_of
from .templates import Place, Template

#: A product of a sum, with what it counts and its weight.
Term = tuple[Label, Product, Fraction]


class Builder:
    """Collects the distinct products of a template as columns, then lays them out group by group."""

    def __init__(
        self,
        arch: Arch,
        layer: Layer,
        hierarchy: Hierarchy,
        template: Template,
        dims: tuple[str, ...],
        timed: bool,
        busy: tuple[Busy, ...],
    ):
        self.busy = busy
        self.arch, self.layer, self.hierarchy, self.template, self.timed = arch, layer, hierarchy, template, timed
        names = _ordinals(template)
        self.formulas: Formulas = derive(arch, layer, template.nest, frozenset(layer.op.dims), template.frame, names)
        self.symbols = frozenset(self.formulas.symbols)
        self._known_parts: dict[Product, tuple[sympy.Expr, ...]] = {}
        self._shares: dict[tuple[str, ...], tuple[tuple[Group, sympy.Expr], ...]] = {}
        self.groups = groups_of(layer, dims)
        self._live = {d: number for number, group in enumerate(self.groups) for d in group}
        self.products: dict[tuple[tuple[sympy.Expr, ...], bool], int] = {}
        self.dead = {self.formulas.bounds[d]: sympy.Integer(1) for d in layer.op.dims if d not in dims}

    def build(self) -> Program:
        energy = self._energy()
        loads = tuple(self._loads()) if self.timed else ()
        limits = tuple(self._limits())
        steps = self._column(self.steps)
        loops = tuple(
            tuple(i for i, loop in enumerate(self.template.nest.loops) if loop.dim in group) for group in self.groups
        )
        return Program(
            self.template,
            self.groups,
            loops,
            tuple(zip(*(parts for parts, _ in self.products), strict=True)),
            self.formulas.symbols,
            len(self.products),
            energy,
            loads,
            limits,
            steps,
            frozenset(i for (_, falling), i in self.products.items() if falling),
            tuple(self._axes()),
            tuple((symbol, d) for d, symbol in self.formulas.bounds.items()),
        )

    def _column(self, product: Product, falling: bool = False) -> int:
        """The column that holds a product, one factor per group.

        One that counts against a sum (`falling`) has a column of its own: it is bounded from above, and the same
        product in a limit from below.
        """
        return self.products.setdefault((self._parts(product), falling), len(self.products))

    def _parts(self, product: Product) -> tuple[sympy.Expr, ...]:
        """One expression per group."""
        found = self._known_parts.get(product)
        if found is None:
            parts: list[sympy.Expr] = [sympy.S.One] * len(self.groups)
            for dims, factor in product.factors:
                live = next((self._live[d] for d in dims if d in self._live), None)
                if live is not None:
                    factor = factor.xreplace(self.dead) if self.dead else factor
                    parts[live] = factor if parts[live] is sympy.S.One else _times(parts[live], factor)
            found = self._known_parts[product] = tuple(parts)
        return found

    def _is_constant(self, product: Product) -> bool:
        return all(_symbols(factor).isdisjoint(self.symbols) for _, factor in product.factors)

    # ---- energy and loads -------------------------------------------------------------------------

    def _energy(self) -> Sum:
        terms = [
            (label, product, times * self._price(booking))
            for booking in self.formulas.bookings
            if self._belongs(booking)
            for label, product, times in _terms(booking)
        ]
        if self.template.last:
            points = Product(tuple(((d,), symbol) for d, symbol in self.formulas.bounds.items()))
            terms.append((("points",), points, self.arch.compute.op_energy))
            terms.append((("steps",), self.steps, leakage(self.arch) / self.arch.compute.rate))
        return self._sum(terms)

    def _loads(self) -> Iterator[tuple[Load, Sum]]:
        """The sums of cycles that anything of this part belongs to."""
        totals: dict[Load, list[Term]] = {}
        # reads that operations are spared: outside a cut they are all words, shared by instances known further in
        last = self.template.last
        mine = [b for b in self.formulas.bookings if (last if b.cause == "fresh" else self._belongs(b))]
        for load, booking, toll in charges(self.arch, self.layer, mine):
            for label, product, times in _terms(booking):
                share = Product(product.factors + self._share(toll.arrays))
                totals.setdefault(load, []).append((label, share, times * toll.cycles))
        for load in loads(self.arch, self.layer):
            terms = totals.get(load, [])
            if load[1] and self.template.last:
                terms.append((("steps",), self.steps, 1 / self.arch.compute.rate))
            if terms:
                yield load, self._sum(terms)

    @cached_property
    def steps(self) -> Product:
        """The steps; in a part that is not the last those of the loops outside its bottom, which is a lower bound."""
        if self.template.last:
            return self.formulas.steps
        outside = [
            ((loop.dim,), symbol)
            for loop, place, symbol in zip(
                self.template.nest.loops, self.template.places, self.formulas.symbols, strict=True
            )
            if place[0] in ("frame", "slot")
        ]
        return Product(tuple(outside))

    def _share(self, arrays: tuple[str, ...]) -> tuple[tuple[Group, sympy.Expr], ...]:
        """One over the instances along some arrays, group by group."""
        if arrays in self._shares:
            return self._shares[arrays]
        found = []
        for group in self.groups:
            indices = [
                i for i, loop in enumerate(self.template.nest.loops) if loop.array in arrays and loop.dim in group
            ]
            if indices:
                found.append((group, sympy.Mul(*[1 / self.formulas.symbols[i] for i in indices])))
        return self._shares.setdefault(arrays, tuple(found))

    def _sum(self, terms: Iterable[Term]) -> Sum:
        total: dict[Product, Fraction] = {}
        for _, product, weight in terms:
            total[product] = total.get(product, Fraction(0)) + weight
        fixed = {product for product in total if self._is_constant(product)}
        constant = tuple((weight, product) for product, weight in total.items() if product in fixed)
        weights: dict[tuple[sympy.Expr, ...], Fraction] = {}
        places: dict[tuple[sympy.Expr, ...], Product] = {}
        for product, weight in total.items():
            if product not in fixed:
                parts = self._parts(product)
                places.setdefault(parts, product)
                weights[parts] = weights.get(parts, Fraction(0)) + weight
        columns = {parts: self._column(places[parts], w < 0) for parts, w in weights.items() if w}
        made_of = tuple(
            (label, columns[parts], weight)
            for label, product, weight in terms
            if weight and product not in fixed and (parts := self._parts(product)) in columns
        )
        return Sum(tuple((column, weights[parts]) for parts, column in columns.items()), constant, made_of)

    def _belongs(self, booking: Booking) -> bool:
        """Whether this part of the nest is the one that accounts for an edge."""
        tier = self.hierarchy.tier_of(booking.edge.tensor.name, booking.edge.child)
        if tier == len(self.hierarchy.tiers):
            return self.template.last
        return self.template.top < tier <= self.template.bottom

    def _price(self, booking: Booking) -> Fraction:
        """pJ per word on the counter of a booking."""
        role = booking.edge.tensor.role
        if booking.counter == "link":
            link = next(x for a in self.arch.arrays for x in a.links if x.name == booking.place)
            return link.hop_energy * self.arch.width(None, role)
        memory = self.arch.memory(booking.place)
        per_bit = memory.read_energy if booking.counter == "read" else memory.write_energy
        return per_bit * self.arch.width(memory.name, role)

    # ---- limits -----------------------------------------------------------------------------------

    def _limits(self) -> Iterator[Limit]:
        inside = self.hierarchy.tiers[self.template.top + 1 : self.template.bottom + 1]
        nodes = [n for tier in inside for n in tier.nodes]
        for name in dict.fromkeys(n.memory for n in nodes):
            held = [self.layer.op.tensor(n.tensor) for n in nodes if n.memory == name]
            for capacity in capacities(self.arch, self.arch.memory(name), held):
                yield self._capacity(name, capacity)
        for place, size in self._axes():
            yield Limit(((self._axis_column(place), Fraction(1)),), Fraction(size), ".".join(map(str, place[1:])))

        if self.template.last:
            yield from self._utilizations()

    def _utilizations(self) -> Iterator[Limit]:
        for arrays, least, most in self.busy:
            product = Product(tuple((g, 1 / inverse) for g, inverse in self._share(arrays)))
            what = " ".join(arrays)
            if most is not None:
                yield Limit(((self._column(product), Fraction(1)),), most, what)
            if least is not None:
                yield Limit(((self._column(product, falling=True), Fraction(-1)),), -least, what)

    def _capacity(self, memory: str, capacity: Capacity) -> Limit:
        columns = tuple((self._column(self.formulas.tiles[memory, t]), bits) for t, bits in capacity.widths)
        return Limit(columns, capacity.bits, capacity.what)

    def _axes(self) -> Iterator[tuple[Place, int]]:
        for tier in self.hierarchy.tiers[self.template.top : self.template.bottom]:
            for array in tier.arrays:
                for axis, size in array.axes:
                    yield ("axis", array.name, axis), size

    def _axis_column(self, place: Place) -> int:
        """The column of the product of all factors along an axis."""
        factors = []
        for group in self.groups:
            indices = [
                i
                for i, loop in enumerate(self.template.nest.loops)
                if self.template.places[i] == place and loop.dim in group
            ]
            factors.append((group, sympy.Mul(*[self.formulas.symbols[i] for i in indices])))
        return self._column(Product(tuple(factors)))


def _terms(booking: Booking) -> Iterator[tuple[Label, Product, Fraction]]:
    edge = booking.edge
    for number, (times, product) in enumerate(booking.count.terms):
        label = (booking.counter, booking.place, edge.tensor.name, edge.child or "", booking.cause, str(number))
        yield label, product, Fraction(times)


@lru_cache(maxsize=1 << 14)
def _times(one: sympy.Expr, other: sympy.Expr) -> sympy.Expr:
    return one * other


def _ordinals(template: Template) -> tuple[str, ...]:
    """Names for the loops' symbols: dim and number among the loops of the dim, so that equal forms are equal in all
    templates."""
    seen: dict[str, int] = {}
    names = []
    for loop in template.nest.loops:
        seen[loop.dim] = seen.get(loop.dim, -1) + 1
        names.append(f"{loop.dim}_{seen[loop.dim]}")
    return tuple(names)


@lru_cache(maxsize=1 << 14)
def _symbols(expression: sympy.Expr) -> frozenset[sympy.Symbol]:
    return frozenset(expression.free_symbols)


@lru_cache(maxsize=8192)
def program(
    arch: Arch,
    op: Operator,
    dims: tuple[str, ...],
    hierarchy: Hierarchy,
    template: Template,
    shape: tuple[tuple[str, int], ...],
    timed: bool,
    busy: tuple[Busy, ...],
) -> Program:
    """The program of a template. `op` without constants and `shape` as `skeleton` gives them, so that layers of one
    kind share their programs."""
    return Builder(arch, Layer("", op, shape), hierarchy, template, dims, timed, busy).build()
