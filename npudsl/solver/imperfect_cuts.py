"""Least values of convex programs from below: linear programs of tangents, and a proof for each from its multipliers.

A tangent of an exponential lies below it, so the linear program is a relaxation however few tangents it has; more are
added where its solution shows that they are missing. What the solver returns is not trusted: whatever multipliers
lambda >= 0 and mu it gives,

    cost @ v >= lambda-weighted right sides + sum over variables of min over [low, high] of (reduced cost * variable)

holds for every feasible v. That is evaluated here, less what rounding can have added: a reduced cost that is computed
as r lies between r - e and r + e, where e is relative to the products that it is the sum of. So variables that cannot
be less than nothing, and cost clearly more than nothing, cost no certainty, however large they may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

import numpy as np
from scipy.optimize import linprog

from .imperfect_convex import Convex, Sum

#: Shares of a sum at which each of its terms has a tangent from the start.
SHARES = (1.0, 0.5, 0.2, 0.05, 0.005)
#: Price of what rows are exceeded by, so that there is always a solution, and the most of it. What the solver may
#: exceed rows by.
PENALTY, SLACK = 100.0, 1e-10
OPTIONS = {"presolve": False, "primal_feasibility_tolerance": SLACK, "dual_feasibility_tolerance": SLACK}
#: What numbers of a program may be wrong by, relative: they come from a few logarithms and exponentials; and what every
#: product of a sum adds to that, whatever the order (a double is exact to 1.2e-16).
ROUNDING, EACH = 1e-13, 1.2e-16


@dataclass(frozen=True)
class Solved:
    """`bound`: no feasible point is below. `point`: of the linear program; None: the solver gave none. `tight`: no
    tangent is missing there. `work`: iterations that it took."""

    bound: float
    point: np.ndarray | None
    tight: bool
    work: int


class Cuts:
    """A program with tangents so far; they hold whatever the bounds of its variables are."""

    def __init__(self, program: Convex):
        self.program = program
        self.width = len(program.cost)
        self.terms = sum(len(one.logs) for one in program.curved)
        self.columns = self.width + self.terms + 1  # the last is what rows are exceeded by
        self.most = np.concatenate([np.zeros(0), *(np.full(len(one.logs), one.most) for one in program.curved)])
        self.rows: list[np.ndarray] = []
        self.tops: list[float] = []
        self.starts: list[int] = []
        for row, top in zip(program.upper, program.tops, strict=True):
            self._add(row, {}, float(top))
        start = self.width
        for one in program.curved:
            self.starts.append(start)
            count = len(one.logs)
            shares = dict.fromkeys(range(start, start + count), 1.0)
            self._add(one.linear, shares, 1.0 - one.constant)
            for k in range(count):
                for share in SHARES:
                    self._tangent(one, k, start + k, log(share))
            start += count

    def _add(self, row: np.ndarray, more: dict[int, float], top: float) -> None:
        full = np.zeros(self.columns)
        full[: self.width] = row
        for column, value in more.items():
            full[column] = value
        full[-1] = -1.0
        self.rows.append(full[None, :])
        self.tops.append(top)

    def _tangent(self, one: Sum, k: int, column: int, at: float) -> None:
        """exp(l) >= exp(at) (1 + l - at) for the k-th term of a sum."""
        value = exp(at)
        self._add(value * one.rows[k], {column: -1.0}, -value * (1.0 + float(one.logs[k]) - at))

    def solve(self, low: np.ndarray, high: np.ndarray, close: float) -> Solved:
        """One linear program, with other bounds of the variables; tangents are added where terms are more than `close`
        above theirs (as parts of a sum)."""
        program = self.program
        cost = np.concatenate([program.cost, np.zeros(self.terms), [PENALTY]])
        low = np.concatenate([low, np.zeros(self.terms), [0.0]])
        high = np.concatenate([high, self.most, [PENALTY]])
        rows, tops = self._table(), np.array(self.tops)
        equal = np.hstack([program.equal, np.zeros((len(program.sums), self.terms + 1))])
        found = linprog(
            cost, rows, tops, equal, program.sums, np.column_stack([low, high]), method="highs", options=OPTIONS
        )
        if found.status != 0:
            return Solved(-np.inf, None, True, int(found.nit))
        bound = proven(cost, rows, tops, equal, program.sums, low, high, found.ineqlin.marginals, found.eqlin.marginals)
        return Solved(bound, found.x[: self.width], not self._refine(found.x, close), int(found.nit))

    def _table(self) -> np.ndarray:
        """All rows; kept as one array, which takes less room than many."""
        if len(self.rows) > 1:
            self.rows = [np.vstack(self.rows)]
        return self.rows[0]

    def _refine(self, x: np.ndarray, close: float) -> bool:
        """Tangents at a point, where the present ones are too far below; whether there were any."""
        added = False
        v = x[: self.width]
        for one, start in zip(self.program.curved, self.starts, strict=True):
            at = one.logs + one.rows @ v
            for k in np.flatnonzero(np.exp(np.minimum(at, 50.0)) > x[start : start + len(at)] + close):
                self._tangent(one, int(k), start + int(k), min(float(at[k]), 2.0))
                added = True
        return added


def proven(
    cost: np.ndarray,
    rows: np.ndarray,
    tops: np.ndarray,
    equal: np.ndarray,
    sums: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    of_rows: np.ndarray,
    of_equal: np.ndarray,
) -> float:
    """A bound of `cost @ v` over rows @ v <= tops, equal @ v = sums and low <= v <= high, from multipliers (scipy's
    marginals) of any quality."""
    upper = -np.minimum(np.nan_to_num(of_rows), 0.0)
    exact = np.nan_to_num(of_equal)
    rounding = ROUNDING + EACH * (len(cost) + len(tops) + len(sums))
    reduced = cost + upper @ rows - exact @ equal
    wrong = rounding * (np.abs(cost) + upper @ np.abs(rows) + np.abs(exact) @ np.abs(equal))
    corners = [(reduced + side) * end for side in (-wrong, wrong) for end in (low, high)]
    least = np.minimum.reduce(corners)
    value = exact @ sums - upper @ tops + least.sum()
    # a right side may itself be a difference of logarithms, hence at least 1
    size = np.abs(exact) @ np.maximum(np.abs(sums), 1.0) + upper @ np.maximum(np.abs(tops), 1.0) + np.abs(least).sum()
    return float(value - rounding * size)
