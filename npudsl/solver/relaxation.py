"""The continuous relaxation of a program: factors are real, and in log space every term is convex.

A product of factors is a monomial, linear in the logarithms; sums of monomials are convex there (a geometric program).
Two kinds of terms are not monomials and are bounded from below: a tile over dims that share an index has at least as
many words as the geometric mean of its extents, and over the whole layer such a group brings every element at least
once.

The bound does not rest on having converged: it is that of a tangent, which lies below a convex function everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from ..model.coordinate import footprint, linearised
from ..model.expressions import Call, Expression, Number, Sum, Symbol, occurring, powers_of
from ..spec.op import Layer
from .barrier import Convex, Terms
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
    """None: not even real factors fit the limits (or no point inside all of them was found)."""
    program = task.program
    loops = program.template.nest.loops
    dims = tuple(dict.fromkeys(loop.dim for loop in loops))
    sets = np.array([[1.0 if loop.dim == d else 0.0 for loop in loops] for d in dims])
    columns = [_monomial(program, layer, c) for c in range(program.count)]
    rising = [(w, *columns[c]) for c, w in task.energy if w > 0]
    constant = task.constant + sum(w * _most(task, c) for c, w in task.energy if w < 0)
    objective = Terms(
        np.array([log(w) + k for w, k, _ in rising]),
        np.array([a for _, _, a in rising]).reshape(len(rising), len(loops)),
    )
    limits = tuple(
        Terms(
            np.array([log(w) + columns[c][0] - log(bound) for c, w in weights]),
            np.array([columns[c][1] for c, _ in weights]),
        )
        for weights, bound in task.limits
        if all(w > 0 for _, w in weights)
    )
    found = Convex(objective, limits, sets, np.array([log(layer.bound[d]) for d in dims])).least()
    if found is None:
        return None
    point, bound = found
    return Relaxed(bound * (1.0 - ROUNDING) + constant, np.exp(point))


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
