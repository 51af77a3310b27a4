"""What an audit found: a line per layer, and in words what was proved and what was only sampled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from ..audit import Audited, Certificate
from .console import table
from .figures import short
from .records import SCHEMA, Json

UNITS = {"energy": "pJ", "latency": "cycles", "edp": "pJ * cycles"}


def screen(
    certificate: Certificate, found: Sequence[Audited], executed: frozenset[str] = frozenset(), *, interrupted: bool
) -> Iterator[RenderableType]:
    """The table, then what it means."""
    unit = UNITS[certificate.objective]
    shown = table(f"{certificate.objective} of {certificate.network.name} on {certificate.machine.name}, "
                  f"{certificate.space} mappings with perfect factors")  # fmt: skip
    shown.add_column("layer", no_wrap=True)
    for header in (f"value, {unit}", "gap", "bound", "classes", "other mappings"):
        told = header == "other mappings"  # a long one is wrapped, no number is cut short
        shown.add_column(header, justify="left" if told else "right", no_wrap=not told)
    shown.add_column("seconds", justify="right", no_wrap=True)
    for one in found:
        shown.add_row(
            one.layer,
            short(one.value),
            "0" if one.gap <= 1e-9 else f"{one.gap:.2%}",
            "re-proved" if one.combinations is not None else "not reached",
            f"{one.classes:,}" if one.combinations is not None else f"{one.searched:,} of {one.classes:,}",
            _others(one) if one.same_as is None else f"as {one.same_as}",
            f"{one.seconds:.1f}",
        )
    yield shown
    yield from map(Text, ("", *words(certificate, found, executed, interrupted=interrupted)))


def words(
    certificate: Certificate, found: Sequence[Audited], executed: frozenset[str], *, interrupted: bool
) -> Iterator[str]:
    """Sentences: what holds, and how it is known."""
    count = len(found)
    yield f"values:  {_all(count, count)} legal and cost what is claimed (closed forms)."
    if executed:
        yield f"         {_all(len(executed), count)} executed: every count and the output agree."
    proved = sum(one.combinations is not None for one in found)
    if proved:
        yield (
            f"bounds:  {_all(proved, count)} re-proved: no choice of factors in any listed class lies below "
            "(to 1e-9, relative)."
        )
    else:
        yield "bounds:  none re-proved."
    complete = [one for one in found if one.completeness is not None and one.completeness.enumerated is not None]
    sampled = [one for one in found if one.completeness is not None and one.completeness.enumerated is None]
    if complete:
        yield f"spaces:  {_all(len(complete), count)} enumerated as a whole: proved without the list of classes."
    if sampled:
        yield (
            f"spaces:  {_all(len(sampled), count)} only spot-checked: that the listed classes cover every mapping is "
            "not proved."
        )
    left = count - len(complete) - len(sampled)
    if left:
        why = "interrupted" if interrupted else "the time was up"
        yield f"time:    {_all(left, count)} not looked at in full: {why}."
    if proved < count:
        yield "         What was searched of their classes holds nothing below their bounds; the rest may."
    if certificate.unanswered:
        yield f"nothing is claimed about {', '.join(certificate.unanswered)}."


def _all(some: int, count: int) -> str:
    if some == count:
        return "all layers:" if count != 1 else "the layer:"
    return f"{some} of {count} layers:"


def _others(one: Audited) -> str:
    found = one.completeness
    if found is None:
        return "not looked at"
    if found.enumerated is not None:
        return f"all {found.enumerated:,} enumerated"
    return f"spot check: {found.drawn:,} random, {found.changed:,} near it; best {found.nearest:.4g} x the bound"


def record(
    certificate: Certificate, found: Sequence[Audited], executed: frozenset[str] = frozenset(), *, interrupted: bool
) -> Json:
    """The same for programs."""
    return {
        "schema": SCHEMA,
        "certificate": {"version": certificate.version, "objective": certificate.objective, "space": certificate.space},
        "layers": [
            {
                "layer": one.layer,
                "value": one.value,
                "lower_bound": one.lower_bound,
                "classes": one.classes,
                "searched": one.searched,
                "bound": "re-proved" if one.combinations is not None else "not reached",
                "space": _space(one),
                "executed": one.layer in executed,
                "same_as": one.same_as,
            }
            for one in found
        ],
        "unanswered": list(certificate.unanswered),
        "interrupted": interrupted,
    }


def _space(one: Audited) -> Json | None:
    found = one.completeness
    if found is None:
        return None
    if found.enumerated is not None:
        return {"enumerated": found.enumerated}
    return {"spot_check": {"random": found.drawn, "near": found.changed}}
