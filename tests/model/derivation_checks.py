"""Derivations: every term, factor and quantity has the number that its formula gives, and they make up the counters.

Imports the model: the mutation check lets only its children import this module.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import sympy

from npudsl.mapping.tally import Tally
from npudsl.model.clipped import Step
from npudsl.model.clipped import positions as counted_positions
from npudsl.model.derivation.elementary import elementary, positions
from npudsl.model.derivation.explain import Derivations
from npudsl.model.derivation.names import loop_names, places
from npudsl.model.derivation.terms import Counter, Factor, Term
from npudsl.model.evaluate import evaluate
from npudsl.model.symbolic import Footprint, FreshUnion, Overlap, Union

from ..oracle import build
from ..strategies import Case
from .clipped_checks import walked
from .coordinate_checks import Question, answered
from .told import compared


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
        symbols = [s for s in (factor.symbol, *(q.symbol for q in factor.quantities)) if s is not None]
        if not all(s.is_integer and s.is_nonnegative for s in symbols):
            yield f"{symbols} may be no words"


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


def wrong_names(case: Case) -> Iterator[str]:
    """Loops whose names do not tell them apart."""
    scene = Derivations(case.arch, case.layer, case.mapping).scene
    names = loop_names(case.arch, case.layer, scene.nest)
    if not len(set(names)) == len(names) == len(scene.loops) == len(places(case.arch, case.layer, scene.nest)):
        yield f"names {names}"
    if not all(name.startswith(f"{loop.dim}_") for name, loop in zip(names, scene.loops, strict=True)):
        yield f"names {names}"


def wrong_examples() -> Iterator[str]:
    """Names where two arrays have an axis of the same name, and where a memory is called like an axis."""
    of = build.layer("output[p]", "input[p]", p=24)
    ends = build.memory("dram", "input", "output"), build.memory("x", "input", "output")
    two = build.array("rows", x=2), build.array("columns", x=2)
    for arrays, text, expected in (
        (two, "p=2 rows.x:p=2 columns.x:p=2 x:input x:output p=3", ["p_dram", "p_rows_x", "p_columns_x", "p_x"]),
        (two[:1], "p=4 rows.x:p=2 x:input x:output p=3", ["p_dram", "p_x", "p_x_"]),
    ):
        arch, mapping = build.machine(ends[0], *arrays, ends[1]), build.nest(f"dram:input dram:output {text}")
        names = [s.name for s in Derivations(arch, of, mapping).scene.symbols]
        if names != expected:
            yield f"{text}: {names}"
        yield from mistakes(Case(arch, of, mapping))


def wrong_comparison(one: Case, other: Case) -> Iterator[str]:
    """Comparisons that do not account for the whole difference, or are not in order, or do not leave out the rest."""
    found = compared(one, other)
    if sum(d.change for d in found.differences) + sum(b - a for _, a, b in found.others) != (
        found.energies[1] - found.energies[0]
    ):
        yield "changes do not add up"
    sizes = [abs(d.change) for d in found.differences]
    if sizes != sorted(sizes, reverse=True) or not all(d.reasons for d in found.differences):
        yield "out of order, or without a reason"
    if any(d.change == 0 and _value(d.first) == _value(d.second) for d in found.differences):
        yield "differences that are none"
    if found.only(None, None) != found:
        yield "not everything"
    for difference in found.differences:
        for place, tensor in (
            (difference.place, None),
            (None, difference.tensor),
            (difference.place, difference.tensor),
        ):
            kept = found.only(place, tensor)
            missing = [d for d in found.differences if d not in kept.differences]
            if kept.others or not all(
                place in (d.place, None) and tensor in (d.tensor, None) for d in kept.differences
            ):
                yield f"more than {place} {tensor}"
            if any(d.place == (place or d.place) and d.tensor == (tensor or d.tensor) for d in missing):
                yield f"less than {place} {tensor}"


def _value(counter: Counter | None) -> int:
    return 0 if counter is None else counter.value


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


def wrong_elementary_forms(count: int) -> Iterator[str]:
    """Elementary forms that count something else than sets do; there must be enough of them."""
    for question, expected in answered(1, count):
        form = elementary(expression(question))
        if form != expected if form.is_Integer else has_elementary_form(question):
            yield f"{question}: {form} against {expected}"


def has_elementary_form(question: Question) -> bool:
    """Whether semantics.md has one: of two dims or fewer that are not single points, moved one by one, to the next
    tile, or in unit steps."""
    moved = question.axis if question.form == "Overlap" else None
    dims = [k for k, extent in enumerate(question.extents) if extent > 1 or k == moved]
    if question.form == "Footprint":
        return len(dims) <= 2
    if question.form != "Overlap" or len(dims) != 2:
        return question.form == "Overlap" and len(dims) < 2
    (still,) = (k for k in dims if k != moved)
    extent, coefficients = question.extents[question.axis], question.coefficients
    unit = coefficients[question.axis] % coefficients[still] == 0
    return extent == 1 or question.shift == extent or unit


def wrong_positions(count: int) -> Iterator[str]:
    """Expressions of positions beside a walk of the counters and the function of the model."""
    for dim, expected in walked(count)[0]:
        loops = [(kind, sympy.Integer(factor)) for kind, factor in dim.loops]
        given = positions(sympy.Integer(dim.bound), sympy.Integer(dim.tile), loops)
        if not given == expected == counted_positions(dim.bound, dim.tile, tuple(Step(*loop) for loop in dim.loops)):
            yield f"positions of {dim}: {given} against {expected}"
