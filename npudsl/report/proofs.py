"""What is proven of each answer: the column of the results, the table of bounds, and the sentence about both.

A search makes least what a mapping takes in the cycles that no schedule undercuts (`solver/latency.py`). What is
reported has the cycles of the closed forms, which may be more, and the energy that leaks in them. The bound holds for
every mapping, so it says how far what is reported may be above the best, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf, isfinite

from rich.table import Table
from rich.text import Text

from ..solver.requirements import MANY_TIMES
from ..solver.solution import CLOSED
from . import limits
from .answers import Answer, Answers
from .console import table
from .figures import percent, plural, short

UNITS = {"energy": "pJ", "latency": "cycles", "edp": "pJ x cycles"}


def within(answer: Answer) -> float:
    """How far the reported energy, cycles or their product may be above that of the best mapping, relative; 0 if no
    mapping has less."""
    cost, proof = answer.cost, answer.certificate
    value = {"energy": cost.energy, "latency": cost.cycles}.get(proof.objective, cost.energy * cost.cycles)
    if proof.lower_bound <= 0:
        return inf if value else 0.0
    found = float(value) / proof.lower_bound - 1.0
    return found if found > CLOSED else 0.0


def short_proof(answer: Answer) -> Text:
    """`optimal`; `optimal*` where what is reported is above what was made least; or the gap."""
    proof = answer.certificate
    if not proof.proven:
        return Text(f"gap {gap(proof.gap)}", "yellow")
    cached = " (cached)" if answer.solution.cached else ""
    return Text(f"optimal{'*' if within(answer) else ''}{cached}", "green")


def footnote(answers: Sequence[Answer]) -> str | None:
    """What `optimal*` means, if it is there."""
    found = [within(answer) for answer in answers if answer.certificate.proven]
    worst = max(found, default=0.0)
    if not worst:
        return None
    above = f"what is reported there is at most {gap(worst)} above the best possible"
    return f"optimal*: proven in cycles that no schedule undercuts; {above}"


def still_open(answers: Sequence[Answer]) -> str | None:
    """How far what is reported of the layers without a proof may be above the best; None if all are proven."""
    found = [within(answer) for answer in answers if not answer.certificate.proven]
    if not found:
        return None
    worst = max(found)
    above = f"at most {gap(worst)} above" if isfinite(worst) else "no bound on how far above"
    return f"{plural(len(found), 'layer')} not proven: the best found, {above} the best possible"


def proofs_table(answers: Answers) -> Table:
    """The objective with what bounds it from below, as a share of what was found."""
    shown = table(f"proof, in {UNITS.get(answers.options.objective, answers.options.objective)}")
    shown.add_column("layer", no_wrap=True)
    for header in ("found", "lower bound", "gap", "reported", "physical limit", "relaxation", "start", "examined"):
        shown.add_column(header, justify="right")
    for answer in answers.solved:
        proof, limit = answer.certificate, limits.limit_of(answers, answer)
        shown.add_row(
            answer.layer.name,
            f"{proof.value:.6g}",
            f"{proof.lower_bound:.6g}",
            "0" if proof.optimal else gap(proof.gap),
            f"+{gap(share)}" if (share := within(answer)) else "0",
            "-" if limit is None else _signed(limit.value(proof.objective) / proof.value - 1),
            "-" if proof.relaxation is None else _signed(proof.relaxation / proof.value - 1),
            "-" if proof.start is None else _signed(proof.start / proof.value - 1),
            short(proof.examined),
        )
    return shown


def gap(share: float) -> str:
    """`0.8%`, `0.0005%`: one digit at least."""
    if not isfinite(share):
        return "unbounded"
    return percent(Fraction(share)) if share >= 0.0005 else f"{share * 100:.1g}%"


def _signed(share: float) -> str:
    """A difference to what was found: `+3.5%`, `-0.02%`, `475 x`; `0` where rounding of floats is all there is."""
    if abs(share) <= CLOSED:
        return "0"
    if share >= MANY_TIMES - 1:
        return f"{short(share + 1)} x"
    return f"{share * 100:+.1f}%" if abs(share) >= 0.0005 else f"{share * 100:+.1g}%"
