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

    def at(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The sum, its slope and its curvature."""
        parts = np.exp(self.logs + self.exponents @ x)
        return float(parts.sum()), parts @ self.exponents, (self.exponents.T * parts) @ self.exponents

    def log_at(self, x: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        """The same of the logarithm of the sum."""
        z = self.logs + self.exponents @ x
        top = float(z.max())
        shares = np.exp(z - top)
        whole = float(shares.sum())
        shares /= whole
        slope = shares @ self.exponents
        return top + float(np.log(whole)), slope, (self.exponents.T * shares) @ self.exponents - np.outer(slope, slope)

    def log(self, x: np.ndarray) -> float:
        z = self.logs + self.exponents @ x
        top = float(z.max())
        return top + float(np.log(np.exp(z - top).sum()))


@dataclass(frozen=True)
class Convex:
    """`sets` (sets, variables): which variables add up to each of `sums`; every variable is in one set."""

    objective: Terms
    limits: tuple[Terms, ...]
    sets: np.ndarray
    sums: np.ndarray

    def least(self) -> tuple[np.ndarray, float] | None:
        """A point near the least, and a bound: no x has a smaller objective. None: no point inside all limits is
        found."""
        x = self._start()
        if x is None:
            return None
        if not self.objective.at(x)[0] > 0:
            return x, 0.0
        barriers = len(self.limits) + len(x)
        steep, bound = barriers / self.objective.at(x)[0], -np.inf
        while True:
            for step in self._round(x, steep):
                x = step
            bound = max(bound, self._bound(x, steep))
            if barriers / steep < ENOUGH * self.objective.at(x)[0]:
                return x, bound
            steep *= STEEPER

    def _start(self) -> np.ndarray | None:
        """All but a little of every sum in the first variable of its set."""
        for share in STARTS:
            x = (self.sets * (share * self.sums)[:, None]).sum(axis=0)
            for members, total in zip(self.sets, self.sums, strict=True):
                first, *others = np.flatnonzero(members)
                x[first] = total * (1 - share * len(others))
            if all(limit.log(x) < 0 for limit in self.limits) and (x > 0).all():
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
        rooms = np.array([*(-limit.log(x) for limit in self.limits), *x])
        if not (rooms > 0).all():
            return np.inf
        terms = self.objective
        return steep * float(np.exp(terms.logs + terms.exponents @ x).sum()) - float(np.log(rooms).sum())

    def _barrier(self, x: np.ndarray, steep: float) -> tuple[np.ndarray, np.ndarray]:
        _, slope, curvature = self.objective.at(x)
        slope, curvature = steep * slope - 1 / x, steep * curvature + np.diag(1 / x**2)
        for limit in self.limits:
            log, down, bent = limit.log_at(x)
            slope = slope - down / log
            curvature = curvature + np.outer(down, down) / log**2 - bent / log
        return slope, curvature

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
        value, slope, _ = self.objective.at(x)
        for limit in self.limits:
            log, down, _ = limit.log_at(x)
            multiplier = -1 / (steep * log)
            value, slope = value + multiplier * log, slope + multiplier * down
        cheapest = np.where(self.sets > 0, slope, np.inf).min(axis=1)
        return float(value - slope @ x + self.sums @ cheapest)
