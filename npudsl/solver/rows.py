"""The rows of a template's groups: every way to split the bounds of a group over its places, with their columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm, prod

import numpy as np
import sympy

from ..model.counts import bound_symbol
from ..model.evaluate import Numbers
from ..spec.op import Layer
from .latency import Load
from .lattice import Lattice, factorisations
from .pareto import undominated
from .program import Group, Label, Program, Sum, evaluate_columns
from .templates import Place, Template


@dataclass(frozen=True)
class Table:
    """Rows of one group: `factors` (loops, rows), `values` (columns, rows); `above` and `below`: what a row adds to the
    flat index of the extents that it needs at the top of the part, and of those that it leaves at the bottom."""

    factors: np.ndarray
    values: np.ndarray
    above: np.ndarray
    below: np.ndarray

    @property
    def size(self) -> int:
        return self.values.shape[1]

    def select(self, rows: np.ndarray) -> Table:
        return Table(self.factors[:, rows], self.values[:, rows], self.above[rows], self.below[rows])


#: Labels with column and weight.
Terms = tuple[tuple[Label, int, float], ...]


@dataclass(frozen=True)
class Task:
    """A template with numbers.

    energy = constant + sum of weight * product of the column over the groups, in units of `unit` pJ; likewise every
    load (weights, constant), in cycles, and every limit (weights, bound). `steps` is a column. `falling`: columns that
    count against a sum. `energy_terms`, `load_terms`: what the weights are made of (`Sum.terms`).
    """

    program: Program
    tables: tuple[Table, ...]
    energy: tuple[tuple[int, float], ...]
    constant: float
    loads: dict[Load, tuple[tuple[tuple[int, float], ...], float]]
    limits: tuple[tuple[tuple[tuple[int, float], ...], float], ...]
    steps: int
    falling: frozenset[int]
    energy_terms: Terms = ()
    load_terms: dict[Load, Terms] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many columns there are."""
        return self.tables[0].values.shape[0]


@dataclass(frozen=True)
class Choice:
    """One row per group of a template: a factor for each loop of `template.nest`."""

    template: Template
    factors: tuple[int, ...]


def choice_of(task: Task, picks: np.ndarray) -> Choice:
    """From one row of every group."""
    factors = [1] * len(task.program.template.nest.loops)
    for group, row in enumerate(picks):
        for k, loop in enumerate(task.program.loops[group]):
            factors[loop] = int(task.tables[group].factors[k, row])
    return Choice(task.program.template, tuple(factors))


def common_unit(weights: Iterable[Fraction]) -> Fraction:
    """The largest unit of which all weights are whole multiples: sums of counts times weights are then exact in
    float64.

    1 pJ if that would take too fine a unit; then sums are rounded as floats are.
    """
    denominator = lcm(1, *(w.denominator for w in weights))
    return Fraction(1, denominator) if denominator <= 10**4 else Fraction(1)


def make_task(program: Program, rows: Rows) -> Task | None:
    """All rows of all groups but those that another one makes superfluous. None: a group has no row, nothing fits."""
    tables = []
    for group in range(len(program.groups)):
        table = rows.table(program, group)
        if table.size == 0:
            return None
        tables.append(table)
    return Task(
        program,
        tuple(tables),
        program.energy.weights,
        rows.constant(program.energy),
        {load: (total.weights, rows.constant(total)) for load, total in program.loads},
        tuple((limit.weights, limit.bound) for limit in program.limits),
        program.steps,
        program.falling,
        program.energy.terms,
        {load: total.terms for load, total in program.loads},
    )


@dataclass(frozen=True)
class Split:
    """A loop over a dim of a group: its factor lies in `range`, and those along an axis multiply to at most `size` (0:
    no axis). One slot is as good as another, so `place` does not say which."""

    dim: str
    place: Place
    size: int
    range: tuple[int, int | None]


#: What tells the rows of a group from those of another.
Splits = tuple[Group, tuple[Split, ...]]


@dataclass
class Family:
    """All rows of groups that are split alike, and the values of every expression asked for so far."""

    factors: np.ndarray
    above: np.ndarray
    below: np.ndarray
    values: dict[sympy.Expr, np.ndarray] = field(default_factory=dict)
    kept: dict[object, np.ndarray] = field(default_factory=dict)


