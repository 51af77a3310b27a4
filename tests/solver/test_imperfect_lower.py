"""The bound of imperfect factors: every step of its proof against exact counts, the whole against enumeration."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import exp, inf, log, prod
from pathlib import Path
from random import Random

import numpy as np
import pytest
from scipy.optimize import OptimizeResult, linprog

from npudsl.mapping.footprint import tile_words
from npudsl.mapping.nest import Mapping
from npudsl.model.coordinate import footprint, overlap
from npudsl.model.evaluate import evaluate
from npudsl.solver.imperfect_bounds import limit_of
from npudsl.solver.imperfect_convex import Convex, Whole
from npudsl.solver.imperfect_cuts import proven
from npudsl.solver.imperfect_lower import Lower
from npudsl.solver.imperfect_monomials import Monomial, Total, Window
from npudsl.solver.imperfect_nodes import consistent
from npudsl.solver.imperfect_terms import Alone, Relaxed
from npudsl.solver.imperfect_windows import Form, planes, slide_form, tile_form
from npudsl.solver.latency import latency
from npudsl.spec.arch import Arch
from npudsl.spec.loader import load
from npudsl.spec.op import Layer

from ..oracle.enumerate import OBJECTIVES, TooLargeError
from ..oracle.imperfect import least_imperfect
from ..strategies import WINDOWED, Space, random_case, timed_problem

ROOT = Path(__file__).resolve().parents[2]
TINY = Space(max_points=40, bounds=(5, 3, 2, 7, 4, 1), max_dims=3, max_levels=2, max_arrays=1, sized=True)

# ---- windows -----------------------------------------------------------------------------------------


def words(form: Form, extents: tuple[int, ...]) -> int:
    """What a form stands for, from the exact functions."""
    if form.kind == "longest":
        return max(extents)
    kept = overlap(form.coefficients, extents, form.axis, 2 * extents[form.axis]) if form.kind == "slide" else 0
    return footprint(form.coefficients, extents) - kept


@pytest.mark.parametrize("coefficients", [(1, 1), (2, 1), (1, 2), (4, 1), (3, 2), (2, 4), (5, 7), (1, 6)])
@pytest.mark.parametrize("bounds", [(2, 2), (13, 3), (9, 11), (27, 5), (3, 40)])
def test_planes_are_below_all_words_and_touch_some(coefficients: tuple[int, ...], bounds: tuple[int, ...]) -> None:
    forms = [tile_form(coefficients, bounds), *(slide_form(coefficients, bounds, axis) for axis in (0, 1))]
    for form in (f for f in forms if f is not None):
        found = planes(form)
        every = list(product(*(range(1, b + 1) for b in bounds)))
        heights = np.log(every) @ found[:, :-1].T + found[:, -1]
        room = np.log([words(form, e) for e in every]) - heights.max(axis=1)
        assert room.min() >= -1e-13
        assert room[0] < 1e-9
        assert room[-1] < 1e-9


@pytest.mark.parametrize("coefficients", [(1, 1), (2, 1), (3, 1), (2, 3)])
def test_words_per_point_never_rise_with_the_extents(coefficients: tuple[int, ...]) -> None:
    forms = (tile_form(coefficients, (9, 9)), slide_form(coefficients, (9, 9), 0))
    for form in (f for f in forms if f is not None):
        for p, r in product(range(1, 9), repeat=2):
            here = words(form, (p, r)) / (p * r)
            assert here >= words(form, (p + 1, r)) / ((p + 1) * r)
            assert here >= words(form, (p, r + 1)) / (p * (r + 1))


# ---- counts of one nest --------------------------------------------------------------------------------


def real_factors(layer: Layer, nest: Mapping) -> list[float]:
    found = []
    for loop, stride in zip(nest.loops, nest.strides, strict=True):
        bound = layer.bound[loop.dim]
        found.append(min(bound, stride * loop.factor) / min(bound, stride))
    return found


def value(total: Total, real: list[float]) -> float:
    def of(loops: tuple[int, ...]) -> float:
        return prod(real[i] for i in loops)

    def window(one: Window) -> int:
        extents = tuple(of(loops) for loops in one.extents)
        assert extents == pytest.approx([round(e) for e in extents])
        return words(one.form, tuple(round(e) for e in extents))

    def monomial(one: Monomial) -> float:
        return one.constant * of(one.loops) * prod(map(of, one.counts)) * prod(map(window, one.windows))

    return sum(float(w) * monomial(m) for m, w in total.terms) + float(total.constant)


def check_counts(seed: int, space: Space) -> None:
    case = random_case(seed, space)
    nest = case.mapping.simplified()
    relaxed, real = Relaxed(case.arch, case.layer, nest), real_factors(case.layer, nest)
    evaluation = evaluate(case.arch, case.layer, nest)
    leakage = sum(float(parts.get("leakage", 0)) for parts in evaluation.cost.parts.values())
    none: Alone = frozenset()  # loops along arrays that there are have several instances
    assert value(relaxed.energy(none), real) <= (float(evaluation.cost.energy) - leakage) * (1 + 1e-9)
    assert value(relaxed.steps, real) <= float(evaluation.tally.steps / case.arch.compute.rate) * (1 + 1e-9)
    cycles = float(latency(case.arch, case.layer, nest))
    for total in relaxed.loads(none).values():
        assert value(total, real) <= cycles * (1 + 1e-9)
    for node, above in nest.placed:
        tensor = case.layer.op.tensor(node.tensor)
        tile = relaxed.tile(tensor, above)
        exact = tile_words(case.layer, nest, node.tensor, above)
        longest = any(w.form.kind == "longest" for w in tile.windows)
        reached = value(Total(((tile, Fraction(1)),)), real)
        assert reached <= exact * (1 + 1e-9) if longest else reached == pytest.approx(exact)


@pytest.mark.parametrize("seed", range(100))
def test_counts_of_clipped_nests_are_not_below_those_of_their_real_factors(seed: int) -> None:
    check_counts(seed, Space(sized=True, max_points=120))


@pytest.mark.parametrize("seed", [*range(100), 1223])  # 1223: united instances that stand apart are not one tile
def test_counts_of_clipped_windows_are_not_below_those_of_their_real_factors(seed: int) -> None:
    check_counts(seed, WINDOWED)


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_counts_of_more_clipped_nests(block: int) -> None:
    for seed in range(1000 + 250 * block, 1250 + 250 * block):
        check_counts(seed, WINDOWED if seed % 2 else Space(sized=True, max_points=200))


# ---- programs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(30))
def test_any_multipliers_prove_a_bound(seed: int) -> None:
    """However wrong they are, what they prove is not above the least value; the right ones prove that."""
    rng = np.random.default_rng(seed)
    cost, rows, tops = rng.normal(size=6), rng.normal(size=(5, 6)), rng.uniform(0.5, 2.0, size=5)
    equal, sums = rng.normal(size=(1, 6)), np.zeros(1)
    low, high = np.full(6, -1.0), np.full(6, 1.0)
    found = linprog(cost, rows, tops, equal, sums, np.column_stack([low, high]), method="highs")
    assert found.status == 0
    program = (cost, rows, tops, equal, sums, low, high)
    exact = proven(*program, found.ineqlin.marginals, found.eqlin.marginals)
    assert found.fun - 1e-7 <= exact <= found.fun + 1e-12
    for scale in (0.1, 1.0, 10.0):
        wrong = OptimizeResult(rows=rng.normal(size=5) * scale, equal=rng.normal(size=1) * scale)
        assert proven(*program, wrong.rows, wrong.equal) <= found.fun + 1e-12


@pytest.mark.parametrize("seed", range(30))
def test_rounding_is_allowed_for_and_costs_little(seed: int) -> None:
    """A bound is nowhere above what its multipliers prove in exact arithmetic, and where variables that are far apart
    have costs of their own, as what exceeds a row has, hardly below."""
    rng = np.random.default_rng(seed)
    rows, tops = rng.normal(size=(8, 6)) * 10.0 ** rng.integers(-3, 4, size=(8, 1)), rng.uniform(0.5, 2.0, size=8)
    rows, cost = np.hstack([rows, np.full((8, 1), -1.0)]), np.append(rng.normal(size=6), 1e4)
    equal, sums = np.hstack([rng.normal(size=(1, 6)), [[0.0]]]), np.array([0.1])
    low, high = np.append(np.full(6, -1.0), 0.0), np.append(np.full(6, 1.0), 1e6)
    found = linprog(cost, rows, tops, equal, sums, np.column_stack([low, high]), method="highs")
    assert found.status == 0
    bound = proven(cost, rows, tops, equal, sums, low, high, found.ineqlin.marginals, found.eqlin.marginals)
    upper, free = (np.vectorize(Fraction)(x) for x in (-np.minimum(found.ineqlin.marginals, 0), found.eqlin.marginals))
    exactly = [np.vectorize(Fraction)(x) for x in (cost, rows, tops, equal, sums, low, high)]
    of_cost, of_rows, of_tops, of_equal, of_sums, least, most = exactly
    reduced = of_cost + upper @ of_rows - free @ of_equal
    exact = free @ of_sums - upper @ of_tops + np.minimum(reduced * least, reduced * most).sum()
    assert exact - Fraction(1, 10**10) * (1 + abs(exact)) <= bound <= exact


@pytest.mark.parametrize("seed", range(60))
def test_limits_never_exclude_the_numbers_of_a_nest(seed: int) -> None:
    """[outer][inner] along two axes and [core] over one dim: their counts, extents and factors within any limits."""
    rng = Random(seed)
    bound = rng.randint(2, 40)
    x, y, core = (rng.randint(1, 4) for _ in range(3))
    inner = rng.randint(1, -(-bound // (x * y * core)))
    extent = min(bound, inner * x * y * core)
    steps = sum(min(core, max(0, -(-(bound - base) // 1))) for base in range(0, bound, x * y * core))
    numbers = [-(-bound // extent), extent, steps, x * y, x, y]
    kinds = ("count", "extent", "count", "spread", "factor", "factor")
    wholes = tuple(Whole(kind, "d", (k,), 200, k) for k, kind in enumerate(kinds))
    nothing = np.zeros(0)
    rest: dict[int, int] = {0: 1, 2: 3}
    spreads: dict[int, tuple[int, ...]] = {3: (4, 5)}
    program = Convex(nothing, nothing, nothing, nothing, nothing, nothing, nothing, [], wholes, rest, spreads)
    limits = [(rng.randint(1, n), rng.choice([n, n + rng.randint(0, 5), 200])) for n in numbers]
    found = consistent(program, limits, {"d": bound})
    assert found is not None
    assert all(least <= n <= most for n, (least, most) in zip(numbers, found, strict=True))
    assert all(a >= c and b <= d for (a, b), (c, d) in zip(found, limits, strict=True))


# ---- the whole -----------------------------------------------------------------------------------------


def lower(arch: Arch, layer: Layer, space: str, objective: str, best: float, most: int) -> float:
    """The bound, if a mapping 10 % above the best one is known."""
    found = Lower(arch, layer, space, objective, limit_of(arch, layer).range(objective, 1.1 * best), lambda: None)
    found.start(log(1.1 * best))
    found.run(log(1.1 * best), most)
    return exp(found.bound)


def check_bound(seed: int, limit: int, most: int, *, uneven: bool) -> None:
    arch, layer = timed_problem(seed, TINY)
    try:
        least = least_imperfect(arch, layer, uneven=uneven, limit=limit)
    except TooLargeError:
        return
    for objective in OBJECTIVES:
        best = least.value.get(objective, inf)
        if 0 < best < inf:
            found = lower(arch, layer, "uneven" if uneven else "even", objective, best, most)
            assert found <= best * (1 + 1e-9), objective


@pytest.mark.parametrize("seed", range(40, 70))
def test_nothing_enumerated_is_below_the_bound(seed: int) -> None:
    check_bound(seed, 120, 2_000, uneven=seed % 3 == 0)


@pytest.mark.long
@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("block", range(40))
def test_nothing_enumerated_is_below_more_bounds(block: int, uneven: bool) -> None:
    for seed in range(1000 + 25 * block, 1025 + 25 * block):
        check_bound(seed, 1_500, 20_000, uneven=uneven)


@pytest.mark.parametrize(
    ("spec", "objective", "best", "share"),
    [("study_b", "energy", 3_750_463_488.0, 0.985), ("eyeriss", "edp", 2.1397567838355456e16, 0.88)],
)
def test_bounds_of_a_convolution_are_near_what_is_found(spec: str, objective: str, best: float, share: float) -> None:
    """conv3 of AlexNet, batch 4, beside what `solve --factors imperfect` found; the physical limit is 12 and 45 %
    below."""
    arch = load(str(ROOT / "specs" / f"{spec}.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == "conv3")
    found = lower(arch, layer, "even", objective, best, 5_000)
    assert share * best < found <= best
    assert limit_of(arch, layer).value(objective) < 0.9 * found
