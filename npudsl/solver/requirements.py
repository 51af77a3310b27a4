"""Requirements that no mapping meets: what is asked, what is possible, and what could be asked instead."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor

from ..mapping.dataflow import Requirement
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, Label

#: From so far above a limit on it is told how many times as much it is.
MANY_TIMES = 10.0
_UNITS = {"latency": "cycle", "energy": "pJ", "edp": "pJ * cycle", "utilization": ""}
_ARTICLES = {"latency": "a latency", "energy": "an energy", "edp": "an EDP", "utilization": "a utilization"}


def requirement_conflict(
    missed: Requirement,
    best: Fraction,
    arch: Arch,
    layer: Layer,
    under: Sequence[Requirement] = (),
    *,
    proven: bool = True,
) -> Diagnostic:
    """E606: no mapping meets a requirement. `best`: the proven best value of its metric, in its units (the least; of
    a utilization the largest) over all mappings that meet the requirements `under`; not `proven`: the best found."""
    wanted = " and ".join(asked(r) for r in (missed, *under))
    others = [Label(r.span, "together with this") for r in under if r.span]
    most, rising = missed.most is not None, best > _limit(missed)
    far = abs(best / _limit(missed) - 1) if _limit(missed) else None
    away = "" if far is None else f", {_away(float(far), rising)}"
    which = f"the {'least' if most else 'most'}"
    who = f"{which} {missed.kind} with the other requirements" if under else f"{which} that any has"
    who = who if proven else f"{which} that was found"
    said = f"at {_side(missed)} {_value(missed, _limit(missed))}"
    possible = f"{who} is {_value(missed, best)}{_in_time(missed, best, arch)}{away}"
    return Diagnostic(
        "E606",
        f"no mapping of `{layer.name}` on `{arch.name}` has {wanted}",
        Label(missed.span, said) if missed.span else None,
        tuple(others),
        (*((missed.message,) if missed.message else ()), possible),
        f"`require {_instead(missed, best)}`",
    )


def _limit(rule: Requirement) -> Fraction:
    limit = rule.most if rule.most is not None else rule.least
    assert limit is not None
    return limit


def _side(rule: Requirement) -> str:
    return "least" if rule.most is None else "most"


def asked(rule: Requirement) -> str:
    """A requirement in words."""
    of = f" of `{rule.array}`" if rule.array else ""
    return f"{_ARTICLES[rule.kind]}{of} of at {_side(rule)} {_value(rule, _limit(rule))}"


def _value(rule: Requirement, value: Fraction) -> str:
    number = f"{value.numerator:,}" if value.denominator == 1 else f"{float(value):,.6g}"
    return number if rule.kind == "utilization" else f"{number} {_UNITS[rule.kind].replace('cycle', 'cycles')}"


def _in_time(rule: Requirement, cycles: Fraction, arch: Arch) -> str:
    if rule.kind != "latency" or arch.clock is None:
        return ""
    return f" ({float(cycles / arch.clock * 1000):.6g} ms)"


def _instead(rule: Requirement, best: Fraction) -> str:
    """A requirement that the best mapping meets, as text of the language."""
    if rule.kind == "utilization":
        digits = Fraction(floor(best * 1000) if rule.most is None else ceil(best * 1000), 1000)
        name = f"({rule.array})" if rule.array else ""
        return f"utilization{name} {'>=' if rule.most is None else '<='} {float(digits):g}"
    rounded = ceil(best) if rule.most is not None else floor(best)
    unit = f"{rounded} pJ * 1 cycle" if rule.kind == "edp" else f"{rounded} {_UNITS[rule.kind]}"
    return f"{rule.kind} {'<=' if rule.most is not None else '>='} {unit}"


def _away(far: float, rising: bool) -> str:
    """A relative distance in words."""
    if rising and far >= MANY_TIMES:
        return f"{far + 1:,.0f} times as much"
    return f"{far * 100:.1f}% {'more' if rising else 'less'}"