class Rows:
    """Tables of one layer. Templates split many groups alike and count many things alike, so both are remembered."""

    def __init__(self, layer: Layer, lattice: Lattice):
        self.layer, self.lattice = layer, lattice
        self.families: dict[Splits, Family] = {}
        self._numbers = Numbers({bound_symbol(d): bound for d, bound in layer.bounds})

    def constant(self, total: Sum) -> float:
        """What a sum has besides what depends on rows."""
        return float(sum((weight * self._numbers(product.expression) for weight, product in total.constant), Fraction(0)))

    def table(self, program: Program, group: int) -> Table:
        """The rows of a group that no other row replaces: no worse in any column, and same extents above and below,
        where they matter: not above the outermost part nor below the last."""
        splits = _splits(program, group)
        family = self.families.get(splits)
        if family is None:
            family = self.families[splits] = self._family(splits)
        symbols = [program.symbols[i] for i in program.loops[group]]
        values = self._values(family, program, group, symbols)
        signed = dict.fromkeys((e, c in program.falling) for c, e in enumerate(program.columns[group]))
        top, last = program.template.top == 0, program.template.last
        key = (frozenset(signed), top, last)
        if key not in family.kept:
            columns = np.array([-family.values[e] if down else family.values[e] for e, down in signed])
            above = np.zeros_like(family.above) if top else family.above
            keys = above if last else above * (int(family.below.max(initial=0)) + 1) + family.below
            family.kept[key] = undominated(columns, keys)
        kept = family.kept[key]
        return Table(family.factors[:, kept], values[:, kept], family.above[kept], family.below[kept])

    def _values(self, family: Family, program: Program, group: int, symbols: list[sympy.Symbol]) -> np.ndarray:
        columns = program.columns[group]
        missing = [e for e in dict.fromkeys(columns) if e not in family.values]
        if missing:
            bounds = {symbol: self.layer.bound[d] for symbol, d in program.bounds}
            found = evaluate_columns(
                missing, dict(zip(symbols, family.factors, strict=True)), bounds, len(family.above)
            )
            family.values.update(zip(missing, found, strict=True))
        return np.array([family.values[e] for e in columns]).reshape(len(columns), -1)

    def _family(self, splits: Splits) -> Family:
        group, loops = splits
        per_dim: list[tuple[list[int], np.ndarray]] = []
        for dim in group:
            members = [k for k, split in enumerate(loops) if split.dim == dim]
            found = factorisations(self.layer.bound[dim], tuple(_limits(loops[k]) for k in members))
            per_dim.append((members, np.array(found, dtype=float).reshape(len(found), len(members))))
        counts = [len(found) for _, found in per_dim]
        picks = np.unravel_index(np.arange(prod(counts)), counts)
        factors = np.ones((len(loops), prod(counts)))
        for (members, table), pick in zip(per_dim, picks, strict=True):
            factors[members] = table[pick].T
        factors = factors[:, _within_axes(loops, factors)]
        return Family(factors, self._index(splits, factors, ("frame",)), self._index(splits, factors, ("core",)))

    def _index(self, splits: Splits, factors: np.ndarray, place: Place) -> np.ndarray:
        """Flat index contributions of the extents at the core, or of what the frame leaves of the bounds."""
        total = np.zeros(factors.shape[1], dtype=np.int64)
        for dim in splits[0]:
            members = [k for k, split in enumerate(splits[1]) if split.dim == dim and split.place == place]
            extent = factors[members].prod(axis=0)
            bound = self.layer.bound[dim]
            total += self.lattice.index_of(dim, bound / extent if place == ("frame",) else extent)
        return total


def _splits(program: Program, group: int) -> Splits:
    sizes, template = dict(program.axes), program.template
    loops = []
    for i in program.loops[group]:
        place = template.places[i]
        kind: Place = ("slot",) if place[0] == "slot" else place
        loops.append(Split(template.nest.loops[i].dim, kind, sizes.get(place, 0), template.ranges[i]))
    return program.groups[group], tuple(loops)


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
