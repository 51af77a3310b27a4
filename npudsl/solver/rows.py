"""The rows of a template's groups: every way to split the bounds of a group over its places, with their columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import lcm, prod

import numpy as np

from ..model.evaluate import Numbers
from ..spec.op import Layer
from .lattice import Lattice, factorisations
from .pareto import undominated
from .program import Program, evaluate_columns
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


@dataclass(frozen=True)
class Task:
    """A template with numbers.

    energy = constant + sum of weight * product of the column over the groups, in units of `unit` pJ; likewise every
    limit (weights, bound). `steps` is a column.
    """

    program: Program
    tables: tuple[Table, ...]
    energy: tuple[tuple[int, float], ...]
    constant: float
    limits: tuple[tuple[tuple[tuple[int, float], ...], float], ...]
    steps: int


@dataclass(frozen=True)
class Choice:
    """One row per group of a template: a factor for each loop of `template.nest`."""

    template: Template
    factors: tuple[int, ...]


def choice_of(task: Task, picks: Iterable[tuple[int, int]]) -> Choice:
    """From (group, row) pairs, one for every group."""
    factors = [1] * len(task.program.template.nest.loops)
    for group, row in picks:
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


def make_task(program: Program, layer: Layer, lattice: Lattice, unit: Fraction) -> Task | None:
    """All rows of all groups but those that another one makes superfluous. None: a group has no row, nothing fits."""
    tables = []
    for group in range(len(program.groups)):
        table = _table(program, layer, lattice, group)
        if table.size == 0:
            return None
        tables.append(_reduced(program, table))
    numbers = Numbers({symbol: layer.bound[d] for symbol, d in program.bounds})
    constant = sum((weight * numbers(product.expression) for weight, product in program.constant), Fraction(0))
    return Task(
        program,
        tuple(tables),
        tuple((c, float(w / unit)) for c, w in program.energy),
        float(constant / unit),
        tuple((tuple((c, float(w)) for c, w in limit.weights), float(limit.bound)) for limit in program.limits),
        program.steps,
    )


def _table(program: Program, layer: Layer, lattice: Lattice, group: int) -> Table:
    loops = [program.template.nest.loops[i] for i in program.loops[group]]
    places = [program.template.places[i] for i in program.loops[group]]
    sizes = dict(program.axes)
    per_dim: list[tuple[list[int], np.ndarray]] = []
    for dim in program.groups[group]:
        members = [k for k, loop in enumerate(loops) if loop.dim == dim]
        splits = factorisations(layer.bound[dim], tuple(sizes.get(places[k], 0) for k in members))
        per_dim.append((members, np.array(splits, dtype=float).reshape(len(splits), len(members))))
    counts = [len(splits) for _, splits in per_dim]
    picks = np.unravel_index(np.arange(prod(counts)), counts)
    factors = np.ones((len(loops), prod(counts)))
    for (members, table), pick in zip(per_dim, picks, strict=True):
        factors[members] = table[pick].T
    factors = factors[:, _within_axes(places, factors, sizes)]
    above = _index(program, lattice, layer, group, factors, ("frame",))
    below = _index(program, lattice, layer, group, factors, ("core",))
    return Table(factors, evaluate_columns(program, group, factors, layer.bound), above, below)


def _within_axes(places: list[Place], factors: np.ndarray, sizes: dict[Place, int]) -> np.ndarray:
    fits = np.ones(factors.shape[1], dtype=bool)
    for place, size in sizes.items():
        members = [k for k, p in enumerate(places) if p == place]
        fits &= factors[members].prod(axis=0) <= size
    return fits


def _index(
    program: Program, lattice: Lattice, layer: Layer, group: int, factors: np.ndarray, place: Place
) -> np.ndarray:
    """Flat index contributions of the extents at the core, or of what the frame leaves of the bounds."""
    total = np.zeros(factors.shape[1], dtype=np.int64)
    for dim in program.groups[group]:
        members = [
            k
            for k, i in enumerate(program.loops[group])
            if program.template.nest.loops[i].dim == dim and program.template.places[i] == place
        ]
        extent = factors[members].prod(axis=0)
        total += lattice.index_of(dim, layer.bound[dim] / extent if place == ("frame",) else extent)
    return total


def _reduced(program: Program, table: Table) -> Table:
    """Only rows that no other row replaces: same extents above (and below, where they matter), no worse in any
    column."""
    falling = {c for c, w in program.energy if w < 0}
    relevant = {c for c, _ in program.energy} | {c for x in program.limits for c, _ in x.weights} | {program.steps}
    columns = np.array([-table.values[c] if c in falling else table.values[c] for c in sorted(relevant)])
    if falling & {c for x in program.limits for c, _ in x.weights}:
        return table  # a column that must be small for one sum and large for another
    keys = table.above if program.template.last else table.above * (int(table.below.max(initial=0)) + 1) + table.below
    return table.select(undominated(columns, keys))
