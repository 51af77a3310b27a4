"""What a dataflow's requirements and complete mappings mean for a search: limits, the one mapping, why there is
none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from math import inf, prod

from ..mapping.dataflow import Dataflow, Requirement
from ..mapping.evaluation import Evaluation
from ..mapping.legality import check_mapping
from ..mapping.nest import Mapping
from ..mapping.violations import violations
from ..model.evaluate import evaluate
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, Label, SpecError
from .clock import Clock, OutOfTimeError
from .conflicts import explain_infeasible, find_mapping
from .goal import COSTS, Goal
from .latency import objective_value
from .program import Busy
from .requirements import asked, requirement_conflict
from .solution import Certificate, Options

#: What rounding may take from a limit, relative; a mapping that is found is held against the limit itself.
SLACK = 1e-9


def goal_of(options: Options, dataflow: Dataflow | None, unit: Fraction, leakage: Fraction = Fraction(0)) -> Goal:
    """The goal of a search whose energies are in `unit` pJ, without the `leakage` in pJ per cycle. Raises SpecError
    (E607) for a least energy or latency."""
    most = dict.fromkeys(COSTS, inf)
    for rule in dataflow.requirements if dataflow else ():
        if rule.kind in COSTS:
            if rule.least is not None:
                raise SpecError(_least_cost(rule))
            scale = 1 if rule.kind == "latency" else unit
            limit = inf if rule.most is None else float(rule.most / scale) * (1.0 + SLACK)
            most[rule.kind] = min(most[rule.kind], limit)
    if options.most_cycles is not None:
        most["latency"] = min(most["latency"], float(options.most_cycles))
    return Goal(options.objective, most["energy"], most["latency"], most["edp"], float(leakage / unit))


def utilizations(arch: Arch, dataflow: Dataflow | None) -> tuple[Busy, ...]:
    """With perfect factors the utilization of an array is the product of the factors along it over its size."""
    found: list[Busy] = []
    for rule in dataflow.requirements if dataflow else ():
        if rule.kind == "utilization":
            arrays = [a for a in arch.arrays if rule.array in (None, a.name)]
            size = prod(n for array in arrays for _, n in array.axes)
            least, most = (None if x is None else x * size for x in (rule.least, rule.most))
            found.append((tuple(a.name for a in arrays), least, most))
    return tuple(found)


def only_one(
    arch: Arch, layer: Layer, options: Options, dataflow: Dataflow, mapping: Mapping
) -> tuple[Mapping, Evaluation, Certificate]:
    """The answer where a dataflow has no holes. Raises SpecError if its mapping is not legal or breaks a
    requirement."""
    wrong = check_mapping(arch, layer, mapping)
    if wrong:
        raise SpecError(wrong[0])
    evaluation = evaluate(arch, layer, mapping)
    missed = violations(dataflow, arch, layer, mapping, evaluation)
    if missed:
        raise SpecError(missed[0])
    value = objective_value(options.objective, arch, layer, mapping, evaluation)
    return mapping, evaluation, Certificate(options.objective, value, value)


def no_mapping(
    arch: Arch, layer: Layer, options: Options, dataflow: Dataflow | None, clock: Clock, finished: bool, rejected: float
) -> Diagnostic:
    """Why no mapping was found: a conflict of sizes and rules, a requirement that none meets, or no time. `finished`:
    time did not run out; `rejected`: the least value of those that only seemed to obey."""
    found = explain_infeasible(arch, layer, dataflow, options.space, options.factors)
    if found is not None:
        return found
    costs = [r for r in dataflow.requirements if r.kind in COSTS] if dataflow else []
    if finished and not costs and find_mapping(arch, layer, dataflow, options.space, options.factors) is not None:
        return Diagnostic(
            "E690",
            f"the search found no mapping of `{layer.name}`, though some obey its dataflow",
            help="this is a mistake in npudsl: please report it with the files",
        )
    if finished and dataflow is not None:
        for missed in costs:
            told = _best_conflict(arch, layer, options, dataflow, missed, clock)
            if told is not None:
                return told
    what = "no mapping obeys" if finished and rejected == inf else "no mapping was found that obeys"
    label = Label(dataflow.span, "this dataflow") if dataflow and dataflow.span else None
    notes = tuple(f"it asks for {asked(r)}" for r in costs)
    return Diagnostic("E608", f"{what} the dataflow of `{layer.name}`", label, notes=notes)


def _best_conflict(
    arch: Arch, layer: Layer, options: Options, dataflow: Dataflow, missed: Requirement, clock: Clock
) -> Diagnostic | None:
    """E606 with the best value that the other rules leave, which takes another search; E608 if the cycles that a search
    knows, or the time, leave open whether there is one within the limit. None: the others leave none that is known."""
    from .layer import LayerSearch

    others = replace(dataflow, requirements=tuple(r for r in dataflow.requirements if r is not missed))
    wanted = replace(options, objective=missed.kind, dataflows=((layer.name, others),))
    search = LayerSearch(arch, layer, wanted, clock, lambda value, bound: None)
    with suppress(OutOfTimeError):
        search.run()
    answer = search.answer()
    if answer is None:
        return None
    under = [r for r in others.requirements if r.kind in COSTS]
    cost, least = answer[1].cost, answer[2].lower_bound
    best = {"energy": cost.energy, "latency": cost.cycles, "edp": cost.energy * cost.cycles}[missed.kind]
    if missed.most is not None and least <= float(missed.most) * (1.0 + SLACK):
        return _undecided(arch, layer, missed, under, least, best)
    return requirement_conflict(missed, best, arch, layer, under, proven=float(best) <= least * (1.0 + SLACK))


def _undecided(
    arch: Arch, layer: Layer, missed: Requirement, under: Sequence[Requirement], least: float, best: Fraction
) -> Diagnostic:
    """None was found within a limit, though its cycles that no schedule undercuts may be."""
    unit = {"energy": "pJ", "latency": "cycles", "edp": "pJ * cycles"}[missed.kind]
    why = requirement_conflict(missed, best, arch, layer, under, proven=False)
    return replace(
        why,
        code="E608",
        message=f"no mapping was found that obeys the dataflow of `{layer.name}`",
        notes=(*why.notes, f"that none has less than {least:,.6g} {unit} is proven, so there may be one"),
    )


def _least_cost(rule: Requirement) -> Diagnostic:
    return Diagnostic(
        "E607",
        f"a search cannot ask for at least so much {rule.kind}",
        Label(rule.span, "`>=`") if rule.span else None,
        notes=("mappings that waste more are left out of the search, since none is better",),
        help=f"ask for `{rule.kind} <=`, or leave it out",
    )
