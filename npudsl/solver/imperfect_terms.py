"""Counts of a nest with clipped factors, bounded from below by products of real factors (proof: docs/limits.md).

With e the extent of a dim at each of its loops, cut at the bound N, the loop from e' to e has the *real factor*
r = e / e' >= 1. Real factors multiply to N, none is above the factor itself, and tiles are as large as they say. The
settings of any of the loops are at least as many as the product of their real factors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from math import prod

from ..mapping.footprint import words
from ..mapping.nest import Mapping
from ..model.coordinate import linearised
from ..model.counts import Derivation, Ledger
from ..model.expressions import Symbol
from ..model.formulas import Booking, Count, Origin, Product
from ..spec.arch import Arch
from ..spec.op import Layer, Tensor
from .imperfect_monomials import Loops, Monomial, Total, Window, weighted
from .imperfect_windows import slide_form, tile_form
from .latency import Load, charges
from .prices import capacities

#: Gaps that are told apart; what crosses others is bounded whether there are instances or not.
MOST_TOLD = 3
COUNTED = ("walk", "sweep", "sum")


@dataclass(frozen=True)
class Gap:
    """Loops along arrays over the dim of a sweeping loop, between it and its node, counted instance by instance.

    With one instance (`alone`) a sweep brings a window that grows; with several each instance moves farther than its
    own tile is wide. Which of the two it is, is decided case by case.
    """

    sweep: int
    position: int
    loops: Loops


Alone = frozenset[Gap]


class _Named(Derivation):
    """Counts without their closed forms: a name each, the same for the same loops that count in the same way."""

    def tile(self, tensor: Tensor, position: int) -> Product:
        return Product((((), Symbol(f"{tensor.name} {position}")),))

    def _product(self, origin: Origin) -> Product:
        edge = origin.edge
        return Product((((), Symbol(f"{edge.tensor.name} {edge.position} {origin.kinds}")),), origin)


class Relaxed:
    """A nest with open factors. Totals are for a case: the gaps with one instance."""

    def __init__(self, arch: Arch, layer: Layer, nest: Mapping, frame: int = 0):
        self.arch, self.layer, self.nest, self.loops = arch, layer, nest, nest.loops
        self.over = {d: tuple(i for i, loop in enumerate(self.loops) if loop.dim == d) for d in layer.op.dims}
        ledger = Ledger(_Named(arch, layer, nest, frozenset(), frame, tuple(f"f{i}" for i in range(len(self.loops)))))
        for tensor in layer.op.tensors:
            ledger.tensor(tensor)
        self.bookings: list[Booking] = ledger.bookings
        self._counted: dict[tuple[Product, Alone], Monomial] = {}
        self._words = {t.name: words(t, layer.bound) for t in layer.op.tensors if t.is_output}
        self.gaps = tuple(dict.fromkeys(self._gaps()))[:MOST_TOLD]

    def cases(self) -> Iterator[Alone]:
        """Every nest is of one of these cases."""
        for alone in product((True, False), repeat=len(self.gaps)):
            yield frozenset(gap for gap, one in zip(self.gaps, alone, strict=True) if one)

    def _gaps(self) -> Iterator[Gap]:
        for booking in self.bookings:
            for _, one in booking.count.terms:
                gap = None if one.origin is None else self._gap(one.origin)
                if gap is not None and gap.loops:
                    yield gap

    def _gap(self, origin: Origin) -> Gap | None:
        """The gap of a window's sweep, maybe without any loops; None: no window slides."""
        sweep = next((i for i, kind in enumerate(origin.kinds) if kind == "sweep"), None)
        if sweep is None or not origin.kept:
            return None
        dim = self.loops[sweep].dim
        if not any(dim in group and len(self._live(group)) > 1 for group in origin.edge.tensor.groups):
            return None
        between = self._over(dim, sweep + 1, origin.edge.position)
        return Gap(sweep, origin.edge.position, tuple(i for i in between if origin.kinds[i] == "sum"))

    # ---- totals -------------------------------------------------------------------------------------

    def energy(self, alone: Alone) -> Total:
        """pJ, without leakage."""
        links = {link.name: link for array in self.arch.arrays for link in array.links}
        counts: dict[tuple[str, str, str], Count] = {}
        for booking in self.bookings:
            key = (booking.counter, booking.place, booking.edge.tensor.name)
            counts[key] = counts.get(key, Count()) + booking.count
        parts = [(Total((), self.layer.points * self.arch.compute.op_energy), Fraction(1))]
        for (counter, place, tensor), count in counts.items():
            role = self.layer.op.tensor(tensor).role
            if counter == "link":
                price = links[place].hop_energy * self.arch.width(None, role)
            else:
                memory = self.arch.memory(place)
                price = memory.read_energy if counter == "read" else memory.write_energy
                price = price * self.arch.width(place, role)
            parts.append((self._counter(count, alone), price))
        return weighted(parts)

    def loads(self, alone: Alone) -> dict[Load, Total]:
        """Cycles of every sum that may be the latency (`latency.loads`), were all instances there are in use."""
        counts: dict[tuple[Load, str, str, str], Count] = {}
        cycles: dict[tuple[Load, str, str, str], Fraction] = {}
        for load, booking, toll in charges(self.arch, self.layer, self.bookings):
            key = (load, toll.place, toll.tensor, toll.action)
            counts[key] = counts.get(key, Count()) + booking.count
            sizes = (size for a in self.arch.arrays if a.name in toll.arrays for _, size in a.axes)
            cycles[key] = toll.cycles / prod(sizes)
        found: dict[Load, list[tuple[Total, Fraction]]] = {}
        for key, count in counts.items():
            parts = found.setdefault(key[0], [(self.steps, Fraction(1))] if key[0][1] else [])
            parts.append((self._counter(count, alone), cycles[key]))
        return {load: weighted(parts) for load, parts in found.items()}

    @cached_property
    def steps(self) -> Total:
        """Cycles of compute."""
        counts = self._counts(i for i, loop in enumerate(self.loops) if not loop.spatial)
        return Total(((Monomial(1, counts=counts), 1 / self.arch.compute.rate),))

    def contents(self) -> Iterator[Total]:
        """Of every limit of a memory what its tiles take of it, as a part of 1; the outermost memories have none."""
        placed = self.nest.placed
        for name in dict.fromkeys(node.memory for node, _ in placed):
            memory = self.arch.memory(name)
            held = {node.tensor: above for node, above in placed if node.memory == name}
            tensors = [self.layer.op.tensor(t) for t in held]
            for capacity in (
                capacities(self.arch, memory, tensors) if memory not in self.arch.levels[0].memories else ()
            ):
                tiles = ((self.tile(self.layer.op.tensor(t), held[t]), bits) for t, bits in capacity.widths)
                yield Total(tuple((tile, bits / capacity.bits) for tile, bits in tiles))

    def _counter(self, count: Count, alone: Alone) -> Total:
        """What one counter counts: never negative, so it is nothing at least where something open counts against it."""
        terms: dict[Monomial, Fraction] = {}
        constant = Fraction(0)
        for times, one in count.terms:
            known = self._known(one)
            if known is not None:
                constant += times * known
            elif times < 0:
                return Total()
            elif one.origin is not None:
                found = self._arrivals(one, one.origin, alone)
                if found.open:
                    terms[found] = terms.get(found, Fraction(0)) + times
                else:
                    constant += times * found.constant
        return Total(tuple(terms.items()), constant)

    def _arrivals(self, one: Product, origin: Origin, alone: Alone) -> Monomial:
        """`arrivals`, once for every count: several counters have it."""
        key = one, alone
        if key not in self._counted:
            self._counted[key] = self.arrivals(origin, alone)
        return self._counted[key]

    # ---- products -----------------------------------------------------------------------------------

    def _known(self, one: Product) -> int | None:
        """A product that does not depend on the factors: all words of an output, each once."""
        origin = one.origin
        if origin is None:
            (found,) = self._words.values()
            return found
        if origin.distinct and not any(kind in COUNTED for kind in origin.kinds):
            return self._words[origin.edge.tensor.name]
        return None

    def tile(self, tensor: Tensor, position: int) -> Monomial:
        """Words of the largest tile below `position`."""
        found = Monomial(1)
        for group in tensor.groups:
            live = self._live(group)
            extents = tuple(self._over(d, position, len(self.loops)) for d in live)
            if len(live) > 1:
                form = tile_form(self._coefficients(tensor, group), tuple(self.layer.bound[d] for d in live))
                found *= Monomial(1, (), (Window(form, extents),))
            elif live:
                found *= Monomial(1, extents[0])
        return found

    def arrivals(self, origin: Origin, alone: Alone) -> Monomial:
        """Words that pass an edge over the whole layer."""
        tensor, found = origin.edge.tensor, Monomial(1)
        for group in tensor.groups:
            live = self._live(group)
            if len(live) > 1:
                found *= self._window(origin, group, alone)
            elif live:
                found *= Monomial(self.layer.bound[live[0]])  # its tiles partition it
        counted = (i for i, kind in enumerate(origin.kinds) if kind in COUNTED)
        return found * Monomial(1, counts=self._counts(i for i in counted if self.loops[i].dim not in tensor.dims))

    def _window(self, origin: Origin, group: tuple[str, ...], alone: Alone) -> Monomial:
        """Settings times the words of one tile; of tiles directly beside each other, the sweep's too, as one tile."""
        tensor, live = origin.edge.tensor, self._live(group)
        gap = self._gap(origin)
        swept = None if gap is None else self.loops[gap.sweep].dim
        far = gap is not None and swept in live and bool(gap.loops) and gap not in alone
        counted, extents = [], []
        for dim in live:
            absorbed = () if gap is None or far or dim != swept else (gap.sweep, *gap.loops)
            more, beside = self._chain(origin, dim, absorbed)
            counted += more
            extents.append((*beside, *self._over(dim, origin.edge.position, len(self.loops))))
        outer = Monomial(1, tuple(sorted(counted)))
        coefficients = self._coefficients(tensor, group)
        bounds = tuple(self.layer.bound[d] for d in live)
        if not far or swept is None:
            return outer * Monomial(1, (), (Window(tile_form(coefficients, bounds), tuple(extents)),))
        axis = live.index(swept)
        form = slide_form(coefficients, bounds, axis) if gap in self.gaps else None
        if form is None:  # every position along the swept dim brings a word at least
            return outer * Monomial(1, tuple(extents[axis]))
        return outer * Monomial(1, (), (Window(form, tuple(extents)),))

    def _chain(self, origin: Origin, dim: str, absorbed: Loops) -> tuple[list[int], list[int]]:
        """Loops above a node over a dim: those whose settings count, and those whose tiles stand beside each other.

        Instances that are united but stand apart are left out: the others bring no more. `absorbed`: a sweep whose
        tiles are taken together, and loops with one instance inside it.
        """
        counted: list[int] = []
        beside: list[int] = []
        for i in reversed(self._over(dim, 0, origin.edge.position)):
            kind = origin.kinds[i]
            if kind == "join" or i in absorbed:
                if not counted:
                    beside.append(i)
            else:
                counted.append(i)
        return counted, beside

    # ---- pieces -------------------------------------------------------------------------------------

    def _counts(self, loops: Iterable[int]) -> tuple[Loops, ...]:
        """Loops, dim by dim."""
        found: dict[str, list[int]] = {}
        for i in loops:
            found.setdefault(self.loops[i].dim, []).append(i)
        return tuple(sorted(tuple(one) for one in found.values()))

    def _live(self, group: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(d for d in group if self.layer.bound[d] > 1)

    def _over(self, dim: str, start: int, stop: int) -> Loops:
        return tuple(i for i in self.over[dim] if start <= i < stop)

    def _coefficients(self, tensor: Tensor, group: tuple[str, ...]) -> tuple[int, ...]:
        found = linearised(tensor, group, self.layer.bound)
        return tuple(c for c, d in zip(found, group, strict=True) if self.layer.bound[d] > 1)
