"""Derivations of every counter of a mapping, assembled from its bookings."""

from __future__ import annotations

from collections.abc import Iterator

from ...mapping.nest import Mapping
from ...spec.arch import Arch
from ...spec.op import Layer
from ..edges import Edge
from ..formulas import Booking, Count
from ..symbolic import symbolic
from .causes import nothing, sentence_of, untouched
from .factors import factors_of
from .roles import roles
from .scene import Scene
from .terms import Counter, Section, Term

#: What a counter counts, in the order in which counters are told.
ACTIONS = ("read", "write", "link")


class Derivations:
    """Every counter of one legal mapping of a layer, taken apart on request."""

    def __init__(self, arch: Arch, layer: Layer, mapping: Mapping):
        self.scene = Scene.of(arch, layer, mapping)

    @property
    def keys(self) -> tuple[tuple[str, str, str], ...]:
        """(place, tensor, action) of every counter there is: memories outermost first, then links."""
        arch, layer = self.scene.arch, self.scene.layer
        found: list[tuple[str, str, str]] = []
        for memory in arch.memories:
            for tensor in layer.op.tensors:
                if (memory.name, tensor.name) in self.scene.formulas.tiles:
                    found += [(memory.name, tensor.name, "read"), (memory.name, tensor.name, "write")]
        for array in arch.arrays:
            for link in array.links:
                found += [(link.name, t.name, "link") for t in layer.op.tensors if link.carries(t.role)]
        return tuple(found)

    def counter(self, place: str, tensor: str, action: str) -> Counter:
        """One counter. Raises `KeyError` if the mapping has none of that key."""
        if (place, tensor, action) not in self.keys:
            raise KeyError((place, tensor, action))
        formulas = self.scene.formulas
        bookings = [b for b in formulas.bookings if (b.counter, b.place, b.edge.tensor.name) == (action, place, tensor)]
        total = formulas.totals.get((action, place, tensor), Count())
        expression = symbolic(total.expression)
        return Counter(
            place=place,
            tensor=tensor,
            action=action,
            expression=expression,
            value=self.scene.numbers(expression),
            sections=tuple(self._sections(bookings)),
            values=self.scene.values,
            notes=() if bookings else (untouched(place, tensor, action),),
        )

    def counters(self) -> Iterator[Counter]:
        """All of them, in the order of `keys`."""
        return (self.counter(*key) for key in self.keys)

    def _sections(self, bookings: list[Booking]) -> Iterator[Section]:
        edges: dict[Edge, list[Booking]] = {}
        for booking in bookings:
            edges.setdefault(booking.edge, []).append(booking)
        for edge, booked in edges.items():
            yield Section(
                tensor=edge.tensor.name,
                parent=edge.parent,
                child=edge.child,
                loops=() if edge.child is None else roles(self.scene, edge),
                terms=tuple(term for b in booked for term in self._terms(b)),
                notes=tuple(nothing(b) for b in booked if not b.count.terms),
            )

    def _terms(self, booking: Booking) -> Iterator[Term]:
        for sign, product in booking.count.terms:
            factors = factors_of(self.scene, product, booking.edge.tensor.name, booking.cause, booking.counter)
            expression = symbolic(product.expression)
            yield Term(
                sign=sign,
                cause=booking.cause,
                sentence=sentence_of(booking, sign, product),
                expression=expression,
                factors=factors,
                value=sign * self.scene.numbers(expression),
            )
