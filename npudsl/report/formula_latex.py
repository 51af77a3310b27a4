"""A counter's derivation in LaTeX: one aligned block of formulas per term, its reasons as a list below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import sympy

from ..model.derivation.terms import Counter, Factor, Term
from .formula import Latex
from .formula_text import product_order

_ESCAPES = {"_": r"\_", "#": r"\#", "%": r"\%", "&": r"\&", "{": r"\{", "}": r"\}"}


def counter_latex(counter: Counter) -> str:
    """A fragment for a document that uses `amsmath`."""
    return "\n".join(_lines(counter)) + "\n"


def escaped(text: str) -> str:
    """Text outside of formulas."""
    return "".join(_ESCAPES.get(c, c) for c in text)


def _lines(counter: Counter) -> Iterator[str]:
    latex = Latex(order=tuple(counter.values))
    name = rf"\mathrm{{{counter.action}}}(\mathrm{{{escaped(counter.place)}}}, \mathrm{{{escaped(counter.tensor)}}})"
    total = latex.integer(counter.value)
    if len(counter.terms) != 1:
        parts = " ".join(_signed(t, latex.integer(abs(t.value))) for t in counter.terms).removeprefix("+ ")
        yield rf"\[ {name} = {parts + ' = ' if parts else ''}{total} \]"
        name = ""
    for note in (*counter.notes, *(n for s in counter.sections for n in s.notes)):
        yield escaped(note) + "."
    for term in counter.terms:
        yield ""
        yield rf"\paragraph{{{escaped(_upper(term.sentence))}.}}"
        yield from _term(counter, term, name)


def _signed(term: Term, text: str) -> str:
    return f"{'-' if term.value < 0 else '+'} {text}"


def _term(counter: Counter, term: Term, name: str) -> Iterator[str]:
    latex = Latex(order=tuple(counter.values))
    shown = product_order(term)
    sign = "" if term.sign == 1 else "-" if term.sign == -1 else f"{term.sign} {latex.times} "
    product = latex.times.join(_factor_name(latex, f) for f in shown) or "1"
    numbers = latex.times.join(latex.integer(f.value) for f in shown) or "1"
    rows = [rf"{name or '{}'} &= {sign}{product} = {sign}{numbers} = {latex.integer(term.value)}"]
    for factor in term.factors:
        rows += _equations(counter, factor)
    yield r"\begin{align*}"
    yield " \\\\\n".join(f"  {row}" for row in rows)
    yield r"\end{align*}"
    reasons = list(dict.fromkeys(reason for f in term.factors if not f.silent for reason in _reasons(f)))
    if reasons:
        yield r"\begin{itemize}"
        yield from (rf"  \item {escaped(reason)}" for reason in reasons)
        yield r"\end{itemize}"


def _factor_name(latex: Latex, factor: Factor) -> str:
    return latex(factor.form if factor.symbol is None else factor.symbol)


def _equations(counter: Counter, factor: Factor) -> Iterator[str]:
    """Definitions of what has a name."""
    latex = Latex(order=tuple(counter.values), dims=factor.dims)
    known = dict(counter.values) | {q.symbol: q.value for q in factor.quantities}
    if factor.symbol is not None and factor.pieces:
        cases = " + ".join(rf"{p.times} \cdot {p.words}" for p in factor.pieces)
        yield f"{latex(factor.symbol)} &= {cases} = {latex.integer(factor.value)}"
    elif factor.symbol is not None:
        yield _equation(latex, factor.symbol, factor.form, factor.value, known)
    for quantity in factor.quantities:
        yield _equation(latex, quantity.symbol, quantity.form, quantity.value, known)


def _equation(latex: Latex, symbol: sympy.Symbol, form: sympy.Expr, value: int, known: dict[sympy.Symbol, int]) -> str:
    steps = dict.fromkeys([latex(form), replace(latex, values=known)(form), latex.integer(value)])
    return f"{latex(symbol)} &= {' = '.join(steps)}"


def _reasons(factor: Factor) -> Iterator[str]:
    for quantity in factor.quantities:
        yield quantity.sentence
    yield from factor.sentences


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
