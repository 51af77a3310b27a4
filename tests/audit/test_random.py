"""The audit of random small problems: its parts against independent code, and what the solver claims."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from npudsl.audit import Audit, Audited, Effort, Refused
from npudsl.audit.bound import Goal, Reproof
from npudsl.audit.claims import Stated
from npudsl.audit.costs import leakage
from npudsl.audit.enumeration import least
from npudsl.audit.rows import Problem
from npudsl.audit.sampling import Sampler
from npudsl.audit.skeletons import nest, taken_apart
from npudsl.audit.values import Shape, exact
from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Loop
from npudsl.model.evaluate import evaluate
from npudsl.solver.latency import latency

from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..strategies import PERFECT, random_case
from ..timing.decorate import timed_arch, timed_case
from .claims import claimed, parts_of, problem

OBJECTIVES = ("energy", "latency", "edp")
SPACES = ("even", "uneven")


def nothing() -> None:
    """A tick."""


@pytest.mark.parametrize("seed", range(40))
def test_costs_are_those_of_the_closed_forms(seed: int) -> None:
    """Those of `eval`, or with the latency of the search, whatever the factors."""
    case = timed_case(seed)
    energy, cycles = exact(case.arch, case.layer, case.mapping)
    cost = evaluate(case.arch, case.layer, case.mapping).cost
    assert (energy, cycles) == (cost.energy, cost.cycles)
    least = latency(case.arch, case.layer, case.mapping)
    leaks = leakage(case.arch) * (cycles - least)
    assert exact(case.arch, case.layer, case.mapping, reported=False) == (energy - leaks, least)


@pytest.mark.parametrize("seed", range(20))
def test_costs_of_many_are_those_of_one(seed: int) -> None:
    case = random_case(seed, PERFECT)
    arch = timed_arch(case.arch, Random(seed), "mixed")
    simple = case.mapping.simplified()
    shape = Shape(arch, case.layer, [replace(i, factor=0) if isinstance(i, Loop) else i for i in simple.items])
    factors = np.array([[loop.factor for loop in simple.loops]]).reshape(1, -1)
    energy, cycles, fits = shape.costs(factors)
    expected = exact(arch, case.layer, simple, reported=False)
    assert energy[0] + float(leakage(arch)) * cycles[0] == pytest.approx(float(expected[0]), rel=1e-12)
    assert cycles[0] == pytest.approx(float(expected[1]), rel=1e-12)
    assert fits[0] == (not check_mapping(arch, case.layer, simple))


@pytest.mark.parametrize("space", SPACES)
def test_enumeration_finds_the_best_of_the_oracle(space: str) -> None:
    """Another enumerator, which counts by walking."""
    compared = 0
    for seed in range(20):
        arch, layer = problem(seed, space)
        try:
            expected = enumerate_mappings(arch, layer, uneven=space == "uneven", limit=400)
        except TooLargeError:
            continue
        objective = OBJECTIVES[seed % 3]
        found = least(arch, layer, space, Goal(objective, float(leakage(arch))), 600, nothing)
        if found is not None:
            best = expected.best.get(objective)
            assert found[0] == pytest.approx(float(best.value(objective)) if best else np.inf, rel=1e-12)
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("space", SPACES)
def test_no_class_lies_below_and_one_reaches_the_least(space: str) -> None:
    """The least of all combinations of all classes is the least of all mappings: every way is left open."""
    compared = 0
    for seed in range(16):
        arch, layer = problem(seed, space)
        goal = Goal(OBJECTIVES[seed % 3], float(leakage(arch)))
        best = least(arch, layer, space, goal, 700, nothing)
        if best is None or best[1] == 0:
            continue
        parts = parts_of(arch, layer, goal.objective, space)
        for most in (best[0] * 1.5, best[0] * (1 + 1e-9)):  # the less is looked at, the more the bounds must be right
            latencies = Problem(arch, layer, goal.timed, waiting=False)
            found = Reproof(latencies, goal, parts, most, nothing).run()
            assert found.least == pytest.approx(best[0], rel=1e-9), seed
        compared += 1
    assert compared >= 4


@pytest.mark.parametrize("space", SPACES)
def test_what_the_solver_claims_is_accepted(space: str) -> None:
    looked, enumerated = 0, 0
    for seed in range(100, 108):
        objective = OBJECTIVES[seed % 3]
        one = claimed(*problem(seed, space), objective, space)
        if one is None:
            continue
        (found,) = Audit(objective, space, Effort(enumerate=500, samples=5, seed=seed)).run([one])
        assert found.combinations is not None and found.completeness is not None, seed
        looked += 1
        enumerated += found.completeness.enumerated is not None
    assert looked >= 5 and 0 < enumerated < looked


def test_a_bound_that_is_too_high_is_refused_with_any_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the classes, and by each of the ways to look beside them."""
    refused = dict.fromkeys(("a listed class", "enumeration finds", "a random mapping", "a mapping near it"), 0)
    efforts = [Effort(enumerate=1_000), Effort(enumerate=1, samples=30)]
    for seed in range(0, 6, 2):
        one = claimed(*problem(seed, "even"), "energy", "even")
        if one is None:
            continue
        higher = replace(one, claim=replace(one.claim, value=one.claim.value * 2, lower_bound=one.claim.value * 1.9))
        for effort, drawing in ((efforts[0], True), (efforts[1], True), (efforts[1], False)):
            with monkeypatch.context() as patch:
                if not drawing:
                    patch.setattr(Sampler, "draw", lambda self: None)
                audit = Audit("energy", "even", effort)
                for check in (audit._bound, audit._completeness):
                    try:
                        check(higher)
                    except Refused as error:
                        refused.update({k: n + 1 for k, n in refused.items() if k in str(error)})
    assert all(refused.values()), refused


