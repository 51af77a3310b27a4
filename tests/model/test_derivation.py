"""Derivations: every term, factor and quantity has the number that its formula gives, and they make up the counters."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from random import Random

import pytest
import sympy
from hypothesis import given, settings

from npudsl.mapping.tally import Tally
from npudsl.model.clipped import Step
from npudsl.model.clipped import positions as counted_positions
from npudsl.model.derivation.compare import Side, compare
from npudsl.model.derivation.elementary import Elementary, positions
from npudsl.model.derivation.explain import Derivations
from npudsl.model.derivation.names import loop_names, places
from npudsl.model.derivation.terms import Counter, Factor, Term
from npudsl.model.evaluate import evaluate
from npudsl.model.functions import Footprint, FreshUnion, Overlap, Union

from ..strategies import EVERYTHING, Case, cases, random_case
from .coordinate_checks import Question, answer, questions


def mistakes(case: Case) -> Iterator[str]:
    """Where a derivation does not add up."""
    derivations = Derivations(case.arch, case.layer, case.mapping)
    tally = evaluate(case.arch, case.layer, case.mapping).tally
    assert set(derivations.keys) == set(keys(tally))
    for counter in derivations.counters():
        key = (counter.place, counter.tensor, counter.action)
        if not counter.value == words(tally, key) == sum(t.value for t in counter.terms):
            yield f"{key}: {counter.value}, {[t.value for t in counter.terms]} against {words(tally, key)}"
        if counter.expression.subs(counter.values).doit() != counter.value:
            yield f"{key}: {counter.expression} is not {counter.value} in sympy"
        if not counter.terms and not counter.notes and not all(s.notes for s in counter.sections):
            yield f"{key}: nothing is said"
        for term in counter.terms:
            yield from (f"{key}: {text}" for text in wrong_terms(counter, term))


def wrong_terms(counter: Counter, term: Term) -> Iterator[str]:
    if term.value != term.sign * prod(f.value for f in term.factors):
        yield f"{term.value} is not the product of its factors"
    for factor in term.factors:
        yield from wrong_factor(counter, factor)


def wrong_factor(counter: Counter, factor: Factor) -> Iterator[str]:
    if factor.pieces:
        if factor.value != sum(p.times * p.words for p in factor.pieces):
            yield f"pieces of {factor.dims} do not add up to {factor.value}"
        return
    known = {**counter.values, **{q.symbol: q.value for q in factor.quantities}}
    if number(factor.form, known) not in (None, factor.value):
        yield f"{factor.form} is {number(factor.form, known)}, not {factor.value}"
    for quantity in factor.quantities:
        if number(quantity.form, known) not in (None, quantity.value):
            yield f"{quantity.form} is {number(quantity.form, known)}, not {quantity.value}"
        if not all(condition.subs(known) for condition in quantity.conditions):
            yield f"{quantity.conditions} do not hold"


def number(form: sympy.Expr, known: dict[sympy.Symbol, int]) -> int | None:
    """The value of an elementary form; None if it counts sets."""
    if form.has(Footprint, Union, Overlap, FreshUnion):
        return None
    return int(form.subs(known))


def keys(tally: Tally) -> Iterator[tuple[str, str, str]]:
    for memory, tensors in tally.counts.items():
        yield from ((memory, tensor, action) for tensor in tensors for action in ("read", "write"))
    for link, carried in tally.links.items():
        yield from ((link, tensor, "link") for tensor in carried)


def words(tally: Tally, key: tuple[str, str, str]) -> int:
    place, tensor, action = key
    return tally.links[place][tensor] if action == "link" else getattr(tally.counts[place][tensor], action)


@settings(max_examples=100)
@given(cases(EVERYTHING))
def test_derivations_add_up(case: Case) -> None:
    assert list(mistakes(case)) == []


def test_seeded_derivations_add_up() -> None:
    for seed in range(200):
        assert list(mistakes(random_case(seed))) == [], f"random_case({seed})"


@pytest.mark.long
def test_many_derivations_add_up() -> None:
    for seed in range(2_000_000, 2_010_000):
        assert list(mistakes(random_case(seed))) == [], f"random_case({seed})"


def test_loops_have_unique_names_and_places() -> None:
    for seed in range(300):
        case = random_case(seed)
        scene = Derivations(case.arch, case.layer, case.mapping).scene
        names = loop_names(case.arch, case.layer, scene.nest)
        assert len(set(names)) == len(names) == len(scene.loops) == len(places(case.arch, case.layer, scene.nest))
        assert all(name.startswith(f"{loop.dim}_") for name, loop in zip(names, scene.loops, strict=True))


def test_a_comparison_accounts_for_the_whole_difference() -> None:
    for seed in range(150):
        one, other = (random_case(100 + k, problem=seed) for k in (0, 1))
        sides = [
            Side(name, Derivations(c.arch, c.layer, c.mapping), evaluate(c.arch, c.layer, c.mapping))
            for name, c in (("one", one), ("other", other))
        ]
        found = compare(*sides)
        changes = sum(d.change for d in found.differences) + sum(b - a for _, a, b in found.others)
        assert changes == found.energies[1] - found.energies[0]
        assert [abs(d.change) for d in found.differences] == sorted(
            (abs(d.change) for d in found.differences), reverse=True
        )
        assert all(d.reasons for d in found.differences), seed


# ---- elementary forms ---------------------------------------------------------------------------


def expression(question: Question) -> sympy.Expr:
    numbers = (question.coefficients, question.extents)
    coefficients, extents = (sympy.Tuple(*map(sympy.Integer, part)) for part in numbers)
    spread = sympy.Tuple(*[sympy.Tuple(*map(sympy.Integer, copy)) for copy in question.spread])
    moves = (sympy.Integer(question.axis), sympy.Integer(question.shift))
    return {
        "Footprint": lambda: Footprint(coefficients, extents),
        "Union": lambda: Union(coefficients, extents, spread),
        "Overlap": lambda: Overlap(coefficients, extents, *moves),
        "FreshUnion": lambda: FreshUnion(coefficients, extents, spread, *moves),
    }[question.form]()


def test_elementary_forms_count_the_same() -> None:
    plain = 0
    for question in questions(Random(5), 3000):
        form = Elementary({}).rewrite(expression(question))
        if form.is_Integer:
            plain += 1
            assert int(form) == answer(question), question
    assert plain > 1000


@pytest.mark.parametrize("kinds", list(product(("walk", "zero", "join", "sum"), repeat=3)))
def test_positions_have_an_elementary_form(kinds: tuple[str, ...]) -> None:
    for factors in product((2, 3), repeat=3):
        for tile in (1, 3):
            whole = tile * prod(factors)
            for bound in range(1, whole + 1):
                loops = [(k, sympy.Integer(f)) for k, f in zip(kinds, factors, strict=True)]
                given = positions(sympy.Integer(bound), sympy.Integer(tile), loops)
                steps = tuple(Step(k, f) for k, f in zip(kinds, factors, strict=True))
                assert int(given) == counted_positions(bound, tile, steps)
