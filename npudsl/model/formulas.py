"""What a closed form is made of: products over groups of dims, integer combinations of them, booked edge by edge."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ..spec.arch import Arch
from ..spec.hashing import hashed_once
from .edges import Edge
from .expressions import Expression, Sum, Symbol, multiply

Group = tuple[str, ...]

#: Why words are booked: `fill` a tile that is read arrives; `operand` operations read it; `evict` a tile of the output
#: leaves; `combine` what arrives is added to what is there, or that is handed back; `restore` a tile of the output
#: comes back; `result` operations write the output; `addend` they read it; `fresh` but not what starts from zero.
CAUSES = ("fill", "operand", "evict", "combine", "restore", "result", "addend", "fresh")


@dataclass(frozen=True)
class Origin:
    """Words that pass `edge`, with its loops entering as `kinds` (`clipped.KINDS`).

    `distinct`: pairs of parent instance and word, each once however often it passes.
    """

    edge: Edge
    kinds: tuple[str, ...]
    distinct: bool = False

    @property
    def kept(self) -> bool:
        """Whether an instance receives only what it does not hold while the sweeping loop advances; outputs move
        whole."""
        return not self.edge.tensor.is_output


@hashed_once
@dataclass(frozen=True)
class Product:
    """A product of expressions, one per group of dims that share no rank of the tensor.

    `origin`: what it counts, for derivations (None: the words of a tile); equal products may have several reasons.
    """

    factors: tuple[tuple[Group, Expression], ...]
    origin: Origin | None = field(default=None, compare=False)

    @cached_property
    def expression(self) -> Expression:
        return multiply(e for _, e in self.factors)


@dataclass(frozen=True)
class Count:
    """An integer combination of products: what one counter counts."""

    terms: tuple[tuple[int, Product], ...] = ()

    @cached_property
    def expression(self) -> Expression:
        return Sum.of((k, p.expression) for k, p in self.terms)

    def __add__(self, other: Count) -> Count:
        merged = dict.fromkeys([p for _, p in (*self.terms, *other.terms)], 0)
        for k, p in (*self.terms, *other.terms):
            merged[p] += k
        return Count(tuple((k, p) for p, k in merged.items() if k))

    def __sub__(self, other: Count) -> Count:
        return self + Count(tuple((-k, p) for k, p in other.terms))


def one(product: Product) -> Count:
    return Count(((1, product),))


@dataclass(frozen=True)
class Booking:
    """What one edge adds to one counter: `counter` is `read`, `write` or `link`, `place` a memory or a link.

    `cause`: one of `CAUSES`, for derivations.
    """

    counter: str
    place: str
    edge: Edge
    count: Count
    cause: str

    def apart(self, arch: Arch) -> bool:
        """Whether these words fill or empty a tile without a second buffer, beside which no step goes on. (Reads that
        operations are spared are no movement.)"""
        child = self.edge.child
        return child is not None and self.cause != "fresh" and not arch.memory(child).ahead(self.edge.tensor.role)


@dataclass(frozen=True)
class Formulas:
    """Every counter of a nest in closed form. `symbols`: one per loop (its factor); `bounds`: one per dim.

    `bookings`: all counts, edge by edge; `tiles`: words of the largest tile by (memory, tensor).
    """

    symbols: tuple[Symbol, ...]
    bounds: dict[str, Symbol]
    bookings: tuple[Booking, ...]
    tiles: dict[tuple[str, str], Product]
    steps: Product

    @cached_property
    def totals(self) -> dict[tuple[str, str, str], Count]:
        """By (counter, place, tensor)."""
        found: dict[tuple[str, str, str], Count] = {}
        for booking in self.bookings:
            key = (booking.counter, booking.place, booking.edge.tensor.name)
            found[key] = found.get(key, Count()) + booking.count
        return found

    def total(self, counter: str, place: str, tensor: str) -> Expression:
        """One counter; 0 where nothing is booked on it."""
        return self.totals.get((counter, place, tensor), Count()).expression
