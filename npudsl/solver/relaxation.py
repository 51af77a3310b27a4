"""The continuous relaxation of a program: factors are real, in log space every term is convex, scipy finds the least.

A product of factors is a monomial, linear in the logarithms; sums of monomials are convex there (a geometric program).
Two kinds of terms are not monomials and are bounded from below: a tile over dims that share an index has at least as
many words as the geometric mean of its extents, and over the whole layer such a group brings every element at least
once.

The bound does not rest on the solver having converged: it is that of the linear program tangent to the convex one at
the point found, which lies below it everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np
from scipy.optimize import linprog, minimize

from ..model.coordinate import footprint, linearised
from ..model.expressions import Call, Expression, Number, Sum, Symbol, occurring, powers_of
from ..spec.op import Layer
from .program import Program
from .rows import Task

#: What floating point may add to a bound, relative: far more than it does.
ROUNDING = 1e-9

Monomial = tuple[float, np.ndarray]


@dataclass(frozen=True)
class Relaxed:
    """`bound` on the energy of the part (in units of the task), `point`: the real factors of its loops at the least."""

    bound: float
    point: np.ndarray


def relax(task: Task, layer: Layer) -> Relaxed | None:
    """None: not even real factors fit the limits (or the solver found no point)."""
    problem = _Problem(task, layer)
    start = problem.start()
    found = minimize(
        problem.energy,
        start,
        jac=problem.slope,
        bounds=[(0.0, top) for top in problem.tops],
        constraints=problem.constraints(),
        method="SLSQP",
        options={"maxiter": 60, "ftol": 1e-9},
    )
    point = np.clip(found.x if np.isfinite(found.x).all() else start, 0.0, problem.tops)
    bound = problem.tangent_bound(point)
    if bound is None:
        return None
    return Relaxed(bound * (1.0 - ROUNDING) * problem.scale + problem.constant, np.exp(point))


class _Problem:
    """Terms as rows of exponents over the logarithms of all loops' factors; the energy is scaled to be near 1."""

    def __init__(self, task: Task, layer: Layer):
        program = task.program
        self.loops = program.template.nest.loops
        self.tops = np.array([log(layer.bound[loop.dim]) for loop in self.loops])
        self.dims = tuple(dict.fromkeys(loop.dim for loop in self.loops))
        self.equal = np.array([[1.0 if loop.dim == d else 0.0 for loop in self.loops] for d in self.dims])
        self.sums = np.array([log(layer.bound[d]) for d in self.dims])
        columns = [_monomial(program, layer, c) for c in range(program.count)]
        rising = [(w, *columns[c]) for c, w in task.energy if w > 0]
        self.constant = task.constant + sum(w * _most(task, c) for c, w in task.energy if w < 0)
        self.logs = np.array([log(w) + k for w, k, _ in rising])
        self.exponents = np.array([a for _, _, a in rising]).reshape(len(rising), len(self.loops))
        middle = self.start()
        self.scale = max(1.0, float(np.exp(self.logs + self.exponents @ middle).sum()))
        self.logs -= log(self.scale)
        self.limits = [
            (
                np.array([log(w) + columns[c][0] - log(bound) for c, w in weights]),
                np.array([columns[c][1] for c, _ in weights]),
            )
            for weights, bound in task.limits
            if all(w > 0 for _, w in weights)
        ]

    def start(self) -> np.ndarray:
        """Everything in the outermost loop of each dim: tiles of one word."""
        point = np.zeros(len(self.loops))
        for d, total in zip(self.dims, self.sums, strict=True):
            point[next(i for i, loop in enumerate(self.loops) if loop.dim == d)] = total
        return point

    def energy(self, x: np.ndarray) -> float:
        return float(np.exp(self.logs + self.exponents @ x).sum())

    def slope(self, x: np.ndarray) -> np.ndarray:
        return np.exp(self.logs + self.exponents @ x) @ self.exponents

    def constraints(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = [
            {"type": "eq", "fun": lambda x: self.equal @ x - self.sums, "jac": lambda x: self.equal}
        ]
        for logs, exponents in self.limits:
            found.append({"type": "ineq", "fun": _room(logs, exponents), "jac": _room_slope(logs, exponents)})
        return found

    def tangent_bound(self, x: np.ndarray) -> float | None:
        """The least of the tangent of the energy at x, over the tangents of the limits."""
        slope = self.slope(x)
        rows, tops = [], []
        for logs, exponents in self.limits:
            used = _room_slope(logs, exponents)(x)
            rows.append(-used)
            tops.append(float(_room(logs, exponents)(x)) - float(used @ x))
        found = linprog(
            slope,
            A_ub=np.array(rows) if rows else None,
            b_ub=np.array(tops) if tops else None,
            A_eq=self.equal,
            b_eq=self.sums,
            bounds=[(0.0, top) for top in self.tops],
        )
        return float(found.fun) + self.energy(x) - float(slope @ x) if found.status == 0 else None


def _room(logs: np.ndarray, exponents: np.ndarray) -> Callable[[np.ndarray], float]:
    """How far a limit is from full, as a logarithm: concave, >= 0 where it holds."""

    def room(x: np.ndarray) -> float:
        z = logs + exponents @ x
        top = z.max()
        return -float(top + np.log(np.exp(z - top).sum()))

    return room


def _room_slope(logs: np.ndarray, exponents: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    def slope(x: np.ndarray) -> np.ndarray:
        z = logs + exponents @ x
        shares = np.exp(z - z.max())
        return -(shares / shares.sum()) @ exponents

    return slope


def _most(task: Task, column: int) -> float:
    return float(np.prod([t.values[column].max() for t in task.tables]))


def _monomial(program: Program, layer: Layer, column: int) -> Monomial:
    """(log constant, exponents per loop) of a monomial that is nowhere above the column."""
    index = {symbol: i for i, symbol in enumerate(program.symbols)}
    bounds = {symbol: layer.bound[d] for symbol, d in program.bounds}
    total, exponents = 0.0, np.zeros(len(index))
    for group, columns in enumerate(program.columns):
        part = columns[column]
        if any(isinstance(e, Sum) or _calls(e, "Union") for e in occurring(part)):
            total += log(float(min(t for t in _whole(program, layer, group))))
            continue
        constant, powers = _product(part, index, bounds)
        total += constant
        exponents += powers
    return total, exponents


def _calls(expression: Expression, function: str) -> bool:
    return isinstance(expression, Call) and expression.function == function


def _whole(program: Program, layer: Layer, group: int) -> list[int]:
    """Elements that a group of dims contributes to each tensor that has a window over it."""
    found = []
    for tensor in layer.op.tensors:
        for dims in tensor.groups:
            if len(dims) > 1 and any(d in program.groups[group] for d in dims):
                found.append(footprint(linearised(tensor, dims, layer.bound), tuple(layer.bound[d] for d in dims)))
    return found or [1]


def _product(part: Expression, index: dict[Symbol, int], bounds: dict[Symbol, int]) -> tuple[float, np.ndarray]:
    total, exponents = 0.0, np.zeros(len(index))
    for base, power in powers_of(part):
        if isinstance(base, Symbol):
            if base in index:
                exponents[index[base]] += power
            else:
                total += power * log(bounds[base])
        elif isinstance(base, Call):  # a footprint: the geometric mean of its extents
            extents = base.arguments[1]
            for extent in extents:
                constant, powers = _product(extent, index, bounds)
                total += constant / len(extents)
                exponents += powers / len(extents)
        elif isinstance(base, Number):
            total += power * log(base.number)
    return total, exponents


def near_rows(task: Task, point: np.ndarray, count: int) -> list[np.ndarray]:
    """Per group the rows whose factors are nearest to a point in log space."""
    found = []
    for table, loops in zip(task.tables, task.program.loops, strict=True):
        distance = np.abs(np.log(table.factors) - np.log(point[list(loops)])[:, None]).sum(axis=0)
        found.append(np.argsort(distance, kind="stable")[:count])
    return found
