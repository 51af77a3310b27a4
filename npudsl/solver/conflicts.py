"""Why no mapping exists: a smallest set of demands that cannot be kept together, and what would have to give.

A set is smallest in that every proper part of it can be kept. It is found by deletion: whole blocks of demands are left
out as long as the rest stays impossible, then single ones (Junker's QuickXplain in its plainest form). For each member
the change that suffices is searched: the limit at which the set becomes possible, by bisection between the present one
and what a mapping without that limit takes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm, prod

from ..mapping.dataflow import Dataflow
from ..mapping.footprint import UncountableError
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic
from .conflict_text import Change, tell
from .demands import Demand, Demands, demands_of
from .fitting import Fit, Question
from .splits import TooHardError


def find_mapping(
    arch: Arch, layer: Layer, dataflow: Dataflow | None, space: str = "even", factors: str = "perfect"
) -> Fit | None:
    """Some mapping that fits and obeys, whatever it costs (`.nest()`); None if none is known: there is none, or it is
    too hard to find. Requirements on latency, energy and EDP are not looked at."""
    question = Question(arch, layer, dataflow, space, factors)
    try:
        return question.find(demands_of(arch, layer, dataflow))
    except (TooHardError, UncountableError):
        return None


def explain_infeasible(
    arch: Arch, layer: Layer, dataflow: Dataflow | None, space: str = "even", factors: str = "perfect"
) -> Diagnostic | None:
    """E605 with a smallest conflict, the arithmetic and the cheapest change that resolves it.

    None: something fits, as far as sizes, axes, factors and utilization are concerned, or it is too hard to tell.
    Where only the smallest conflict is too hard to find, the diagnostic says so.
    """
    question = Question(arch, layer, dataflow, space, factors)
    demands = demands_of(arch, layer, dataflow)
    try:
        if question.find(demands) is not None:
            return None
    except (TooHardError, UncountableError):
        return None
    try:
        core = smallest_conflict(question, demands)
        return tell(question, core, [nearest_change(question, core, d) for d in core if _resizable(d, core)])
    except (TooHardError, UncountableError):
        return tell(question, {}, ())


def smallest_conflict(question: Question, demands: Demands) -> dict[Demand, Fraction]:
    """Of demands that cannot be kept together some that cannot either, while any proper part of them can.

    Demands of the dataflow are kept rather than those of the machine; of several conflicts the smaller of two found
    with different preferences is taken. Raises TooHardError.
    """
    cores = []
    for machine_first in (True, False):
        ordered = sorted(demands, key=lambda d: (d.kind in ("size", "share", "axis")) != machine_first)
        cores.append(_shrink(ordered, lambda some: question.find({d: demands[d] for d in some}) is None))
    least = min(cores, key=len)
    return {d: demands[d] for d in demands if d in least}


def _shrink(items: Sequence[Demand], impossible: Callable[[Sequence[Demand]], bool]) -> list[Demand]:
    """Leaves out blocks from the front, halving their size until single items remain; a last pass proves each item."""
    kept, size = list(items), max(1, len(items) // 2)
    while True:
        start = 0
        while start < len(kept):
            without = kept[:start] + kept[start + size :]
            if impossible(without):
                kept = without
            else:
                start += size
        if size == 1:
            return kept
        size //= 2


def _resizable(demand: Demand, core: Demands) -> bool:
    """Whether a larger limit always helps: a longer axis makes it harder to keep the array busy."""
    return demand.kind != "axis" or all(d.kind not in ("busy", "idle") for d in core)


# ---- what would have to give -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Probe:
    """The set with one limit changed."""

    question: Question
    core: Demands
    demand: Demand

    def fit(self, limit: Fraction | None) -> Fit | None:
        """None as limit: without it."""
        others = {d: v for d, v in self.core.items() if d != self.demand}
        return self.question.find(others if limit is None else {**others, self.demand: limit})


def nearest_change(question: Question, core: Demands, demand: Demand) -> Change:
    """The nearest limit of one demand with which the others can be kept."""
    probe = _Probe(question, core, demand)
    free = probe.fit(None)
    assert free is not None  # the set is smallest
    if demand.node is not None:
        return Change(demand, core[demand], None, free)
    limit, fit = (_factor if demand.kind in ("least", "most") else _loaded)(probe, core[demand], free)
    return Change(demand, core[demand], limit, fit)


def _factor(probe: _Probe, limit: Fraction, free: Fit) -> tuple[Fraction, Fit]:
    """Between the present limit and 1 or the bound."""
    far = Fraction(1 if probe.demand.from_below else free.arrangement.question.layer.bound[probe.demand.dim])
    near, fit = limit, free
    while abs(far - near) > 1:
        middle = Fraction((near + far) // 2)
        found = probe.fit(middle)
        near, far, fit = (middle, far, fit) if found is None else (near, middle, found)
    return far, fit


def _loaded(probe: _Probe, limit: Fraction, free: Fit) -> tuple[Fraction, Fit]:
    """Between the present limit and what is taken (or reached) without it, in steps that loads can have."""
    near, fit, step = limit, free, _step(probe.question, probe.demand)
    while abs(fit.load(probe.demand) - near) > step:
        middle = (near + fit.load(probe.demand)) / 2
        found = probe.fit(middle)
        if found is None:
            near = middle
        else:
            fit = found
    return fit.load(probe.demand), fit


def _step(question: Question, demand: Demand) -> Fraction:
    """A number that all loads are multiples of: bits, instances or ratios."""
    if demand.kind == "axis":
        return Fraction(1)
    if demand.kind in ("busy", "idle"):
        return Fraction(1, prod(question.axes_of(demand).values()))
    widths = [question.arch.width(demand.memory, t.role) for t in question.layer.op.tensors]
    shared = lcm(*(w.denominator for w in widths))
    return Fraction(gcd(*(int(w * shared) for w in widths)), shared)
