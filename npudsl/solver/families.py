"""The rows of groups of dims: every way to split their bounds over places, with the columns that count them.

Templates split many groups alike and count many things alike, so rows and values are kept for all templates of a layer.
Templates that are searched as one are split over the places of all of them: a row with another factor than 1 where a
template has no loop is none of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, reduce
from math import prod

import numpy as np

from ..model.evaluate import Numbers
from ..model.expressions import Expression, bound_symbol
from ..spec.op import Layer
from .groups import Group
from .lattice import Lattice, factorisations
from .pareto import dominators
from .program import Split, Sum, evaluate_columns
from .rows import Table
from .sieve import Laid
from .templates import Place
from .wanted import Member, Term, Wanted

#: Rows of a family up to which they are compared once, for all templates that count alike; more are sieved first.
SHARED = 1 << 9
#: Bytes of values and comparisons that are kept.
MOST_HELD = 1 << 28


@dataclass
class Family:
    """All rows of groups that are split alike, what they add to flat indices (as in `Table`), the values of every
    expression asked for so far (for symbols at these loops), and by which rows they are beaten in columns compared so
    far."""

    factors: np.ndarray
    above: np.ndarray
    below: np.ndarray
    values: dict[tuple[Expression, tuple[int, ...]], np.ndarray] = field(default_factory=dict)
    beaten: dict[object, np.ndarray] = field(default_factory=dict)
    masks: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict)

    def has(self, lacks: tuple[int, ...]) -> np.ndarray:
        """Which rows a template has that lacks some of the loops."""
        if lacks not in self.masks:
            self.masks[lacks] = (self.factors[list(lacks)] == 1).all(axis=0)
        return self.masks[lacks]


@dataclass(frozen=True)
class Pooled:
    """`table`: the rows that no other beats in any column; `kept`: which rows of the family these are, of `total`.
    `rows`: the rows of the family that were compared; `beaten`: by which rows of the family they are."""

    table: Table
    kept: np.ndarray
    total: int
    rows: np.ndarray
    beaten: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.table.values.nbytes + self.rows.nbytes + self.beaten.nbytes

    @cached_property
    def owner(self) -> np.ndarray:
        """By which of `kept` every row of the family is beaten (-1: it is a row of no template, or was dropped)."""
        place = np.full(self.total, -1)
        place[self.kept] = np.arange(len(self.kept))
        owner = np.full(self.total, -1)
        owner[self.rows] = place[self.beaten]
        return owner


@dataclass(frozen=True)
class United:
    """Rows of templates that are searched as one, before any is dropped. `rows`: which rows of the family, those of
    some template."""

    family: Family
    laid: Laid
    rows: np.ndarray
    wanted: Wanted

    @property
    def below(self) -> np.ndarray:
        """What the rows add to the flat index of the extents that they leave further in."""
        return self.family.below[self.rows]

    def beaten(self, some: np.ndarray) -> np.ndarray:
        """By which of some rows (positions in `some`) each of them is beaten."""
        _, top, last = self.wanted.known
        family, rows = self.family, self.rows[some]
        above = np.zeros_like(rows) if top else family.above[rows]
        extents = above if last else above * (int(family.below.max(initial=0)) + 1) + family.below[rows]
        return dominators(self.laid.values[:, some] * self.wanted.signs[:, None], extents)


class Rows:
    """Tables of one layer."""

    def __init__(self, layer: Layer, lattice: Lattice):
        self.layer, self.lattice = layer, lattice
        self._families: dict[tuple[Group, tuple[Split, ...]], Family] = {}
        self._held = 0  # bytes of what families keep
        self._bounds = {bound_symbol(d): bound for d, bound in layer.bounds}
        self._numbers = Numbers(self._bounds)

    def constant(self, total: Sum) -> float:
        """What a sum has besides what depends on rows."""
        return float(sum((w * self._numbers(product.expression) for w, product in total.constant), Fraction(0)))

    def united(self, wanted: Wanted) -> United:
        """The rows of a group over all its splits in columns that are the least (most, if falling) of matched ones."""
        family = self._family(wanted.dims, wanted.splits)
        if self._held > MOST_HELD:
            self._forget()
        self._evaluate(family, wanted.members)
        rows = np.flatnonzero(reduce(np.logical_or, (family.has(m.lacks) for m in wanted.members)))
        values = np.array([_least(family, *key) for key in wanted.distinct]).reshape(len(wanted.distinct), -1)
        if len(rows) < values.shape[1]:
            values = values[:, rows]
        return United(family, Laid(values, wanted.number, family.above[rows], wanted.falling), rows, wanted)

    def pooled(self, united: United, left: np.ndarray | None) -> Pooled:
        """Without the rows that others beat, nor those that are not `left` (positions in `rows`, ascending; None: all
        are). Rows count as beaten only by such with the same extents above and below, where they matter: not above the
        outermost part nor below the last."""
        family, rows = united.family, united.rows
        some = np.arange(len(rows)) if left is None else left
        if left is not None and len(rows) > SHARED:
            beaten = left[united.beaten(left)]
        else:
            if united.wanted.known not in family.beaten:
                family.beaten[united.wanted.known] = found = united.beaten(np.arange(len(rows)))
                self._held += found.nbytes
            beaten = family.beaten[united.wanted.known][some]
        few = some[beaten == some]
        kept = rows[few]
        table = Table(
            family.factors[list(united.wanted.loops)][:, kept],
            united.laid.values[:, few][united.laid.number],
            family.above[kept],
            family.below[kept],
        )
        return Pooled(table, kept, family.factors.shape[1], rows[some], rows[beaten])

    def _evaluate(self, family: Family, members: Iterable[Member]) -> None:
        for member in dict.fromkeys(members):
            missing = [e for e in dict.fromkeys(member.columns) if (e, member.loops) not in family.values]
            if missing:
                factors = {s: family.factors[k] for s, k in zip(member.symbols, member.loops, strict=True)}
                found = evaluate_columns(missing, factors, self._bounds, family.factors.shape[1])
                family.values.update(zip([(e, member.loops) for e in missing], found, strict=True))
                self._held += found.nbytes

    def _forget(self) -> None:
        """What is kept is quickly found again, memory is not."""
        for family in self._families.values():
            family.values.clear()
            family.beaten.clear()
        self._held = 0

    # ---- families ---------------------------------------------------------------------------------

    def _family(self, group: Group, loops: tuple[Split, ...]) -> Family:
        if (group, loops) not in self._families:
            self._families[group, loops] = self._all_rows(group, loops)
        return self._families[group, loops]

    def _all_rows(self, group: Group, loops: tuple[Split, ...]) -> Family:
        per_dim: list[tuple[list[int], np.ndarray]] = []
        for dim in group:
            members = [k for k, split in enumerate(loops) if split.dim == dim]
            per_dim.append((members, factorisations(self.layer.bound[dim], tuple(_limits(loops[k]) for k in members))))
        counts = [len(found) for _, found in per_dim]
        picks = np.unravel_index(np.arange(prod(counts)), counts)
        factors = np.ones((len(loops), prod(counts)))
        for (members, table), pick in zip(per_dim, picks, strict=True):
            factors[members] = table[pick].T
        factors = factors[:, _within_axes(loops, factors)]
        above, below = (self._index(group, loops, factors, (place,)) for place in ("frame", "core"))
        return Family(factors, above, below)

    def _index(self, group: Group, loops: tuple[Split, ...], factors: np.ndarray, place: Place) -> np.ndarray:
        """Flat index contributions of the extents at the core, or of what the frame leaves of the bounds."""
        total = np.zeros(factors.shape[1], dtype=np.int64)
        for dim in group:
            members = [k for k, split in enumerate(loops) if split.dim == dim and split.place == place]
            extent = factors[members].prod(axis=0)
            bound = self.layer.bound[dim]
            total += self.lattice.index_of(dim, bound / extent if place == ("frame",) else extent)
        return total


def _least(family: Family, terms: frozenset[Term | None], falling: bool) -> np.ndarray:
    """The least (most, if falling) that templates make of every row; 0 where one has no such column."""
    if len(terms) == 1:
        (only,) = terms
        if only is not None and not only[2]:
            return family.values[only[0], only[1]]
    found = np.full(family.factors.shape[1], -np.inf if falling else np.inf)
    for term in terms:
        value = np.zeros(1) if term is None else family.values[term[0], term[1]]
        if term is not None and term[2]:
            value = np.where(family.has(term[2]), value, found)
        found = np.maximum(found, value) if falling else np.minimum(found, value)
    return found


def _limits(split: Split) -> tuple[int, int]:
    """The least and the largest factor of a loop (0: any)."""
    least, most = split.range
    return least, min((n for n in (split.size, most) if n), default=0)


def _within_axes(loops: tuple[Split, ...], factors: np.ndarray) -> np.ndarray:
    fits = np.ones(factors.shape[1], dtype=bool)
    for place, size in {(split.place, split.size) for split in loops if split.size}:
        members = [k for k, split in enumerate(loops) if split.place == place]
        fits &= factors[members].prod(axis=0) <= size
    return fits
