"""Derivations and comparisons as JSON, schema 1."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.derivation.compare import Comparison, Difference
from ..model.derivation.terms import Counter, Factor, Section, Term
from .formula import Latex, Plain
from .records import SCHEMA, Json, number


def explained(name: str, layer: str, counters: Iterable[Counter]) -> Json:
    """What `npudsl explain FILE --json` prints: every counter asked for."""
    found = list(counters)
    symbols = found[0].values if found else {}
    return {
        "schema": SCHEMA,
        "mapping": name,
        "layer": layer,
        "symbols": {symbol.name: value for symbol, value in symbols.items()},
        "counters": [counter_record(c) for c in found],
    }


def counter_record(counter: Counter) -> Json:
    """`expression` is sympy's text of the closed form."""
    return {
        "place": counter.place,
        "tensor": counter.tensor,
        "action": counter.action,
        "words": counter.value,
        "expression": str(counter.expression),
        "notes": list(counter.notes),
        "sections": [_section(counter, s) for s in counter.sections],
    }


def compared(found: Comparison) -> Json:
    """What `npudsl explain FILE --against B --json` prints; energies in pJ, changes from the first to the second."""
    a, b = found.energies
    return {
        "schema": SCHEMA,
        "layer": found.first.layer.name,
        "mappings": [found.first.name, found.second.name],
        "energy_pj": [number(a), number(b)],
        "differences": [_difference(d) for d in found.differences],
        "others": [{"name": n, "energy_pj": [number(x), number(y)]} for n, x, y in found.others],
    }


def _difference(difference: Difference) -> Json:
    counters = (difference.first, difference.second)
    return {
        "place": difference.place,
        "tensor": difference.tensor,
        "action": difference.action,
        "words": [0 if c is None else c.value for c in counters],
        "expressions": [None if c is None else str(c.expression) for c in counters],
        "energy_pj": [number(e) for e in difference.energies],
        "reasons": list(difference.reasons),
    }


def _section(counter: Counter, section: Section) -> Json:
    return {
        "from": section.parent,
        "to": section.child,
        "loops": [
            {
                "symbol": r.symbol.name,
                "dim": r.dim,
                "factor": r.factor,
                "place": r.place,
                "role": r.role,
                "why": r.sentence,
            }
            for r in section.loops
        ],
        "terms": [_term(counter, t) for t in section.terms],
        "notes": list(section.notes),
    }


def _term(counter: Counter, term: Term) -> Json:
    return {
        "words": term.value,
        "sign": term.sign,
        "cause": term.cause,
        "why": term.sentence,
        "expression": str(term.expression),
        "factors": [_factor(counter, f) for f in term.factors],
    }


def _factor(counter: Counter, factor: Factor) -> Json:
    order = tuple(counter.values)
    plain, latex = Plain(order=order, dims=factor.dims), Latex(order=order, dims=factor.dims)
    return {
        "dims": list(factor.dims),
        "symbol": None if factor.symbol is None else factor.symbol.name,
        "value": factor.value,
        "formula": plain(factor.form),
        "latex": latex(factor.form),
        "why": list(factor.sentences),
        "where": [
            {
                "symbol": q.symbol.name,
                "value": q.value,
                "formula": plain(q.form),
                "latex": latex(q.form),
                "why": q.sentence,
            }
            for q in factor.quantities
        ],
        "tiles": [
            {"times": p.times, "extents": list(p.extents), "moved": p.moved, "words": p.words} for p in factor.pieces
        ],
    }
