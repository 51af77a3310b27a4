"""The closed forms of one tensor in a part of a nest, laid out group by group.

The templates of a search differ in what some tensor can tell, seldom in what all can, and closed forms take long to
derive. So they are derived for what a tensor sees of a template (`view`), once for all templates that look alike to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import chain

from ..mapping.nest import Loop, Mapping, Node
from ..model.counts import Booking, Formulas, Known, Product, derive
from ..model.expressions import ONE, Expression, Symbol, bound_symbol, multiply, symbol
from ..spec.arch import Arch
from ..spec.hashing import hashed_once
from ..spec.op import Layer, Operator, Tensor
from .groups import Group, groups_of, skeleton
from .latency import Load, charges
from .orders import windows
from .program import Busy, Label
from .waits import Wait, wait_charges


@hashed_once
@dataclass(frozen=True)
class Kind:
    """What all programs of a search have in common. `op` and `shape` as `skeleton` gives them; `unit`: pJ per unit of
    energy; `timed`: whether loads matter; `busy`: what is asked of the arrays' utilization; `groups`: of dims; `waits`:
    sums of cycles beside those of `latency.loads`; `reported`: whether sums are bounds on what is reported."""

    arch: Arch
    op: Operator
    shape: tuple[tuple[str, int], ...]
    dims: tuple[str, ...]
    unit: Fraction
    timed: bool
    busy: tuple[Busy, ...] = ()
    groups: tuple[Group, ...] = ()
    waits: tuple[Wait, ...] = ()
    reported: bool = False

    @cached_property
    def layer(self) -> Layer:
        return Layer("", self.op, self.shape)

    @staticmethod
    def of(
        arch: Arch, layer: Layer, dims: tuple[str, ...], unit: Fraction, timed: bool, busy: tuple[Busy, ...] = (),
        waits: tuple[Wait, ...] = (), reported: bool = False,
    ) -> Kind:  # fmt: skip
        """`dims`: those with a bound above 1."""
        op, shape = skeleton(layer)
        return Kind(arch, op, shape, dims, unit, timed, busy, groups_of(Layer("", op, shape), dims), waits, reported)

    @cached_property
    def alone(self) -> dict[str, Kind]:
        """By tensor what its forms depend on: kinds that differ in other tensors (the stride of a window) share it."""
        return {t.name: _same(replace(self, op=replace(self.op, tensors=(t,)), busy=())) for t in self.op.tensors}

    @cached_property
    def products(self) -> Known:
        """Those of all nests so far."""
        return {}

    @cached_property
    def columns(self) -> dict[Product, Column]:
        """Those of all products so far."""
        return {}

    @cached_property
    def bounds(self) -> frozenset[Symbol]:
        """The symbols of the bounds."""
        return frozenset(bound_symbol(d) for d in self.op.dims)

    @cached_property
    def group_of(self) -> dict[str, int]:
        """The number of the group of each dim."""
        return {d: number for number, group in enumerate(self.groups) for d in group}


@lru_cache(maxsize=256)
def _same(kind: Kind) -> Kind:
    """The first of equal ones, which knows the products of all."""
    return kind


@hashed_once
@dataclass(frozen=True)
class Column:
    """A product laid out: one expression per group of dims. `constant`: it depends on bounds alone."""

    parts: tuple[Expression, ...]
    product: Product = field(compare=False)
    constant: bool = field(compare=False)


@dataclass(frozen=True)
class Weighted:
    """A sum of weight * product. `terms`: what the weights are made of."""

    weights: tuple[tuple[Column, Fraction], ...]
    constant: tuple[tuple[Fraction, Product], ...]
    terms: tuple[tuple[Label, Column, float], ...]


@dataclass(frozen=True)
class TensorForms:
    """What one tensor adds to a part: `energy` in units of `Kind.unit`, `loads` in cycles; `tiles`: by memory the words
    of its largest tile. `steps`: of the whole nest."""

    energy: Weighted
    loads: tuple[tuple[Load, Weighted], ...]
    tiles: dict[str, Column]
    steps: Column


@lru_cache(maxsize=1 << 14)
def tensor_forms(kind: Kind, tensor: str, nest: Mapping, frame: int, mine: frozenset[str], last: bool) -> TensorForms:
    """`kind`: of the tensor alone; `nest`: a `view`; `mine`: the memories at the inner ends of the edges that the part
    accounts for; `last`: whether the operations belong to it."""
    laid = Layout(kind, nest)
    formulas = derive(
        kind.arch, kind.layer, nest, frozenset(kind.op.dims), frame, ordinals(nest), tensor, kind.products
    )
    booked = [b for b in formulas.bookings if (b.edge.child in mine if b.edge.child else last)]
    energy = [
        (label, laid.column(product), times * price(kind.arch, booking) / kind.unit)
        for booking in booked
        for label, product, times in _terms(booking)
    ]
    return TensorForms(
        weighted(energy),
        tuple(_loads(kind, formulas, laid, booked, last)) if kind.timed else (),
        {memory: laid.column(tile) for (memory, _), tile in formulas.tiles.items()},
        laid.column(formulas.steps),
    )


def _loads(
    kind: Kind, formulas: Formulas, laid: Layout, booked: list[Booking], last: bool
) -> Iterator[tuple[Load, Weighted]]:
    """The sums of cycles that anything of this part belongs to."""
    totals: dict[Load, list[tuple[Label, Column, Fraction]]] = {}
    # reads that operations are spared: outside a cut they are all words, shared by instances known further in
    spared = [b for b in formulas.bookings if b.cause == "fresh"] if last else []
    counted = [*(b for b in booked if b.cause != "fresh"), *spared]
    charged = chain(charges(kind.arch, kind.layer, counted), wait_charges(kind.arch, kind.layer, kind.waits, counted))
    for load, booking, toll in charged:
        for label, product, times in _terms(booking):
            share = Product(product.factors + laid.share(toll.arrays))
            totals.setdefault(load, []).append((label, laid.column(share), times * toll.cycles))
    for load, terms in totals.items():
        yield load, weighted(terms)


def weighted(terms: Iterable[tuple[Label, Column, Fraction]]) -> Weighted:
    """Equal products as one; what cancels is dropped."""
    terms = tuple(terms)
    total: dict[Column, Fraction] = {}
    for _, column, weight in terms:
        total[column] = total.get(column, Fraction(0)) + weight
    return Weighted(
        tuple((column, weight) for column, weight in total.items() if weight and not column.constant),
        tuple((weight, column.product) for column, weight in total.items() if weight and column.constant),
        tuple((label, c, float(w)) for label, c, w in terms if w and total[c] and not c.constant),
    )


def _terms(booking: Booking) -> Iterator[tuple[Label, Product, Fraction]]:
    edge = booking.edge
    for number, (times, product) in enumerate(booking.count.terms):
        label = (booking.counter, booking.place, edge.tensor.name, edge.child or "", booking.cause, str(number))
        yield label, product, Fraction(times)


def price(arch: Arch, booking: Booking) -> Fraction:
    """pJ per word on the counter of a booking."""
    return _price(arch, booking.counter, booking.place, booking.edge.tensor.role)


@lru_cache(maxsize=1 << 10)
def _price(arch: Arch, counter: str, place: str, role: str) -> Fraction:
    if counter == "link":
        link = next(x for a in arch.arrays for x in a.links if x.name == place)
        return link.hop_energy * arch.width(None, role)
    memory = arch.memory(place)
    per_bit = memory.read_energy if counter == "read" else memory.write_energy
    return per_bit * arch.width(memory.name, role)


class Layout:
    """Lays products out group by group. The symbols are those of `ordinals`, the same in every view of a template."""

    def __init__(self, kind: Kind, nest: Mapping):
        self.kind, self.nest = kind, nest
        self.symbols = tuple(symbol(name) for name in ordinals(nest))

    def column(self, product: Product) -> Column:
        found = self.kind.columns.get(product)
        if found is None:
            parts: list[Expression] = [ONE] * len(self.kind.groups)
            for dims, factor in product.factors:
                group = self.kind.group_of[dims[0]]
                parts[group] = factor if parts[group] is ONE else parts[group] * factor
            constant = all(part.within(self.kind.bounds) for part in parts)
            found = self.kind.columns[product] = Column(tuple(parts), product, constant)
        return found

    def share(self, arrays: tuple[str, ...]) -> tuple[tuple[Group, Expression], ...]:
        """One over the instances along some arrays, group by group."""
        found = []
        for group in self.kind.groups:
            there = [s for s, loop in zip(self.symbols, self.nest.loops, strict=True)
                     if loop.array in arrays and loop.dim in group]  # fmt: skip
            if there:
                found.append((group, ONE / multiply(there)))
        return tuple(found)


@lru_cache(maxsize=1 << 10)
def ordinals(nest: Mapping) -> tuple[str, ...]:
    """Names for the loops' symbols: dim and number among the loops of the dim, so that equal forms are equal in all
    templates."""
    seen: dict[str, int] = {}
    names = []
    for loop in nest.loops:
        seen[loop.dim] = seen.get(loop.dim, -1) + 1
        names.append(f"{loop.dim}_{seen[loop.dim]}")
    return tuple(names)


def view(nest: Mapping, frame: int, tensor: Tensor) -> tuple[Mapping, int]:
    """What a tensor can tell of a nest: its own nodes, and the loops in a fixed order wherever theirs is all one to it;
    and how many of them are still a frame.

    It is so within a run of temporal loops between its nodes and arrays, but for what stands inside the last loop that
    moves the next node, and for that loop itself if it makes a window slide. Loops of one dim keep their order. The
    frame is part of a run if every node has such a loop further in: loops outside of it are walked, as those of a frame
    are.
    """
    found: list[Node | Loop] = []
    run: list[Loop] = []  # inner loops first
    moved = True  # whether the loop that is the last to move the next node further in is known
    above = len(nest.loops)

    def flush() -> None:
        nonlocal moved
        last = None if moved else next((k for k, loop in enumerate(run) if loop.dim in tensor.dims), None)
        moved = moved or last is not None
        found.extend(_in_order(run[:last]))
        if last is not None:
            found.extend(_mover_first(run[last:], tensor))
        run.clear()

    for item in reversed(nest.items):
        if isinstance(item, Node):
            if item.tensor == tensor.name:
                flush()
                moved = False
                found.append(item)
            continue
        above -= 1
        if above == frame - 1 and (moved or any(loop.dim in tensor.dims for loop in run)):
            frame = 0
        if item.spatial or above < frame:
            flush()
            found.append(item)
        else:
            run.append(item)
    flush()
    return Mapping(tuple(reversed(found)), nest.name), frame


def _mover_first(run: list[Loop], tensor: Tensor) -> list[Loop]:
    """A run whose first loop moves the tensor, with one such loop first: the same if its window slides."""
    sliding = windows(tensor)
    first = 0
    if run[0].dim not in sliding:
        first = min(
            (k for k, x in enumerate(run) if x.dim in tensor.dims and x.dim not in sliding), key=lambda k: run[k].dim
        )
    return [run[first], *_in_order([*run[:first], *run[first + 1 :]])]


def _in_order(run: list[Loop]) -> list[Loop]:
    return sorted(run, key=lambda loop: loop.dim)
