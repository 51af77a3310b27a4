"""The continuous relaxation around a mapping: real factors, and what each limit is worth there.

The nest of a mapping keeps its nodes and the order of its loops; every slot and every axis gets loops of factor 1 over
the dims that it lacks, where that changes no count (`widening.py`). With x the logarithms of the factors and t that of
the latency, the objective f(x, t) (closed forms at real factors) is minimised under sum x_d = ln N_d, x >= 0; the
logarithms of all memories' contents and of the instances along all axes are at most those of their limits, those of
the steps and of the cycles of all ports and links at most t. That is a geometric program where no windows slide.
scipy's SLSQP finds the least from the mapping itself. There the gradient is a combination of those of what is tight,

    grad ln f + sum lambda_i grad g_i + (equalities, x >= 0) = 0,    lambda_i >= 0,

and lambda_i = - d ln f / d ln limit_i: the slope of the relaxed optimum. Cycles of a port fall as its bandwidth rises,
so that its lambda is the slope of that. It is no bound: with whole factors the optimum moves in jumps, which
`sensitivity.py` finds by solving again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import log

import numpy as np
from scipy.optimize import minimize, nnls

from ..mapping.nest import Mapping
from ..spec.arch import Arch
from ..spec.op import Layer
from .demands import Demand, demands_of
from .forms import Forms, Numeric, counted, forms_of
from .widening import widened

#: Step of the logarithms for differences, and how far from stationary a point may be to speak of slopes, relative.
STEP, STATIONARY = 1e-5, 0.02
#: Limits with less room than this, relative, are tight.
TIGHT = 1e-3


@dataclass(frozen=True)
class Slopes:
    """`objective`: that of the relaxed optimum as a share of the mapping's; `limits`: d ln objective / d ln limit of
    sizes, shares and axes; `bandwidths`: of those of memories and links, by name. All at most 0."""

    objective: float
    limits: dict[Demand, float]
    bandwidths: dict[str, float]


def slopes(arch: Arch, layer: Layer, mapping: Mapping, objective: str) -> Slopes | None:
    """None where the relaxation has not been solved well enough to tell."""
    nest = widened(arch, layer, mapping, partial(counted, arch, layer))
    problem = _Problem(arch, layer, nest, objective)
    start = problem.start()
    found = minimize(
        problem.value,
        start,
        jac=problem.gradient,
        bounds=[(0.0, top) for top in problem.tops] + [(None, None)],
        constraints=[
            {"type": "eq", "fun": lambda x: problem.equal @ x - problem.sums, "jac": lambda x: problem.equal},
            {"type": "ineq", "fun": problem.rooms, "jac": problem.room_gradients},
        ],
        method="SLSQP",
        options={"maxiter": 100, "ftol": 1e-10},
    )
    if not np.isfinite(found.x).all():
        return None
    point = problem.clipped(found.x)
    multipliers = problem.multipliers(point)
    if multipliers is None:
        return None
    gained = float(np.exp(problem.value(point) - problem.value(start)))
    count = len(problem.limits)
    limits = {d: 0.0 - float(m) for d, m in zip(problem.limits, multipliers[:count], strict=True)}
    return Slopes(gained, limits, problem.bandwidths(point, multipliers[count:]))


class _Problem:
    """Functions of the logarithms of all factors and, last, of the latency; `value` is the objective's logarithm."""

    def __init__(self, arch: Arch, layer: Layer, nest: Mapping, objective: str):
        self.objective = objective
        self.forms: Forms = forms_of(arch, layer, nest)
        self.first = np.log([float(loop.factor) for loop in nest.loops])
        self.tops = np.array([log(layer.bound[loop.dim]) for loop in nest.loops])
        dims = tuple(dict.fromkeys(loop.dim for loop in nest.loops))
        self.equal = np.array([[*(1.0 if loop.dim == d else 0.0 for loop in nest.loops), 0.0] for d in dims])
        self.sums = np.array([log(layer.bound[d]) for d in dims])
        asked = demands_of(arch, layer, None)
        self.limits = {d: float(asked[d]) for d in self.forms.contents}

    def start(self) -> np.ndarray:
        cycles = self._cycles(self.forms.at(self.first[None, :]), 1)
        return np.append(self.first, cycles.max())

    def clipped(self, x: np.ndarray) -> np.ndarray:
        return np.append(np.clip(x[:-1], 0.0, self.tops), x[-1])

    def _values(self, rows: np.ndarray) -> np.ndarray:
        energy = self.forms.at(rows[:, :-1])(self.forms.energy) + self.forms.leakage * np.exp(rows[:, -1])
        if self.objective == "latency":
            return rows[:, -1]
        return np.log(energy) + (0.0 if self.objective == "energy" else rows[:, -1])

    def _rooms(self, rows: np.ndarray) -> np.ndarray:
        """One row per limit, then one per sum of cycles."""
        numeric, ones = self.forms.at(rows[:, :-1]), np.ones(len(rows))
        contents = [numeric(self.forms.contents[d]) * ones for d in self.limits]
        limited = [log(limit) - np.log(c) for limit, c in zip(self.limits.values(), contents, strict=True)]
        return np.vstack([*limited, rows[:, -1] - self._cycles(numeric, len(rows))])

    def _cycles(self, numeric: Numeric, rows: int) -> np.ndarray:
        """Logarithms, one row per sum of cycles."""
        return np.log([numeric(total) * np.ones(rows) for total in self.forms.cycles.values()])

    def value(self, x: np.ndarray) -> float:
        return float(self._values(x[None, :])[0])

    def rooms(self, x: np.ndarray) -> np.ndarray:
        """ln limit - ln content, and t - ln cycles: >= 0 where a limit holds."""
        return self._rooms(x[None, :])[:, 0]

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return _differences(self._values, x)

    def room_gradients(self, x: np.ndarray) -> np.ndarray:
        return _differences(self._rooms, x)

    def multipliers(self, x: np.ndarray) -> np.ndarray | None:
        """Of every row of `rooms`, 0 where it is not tight; None if the point is not stationary."""
        slope = self.gradient(x)
        rooms, away = self.rooms(x), self.room_gradients(x)
        tight = np.flatnonzero(rooms < TIGHT)
        least, most = np.flatnonzero(x[:-1] < TIGHT), np.flatnonzero(x[:-1] > self.tops - TIGHT)
        unit = np.eye(len(x))
        columns = np.vstack([away[tight], self.equal, -self.equal, unit[least], -unit[most]]).T
        try:
            weights, rest = nnls(columns, slope)
        except RuntimeError:  # too many iterations
            return None
        if rest > STATIONARY * max(1e-9, float(np.linalg.norm(slope))):
            return None
        found = np.zeros(len(rooms))
        found[tight] = weights[: len(tight)]
        return found

    def bandwidths(self, x: np.ndarray, multipliers: np.ndarray) -> dict[str, float]:
        """Slopes of the bandwidths, from the multipliers of the sums of cycles: only what the port moves falls."""
        numeric = self.forms.at(x[None, :-1])
        steps = float(np.max(numeric(self.forms.steps)))
        found = dict.fromkeys(self.forms.owners.values(), 0.0)
        for (load, total), multiplier in zip(self.forms.cycles.items(), multipliers, strict=True):
            if load is not None:
                whole = float(np.max(numeric(total)))
                found[self.forms.owners[load[0]]] -= float(multiplier) * (1.0 - (steps / whole if load[1] else 0.0))
        return found


def _differences(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Central differences along every coordinate, in one call: shape (..., coordinates)."""
    moves = STEP * np.eye(len(x))
    both = function(np.vstack([x + moves, x - moves]))
    return (both[..., : len(x)] - both[..., len(x) :]) / (2 * STEP)
