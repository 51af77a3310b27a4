"""The barrier method: its bound lies below the objective of every point, and near that of the point that it finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from npudsl.solver.barrier import Convex, Terms


def problem(seed: int) -> Convex:
    """Three dims over two to four loops, tiles of two dims in two memories."""
    random = np.random.default_rng(seed)
    counts = random.integers(2, 5, size=3)
    n = int(counts.sum())
    sets = np.repeat(np.eye(3), counts, axis=1)
    inner = np.array([k > 0 for count in counts for k in range(count)], dtype=float)
    objective = Terms(random.uniform(0, 12, size=6), random.integers(0, 2, size=(6, n)).astype(float))
    limits = []
    for size in random.uniform(1.5, 6.0, size=2):
        tiles = np.array([inner * (sets[a] + sets[b]) for a, b in ((0, 1), (1, 2))])
        limits.append(Terms(np.full(2, -size), tiles))
    return Convex(objective, tuple(limits), sets, random.uniform(1.0, 7.0, size=3))


def parts(terms: Terms, x: np.ndarray) -> np.ndarray:
    return np.exp(terms.logs + terms.exponents @ x)


def total(terms: Terms, x: np.ndarray) -> float:
    return float(parts(terms, x).sum())


def within(one: Convex, random: np.random.Generator) -> np.ndarray | None:
    """A point that keeps the sums and the limits."""
    for _ in range(200):
        shares = random.exponential(size=one.sets.shape[1]) ** random.uniform(0.5, 6)
        x = (one.sets * (shares * one.sets / (one.sets @ shares)[:, None]) * one.sums[:, None]).sum(axis=0)
        if all(total(limit, x) <= 1 for limit in one.limits):
            return x
    return None


@pytest.mark.parametrize("seed", range(40))
def test_no_point_is_below_the_bound(seed: int) -> None:
    one, random = problem(seed), np.random.default_rng(seed)
    found = one.least()
    assert found is not None
    point, bound = found
    assert np.allclose(one.sets @ point, one.sums) and (point > 0).all()
    assert all(total(limit, point) < 1 for limit in one.limits)
    value = total(one.objective, point)
    assert bound <= value <= bound * (1 + 1e-4)
    tried = [x for _ in range(20) if (x := within(one, random)) is not None]
    assert all(total(one.objective, x) >= bound for x in tried)


@pytest.mark.parametrize("seed", range(40, 60))
def test_scipy_finds_nothing_better(seed: int) -> None:
    one = problem(seed)
    found = one.least()
    assert found is not None
    point, bound = found
    scale = total(one.objective, point)
    theirs = minimize(
        lambda x: total(one.objective, x) / scale,
        point,
        jac=lambda x: parts(one.objective, x) @ one.objective.exponents / scale,
        bounds=[(0.0, None)] * len(point),
        constraints=[
            {"type": "eq", "fun": lambda x: one.sets @ x - one.sums, "jac": lambda x: one.sets},
            *({"type": "ineq", "fun": lambda x, limit=limit: -np.log(total(limit, x))} for limit in one.limits),
        ],
        method="SLSQP",
        options={"maxiter": 200, "ftol": 1e-10},
    )
    assert theirs.fun * scale >= bound * (1 - 1e-6)


def test_what_does_not_fit_has_no_point() -> None:
    one = problem(1)
    narrow = tuple(Terms(limit.logs + 100, limit.exponents) for limit in one.limits)
    assert Convex(one.objective, narrow, one.sets, one.sums).least() is None


def test_without_limits() -> None:
    """One dim over two loops, of which one costs the square of its factor."""
    objective = Terms(np.zeros(2), np.array([[1.0, 0.0], [0.0, 2.0]]))
    found = Convex(objective, (), np.ones((1, 2)), np.array([3.0])).least()
    assert found is not None
    point, bound = found
    best = minimize(lambda t: np.exp(t[0]) + np.exp(2 * (3 - t[0])), [1.5]).fun
    assert bound <= best * (1 + 1e-9) and total(objective, point) <= best * (1 + 1e-4)


def test_nothing_to_pay_is_bounded_by_nothing() -> None:
    one = problem(2)
    free = Convex(Terms(np.zeros(0), np.zeros((0, one.sets.shape[1]))), one.limits, one.sets, one.sums)
    found = free.least()
    assert found is not None and found[1] == 0.0