def test_what_is_stopped_claims_no_more_than_was_searched() -> None:
    """Stopped at any question: nothing is re-proved; and what was found until then refutes a bound that is too high."""
    one = next(found for seed in range(20) if (found := claimed(*problem(seed, "even"), "edp", "even")) is not None)
    higher = replace(one, claim=replace(one.claim, value=one.claim.value * 2, lower_bound=one.claim.value * 1.9))

    def stopped(stated: Stated, questions: int) -> Audited:
        left = iter(range(questions))
        audit = Audit("edp", "even", Effort(enumerate=1, samples=1), stop=lambda: next(left, None) is None)
        return audit.layer(stated)

    searched, questions = [0], 0
    while (found := stopped(one, questions)).combinations is None:
        assert found.searched < len(one.parts) and found.completeness is None
        searched.append(found.searched)
        questions += 1
    assert searched == sorted(searched) and max(searched) > 0 and found.searched == len(one.parts)
    outcomes = []
    for asked in range(questions):
        try:
            outcomes.append(stopped(higher, asked).combinations is None)
        except Refused as error:
            assert "a listed class comes down to" in str(error)
            outcomes.append(False)
    assert outcomes == sorted(outcomes, reverse=True) and any(outcomes) and not all(outcomes)


@pytest.mark.parametrize("gap", [0.0, 0.03])
def test_a_list_without_the_class_of_the_best_is_refused(gap: float) -> None:
    """Every class of some small problems left out by turns: the one that the best belongs to is missed, also where the
    bound that is claimed is a little below."""
    missed = 0
    for seed in range(0, 30, 2):
        one = claimed(*problem(seed, "even"), "energy", "even")
        if one is None or one.claim.value != one.claim.lower_bound or len(one.parts) > 6:
            continue
        for part in one.parts:
            claim = replace(one.claim, lower_bound=one.claim.lower_bound * (1 - gap))
            fewer = replace(one, claim=claim, parts=tuple(p for p in one.parts if p != part))
            try:
                list(Audit("energy", "even", Effort(enumerate=1, samples=1)).run([fewer]))
            except Refused as error:
                assert "not complete" in str(error)
                missed += 1
    assert missed >= 3


@pytest.mark.parametrize("space", SPACES)
def test_samples_are_legal_and_in_the_space(space: str) -> None:
    drawn = 0
    kinds: set[object] = set()
    for seed in range(30):
        arch, layer = problem(seed, space)
        sampler = Sampler(arch, layer, space, Random(seed))
        for _ in range(4):
            mapping = sampler.draw()
            if mapping is None:
                continue
            drawn += 1
            assert check_mapping(arch, layer, mapping) == ()
            apart = taken_apart(arch, mapping, space)
            assert apart is not None and nest(*apart) == mapping
            changed = sampler.change(*apart)
            if changed is not None:
                other = nest(*changed)
                assert check_mapping(arch, layer, other) == () and taken_apart(arch, other, space) is not None
                kinds.add(other != mapping)
            if space == "uneven":
                kinds.add("even" if taken_apart(arch, mapping, "even") else "uneven")
    assert drawn >= 60 and True in kinds
    assert space == "even" or "uneven" in kinds


def test_the_same_seed_draws_the_same_mappings() -> None:
    arch, layer = problem(4, "uneven")
    one, two = (Sampler(arch, layer, "uneven", Random("7")) for _ in range(2))
    assert [one.draw() for _ in range(5)] == [two.draw() for _ in range(5)]


@pytest.mark.long
@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("block", range(10))
def test_many_claims_are_accepted(block: int, space: str) -> None:
    for seed in range(1000 + 50 * block, 1050 + 50 * block):
        objective = OBJECTIVES[seed % 3]
        one = claimed(*problem(seed, space), objective, space)
        if one is not None:
            (found,) = Audit(objective, space, Effort(enumerate=5_000, samples=20, seed=seed)).run([one])
            assert found.completeness is not None, seed
