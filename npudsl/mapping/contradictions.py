"""Requirements of one dataflow that no mapping can meet together, whatever it is: at least so much and at most less."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

from ..text.diagnostics import Diagnostic, Label
from .dataflow import Dataflow, Requirement


def contradictions(dataflow: Dataflow) -> Iterator[Diagnostic]:
    """E525, for every pair."""
    for first, second in combinations(dataflow.requirements, 2):
        if (first.kind, first.array) == (second.kind, second.array):
            for low, high in ((first, second), (second, first)):
                if low.least is not None and high.most is not None and low.least > high.most:
                    yield _contradiction(low, low.least, high, high.most)


def _contradiction(low: Requirement, least: Fraction, high: Requirement, most: Fraction) -> Diagnostic:
    metric = f"{low.kind}({low.array})" if low.array else low.kind
    here = Label(low.span, f"at least {float(least):g}") if low.span else None
    there = (Label(high.span, f"at most {float(most):g}"),) if high.span else ()
    return Diagnostic(
        "E525",
        f"nothing has a `{metric}` of at least {float(least):g} and at most {float(most):g}",
        here,
        there,
        help="leave one of the two out, or exchange them",
    )
