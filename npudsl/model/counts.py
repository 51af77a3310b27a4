"""Closed forms of every counter: sums of products over groups of dims, in the factors of the loops and the bounds.

The derivation is that of semantics.md, Movement. Over all arrivals of a tile at a node, with the loops above it classed
by `Edge.kind`, the words are a product of one expression per group of dims:
  a dim of its own that indexes the tensor   its bound: the tiles partition it
  a dim that does not                        the number of settings of the loops that make the tile arrive
  dims that share an index (windows)         A B [F + (t - 1) (F - kept)]: A outer temporal, B spatial, t the sweep
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable

from ..mapping.nest import Mapping
from ..spec.arch import Arch
from ..spec.op import Layer, Tensor
from .coordinate import linearised
from .edges import Edge, edges_of
from .expressions import ONE, Call, Expression, bound_symbol, product, swept, symbol
from .formulas import Booking, Count, Formulas, Group, Origin, Product, one
from .functions import kinds_code, sum_code

#: Kinds of loops whose settings are counted.
COUNTED = ("walk", "sweep", "sum")
#: Products by what they depend on.
Known = dict[object, Product]


class Derivation:
    """Writes down the closed forms of one nest. `perfect`: dims whose factors multiply to their bound."""

    def __init__(
        self, arch: Arch, layer: Layer, mapping: Mapping, perfect: frozenset[str], frame: int, names: tuple[str, ...],
        known: Known | None = None,
    ):  # fmt: skip
        self.arch, self.layer, self.mapping, self.perfect, self.frame = arch, layer, mapping, perfect, frame
        self.loops = mapping.loops
        self.indices = {d: tuple(i for i, loop in enumerate(self.loops) if loop.dim == d) for d in layer.op.dims}
        self.symbols = tuple(symbol(name) for name in names)
        self.bounds = {d: bound_symbol(d) for d in layer.op.dims}
        self._known = {} if known is None else known

    # ---- pieces ---------------------------------------------------------------------------------

    def loops_of(self, dim: str, position: int) -> tuple[int, ...]:
        """Indices of the loops over `dim` from `position` inwards."""
        return tuple(i for i in self.indices[dim] if position <= i)

    def loops_above(self, dim: str, position: int) -> tuple[int, ...]:
        """Indices of the loops over `dim` outside `position`."""
        return tuple(i for i in self.indices[dim] if i < position)

    def factor(self, indices: Iterable[int]) -> Expression:
        return product(tuple(self.symbols[i] for i in indices))

    def extent(self, dim: str, position: int) -> Expression:
        """Product of the factors from `position` inwards: how far `dim` reaches in a tile held there."""
        return self.factor(self.loops_of(dim, position))

    def clipped_extent(self, dim: str, position: int) -> Expression:
        whole = self.extent(dim, position)
        return whole if dim in self.perfect or whole == ONE else Call("Min", self.bounds[dim], whole)

    def coefficients(self, tensor: Tensor, group: Group) -> tuple[int, ...]:
        return linearised(tensor, group, self.layer.bound)

    # ---- products -------------------------------------------------------------------------------

    def tile(self, tensor: Tensor, position: int) -> Product:
        """Words of the largest tile below `position`, in one instance."""
        return self._once(("tile", tensor.name, *self._above(position)), lambda: self._tile(tensor, position))

    def _tile(self, tensor: Tensor, position: int) -> Product:
        parts: list[tuple[Group, Expression]] = []
        for group in tensor.groups:
            match [self.clipped_extent(d, position) for d in group]:
                case [alone]:
                    parts.append((group, alone))
                case extents:
                    parts.append((group, Call("Footprint", self.coefficients(tensor, group), tuple(extents))))
        return Product(tuple(parts))

    def arrivals(self, edge: Edge, joined: frozenset[int] = frozenset()) -> Product:
        """Words that arrive at a node over the whole layer: instances in `joined` loops united, the others added."""
        return self._product(Origin(edge, edge.kinds(joined)))

    def received(self, edge: Edge) -> Product:
        """Distinct pairs of parent instance and word of an output that ever pass this edge."""
        kinds = tuple(
            "sum" if self.loops[i].spatial and i < edge.parent_position else "join" for i in range(edge.position)
        )
        return self._product(Origin(edge, kinds, distinct=True))

    # What a product is made of depends on the loops dim by dim; only spread tiles are united in the order of the nest.

    def _once(self, key: object, make: Callable[[], Product]) -> Product:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = make()
        return found

    def _above(self, position: int) -> tuple[int, ...]:
        """Per dim how many loops there are, and how many of them stand above a position."""
        return tuple(n for found in self.indices.values() for n in (len(found), bisect_left(found, position)))

    def _product(self, origin: Origin) -> Product:
        edge, kinds = origin.edge, origin.kinds
        tensor, position = edge.tensor, edge.position
        alone = {dim for group in tensor.groups if len(group) == 1 for dim in group}
        key: list[object] = [tensor.name, edge.parent, edge.child, origin.distinct]
        for dim, indices in self.indices.items():
            if dim not in alone:  # else it counts its bound
                above = [kinds[i] for i in indices if i < position]
                plain = dim in self.perfect and dim not in tensor.dims
                key.append(tuple(kind in COUNTED for kind in above) if plain else (len(indices), *above))
        spread = tuple(self.loops[i].dim for i, kind in enumerate(kinds) if kind == "join")
        return self._once((*key, *spread), lambda: self._counted(origin))

    def _counted(self, origin: Origin) -> Product:
        tensor = origin.edge.tensor
        parts: list[tuple[Group, Expression]] = []
        for group in tensor.groups:
            if len(group) == 1:
                parts += [(group, self.bounds[dim]) for dim in group]
            elif all(d in self.perfect for d in group):
                parts.append((group, self._window(origin, group)))
            else:
                parts.append((group, self._clipped_window(origin, group)))
        for dim in self.layer.op.dims:
            if dim not in tensor.dims:
                parts.append(((dim,), self._repetition(origin, dim)))
        return Product(tuple(parts), origin)

    def _repetition(self, origin: Origin, dim: str) -> Expression:
        edge, kinds = origin.edge, origin.kinds
        above = self.loops_above(dim, edge.position)
        if dim in self.perfect:
            return self.factor(i for i in above if kinds[i] in COUNTED)
        code = kinds_code(tuple(kinds[i] for i in above))
        factors = tuple(self.symbols[i] for i in above)
        return Call("Positions", code, self.bounds[dim], self.extent(dim, edge.position), factors)

    def _window(self, origin: Origin, group: Group) -> Expression:
        """A B [F + (t - 1) F'], F the union of the tiles, F' the union of what a sweep brings."""
        edge, kinds = origin.edge, origin.kinds
        coefficients = self.coefficients(edge.tensor, group)
        extents = tuple(self.extent(d, edge.position) for d in group)
        above = [i for i in range(edge.position) if self.loops[i].dim in group]
        spread = tuple((group.index(self.loops[i].dim), self.symbols[i], self._move(i))
                       for i in above if kinds[i] == "join")  # fmt: skip
        outer = self.factor(i for i in above if kinds[i] in ("walk", "sum"))
        sweep = next((i for i in above if kinds[i] == "sweep"), None)
        if sweep is None:
            return swept(coefficients, extents, spread, outer, None)
        if not origin.kept:
            return swept(coefficients, extents, spread, outer * self.symbols[sweep], None)
        sweeping = group.index(self.loops[sweep].dim), self._move(sweep), self.symbols[sweep]
        return swept(coefficients, extents, spread, outer, sweeping)

    def _move(self, index: int) -> Expression:
        return self.extent(self.loops[index].dim, index + 1)

    def _clipped_window(self, origin: Origin, group: Group) -> Expression:
        edge = origin.edge
        above = [self.loops_above(d, edge.position) for d in group]
        code = sum_code(tuple(tuple(origin.kinds[i] for i in one_dim) for one_dim in above), origin.kept)
        return Call(
            "CoordinateSum",
            code,
            self.coefficients(edge.tensor, group),
            tuple(self.bounds[d] for d in group),
            tuple(self.extent(d, edge.position) for d in group),
            *[tuple(self.symbols[i] for i in one_dim) for one_dim in above],
        )

    def steps(self) -> Product:
        """Settings of the temporal counters in which the first (longest) instance has a point."""
        parts: list[tuple[Group, Expression]] = []
        for dim in self.layer.op.dims:
            indices = self.indices[dim]
            kinds = tuple("join" if self.loops[i].spatial else "walk" for i in indices)
            if dim in self.perfect:
                count = self.factor(i for i, k in zip(indices, kinds, strict=True) if k == "walk")
            else:
                factors = tuple(self.symbols[i] for i in indices)
                count = Call("Positions", kinds_code(kinds), self.bounds[dim], ONE, factors)
            parts.append(((dim,), count))
        return Product(tuple(parts))


class Ledger:
    """Books the words of every edge on the counters of its two ends and of the links in between."""

    def __init__(self, derivation: Derivation):
        self.d = derivation
        self.bookings: list[Booking] = []

    def tensor(self, tensor: Tensor) -> None:
        edges = edges_of(self.d.arch, self.d.mapping, tensor, self.d.frame)
        if not tensor.is_output:
            for edge in edges:
                self._operand(edge)
            return
        *outer, last = edges
        fresh = Booking("read", last.parent, last, one(self.d.tile(tensor, 0)), "fresh")
        for edge in outer:
            fresh = self._partial_sums(edge)
        self._results(last, fresh)

    def _book(self, counter: str, place: str, edge: Edge, words: Count, cause: str) -> None:
        self.bookings.append(Booking(counter, place, edge, words, cause))

    def _operand(self, edge: Edge) -> None:
        cause = "operand" if edge.child is None else "fill"
        self._book("read", edge.parent, edge, one(self.d.arrivals(edge, edge.combining)), cause)
        if edge.child is not None:
            self._book("write", edge.child, edge, one(self.d.arrivals(edge)), cause)
        self._carry(edge, cause)

    def _partial_sums(self, edge: Edge) -> Booking:
        """Books evictions and read-backs between two nodes; returns the words that start from zero at the inner one."""
        assert edge.child is not None
        evicted = one(self.d.arrivals(edge))
        written = one(self.d.arrivals(edge, edge.combining))
        united = one(self.d.arrivals(edge, edge.between))
        back = united - one(self.d.received(edge))
        self._book("write", edge.parent, edge, written, "evict")
        self._book("read", edge.parent, edge, written - united + back, "combine")
        self._book("read", edge.child, edge, evicted, "evict")
        self._book("write", edge.child, edge, back, "restore")
        self._carry(edge, "evict")
        self._return(edge, edge, back, "restore")
        return Booking("read", edge.child, edge, evicted - back, "fresh")

    def _results(self, edge: Edge, fresh: Booking) -> None:
        """Operations write every result and read what does not start from zero.

        `fresh` counts the words that do; it belongs to the edge that brings the innermost tile.
        """
        written = one(self.d.arrivals(edge, edge.combining))
        unread = Count() - fresh.count
        self._book("write", edge.parent, edge, written, "result")
        self._book("read", edge.parent, edge, written, "addend")
        self._book("read", edge.parent, fresh.edge, unread, fresh.cause)
        self._carry(edge, "result")
        self._return(edge, edge, written, "addend")
        self._return(edge, fresh.edge, unread, fresh.cause)

    def _carry(self, edge: Edge, cause: str) -> None:
        """Words on the links of every array crossed, per receiving (or sending) instance."""
        for array in edge.crossed:
            for link in array.links:
                if link.carries(edge.tensor.role):
                    words = self.d.arrivals(edge, edge.combining_below(array))
                    self._book("link", link.name, edge, one(words), cause)

    def _return(self, crossing: Edge, booked: Edge, words: Count, cause: str) -> None:
        """Partial sums on their way in over the links that `crossing` crosses; how many depends on `booked`."""
        for array in crossing.crossed:
            for link in array.links:
                if link.carries(crossing.tensor.role):
                    self._book("link", link.name, booked, words, cause)


def derive(
    arch: Arch,
    layer: Layer,
    mapping: Mapping,
    perfect: frozenset[str] | None = None,
    frame: int = 0,
    names: tuple[str, ...] | None = None,
    only: str | None = None,
    known: Known | None = None,
) -> Formulas:
    """Closed forms of every counter of a nest, whatever its factors are; every loop is taken to count.

    `perfect`: dims whose factors multiply to their bound (default: those of `mapping` for which it is so). `frame`: the
    first so many loops stand for everything outside and are always walked. `names`: of the loops' symbols (default:
    dim and number). `only`: the counters of this tensor alone; the nest then needs no nodes of others. `known`: what
    nests of the same layer, perfect dims and names have in common (each product says where it was first met).
    """
    if perfect is None:
        perfect = frozenset(d for d in layer.op.dims if mapping.extent(d, 0) == layer.bound[d])
    names = names or tuple(f"{loop.dim}_{i}" for i, loop in enumerate(mapping.loops))
    derivation = Derivation(arch, layer, mapping, perfect, frame, names, known)
    ledger = Ledger(derivation)
    for tensor in layer.op.tensors:
        if only is None or tensor.name == only:
            ledger.tensor(tensor)
    return Formulas(
        symbols=derivation.symbols,
        bounds=derivation.bounds,
        bookings=tuple(ledger.bookings),
        tiles={
            (node.memory, node.tensor): derivation.tile(layer.op.tensor(node.tensor), above)
            for node, above in mapping.placed
        },
        steps=derivation.steps(),
    )
