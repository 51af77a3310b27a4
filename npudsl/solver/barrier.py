"""A small convex program in logarithms of factors, by Newton's method on a barrier, with a bound from duality.

    least  E(x) = sum exp(logs + exponents @ x)      such that   log sum exp(limit) <= 0 for every limit,
    x >= 0, and in every set of variables (a dim's loops) the sum is given.

Boyd and Vandenberghe, Convex Optimization, 11.3. scipy has the same (SLSQP, `linprog`), but importing it takes longer
than many a search; and the bound needs no linear program here: over sums of nonnegative variables a linear function is
least where each sum is spent on its cheapest variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

#: How much steeper the objective stands against the barrier from one round to the next; relative gap that is enough.
STEEPER, ENOUGH = 50.0, 1e-6
#: Newton steps a round; halvings of a step; the decrement that ends a round.
STEPS, HALVINGS, SMALL = 30, 40, 1e-10
#: Shares of a sum that the variables but the first of a set start with: what is left of limits decides.
STARTS = (1e-2, 1e-3, 1e-5, 1e-8)


@dataclass(frozen=True)
class Terms:
    """A sum of exponentials: `logs` (terms,), `exponents` (terms, variables)."""

    logs: np.ndarray
    exponents: np.ndarray


@dataclass(frozen=True)
class Convex:
    """`sets` (sets, variables): which variables add up to each of `sums`; every variable is in one set."""

    objective: Terms
    limits: tuple[Terms, ...]
    sets: np.ndarray
    sums: np.ndarray

    @cached_property
    def _all(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Logs and exponents of the terms of the objective and then of all limits; where the terms of each begin."""
        nothing = Terms(np.full(1, -np.inf), np.zeros((1, self.sets.shape[1])))
        terms = (self.objective if len(self.objective.logs) else nothing, *self.limits)
        starts = np.cumsum([0, *(len(t.logs) for t in terms[:-1])])
        return np.concatenate([t.logs for t in terms]), np.concatenate([t.exponents for t in terms]), starts

    def _sums(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All terms, and their sums: of the objective and of every limit. Where the limits hold none is large."""
        logs, exponents, starts = self._all
        with np.errstate(over="ignore"):  # far outside
            parts = np.exp(logs + exponents @ x)
        return parts, np.add.reduceat(parts, starts)

    def _value(self, x: np.ndarray) -> float:
        return float(self._sums(x)[1][0])

    def least(self) -> tuple[np.ndarray, float] | None:
        """A point near the least, and a bound: no x has a smaller objective. None: no point inside all limits is
        found."""
        x = self._start()
        if x is None:
            return None
        if not self._value(x) > 0:
            return x, 0.0
        barriers = len(self.limits) + len(x)
        steep, bound = barriers / self._value(x), -np.inf
        while True:
            for step in self._round(x, steep):
                x = step
            bound = max(bound, self._bound(x, steep))
            if barriers / steep < ENOUGH * self._value(x):
                return x, bound
            steep *= STEEPER

    def _start(self) -> np.ndarray | None:
        """All but a little of every sum in the first variable of its set."""
        for share in STARTS:
            x = (self.sets * (share * self.sums)[:, None]).sum(axis=0)
            for members, total in zip(self.sets, self.sums, strict=True):
                first, *others = np.flatnonzero(members)
                x[first] = total * (1 - share * len(others))
            if (self._sums(x)[1][1:] < 1).all() and (x > 0).all():
                return x
        return None

    def _round(self, x: np.ndarray, steep: float) -> Iterator[np.ndarray]:
        """Points of ever smaller objective and barrier."""
        for _ in range(STEPS):
            slope, curvature = self._barrier(x, steep)
            step = self._newton(slope, curvature)
            decrement = -float(slope @ step)
            if not decrement > SMALL:
                return
            here, length = self._height(x, steep), 1.0
            for _ in range(HALVINGS):
                if self._height(x + length * step, steep) <= here - 0.1 * length * decrement:
                    break
                length /= 2
            else:
                return
            x = x + length * step
            yield x

    def _height(self, x: np.ndarray, steep: float) -> float:
        _, sums = self._sums(x)
        if not ((sums[1:] < 1).all() and (x > 0).all()):
            return np.inf
        return steep * float(sums[0]) - float(np.log(-np.log(sums[1:])).sum() + np.log(x).sum())

    def _barrier(self, x: np.ndarray, steep: float) -> tuple[np.ndarray, np.ndarray]:
        """Its slope and curvature."""
        _, exponents, starts = self._all
        parts, sums = self._sums(x)
        logs = np.log(sums[1:])
        scales = np.concatenate([[steep], -1 / (sums[1:] * logs)])  # what a term counts for
        parts *= np.repeat(scales, np.diff(starts, append=len(parts)))
        terms = parts[:, None] * exponents
        slopes = np.add.reduceat(terms, starts)  # of the objective, and of the barrier of every limit
        curvature = exponents.T @ terms + slopes[1:].T @ ((1 + logs)[:, None] * slopes[1:])
        return slopes.sum(axis=0) - 1 / x, curvature + np.diag(1 / x**2)

    def _newton(self, slope: np.ndarray, curvature: np.ndarray) -> np.ndarray:
        """The step to the least of the parabola among those that keep the sums; none where floats cannot tell it."""
        n, m = len(slope), len(self.sums)
        system = np.block([[curvature, self.sets.T], [self.sets, np.zeros((m, m))]])
        try:
            return np.linalg.solve(system, np.concatenate([-slope, np.zeros(m)]))[:n]
        except np.linalg.LinAlgError:
            return np.zeros(n)

    def _bound(self, x: np.ndarray, steep: float) -> float:
        """What Lagrange's function with the multipliers of the barrier is at least: it is convex, so it lies above its
        tangent, which is least where every sum is spent on the variable with the least slope."""
        _, exponents, starts = self._all
        parts, sums = self._sums(x)
        slopes = np.add.reduceat(parts[:, None] * exponents, starts)
        logs = np.log(sums[1:])
        multipliers = -1 / (steep * logs)
        value, slope = float(sums[0] + multipliers @ logs), slopes[0] + (multipliers / sums[1:]) @ slopes[1:]
        cheapest = np.where(self.sets > 0, slope, np.inf).min(axis=1)
        return float(value - slope @ x + self.sums @ cheapest)
