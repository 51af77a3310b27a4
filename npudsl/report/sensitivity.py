"""What one more of anything is worth: a table, and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from rich.table import Table

from ..solver.knobs import GB, Knob
from ..spec.arch import Arch
from .answers import Answers
from .console import table
from .figures import data, digits
from .records import Json, number

if TYPE_CHECKING:  # a module with scipy
    from ..solver.sensitivity import Worth

_UNITS = {"size": "bit", "share": "bit", "axis": "instances", "bandwidth": "bit/cycle"}


def sensitivity_table(answers: Answers, worths: Mapping[str, tuple[Worth, ...]]) -> Table:
    """One row per layer and knob. `worths`: by the layer's name."""
    shown = table(f"what more is worth: {answers.options.objective}, at the same prices")
    for header in ("layer", "of", "now", "used", "relaxed", "one more", "further"):
        shown.add_column(header, no_wrap=header == "layer")
    for answer in answers.solved:
        name = answer.layer.name
        for worth in worths.get(name, ()):
            shown.add_row(name, *_row(answers.arch, worth))
            name = ""
    return shown


def _row(arch: Arch, worth: Worth) -> list[str]:
    knob, now = worth.knob, worth.base
    step = f"+{_amount(arch, knob, knob.step)}"
    one_more = "?" if worth.more is None else _gain(worth.more, now)
    return [
        _called(knob), _amount(arch, knob, knob.now), _amount(arch, knob, worth.needs), _slope(worth),
        f"{step}: {one_more}", _further(arch, worth, now),
    ]  # fmt: skip


def _slope(worth: Worth) -> str:
    """What one more would be worth if the slope of the relaxation held so far."""
    if worth.slope is None:
        return "-"
    share = 100 * (float(1 + worth.knob.step / worth.knob.now) ** worth.slope - 1)
    return "0" if share > -0.0005 else f"{share:.2g}%"


def _further(arch: Arch, worth: Worth, now: float) -> str:
    knob = worth.knob
    if worth.same_to is None:
        return "never better"
    same = f"same to {_amount(arch, knob, worth.same_to)}" if worth.same_to > knob.now else ""
    if worth.better is None or worth.better_at is None:
        return same or "?"
    better = f"{_gain(worth.better, now)} at {_amount(arch, knob, worth.better_at)}"
    return f"{same}, {better}" if same else better


def _called(knob: Knob) -> str:
    if knob.kind == "bandwidth":
        return f"{knob.name} bandwidth"
    return f"{knob.name} {knob.part}" if knob.kind == "share" else f"{knob.name}.{knob.part}".removesuffix(".")


def _amount(arch: Arch, knob: Knob, value: Fraction) -> str:
    if knob.kind == "axis":
        return str(value)
    if knob.kind == "bandwidth":
        return f"{digits(value)} bit/cycle" if arch.clock is None else f"{digits(value * arch.clock / GB)} GB/s"
    return data(value)


def _gain(value: float, now: float) -> str:
    """`-3.1%`, two digits; `0` if nothing changes."""
    return "0" if value >= now else f"{100 * (value / now - 1):.2g}%"


def record(worths: tuple[Worth, ...]) -> list[Json]:
    """Per knob `{"kind", "name", "part", "unit", "now", "step", "used", "base", "more", "same_to", "better_at",
    "better", "saturates", "slope"}`: amounts in `unit`; `base` (the optimum now), `more` and `better` in units of the
    objective, of cycles that no schedule undercuts; `slope` d ln objective / d ln value of the relaxation; null: not
    known, or no limit."""
    return [
        {
            "kind": worth.knob.kind,
            "name": worth.knob.name,
            "part": worth.knob.part,
            "unit": _UNITS[worth.knob.kind],
            "now": number(worth.knob.now),
            "step": number(worth.knob.step),
            "used": number(worth.needs),
            "base": number(worth.base),
            "more": None if worth.more is None else number(worth.more),
            "same_to": _number(worth.same_to),
            "better_at": _number(worth.better_at),
            "better": None if worth.better is None else number(worth.better),
            "saturates": _number(worth.saturates),
            "slope": None if worth.slope is None else number(worth.slope),
        }
        for worth in worths
    ]


def _number(value: Fraction | None) -> int | float | None:
    return None if value is None else number(value)
