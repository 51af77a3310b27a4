"""What is proven of each answer: the column of the results, the table of bounds, and the sentences about both.

A bound that holds for every mapping says how far what is reported of an answer may be above the best. The bound of a
search that has ended may be somewhat below what is reported of any mapping (`solver/latency.py`, `solver/waits.py`).
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
    """`optimal`; `within 0.6%` where the search has ended, and its bound is below what is reported; else the gap."""
    proof = answer.certificate
    if not proof.proven:
        return Text(f"gap {gap(proof.gap)}", "yellow")
    cached = " (cached)" if answer.solution.cached else ""
    share = within(answer)
    return Text(f"within {gap(share)}{cached}" if share else f"optimal{cached}", "green")


def proven(answers: Sequence[Answer]) -> str:
    """`3 of 8 layers proven optimal, 5 to within 0.8%`."""
    found = [within(answer) for answer in answers if answer.certificate.proven]
    text = f"{found.count(0)} of {len(answers)} layers proven optimal"
    worst = max(found, default=0.0)
    return f"{text}, {len(found) - found.count(0)} to within {gap(worst)}" if worst else text


def footnote(answers: Sequence[Answer]) -> str | None:
    """What `within` means, if it is there."""
    worst = max((within(answer) for answer in answers if answer.certificate.proven), default=0.0)
    if not worst:
        return None
    return f"within {gap(worst)}: all was searched; the best possible may be lower by no more than that"


def still_open(answers: Sequence[Answer]) -> str | None:
    """How far what is reported of the layers without a proof may be above the best; None if all are proven."""
    found = [within(answer) for answer in answers if not answer.certificate.proven]
    if not found:
        return None
    worst = max(found)
    above = f"at most {gap(worst)} above" if isfinite(worst) else "no bound on how far above"
    return f"{plural(len(found), 'layer')} not proven: the best found, {above} the best possible"


def proofs_table(answers: Answers) -> Table:
    """The objective with what bounds it from below, as a share of what was found.

    Where searches count other cycles than are reported (imperfect factors) the latter have a gap of their own.
    """
    shown = table(f"proof, in {UNITS.get(answers.options.objective, answers.options.objective)}")
    shown.add_column("layer", no_wrap=True)
    apart = any(abs(within(a) - a.certificate.gap) > CLOSED for a in answers.solved if isfinite(a.certificate.gap))
    headers = ["found", "lower bound", "gap", "reported", "physical limit", "relaxation", "start", "examined"]
    for header in headers if apart else [h for h in headers if h != "reported"]:
        shown.add_column(header, justify="right")
    for answer in answers.solved:
        proof, limit = answer.certificate, limits.limit_of(answers, answer)
        shown.add_row(
            answer.layer.name,
            f"{proof.value:.6g}",
            f"{proof.lower_bound:.6g}",
            "0" if proof.optimal else gap(proof.gap),
            *([f"+{gap(share)}" if (share := within(answer)) else "0"] if apart else []),
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
