"""One layer with imperfect factors: the best mapping found, and a bound that holds for all of them.

Upper side: the proven best mapping with perfect factors (of uneven nests the best that a ration of steps finds);
perfect problems with larger bounds, whose nests are clipped (`imperfect_pads.py`); nests near the least values of the
relaxed programs (`imperfect_rounding.py`); and from the best of these downwards change by change
(`imperfect_descent.py`). Lower side: `imperfect_bounds.py`, `imperfect_lower.py`. Where the two meet the answer is
optimal; else its gap says how far it may be above the best.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import exp, log
from time import perf_counter

from ..mapping.dataflow import Dataflow
from ..mapping.evaluation import Evaluation
from ..mapping.footprint import UncountableError
from ..mapping.legality import check_mapping
from ..mapping.nest import Mapping
from ..mapping.violations import violations
from ..model.evaluate import evaluate
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from .clock import Clock, OutOfTimeError
from .conflicts import explain_infeasible, find_mapping
from .demanded import goal_of, only_one
from .feasible import no_room
from .goal import INFINITE, Goal
from .imperfect_bounds import Limit, limit_of
from .imperfect_descent import Descent, Value
from .imperfect_lower import Lower
from .imperfect_moves import trimmed
from .imperfect_pads import padded
from .imperfect_ration import SpentError, rationed
from .imperfect_rounding import rounded
from .latency import objective_value
from .layer import LayerSearch, Report
from .solution import Certificate, LayerSolution, Options
from .spared import spared
from .splits import TooHardError

#: Starts of a kind that are improved, those of least cost; templates whose real factors are rounded to starts.
STARTS, PROMISING = 3, 16
#: Iterations of linear programs in every round of splitting; after each there is a descent.
WORK = (0, 15_000, 30_000, 45_000, 60_000)
#: Ticks of an exact search with perfect factors and uneven nests, after which it goes on with what was found until
#: then. Of AlexNet's layers (batch 4, EDP) conv2 takes the most: 20,350 on Eyeriss, 3,400 on `study_b`.
MOST_TICKS = 30_000
#: What a logarithm and its exponential may be wrong by, relative: more than they are.
ROUNDING = 1e-12


@dataclass
class ImperfectSearch:
    """`best` and `mapping`: the best so far, in pJ and cycles. `starts`: nests found by exact searches, and those of
    `known` mappings that are within the limits, with values."""

    arch: Arch
    layer: Layer
    options: Options
    clock: Clock
    report: Report
    known: Sequence[Mapping] = ()
    best: Value = INFINITE
    mapping: Mapping | None = None
    starts: list[tuple[Value, Mapping]] = field(default_factory=list)
    examined: int = 0
    lower: Lower | None = None

    def __post_init__(self) -> None:
        self.dataflow: Dataflow | None = dict(self.options.dataflows).get(self.layer.name)
        self.goal: Goal = goal_of(self.options, self.dataflow, Fraction(1))
        self.limit: Limit = limit_of(self.arch, self.layer)

    def run(self) -> None:
        """Raises OutOfTimeError; what was found until then stands."""
        for nest in self.known:
            self._begin_at(nest)
        self._solve(self.arch, self.layer, "even")
        if self.options.space != "even":
            with contextlib.suppress(SpentError):
                self._solve(self.arch, self.layer, self.options.space, clock=rationed(self.clock, MOST_TICKS))
        if self.mapping is None:
            self._fit()
        for number, (arch, larger) in enumerate(padded(self.arch, self.layer)):
            # a layer with other bounds may be too large, or have no mapping that obeys: then it is of no use
            with contextlib.suppress(SpecError):
                self._solve(arch, larger, "even")
                if self.options.objective == "latency" and number == 0:
                    self._solve(
                        arch, larger, "even", "edp"
                    )  # of mappings that are as fast one that takes little energy
        if self.mapping is None or self.best[0] <= self.bound:
            return
        self._close()

    def _close(self) -> None:
        """Descends from what was found, then lets bound and mapping close in, round by round: the more numbers of the
        relaxed programs are whole the more their least values tell of where good mappings are."""
        descent = Descent(self.arch, self.layer, self.goal, self.options.space == "even", self._accept, self.clock.tick)
        try:
            self._improve(descent, self.starts)
            lower = self.lower = self._lower()
            known: set[Mapping] = set()
            for most in WORK:
                lower.run(log(self.best[0]), most)
                self._improve(descent, list(self._near(descent, lower, known)))
                if lower.closed:
                    break
            lower.run(log(self.best[0]), 0)
        finally:
            self.examined += descent.examined

    def _lower(self) -> Lower:
        objective = self.goal.objective
        within = self.limit.range(objective, self.best[0], self.goal.most_cycles)
        lower = Lower(self.arch, self.layer, self.options.space, objective, within, self.clock.tick)
        with contextlib.suppress(UncountableError, OverflowError):
            if spared(self.arch, self.layer).nothing:  # else its classes are not all that there are
                lower.start(log(self.best[0]))
        return lower

    def _near(self, descent: Descent, lower: Lower, known: set[Mapping]) -> Iterator[tuple[Value, Mapping]]:
        """Nests with whole factors near the least values of relaxed programs, those that are not `known` yet."""
        for nest, real in lower.promising(log(self.best[0]), PROMISING):
            for start in rounded(self.layer.bound, nest, real):
                if start not in known:
                    known.add(start)
                    settled, value = descent.refactor(start, INFINITE, self._take)
                    if value < INFINITE:
                        yield value, settled

    def _improve(self, descent: Descent, found: list[tuple[Value, Mapping]]) -> None:
        """Downwards from the best of some nests."""
        starts = {nest: value for value, nest in found}
        for nest in sorted(starts, key=lambda nest: starts[nest])[:STARTS]:
            descent.improve(nest, self._take)

    @property
    def bound(self) -> float:
        """What no mapping is below, in the units of the objective."""
        least = self.limit.value(self.goal.objective)
        return least if self.lower is None else max(least, exp(self.lower.bound) * (1.0 - ROUNDING))

    def _solve(
        self, arch: Arch, layer: Layer, space: str, objective: str | None = None, clock: Clock | None = None
    ) -> None:
        """The best mapping with perfect factors of the layer, maybe with larger bounds, or the best in time."""
        own = layer is self.layer
        objective = objective or self.options.objective
        options = replace(self.options, factors="perfect", space=space, objective=objective, reported=False)
        search = LayerSearch(
            arch, layer, options, clock or self.clock, self._relay if own else lambda value, bound: None
        )
        try:
            search.run()
        finally:
            found = search.answer() if own or search.finished else None
            if found is not None:
                self.examined += found[2].examined
                self._begin_at(found[0])

    def _fit(self) -> None:
        """Some mapping that obeys, where none with perfect factors does."""
        with contextlib.suppress(TooHardError):
            fit = find_mapping(self.arch, self.layer, self.dataflow, self.options.space, "imperfect")
            if fit is not None:
                self._begin_at(fit.nest())

    def _begin_at(self, nest: Mapping) -> None:
        """A nest as a start, if it is legal and within the limits: without needless factors, unless a dataflow asks for
        them."""
        short = trimmed(nest, self.layer.bound)
        for one in (short,) if self.dataflow is None else (short, nest):
            value = self._offer(one)
            if value is not None:
                self.starts.append((value, one))
                break

    def _offer(self, nest: Mapping) -> Value | None:
        """The value of a mapping that is legal and obeys, which may be the best so far; else None."""
        if not self._accept(nest):
            return None
        evaluation = evaluate(self.arch, self.layer, nest)
        energy = float(evaluation.cost.energy)
        cycles = objective_value("latency", self.arch, self.layer, nest, evaluation)
        if not self.goal.admits(energy, cycles):
            return None
        value: Value = self.goal(energy, cycles)
        self._take(nest, value)
        return value

    def _take(self, nest: Mapping, value: Value) -> None:
        """The value of a mapping that is legal, obeys and keeps what is required."""
        if value < self.best:
            self.best, self.mapping = value, nest.simplified()
            self._relay(value[0], None)

    def _accept(self, nest: Mapping) -> bool:
        if check_mapping(self.arch, self.layer, nest):
            return False
        if self.dataflow is None:
            return True
        timed = any(rule.kind != "utilization" for rule in self.dataflow.requirements)
        evaluation = evaluate(self.arch, self.layer, nest) if timed else None
        return not violations(self.dataflow, self.arch, self.layer, nest, evaluation, even=self.options.space == "even")

    def _relay(self, value: float | None, bound: float | None) -> None:
        """Progress, with the bound that holds for imperfect factors, whatever that for perfect ones is."""
        self.report(value, self.bound)

    def answer(self) -> tuple[Mapping, Evaluation, Certificate] | None:
        if self.mapping is None:
            return None
        evaluation = evaluate(self.arch, self.layer, self.mapping)
        objective = self.goal.objective
        value = objective_value(objective, self.arch, self.layer, self.mapping, evaluation)
        bound = min(value, self.bound)
        return self.mapping, evaluation, Certificate(objective, value, bound, examined=self.examined)


def solve_layer(
    arch: Arch, layer: Layer, options: Options, clock: Clock, report: Report, known: Sequence[Mapping] = ()
) -> LayerSolution:
    """The best mapping with imperfect factors that was found, with its true gap; or why there is none. `known`:
    mappings to begin with."""
    started = perf_counter()
    try:
        found = _found(arch, layer, options, clock, report, known)
    except SpecError as error:
        return LayerSolution(layer, None, None, None, perf_counter() - started, error.diagnostics[0])
    return LayerSolution(layer, *found, perf_counter() - started)


def _found(
    arch: Arch, layer: Layer, options: Options, clock: Clock, report: Report, known: Sequence[Mapping]
) -> tuple[Mapping, Evaluation, Certificate]:
    obstacle = no_room(arch, layer)
    if obstacle is not None:
        raise SpecError(obstacle)
    dataflow = dict(options.dataflows).get(layer.name)
    if dataflow is not None and dataflow.complete is not None:
        return only_one(arch, layer, options, dataflow, dataflow.complete)
    search = ImperfectSearch(arch, layer, options, clock, report, known)
    with contextlib.suppress(OutOfTimeError):
        search.run()
    answer = search.answer()
    if answer is None:
        raise SpecError(_nothing(arch, layer, options, dataflow))
    return answer


def _nothing(arch: Arch, layer: Layer, options: Options, dataflow: Dataflow | None) -> Diagnostic:
    """A conflict of sizes and rules if that is why; else only that nothing was found."""
    conflict = explain_infeasible(arch, layer, dataflow, options.space, "imperfect")
    if conflict is not None:
        return conflict
    return Diagnostic(
        "E608",
        f"no mapping was found that obeys the dataflow of `{layer.name}`",
        notes=("with imperfect factors the search is not exhaustive: there may be one",),
        help="ask for less, or for `--factors perfect`, which says for certain whether there is one",
    )
