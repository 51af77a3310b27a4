"""The continuous relaxation around a mapping: real factors, and what each limit is worth there.

The nest of a mapping keeps its nodes and the order of its loops; every slot and every axis gets loops of factor 1 over
the dims that it lacks, where that changes no count. With x the logarithms of the factors, the objective f(x) (closed
forms at real factors) is minimised under sum x_d = ln N_d, x >= 0, the logarithms of all memories' contents and of the
instances along all axes being at most those of their limits: a geometric program where no windows slide. scipy's SLSQP
finds the least from the mapping itself. There the gradient is a combination of those of the limits that are tight,

    grad ln f + sum lambda_i grad g_i + (equalities, x >= 0) = 0,    lambda_i >= 0,

and lambda_i = - d ln f / d ln limit_i: the slope of the relaxed optimum. It is no bound: with whole factors the optimum
moves in jumps, which `sensitivity.py` finds by solving again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import log
from typing import Any

import numpy as np
import sympy
from scipy.optimize import minimize, nnls

from ..mapping.nest import Loop, Mapping, Node
from ..mapping.pricing import leakages
from ..model.counts import derive
from ..model.evaluate import Numbers
from ..spec.arch import Arch
from ..spec.op import Layer
from .demands import Demand, demands_of
from .real import REAL

#: Step of the logarithms for differences, and how far from stationary a point may be to speak of slopes, relative.
STEP, STATIONARY = 1e-5, 0.02
#: Limits with less room than this, relative, are tight.
TIGHT = 1e-3


@dataclass(frozen=True)
class Slopes:
    """`objective`: that of the relaxed optimum as a share of the mapping's; `limits`: d ln objective / d ln limit of
    sizes, shares and axes, at most 0."""

    objective: float
    limits: dict[Demand, float]


def slopes(arch: Arch, layer: Layer, mapping: Mapping, objective: str) -> Slopes | None:
    """None where the relaxation has not been solved well enough to tell."""
    problem = _Problem(arch, layer, _widened(arch, layer, mapping), objective)
    start = problem.start()
    found = minimize(
        problem.value,
        start,
        jac=problem.gradient,
        bounds=[(0.0, top) for top in problem.tops],
        constraints=[
            {"type": "eq", "fun": lambda x: problem.equal @ x - problem.sums, "jac": lambda x: problem.equal},
            {"type": "ineq", "fun": problem.rooms, "jac": problem.room_gradients},
        ],
        method="SLSQP",
        options={"maxiter": 100, "ftol": 1e-10},
    )
    if not np.isfinite(found.x).all():
        return None
    point = np.clip(found.x, 0.0, problem.tops)
    multipliers = problem.multipliers(point)
    if multipliers is None:
        return None
    gained = float(np.exp(problem.value(point) - problem.value(start)))
    return Slopes(gained, {d: -float(m) for d, m in zip(problem.limits, multipliers, strict=True)})


# ---- the nest with room to move ----------------------------------------------------------------


def _widened(arch: Arch, layer: Layer, mapping: Mapping) -> Mapping:
    """With loops of factor 1 over the dims that a slot or an axis lacks, as far as no count changes by that."""
    simple = mapping.simplified()
    price = _priced(arch, layer, simple)
    whole = _with(arch, layer, simple, None)
    if np.isclose(_priced(arch, layer, whole), price, rtol=1e-12):
        return whole
    for dim in (d for d, bound in layer.bounds if bound > 1):
        wider = _with(arch, layer, simple, dim)
        if np.isclose(_priced(arch, layer, wider), price, rtol=1e-12):
            simple = wider
    return simple


def _with(arch: Arch, layer: Layer, mapping: Mapping, only: str | None) -> Mapping:
    """All dims (or one) in every slot, those that are new outermost, and along every axis."""
    dims = [d for d, bound in layer.bounds if bound > 1 and only in (None, d)]
    items: list[Node | Loop] = []
    rest = list(mapping.items)
    while rest:
        while rest and isinstance(rest[0], Node):
            items.append(rest.pop(0))
        slot: list[Loop] = []
        while rest and isinstance(rest[0], Loop) and not rest[0].spatial:
            slot.append(rest.pop(0))  # type: ignore[arg-type]
        items += [Loop(d, 1) for d in dims if all(x.dim != d for x in slot)] + slot
        along: list[Loop] = []
        while rest and isinstance(rest[0], Loop):
            along.append(rest.pop(0))  # type: ignore[arg-type]
        items += _unrolled(arch, dims, along) if along else []
    return Mapping(tuple(items))


def _unrolled(arch: Arch, dims: list[str], along: list[Loop]) -> list[Loop]:
    """Spatial loops with the other dims added next to those of the same axis."""
    found: list[Loop] = []
    for index, loop in enumerate(along):
        found.append(loop)
        last = index + 1 == len(along) or (along[index + 1].array, along[index + 1].axis) != (loop.array, loop.axis)
        there = {x.dim for x in along if (x.array, x.axis) == (loop.array, loop.axis)}
        found += [Loop(d, 1, loop.array, loop.axis) for d in dims if last and d not in there]
    return found


# ---- objective and limits in numbers -----------------------------------------------------------


#: A sum of weight * expression.
Weighted = dict[sympy.Expr, float]


def _sum(weighted: Weighted, values: Numbers) -> Any:
    return sum(weight * values(expression) for expression, weight in weighted.items())


@dataclass(frozen=True)
class _Forms:
    """Closed forms of a nest: energy in pJ (without leakage), steps, words per tile, in `symbols` and `known`."""

    energy: Weighted
    steps: sympy.Expr
    tiles: dict[tuple[str, str], sympy.Expr]
    symbols: tuple[sympy.Symbol, ...]
    known: dict[sympy.Symbol, float]


def _forms(arch: Arch, layer: Layer, nest: Mapping) -> _Forms:
    formulas = derive(arch, layer, nest, frozenset(layer.op.dims))
    links = {x.name: x for array in arch.arrays for x in array.links}
    energy: Weighted = {sympy.Integer(1): float(layer.points * arch.compute.op_energy)}
    for (counter, place, tensor), count in formulas.totals.items():
        role = layer.op.tensor(tensor).role
        if counter == "link":
            price = links[place].hop_energy * arch.width(None, role)
        else:
            memory = arch.memory(place)
            price = (memory.read_energy if counter == "read" else memory.write_energy) * arch.width(place, role)
        for times, product in count.terms:
            energy[product.expression] = energy.get(product.expression, 0.0) + times * float(price)
    tiles = {key: product.expression for key, product in formulas.tiles.items()}
    known = {symbol: float(layer.bound[d]) for d, symbol in formulas.bounds.items()}
    return _Forms(energy, formulas.steps.expression, tiles, formulas.symbols, known)


def _priced(arch: Arch, layer: Layer, nest: Mapping) -> float:
    forms = _forms(arch, layer, nest)
    factors = (float(loop.factor) for loop in nest.loops)
    values = Numbers({**forms.known, **dict(zip(forms.symbols, factors, strict=True))}, REAL)
    return float(_sum(forms.energy, values))


class _Problem:
    """Functions of the logarithms of all factors; `value` is the logarithm of the objective."""

    def __init__(self, arch: Arch, layer: Layer, nest: Mapping, objective: str):
        self.arch, self.layer, self.nest, self.objective = arch, layer, nest, objective
        self.forms = _forms(arch, layer, nest)
        self.leak = float(sum((power for _, power in leakages(arch)), Fraction(0)) / arch.compute.rate)
        self.loops = nest.loops
        self.tops = np.array([log(layer.bound[x.dim]) for x in self.loops])
        dims = tuple(dict.fromkeys(x.dim for x in self.loops))
        self.equal = np.array([[1.0 if x.dim == d else 0.0 for x in self.loops] for d in dims])
        self.sums = np.array([log(layer.bound[d]) for d in dims])
        asked = demands_of(arch, layer, None)
        found = {d: self._content(d) for d in asked}
        self.contents = {d: content for d, content in found.items() if content is not None}
        self.limits = {d: float(asked[d]) for d in self.contents}

    def _content(self, demand: Demand) -> Weighted | None:
        """What is limited; None where the nest has nothing there, or whole tensors alone."""
        if demand.kind == "axis":
            pairs = zip(self.forms.symbols, self.loops, strict=True)
            along = [symbol for symbol, x in pairs if (x.array, x.axis) == (demand.array, demand.axis)]
            return {sympy.Mul(*along): 1.0} if along else None
        memory = self.arch.memory(demand.memory)
        if memory in self.arch.levels[0].memories:
            return None
        found: Weighted = {}
        for (name, tensor), words in self.forms.tiles.items():
            role = self.layer.op.tensor(tensor).role
            if name == demand.memory and demand.role in ("", role):
                bits = float(self.arch.width(name, role) * (2 if role in memory.double else 1))
                found[words] = found.get(words, 0.0) + bits
        return found or None

    def start(self) -> np.ndarray:
        return np.log([float(x.factor) for x in self.loops])

    def _numbers(self, rows: np.ndarray) -> Numbers:
        """At every row of logarithms."""
        factors = np.exp(rows).T
        return Numbers({**self.forms.known, **dict(zip(self.forms.symbols, factors, strict=True))}, REAL)

    def _values(self, rows: np.ndarray) -> np.ndarray:
        values = self._numbers(rows)
        steps = values(self.forms.steps) * np.ones(len(rows))
        energy = _sum(self.forms.energy, values) + self.leak * steps
        return np.log({"energy": energy, "latency": steps}.get(self.objective, energy * steps))

    def _rooms(self, rows: np.ndarray) -> np.ndarray:
        values = self._numbers(rows)
        contents = [_sum(self.contents[d], values) * np.ones(len(rows)) for d in self.limits]
        return np.array([log(limit) - np.log(c) for limit, c in zip(self.limits.values(), contents, strict=True)])

    def value(self, x: np.ndarray) -> float:
        return float(self._values(x[None, :])[0])

    def rooms(self, x: np.ndarray) -> np.ndarray:
        """ln limit - ln content, >= 0 where a limit holds."""
        return self._rooms(x[None, :])[:, 0]

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return _differences(self._values, x)

    def room_gradients(self, x: np.ndarray) -> np.ndarray:
        return _differences(self._rooms, x)

    def multipliers(self, x: np.ndarray) -> np.ndarray | None:
        """Of every limit, 0 where it is not tight; None if the point is not stationary."""
        slope = self.gradient(x)
        rooms, away = self.rooms(x), self.room_gradients(x)
        tight = np.flatnonzero(rooms < TIGHT)
        least, most = np.flatnonzero(x < TIGHT), np.flatnonzero(x > self.tops - TIGHT)
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


def _differences(function: Callable[[np.ndarray], np.ndarray], x: np.ndarray) -> np.ndarray:
    """Central differences along every coordinate, in one call: shape (..., coordinates)."""
    moves = STEP * np.eye(len(x))
    both = function(np.vstack([x + moves, x - moves]))
    return (both[..., : len(x)] - both[..., len(x) :]) / (2 * STEP)
