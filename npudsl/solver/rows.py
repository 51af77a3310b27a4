"""What a search works on: templates with numbers, their groups of dims as tables of rows."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import lcm

import numpy as np

from .latency import Load
from .program import Program
from .templates import Template


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

    @cached_property
    def _least(self) -> np.ndarray:
        return self.values.min(axis=1)

    def extremes(self, falling: Collection[int]) -> np.ndarray:
        """Per column what the rows contribute at least (at most, if it is `falling`)."""
        found = self._least.copy()
        most = list(falling)
        found[most] = self.values[most].max(axis=1)
        return found

    def select(self, rows: np.ndarray) -> Table:
        return Table(self.factors[:, rows], self.values[:, rows], self.above[rows], self.below[rows])


@dataclass(frozen=True)
class Task:
    """A template with numbers, or several as one (`merged.Batch`; then `program` is the first one's).

    energy = constant + sum of weight * product of the column over the groups, in units of `unit` pJ; likewise every
    load (weights, constant), in cycles, and every limit (weights, bound). `steps` is a column. `falling`: columns that
    count against a sum; `count`: how many columns there are. `rooms`: as in `Program`, weights alone.
    """

    program: Program
    tables: tuple[Table, ...]
    energy: tuple[tuple[int, float], ...]
    constant: float
    loads: dict[Load, tuple[tuple[tuple[int, float], ...], float]]
    limits: tuple[tuple[tuple[tuple[int, float], ...], float], ...]
    steps: int
    falling: frozenset[int]
    count: int
    rooms: dict[str, tuple[tuple[int, float], ...]] = field(default_factory=dict)


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
