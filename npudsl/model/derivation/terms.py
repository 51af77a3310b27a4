"""What a derivation consists of: a counter is a sum of terms, a term a product of factors, made of quantities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import sympy

from ..formulas import Group


@dataclass(frozen=True)
class LoopRole:
    """What one loop does to the tile of a tensor at a node.

    `role`: `again` the same tiles come again; `next` another tile; `sweep` another tile, innermost of those that move
    it; `stay` the tile stays; `share` instances share words; `own` each instance has its own; `inside` below the node.
    """

    symbol: sympy.Symbol
    dim: str
    factor: int
    place: str
    role: str
    sentence: str


@dataclass(frozen=True)
class Quantity:
    """A named part of a factor. `expression` in symbols of loops and bounds; `form`: elementary where there is such a
    form. `index`: what the dims index, as text.
    """

    symbol: sympy.Symbol
    dims: Group
    index: str
    expression: sympy.Expr
    form: sympy.Expr
    value: int
    sentence: str


@dataclass(frozen=True)
class Piece:
    """Tiles of a clipped sum that are alike: `times` tiles of `extents` (per dim), `words` words each.

    `moved`: reached by a sweep, so that words were kept.
    """

    times: int
    extents: tuple[int, ...]
    moved: bool
    words: int


@dataclass(frozen=True)
class Factor:
    """What the dims of one group contribute. `form`: the expression in quantities, whose symbols stand in it.

    `kind`: `whole` of a whole tensor; `tiles` a dim whose tiles never overlap; `times` a dim that does not index the
    tensor; `window` dims that share an index. `symbol`: a name for what is no product of symbols. `silent`: a 1 that
    needs no words.
    """

    kind: str
    dims: Group
    symbol: sympy.Symbol | None
    expression: sympy.Expr
    form: sympy.Expr
    value: int
    sentences: tuple[str, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    pieces: tuple[Piece, ...] = ()
    silent: bool = False


@dataclass(frozen=True)
class Term:
    """`sign` times the product of the factors: one reason why words are counted. `value` includes the sign."""

    sign: int
    cause: str
    sentence: str
    expression: sympy.Expr
    factors: tuple[Factor, ...]
    value: int


@dataclass(frozen=True)
class Section:
    """The terms of one edge: `tensor` between `parent` and `child` (None: the operations), with the loops' roles there.

    `notes`: what is booked there and cancels out.
    """

    tensor: str
    parent: str
    child: str | None
    loops: tuple[LoopRole, ...]
    terms: tuple[Term, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counter:
    """One counter with its derivation. `action`: `read` or `write` of the memory `place`, or `link`: words on a link.

    `expression`: the closed form, a sympy expression in the factors of loops and bounds, of which `values` gives the
    numbers; `value`: words over the whole layer and all instances, exact; `notes`: why nothing is counted.
    """

    place: str
    tensor: str
    action: str
    expression: sympy.Expr
    value: int
    sections: tuple[Section, ...]
    values: Mapping[sympy.Symbol, int] = field(compare=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for section in self.sections for term in section.terms)
