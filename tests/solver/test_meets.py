"""Bounds on what is outside and inside a cut, for sets of rows: below what they bound, and nothing is lost by them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import gcd, lcm, prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from npudsl.solver import Options, solve
from npudsl.solver import inside as inside_module
from npudsl.solver.clock import Clock
from npudsl.solver.fronts import Front
from npudsl.solver.goal import Goal, Incumbent
from npudsl.solver.halves import Bounds, Found, halves
from npudsl.solver.inside import least_costs
from npudsl.solver.join import Join
from npudsl.solver.lattice import Lattice, Vectors
from npudsl.solver.layer import LayerSearch
from npudsl.solver.meets import Inside, Meets
from npudsl.solver.rows import Task
from npudsl.solver.search import Search
from npudsl.solver.sieve import Laid
from npudsl.solver.stages import Stage
from npudsl.spec.loader import load

from .test_prototype import ROOT

LATTICE = Lattice(("a", "b", "c"), (12, 6, 8))


@cache
def searched() -> Search:
    """conv3 with bandwidths, with all that stands outside its last parts."""
    arch = load(str(ROOT / "specs" / "eyeriss.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == "conv3")
    search = LayerSearch(arch, layer, Options(objective="edp", space="even"), Clock(), lambda value, bound: None)
    search._begin()
    search._entries("even")
    return search.searches[0]


@pytest.mark.parametrize("shared", [True, False])
@given(data=st.data())
def test_a_set_of_rows_is_told_by_what_it_has_in_common(shared: bool, data: st.DataObject) -> None:
    least = np.arange(2 * LATTICE.size, dtype=float).reshape(2, -1)
    meets, together = Meets(LATTICE, least, shared=shared), gcd if shared else lcm
    some = {d: data.draw(st.lists(st.sampled_from(a), min_size=1)) for d, a in zip("abc", LATTICE.axes, strict=True)}
    places = []
    for dims in ("ac", "b"):  # two halves
        extents = [dict(zip(dims, e, strict=False)) for e in zip(*(some[d] for d in dims), strict=False)]
        flat = np.array([LATTICE.flat({d: e.get(d, 1) for d in "abc"}) for e in extents])
        places.append(meets.place(meets.exponents(flat).min(axis=0, keepdims=True)))
        some |= {d: [e[d] for e in extents] for d in dims}
    expected = LATTICE.flat({d: together(*some[d]) for d in "abc"})
    assert (meets.least(places[0] + places[1])[0] == least[:, expected]).all()


def test_vectors_that_another_divides() -> None:
    flat = np.random.default_rng(2).permutation(LATTICE.size)[:70]
    vectors = Vectors(LATTICE, flat)
    for need in range(LATTICE.size):
        wanted = LATTICE.vector(need)
        there = [all(LATTICE.vector(int(f))[d] % wanted[d] == 0 for d in "abc") for f in flat]
        assert vectors.multiples_of(need).tolist() == np.flatnonzero(there).tolist()


def test_nothing_inside_a_cut_costs_less_than_its_bound() -> None:
    search, random, compared = searched(), np.random.default_rng(3), 0
    lattice, problem = search.problem.lattice, search.problem
    for stage in search.stages:
        inside = search.insides.of(stage.top)
        assert inside is not None and inside.least is not None
        for batch in stage.batches if stage.top in search.fronts and stage.bottom is None else ():
            found = batch.laid()
            if found is None:
                continue
            task, groups = found
            laid = [group.laid for group in groups]
            whole = Bounds(task, None, problem.loads)
            for _ in range(40):
                picks = [int(random.integers(group.values.shape[1])) for group in laid]
                values = np.prod([g.values[g.number, row] for g, row in zip(laid, picks, strict=True)], axis=0)
                if not whole.fits(values[:, None])[0]:
                    continue
                costs = np.r_[whole.within(values[:, None])[:, 0], values[task.steps] * problem.pace]
                need = lattice.vector(sum(int(g.above[row]) for g, row in zip(laid, picks, strict=True)))
                more = {d: need[d] * int(random.choice([k for k in a if b % (need[d] * k) == 0]))
                        for d, a, b in zip(lattice.dims, lattice.axes, lattice.bounds, strict=True)}  # fmt: skip
                for extents in (need, more):
                    assert (inside.least[:, lattice.flat(extents)] <= costs + np.abs(costs) * 1e-12).all()
                compared += 1
    assert compared


def test_a_join_finds_all_pairs_that_improve() -> None:
    """Beside all combinations of some rows, outside and inside of a cut and where nothing is outside."""
    search, random, kinds = searched(), np.random.default_rng(4), set()
    for stage in search.stages:
        for task in stage.tasks[:6]:
            tables = tuple(t.select(np.sort(random.permutation(t.size)[:9])) for t in task.tables)
            if all(_joined(search, stage, replace(task, tables=tables), Goal(o)) for o in ("edp", "energy")):
                kinds.add((stage.top in search.fronts, stage.bottom is None))
    assert {(True, True), (False, False)} <= kinds


def _joined(search: Search, stage: Stage, task: Task, goal: Goal) -> int:
    """How many pairs there are; under several limits the join finds those below and no others."""
    inside = None if stage.bottom is None else search.insides.of(stage.bottom)
    bounds = search.bounds(task, stage.top, inside)
    every = np.array(np.unravel_index(np.arange(prod(t.size for t in task.tables)), [t.size for t in task.tables]))
    found = bounds.combined(every)
    picks, costs = found.picks(np.arange(len(found.steps))), found.costs
    if bounds.outer is not None:
        costs = costs + bounds.outer[:, found.above]
    loads = [*costs[1:]]
    if bounds.inside is not None:
        more = bounds.inside.least(bounds.inside.place(bounds.inside.exponents(found.below))).T
        costs = costs + more[:-1]
        loads = [*(costs[1:] * (1 - 1e-12)), more[-1]]
    values = goal(costs[0], bounds.cycles(found.steps, loads))[0]
    some = np.sort(values[np.isfinite(values)])
    for place in (1, 0.5, 0.2, 0.05) if len(some) else ():
        limit = float(some[int((len(some) - 1) * place)]) * (1 + 1e-9)  # just above one of them
        taken: list[tuple[int, ...]] = []
        incumbent = Incumbent(goal, (limit, np.inf))

        def take(found: Found, taken: list[tuple[int, ...]] = taken) -> None:
            taken.extend(map(tuple, found.picks(np.arange(len(found.steps))).T.tolist()))

        Join(bounds, *halves(bounds, incumbent, lambda: None), incumbent, take, lambda: None).run()
        assert set(taken) == set(map(tuple, picks[:, values < limit].T.tolist()))
    return len(some)


def test_bounds_inside_are_the_least_of_all_combinations() -> None:
    """Of rows made up, with a column that counts against a sum, a room and a limit."""
    random, (some, *_) = np.random.default_rng(6), searched().stages[-1].tasks
    load = ("port", False)
    task = replace(
        some, tables=(), energy=((0, 3.0), (1, 1.0)), constant=5.0, loads={load: (((1, 2.0), (2, -0.5)), 40.0)},
        limits=((((1, 1.0), (2, -1.0)), 4.0),), rooms={"memory": ((0, 8.0),)}, steps=1, falling=frozenset({2}), count=3,
    )  # fmt: skip
    bounds = Bounds(task, None, (load,), 0.5, rooms=(("memory", 1e9),))
    groups, needs = (("a", "c"), ("b",)), ([1, 2, 4, 3, 6, 12], [1, 2, 3, 6])
    laid, filled = [], 0
    for dims, extents in zip(groups, needs, strict=True):
        need = [{d: int(random.choice([n for n in extents if LATTICE.bounds["abc".index(d)] % n == 0])) for d in dims}
                for _ in range(12)]  # fmt: skip
        above = np.array([LATTICE.flat({"a": 1, "b": 1, "c": 1} | e) for e in need])
        values = random.integers(1, 9, (3, len(need))).astype(float)
        laid.append(Laid(values, np.array([0, 1, 1]), above, np.array([False, False, True])))
    found = least_costs(LATTICE, bounds, [(group, group.above) for group in laid])
    for flat in range(LATTICE.size):
        wanted = LATTICE.vector(flat)
        parts = [LATTICE.flat(wanted | {"b": 1}), LATTICE.flat(wanted | {"a": 1, "c": 1})]
        rows = [np.flatnonzero(g.above == part) for g, part in zip(laid, parts, strict=True)]
        least = [[float(g.values[k, r].min(initial=np.inf)) for g, r in zip(laid, rows, strict=True)] for k in (0, 1)]
        most = prod(float(g.values[1, r].max(initial=0)) for g, r in zip(laid, rows, strict=True))
        first, second = map(prod, least)
        if not all(map(len, rows)) or second - most > 4:
            assert np.isinf(found[:, flat]).all()
            continue
        filled += 1
        expected = [5 + 3 * first + second, 8 * first, 40 + 2 * second - 0.5 * most, 0.5 * second]
        assert found[:, flat].tolist() == expected
    assert 3 < filled < LATTICE.size
    inside = Inside.of(LATTICE, [found], 3)
    assert inside is not None and inside.least is not None and inside.energy == found[0].min()
    for flat in range(LATTICE.size):
        offered = LATTICE.vector(flat)
        divisors = [f for f in range(LATTICE.size) if all(offered[d] % n == 0 for d, n in LATTICE.vector(f).items())]
        assert inside.least[:, flat].tolist() == found[:, divisors].min(axis=1).tolist()


def test_a_front_keeps_what_no_other_beats() -> None:
    random = np.random.default_rng(5)
    flat, costs = random.integers(0, 40, 300), random.integers(0, 20, (3, 300)).astype(float)
    front = Front(LATTICE, 3)
    front.add(flat[:150], costs[:, :150])
    front.add(flat[150:], costs[:, 150:])
    front.meets  # noqa: B018 - asking for it ends the gathering
    entries = [(int(f), *c) for f, c in zip(front.flat, front.costs.T.tolist(), strict=True)]
    offered = {(int(f), *c) for f, c in zip(flat, costs.T.tolist(), strict=True)}
    best = {e for e in offered if not any(o != e and o[0] == e[0] and np.less_equal(o, e).all() for o in offered)}
    assert sorted(entries) == sorted(best)


def test_without_tables_of_what_is_inside_answers_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of very many vectors of extents only the least energy inside is known."""
    arch = load(str(ROOT / "benchmarks" / "study_b_bandwidths.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "lenet5.npu")).network()
    layers = [layer for layer in network.layers if layer.name in ("c1", "f6")]
    found = []
    for most in (inside_module.MOST_INSIDE, 0):
        monkeypatch.setattr(inside_module, "MOST_INSIDE", most)
        answers = solve(arch, "net", layers, Options("edp", "uneven", jobs=1)).layers
        found.append([(a.certificate.value, a.certificate.lower_bound) for a in answers if a.certificate])
    assert found[0] == found[1] and len(found[0]) == 2
