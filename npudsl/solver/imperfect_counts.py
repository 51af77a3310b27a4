"""What the counts of a nest with clipped factors are made of, as data that is quickly made and put to many factors.

A descent looks at hundreds of nests, each at some tens of vectors of factors: writing all closed forms down would take
longer than everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..mapping.nest import Mapping
from ..model import functions as fn
from ..model.coordinate import linearised
from ..model.counts import Derivation
from ..model.expressions import Expression, Symbol
from ..model.formulas import Origin, Product
from ..spec.arch import Arch
from ..spec.op import Layer, Tensor
from .imperfect_monomials import Loops


@dataclass(frozen=True)
class Extent:
    """How far a dim reaches: the product of the factors of `loops`, at most `bound`."""

    bound: int
    loops: Loops


@dataclass(frozen=True)
class Settings:
    """`clipped.positions` of a dim: `inside` the loops that its tile is made of, `loops` those that enter as `code`
    says (`functions.kinds_code`), outermost first."""

    code: str
    bound: int
    inside: Loops
    loops: Loops


@dataclass(frozen=True)
class Tile:
    """Words of a rank of several dims, each reaching as far as its extent."""

    coefficients: tuple[int, ...]
    extents: tuple[Extent, ...]


@dataclass(frozen=True)
class Coordinate:
    """`clipped.coordinate_sum`, per dim the bound, the loops inside and those above that enter as `code` says
    (`functions.sum_code`)."""

    code: str
    coefficients: tuple[int, ...]
    bounds: tuple[int, ...]
    inside: tuple[Loops, ...]
    loops: tuple[Loops, ...]


Piece = int | Extent | Settings | Tile | Coordinate
Pieces = tuple[Piece, ...]


class Laid(Derivation):
    """Counts whose products are known by a symbol; `pieces` says what is multiplied."""

    def __init__(self, arch: Arch, layer: Layer, nest: Mapping):
        super().__init__(arch, layer, nest, frozenset(), 0, ())
        self._names: dict[Pieces, Symbol] = {}
        self._pieces: dict[Expression, Pieces] = {}

    def pieces(self, product: Product) -> Pieces:
        ((_, symbol),) = product.factors
        return self._pieces[symbol]

    def _interned(self, pieces: Pieces, origin: Origin | None = None) -> Product:
        symbol = self._names.get(pieces)
        if symbol is None:
            symbol = self._names[pieces] = Symbol(f"words {len(self._names)}")
            self._pieces[symbol] = pieces
        return Product((((), symbol),), origin)

    def tile(self, tensor: Tensor, position: int) -> Product:
        found: list[Piece] = []
        for group in tensor.groups:
            extents = tuple(Extent(self.layer.bound[d], self.loops_of(d, position)) for d in group)
            found.append(extents[0] if len(group) == 1 else Tile(self._linear(tensor, group), extents))
        return self._interned(tuple(found))

    def _product(self, origin: Origin) -> Product:
        tensor, bound = origin.edge.tensor, self.layer.bound
        found: list[Piece] = [
            bound[group[0]] if len(group) == 1 else self._coordinate(origin, group) for group in tensor.groups
        ]
        found += [
            self._settings(origin, dim) for dim in self.layer.op.dims if dim not in tensor.dims and bound[dim] > 1
        ]
        return self._interned(tuple(found), origin)

    def _settings(self, origin: Origin, dim: str) -> Settings:
        above = self.loops_above(dim, origin.edge.position)
        code = fn.kinds_code(tuple(origin.kinds[i] for i in above))
        return Settings(code, self.layer.bound[dim], self.loops_of(dim, origin.edge.position), above)

    def _coordinate(self, origin: Origin, group: tuple[str, ...]) -> Coordinate:
        position = origin.edge.position
        above = tuple(self.loops_above(d, position) for d in group)
        code = fn.sum_code(tuple(tuple(origin.kinds[i] for i in one) for one in above), origin.kept)
        bounds = tuple(self.layer.bound[d] for d in group)
        inside = tuple(self.loops_of(d, position) for d in group)
        return Coordinate(code, self._linear(origin.edge.tensor, group), bounds, inside, above)

    def steps(self) -> Product:
        found: list[Piece] = []
        for dim in self.layer.op.dims:
            loops = self.indices[dim]
            kinds = tuple("join" if self.loops[i].spatial else "walk" for i in loops)
            found.append(Settings(fn.kinds_code(kinds), self.layer.bound[dim], (), loops))
        return self._interned(tuple(found))

    def _linear(self, tensor: Tensor, group: tuple[str, ...]) -> tuple[int, ...]:
        return linearised(tensor, group, self.layer.bound)
