"""A nest with real factors as a convex program: what is to be least and every limit, in logarithms.

Variables: x, the logarithm of every loop's real factor; those of whole numbers (`Whole`); z, that of the words of every
window; t, that of the cycles; e, that of the energy. The objective and most rows are linear in them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, log, prod

import numpy as np

from .imperfect_convex import Convex, Range, Sum, Whole
from .imperfect_floors import MOST_STATES, Floor, Shared, states
from .imperfect_monomials import Loops, Monomial, Total, Window
from .imperfect_steps import axis_sizes
from .imperfect_terms import Alone, Relaxed
from .imperfect_windows import planes

#: Logarithm that stands for no limit.
ENDLESS = 700.0


@dataclass
class Assembly:
    """Lays out the program of one case of a nest. `whole`: whether extents and counts of single loops are those of a
    nest, not only of one that was rearranged (docs/limits.md); `steps`: the fewest; `leakage` in pJ per cycle."""

    relaxed: Relaxed
    alone: Alone
    objective: str
    range: Range
    leakage: float
    steps: int
    whole: bool
    windows: dict[Window, int] = field(default_factory=dict)
    counts: dict[Loops, Whole] = field(default_factory=dict)
    wholes: list[Whole] = field(default_factory=list)
    upper: list[np.ndarray] = field(default_factory=list)
    tops: list[float] = field(default_factory=list)
    equal: list[np.ndarray] = field(default_factory=list)
    sums: list[float] = field(default_factory=list)
    curved: list[Sum] = field(default_factory=list)

    def build(self) -> Convex:
        relaxed = self.relaxed
        timed = self.objective != "energy" or self.leakage > 0 or self.range.cycles[1] < inf
        energy = relaxed.energy(self.alone)
        contents = list(relaxed.contents())
        cycles = [relaxed.steps, *relaxed.loads(self.alone).values()] if timed else []
        self._columns([energy, *contents, *cycles])
        for window in self.windows:
            self._window(window)
        for one in self.wholes:
            self._link(one)
        self._axes()
        for total in contents:
            self._sum(total, None)
        if self.objective != "latency":
            self._sum(energy, self.energy, self.leakage)
        for total in cycles:
            self._sum(total, self.cycles)
        if timed:
            self._steps()
        for dim, bound in relaxed.layer.bounds:
            if bound > 1:
                self.equal.append(self._row(self._over(dim)))
                self.sums.append(log(bound))
        cost = np.zeros(self.width)
        cost[self.energy] = self.objective != "latency"
        cost[self.cycles] = self.objective != "energy"
        upper, equal = (np.array(rows).reshape(len(rows), self.width) for rows in (self.upper, self.equal))
        sums, tops = np.array(self.sums), np.array(self.tops)
        wholes, floor = tuple(self.wholes), self._floor() if timed else None
        return Convex(cost, *self._box(), equal, sums, upper, tops, self.curved, wholes, *self._relations(), floor)

    # ---- variables ----------------------------------------------------------------------------------

    def _columns(self, totals: list[Total]) -> None:
        loops = self.relaxed.loops
        self.width = len(loops)
        bound = self.relaxed.layer.bound
        for monomial in (m for total in totals for m, _ in total.terms):
            for counted in monomial.counts:
                if counted not in self.counts and (self.whole or self._all_temporal(counted)):
                    self.counts[counted] = self._whole("count", counted, bound[loops[counted[0]].dim])
        for i, loop in enumerate(loops):
            inside = tuple(k for k in self._over(loop.dim) if k >= i)
            if loop.spatial:
                self._whole("factor", (i,), min(bound[loop.dim], self._size(loop.array, loop.axis)))
            elif self.whole and len(inside) < len(self._over(loop.dim)):
                self._whole("extent", inside, bound[loop.dim])
        for dim in dict.fromkeys(loop.dim for loop in loops if loop.spatial):
            along = tuple(i for i in self._over(dim) if loops[i].spatial)
            sizes = prod(self._size(loops[i].array, loops[i].axis) for i in along)
            self._whole("spread", along, sizes)
        for monomial in (m for total in totals for m, _ in total.terms):
            for window in monomial.windows:
                if window not in self.windows:
                    self.windows[window] = self.width
                    self.width += 1
        self.cycles, self.energy = self.width, self.width + 1
        self.width += 2

    def _whole(self, kind: str, loops: Loops, most: int) -> Whole:
        found = Whole(kind, self.relaxed.loops[loops[0]].dim, loops, most, self.width)
        self.wholes.append(found)
        self.width += 1
        return found

    def _all_temporal(self, loops: Loops) -> bool:
        dim = self.relaxed.loops[loops[0]].dim
        return loops == tuple(i for i in self._over(dim) if not self.relaxed.loops[i].spatial)

    def _relations(self) -> tuple[dict[int, int], dict[int, tuple[int, ...]]]:
        """`rest` and `spreads`: of loops that are not counted the extent, if they are the inner ones, or the spread."""
        places = {(one.kind, one.loops): k for k, one in enumerate(self.wholes)}
        rest, spreads = {}, {}
        for k, one in enumerate(self.wholes):
            if one.kind == "spread":
                spreads[k] = tuple(places["factor", (i,)] for i in one.loops)
            elif one.kind == "count":
                left = tuple(i for i in self._over(one.dim) if i not in one.loops)
                found = places.get(("extent", left), places.get(("spread", left)))
                if found is not None:
                    rest[k] = found
        return rest, spreads

    def _floor(self) -> tuple[Floor, int, float] | None:
        """The fewest steps by limits of the numbers, for the column of the cycles."""
        arch, loops = self.relaxed.arch, self.relaxed.loops
        axes = [(array.name, axis) for array in arch.arrays for axis, _ in array.axes]
        sizes = axis_sizes(arch)
        if states(sizes) > MOST_STATES:
            return None
        dims = []
        for dim, bound in self.relaxed.layer.bounds:
            along = {(loops[i].array, loops[i].axis): i for i in self._over(dim) if loops[i].spatial}
            places = {(one.kind, one.loops): k for k, one in enumerate(self.wholes) if one.dim == dim}
            count = places.get(("count", tuple(i for i in self._over(dim) if not loops[i].spatial)))
            spread = places.get(("spread", tuple(along.values())))
            factors = tuple(places.get(("factor", (along[axis],))) if axis in along else None for axis in axes)
            dims.append(Shared(bound, factors, spread, count))
        return Floor(sizes, tuple(dims)), self.cycles, float(1 / arch.compute.rate)

    def _box(self) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.zeros(self.width), np.zeros(self.width)
        single = {i for gap in self.alone for i in gap.loops}
        for i, loop in enumerate(self.relaxed.loops):
            high[i] = 0.0 if i in single else log(self.relaxed.layer.bound[loop.dim])
        for one in self.wholes:
            high[one.column] = 0.0 if one.kind == "factor" and one.loops[0] in single else log(one.most)
        for window, column in self.windows.items():
            high[column] = sum(log(b) for b in window.form.bounds)
        for column, (least, most) in ((self.energy, self.range.energy), (self.cycles, self.range.cycles)):
            low[column], high[column] = _log(least, -ENDLESS), _log(most, ENDLESS)
        return low, high

    # ---- rows ---------------------------------------------------------------------------------------

    def _axes(self) -> None:
        for array in self.relaxed.arch.arrays:
            for axis, size in array.axes:
                row = np.zeros(self.width)
                for one in self.wholes:
                    loop = self.relaxed.loops[one.loops[0]]
                    row[one.column] = one.kind == "factor" and (loop.array, loop.axis) == (array.name, axis)
                if row.any():
                    self._below(row, log(size))

    def _steps(self) -> None:
        """Steps are no fewer than any way to unroll leaves."""
        ((monomial, _),) = self.relaxed.steps.terms
        self._below(-self._exponents(monomial), -log(self.steps))

    def _link(self, one: Whole) -> None:
        """An extent is the product of the real factors inside, what counts is at least that, a spread the product of
        whole factors."""
        row = self._row(one.loops)
        if one.kind == "spread":
            row = np.zeros(self.width)
            row[[other.column for other in self.wholes if other.kind == "factor" and other.dim == one.dim]] = 1.0
        row[one.column] -= 1.0
        self._below(row, 0.0)
        if one.kind in ("extent", "spread"):
            self._below(-row, 0.0)

    def _window(self, window: Window) -> None:
        for *slopes, constant in planes(window.form):
            row = np.zeros(self.width)
            for slope, loops in zip(slopes, window.extents, strict=True):
                row += slope * self._row(loops)
            row[self.windows[window]] -= 1.0
            self._below(row, -float(constant))

    def _sum(self, total: Total, column: int | None, leakage: float = 0.0) -> None:
        """`total <= exp(v[column])` (None: 1), with leakage added for all cycles."""
        logs, rows = [], []
        base = np.zeros(self.width) if column is None else -_unit(self.width, column)
        for monomial, weight in total.terms:
            if weight:
                logs.append(_log_of(weight * monomial.constant))
                rows.append(base + self._exponents(monomial))
        if leakage:
            logs.append(log(leakage))
            rows.append(base + _unit(self.width, self.cycles))
        if total.constant > 0:
            logs.append(_log_of(total.constant))
            rows.append(base)
        if column is not None and total.constant < 0:
            self._less(np.array(logs), rows, float(total.constant), column)
        elif len(logs) == 1:
            self._below(rows[0], -logs[0])
        elif logs:
            self.curved.append(Sum(np.array(logs), np.array(rows), np.zeros(self.width), 0.0))

    def _less(self, logs: np.ndarray, rows: list[np.ndarray], weight: float, column: int) -> None:
        """A sum with a constant `weight` < 0: instead of `weight * exp(-v[column])`, which is concave, its chord over
        the range of the column, which is nowhere above."""
        least, most = self.range.energy if column == self.energy else self.range.cycles
        if not rows or least <= 0:
            return
        linear, constant = np.zeros(self.width), weight / least
        if least < most < inf:
            slope = weight * (1 / most - 1 / least) / (log(most) - log(least))
            linear, constant = slope * _unit(self.width, column), weight / least - slope * log(least)
        self.curved.append(Sum(logs, np.array(rows), linear, constant, 1.0 - weight / least))

    def _exponents(self, monomial: Monomial) -> np.ndarray:
        row = self._row(monomial.loops)
        for window in monomial.windows:
            row[self.windows[window]] += 1.0
        for counted in monomial.counts:
            known = self.counts.get(counted)
            row += self._row(counted) if known is None else _unit(self.width, known.column)
        return row

    def _row(self, loops: Loops) -> np.ndarray:
        row = np.zeros(self.width)
        for i in loops:
            row[i] += 1.0
        return row

    def _below(self, row: np.ndarray, top: float) -> None:
        self.upper.append(row)
        self.tops.append(top)

    def _over(self, dim: str) -> Loops:
        return self.relaxed.over[dim]

    def _size(self, array: str | None, axis: str | None) -> int:
        return next(size for a in self.relaxed.arch.arrays if a.name == array for x, size in a.axes if x == axis)


def _unit(width: int, column: int) -> np.ndarray:
    row = np.zeros(width)
    row[column] = 1.0
    return row


def _log(value: float, otherwise: float) -> float:
    return log(value) if 0 < value < inf else otherwise


def _log_of(value: Fraction) -> float:
    return log(value.numerator) - log(value.denominator)
