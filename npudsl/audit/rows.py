"""Every way to split the bounds of a layer over the loops of a part, and what the closed forms give for each.

A part's counts are sums of products over groups of dims, so it is enough to tabulate each group by itself: one row per
way to split its bounds, one column per product. No row is left out but those that no axis has room for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod

import numpy as np

from ..model.counts import Formulas, Product, derive
from ..model.evaluate import Numbers
from ..model.expressions import Expression
from ..model.vectorised import VECTORISED
from ..spec.arch import Arch
from ..spec.op import Layer
from . import costs
from .ends import terms as ending
from .parts import Part
from .refused import Refused
from .splits import divisors, splits, ways
from .waits import Wait, taken_off, waits
from .waits import terms as waiting

Group = tuple[str, ...]

#: Rows of one group that are tabulated (some GB).
MOST_ROWS = 3_000_000


@dataclass(frozen=True)
class Problem:
    """A layer on a machine; `timed`: whether what ports and links take matters; `waiting`: so do what steps wait for at
    two places and first and last tiles (`waits.py`, `ends.py`), for bounds on what is reported."""

    arch: Arch
    layer: Layer
    timed: bool
    waiting: bool = True

    @cached_property
    def dims(self) -> tuple[str, ...]:
        """Dims with a bound above 1 (all have 1: the first)."""
        return tuple(d for d, b in self.layer.bounds if b > 1) or self.layer.op.dims[:1]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Dims that some tensor's index ties together, directly or not."""
        tied: dict[str, set[str]] = {d: {d} for d in self.layer.op.dims}
        for group in (g for t in self.layer.op.tensors for g in t.groups):
            whole = set().union(*(tied[d] for d in group))
            tied.update(dict.fromkeys(whole, whole))
        found = dict.fromkeys(tuple(d for d in self.dims if d in tied[e]) for e in self.dims)
        return tuple(found)

    @cached_property
    def waits(self) -> tuple[Wait, ...]:
        return waits(self.arch, self.layer) if self.timed and self.waiting else ()

    @cached_property
    def bounds(self) -> tuple[costs.Kind, ...]:
        """Energy, and the sums that no latency is below."""
        found = (kind for wait in self.waits for kind in (wait.roomy, wait.own))
        return (*costs.kinds(self.arch, self.timed), *found)

    @cached_property
    def kinds(self) -> tuple[costs.Kind, ...]:
        """All sums: after the bounds those that only say more of whole nests."""
        return (*self.bounds, *(kind for wait in self.waits for kind in (wait.whole, wait.fill)))

    @cached_property
    def extents(self) -> tuple[tuple[int, ...], ...]:
        """Per dim the extents that a tile may have."""
        return tuple(divisors(self.layer.bound[d]) for d in self.dims)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(e) for e in self.extents)

    @cached_property
    def places(self) -> dict[str, dict[int, int]]:
        """Per dim and extent what it adds to the flat index of a vector of extents."""
        weights = [prod(self.shape[k + 1 :]) for k in range(len(self.shape))]
        found = zip(self.dims, self.extents, weights, strict=True)
        return {d: {e: i * w for i, e in enumerate(extents)} for d, extents, w in found}

    @cached_property
    def least_cycles(self) -> float:
        """No mapping takes fewer: all axes full."""
        units = prod(size for array in self.arch.arrays for _, size in array.axes)
        return float(-(-self.layer.points // units) / self.arch.compute.rate)


@dataclass(frozen=True)
class Table:
    """Rows of some groups. `values`: shape (rows, columns); `need`: flat index of the extents at the top of the part,
    `leave`: of those at its bottom."""

    values: np.ndarray
    need: np.ndarray
    leave: np.ndarray

    def __len__(self) -> int:
        return len(self.need)

    def take(self, rows: np.ndarray) -> Table:
        return Table(self.values[rows], self.need[rows], self.leave[rows])


@dataclass(frozen=True)
class Model:
    """A part in numbers: sum `s` is `weights[s] @ (product of the columns over the groups) + constants[s]`.

    First the sums of `Problem.kinds`, then those that must stay within `limits`. `rises`: per column whether it counts
    towards the sums (else against them); `steps`: the column of the steps (None: not the last part).
    """

    tables: tuple[Table, ...]
    weights: np.ndarray
    constants: np.ndarray
    limits: np.ndarray
    rises: np.ndarray
    steps: int | None


class Tabulation:
    """Makes the model of one part."""

    def __init__(self, problem: Problem, part: Part):
        self.problem, self.part = problem, part
        arch, layer, nest = problem.arch, problem.layer, part.nest
        self.formulas: Formulas = derive(arch, layer, nest, frozenset(layer.op.dims), part.frame)
        self.columns: dict[tuple[Product, tuple[str, ...], bool], int] = {}
        self.sums: list[dict[int, Fraction]] = [{} for _ in problem.kinds]
        self.limits: list[Fraction] = []
        self.bounds = {symbol: layer.bound[d] for d, symbol in self.formulas.bounds.items()}

    def model(self) -> Model:
        problem, layer = self.problem, self.problem.layer
        inside: set[tuple[str, str | None]] = {(n.tensor, n.memory) for n in self.part.inside}
        if self.part.last:
            inside.update((t.name, None) for t in layer.op.tensors)
        mine = [b for b in self.formulas.bookings if (b.edge.tensor.name, b.edge.child) in inside]
        for booking in mine:
            for term in costs.terms(problem.arch, layer, [booking], problem.timed):
                self._book(term)
                if term.kind[1]:
                    for more in waiting(problem.waits, term, booking):
                        self._book(more)
        constants = np.zeros(len(problem.kinds))
        if problem.timed and problem.waiting:
            self._arrivals(constants)
            for term in ending(problem.arch, layer, self.part, self.formulas, problem.waits):
                self._book(term)
        steps = None
        if self.part.last:
            steps = self._steps()
            constants[0] = float(costs.operations(problem.arch, layer))
        self._capacities()
        self._axes()
        weights = np.zeros((len(self.sums), len(self.columns)))
        for row, total in zip(weights, self.sums, strict=True):
            for column, weight in total.items():
                row[column] = float(weight)
        rises = np.array([up for _, _, up in self.columns])
        return Model(
            tuple(self._table(g) for g in problem.groups), weights, constants,
            np.array([float(x) for x in self.limits]), rises, steps,
        )  # fmt: skip

    def _book(self, term: costs.Term) -> None:
        self._add(self.problem.kinds.index(term.kind), term.weight, term.product, term.arrays)

    def _arrivals(self, constants: np.ndarray) -> None:
        """What the sums of two places lose at every arrival; where Y stands outside of a last part, as much as there is
        room for."""
        for wait in self.problem.waits:
            for term in taken_off(self.problem.arch, wait, self.part, self.formulas):
                self._book(term)
            if self.part.last and wait.node in self.part.top[0]:
                constants[self.problem.kinds.index(wait.fill)] = float(wait.most)

    def _add(self, kind: int, weight: Fraction, product: Product, arrays: tuple[str, ...] = ()) -> None:
        if weight:
            column = self.columns.setdefault((product, arrays, weight > 0), len(self.columns))
            self.sums[kind][column] = self.sums[kind].get(column, Fraction(0)) + weight

    def _steps(self) -> int:
        """Books the steps as time beside what moves apart."""
        rate, product = self.problem.arch.compute.rate, self.formulas.steps
        for index, (_, apart) in enumerate(self.problem.kinds):
            if apart:
                self._add(index, 1 / rate, product)
        return self.columns.setdefault((product, (), True), len(self.columns))

    def _limit(self, bound: Fraction) -> int:
        self.sums.append({})
        self.limits.append(bound)
        return len(self.sums) - 1

    def _capacities(self) -> None:
        """What must fit: all tiles in a memory, and those of each role that has a share of it."""
        arch, op = self.problem.arch, self.problem.layer.op
        for memory in arch.memories:
            held = [op.tensor(n.tensor) for n in self.part.inside if n.memory == memory.name]
            bits = {t.name: arch.width(memory.name, t.role) * (2 if t.role in memory.double else 1) for t in held}
            shares = [(h.cap, [t for t in held if t.role == h.role]) for h in memory.holds]
            for bound, tensors in [(memory.size, held), *shares]:
                if bound is not None and tensors:
                    index = self._limit(bound)
                    for tensor in tensors:
                        self._add(index, bits[tensor.name], self.formulas.tiles[memory.name, tensor.name])

    def _axes(self) -> None:
        loops = self.part.nest.loops
        for array, axis, size in ((a.name, x, n) for a in self.problem.arch.arrays for x, n in a.axes):
            used = [i for i, loop in enumerate(loops) if (loop.array, loop.axis) == (array, axis)]
            if used:
                factors = tuple(((loops[i].dim,), self.formulas.symbols[i]) for i in used)
                self._add(self._limit(Fraction(size)), Fraction(1), Product(factors))

    # ---- rows -------------------------------------------------------------------------------------

    def _table(self, group: Group) -> Table:
        loops = self.part.nest.loops
        mine = [i for i, loop in enumerate(loops) if loop.dim in group]
        factors = self._factors(group, mine)
        rows = factors.shape[0]
        known = {self.formulas.symbols[i]: factors[:, k].astype(float) for k, i in enumerate(mine)}
        bounds = {symbol: float(b) for symbol, b in self.bounds.items()}
        numbers = Numbers(known | bounds, VECTORISED)
        values = np.ones((rows, len(self.columns)))
        first = group == self.problem.groups[0]
        for (product, arrays, _), column in self.columns.items():
            for expression in self._factors_of(product, group, first):
                values[:, column] *= np.asarray(numbers(expression), dtype=float)
            for k, i in enumerate(mine):
                if loops[i].array in arrays:
                    values[:, column] /= factors[:, k]
        frame = list(range(self.part.frame))
        core = [] if self.part.last else list(range(len(loops) - self.part.core, len(loops)))
        return Table(values, self._index(group, mine, factors, frame, True), self._index(group, mine, factors, core))

    def _factors_of(self, product: Product, group: Group, first: bool) -> Iterator[Expression]:
        """The factors of a product over the dims of a group; those over dims of bound 1 go to the first group."""
        for dims, expression in product.factors:
            if any(d in group for d in dims) or (first and not any(d in self.problem.dims for d in dims)):
                yield expression

    def _factors(self, group: Group, mine: list[int]) -> np.ndarray:
        """Shape (rows, loops of the group)."""
        loops, layer = self.part.nest.loops, self.problem.layer
        rows = prod(ways(layer.bound[d], sum(loops[i].dim == d for i in mine)) for d in group)
        if rows > MOST_ROWS:
            raise Refused(f"{rows:,} ways to split {', '.join(group)} in one class are too many to audit", layer.name)
        found = np.ones((1, len(mine)), dtype=np.int64)
        for dim in group:
            places = [k for k, i in enumerate(mine) if loops[i].dim == dim]
            table = np.array(splits(layer.bound[dim], len(places)), dtype=np.int64)
            table = table.reshape(-1, len(places))
            found = np.repeat(found, len(table), axis=0)
            found[:, places] = np.tile(table, (len(found) // max(len(table), 1), 1))
        fits = np.ones(len(found), dtype=bool)
        for array, axis, size in ((a.name, x, n) for a in self.problem.arch.arrays for x, n in a.axes):
            used = [k for k, i in enumerate(mine) if (loops[i].array, loops[i].axis) == (array, axis)]
            fits &= found[:, used].prod(axis=1) <= size
        return found[fits]

    def _index(
        self, group: Group, mine: list[int], factors: np.ndarray, loops: list[int], rest: bool = False
    ) -> np.ndarray:
        """Flat index of the product of some loops, or of what they leave of the bound (`rest`)."""
        total = np.zeros(len(factors), dtype=np.int64)
        for dim in group:
            used = [k for k, i in enumerate(mine) if i in loops and self.part.nest.loops[i].dim == dim]
            extent = factors[:, used].prod(axis=1)
            extent = self.problem.layer.bound[dim] // extent if rest else extent
            place = self.problem.places[dim]
            total += np.array([place[int(e)] for e in extent], dtype=np.int64)
        return total


def tabulate(problem: Problem, part: Part) -> Model:
    """The model of a part; a table without rows says that nothing fits."""
    return Tabulation(problem, part).model()
