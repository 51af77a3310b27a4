"""One layer: all choices of bypasses and all templates, best bound first, until none can improve."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from math import inf, isclose
from time import perf_counter

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..model.evaluate import evaluate
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from .clock import Clock, OutOfTimeError
from .conflicts import find_mapping
from .demanded import goal_of, no_mapping, only_one, utilizations
from .feasible import no_room
from .filled import filled
from .goal import Incumbent, RefusedError
from .groups import live_dims
from .hierarchy import hierarchies
from .latency import latency, objective_value
from .limited import Judge, search_early
from .limits import check_orders, check_size
from .physical_energy import physical_limit
from .prices import energies, leakage, without_leakage
from .rows import common_unit
from .search import Problem, Search
from .solution import Certificate, LayerSolution, Options
from .start import Entry, least, tighten

Report = Callable[[float | None, float | None], None]

#: Mappings that were the best so far and may be cheaper as they are evaluated, the latest.
KEPT = 12


class LayerSearch:
    """Finds the best mapping of one layer. `bound` holds for every mapping at any time, also if `run` is cut short.

    Values and bounds are the primary value of the goal, energies in units of `problem.unit`. On machines that leak an
    energy of the search is what a mapping takes at least (`goal.py`); what an answer takes is told as it is evaluated.
    """

    def __init__(self, arch: Arch, layer: Layer, options: Options, clock: Clock, report: Report):
        self.report, self.clock, self.space = report, clock, options.space
        self.dataflow = dict(options.dataflows).get(layer.name)
        dims = live_dims(layer)
        check_size(layer, dims)
        if options.space != "even":
            check_orders(arch, layer)
        unit = common_unit(energies(arch, layer))
        goal = goal_of(options, self.dataflow, unit, leakage(arch))
        busy = utilizations(arch, self.dataflow)
        self.problem = Problem(arch, layer, dims, unit, goal.timed, busy, self.dataflow is not None)
        judge = Judge(arch, layer, self.dataflow, options.space == "even") if self.dataflow else None
        self.goal, self.incumbent = goal, Incumbent(goal, judge=judge)
        self.searches: list[Search] = []
        self.searching, self.finished = True, False
        self.refused = False  # too many mappings, so that the search ended before its time; `bound` holds
        self.even: Callable[[], Mapping] | None = None
        self.bound = self._least_possible()
        self.relaxed: float | None = None
        self.start: float | None = None

    def run(self) -> None:
        """Raises OutOfTimeError or KeyboardInterrupt as they come.

        First stand mappings that are made without a search. The even mappings are among the uneven ones and quickly
        searched, so they go next; and before them the one of least energy, because no ports and links need to be
        counted to find it.
        """
        goal = self.incumbent.goal
        if not goal.limited and self.dataflow is None:
            self._begin()
            if goal.timed:
                self._warm_up()
        if self.space != "even":
            self._search("even")
            self.even = self.incumbent.mapping
        try:
            self.bound = min(self._search(self.space), self.incumbent.rejected)
            self.finished = True
        except RefusedError:
            self.refused = True

    def _begin(self) -> None:
        problem = self.problem
        mapping = filled(problem.arch, problem.layer)[0]
        evaluation = evaluate(problem.arch, problem.layer, mapping)
        self.incumbent.offer(self._worth(mapping, evaluation), lambda: mapping)
        objective = self.incumbent.goal.objective
        value = objective_value(objective, problem.arch, problem.layer, mapping, evaluation)  # as the answer is told
        self.start = value / (1.0 if objective == "latency" else float(problem.unit))

    def _worth(self, mapping: Mapping, evaluation: Evaluation) -> tuple[float, float]:
        """What the goal makes of a mapping by the closed forms, as the search does: of the cycles of `latency.py`."""
        arch, cost = self.problem.arch, evaluation.cost
        dynamic = cost.energy - leakage(arch) * cost.cycles
        goal, steps = self.incumbent.goal, evaluation.tally.steps / arch.compute.rate
        cycles = latency(arch, self.problem.layer, mapping) if goal.timed else steps
        return goal(float(dynamic / self.problem.unit), float(cycles))

    def _warm_up(self) -> None:
        arch, layer, options = self.problem.arch, self.problem.layer, Options("energy", "even")
        found = LayerSearch(without_leakage(arch), layer, options, self.clock, lambda value, bound: None)
        try:
            found.run()
        finally:
            found.searching = False  # what was found is told, however late it is
            self.searches += found.searches
            best = found.incumbent
            if best.mapping is not None:
                mapping = best.mapping()
                self.incumbent.offer(self._worth(mapping, evaluate(arch, layer, mapping)), lambda: mapping)

    def _search(self, space: str) -> float:
        """Searches a space to its end; returns the bound on all of it. Only for the space asked for is `bound` kept."""
        wanted = space == self.space
        entries = self._entries(space)
        if not entries:
            return self.incumbent.best[0]
        if self.goal.limited and self.incumbent.judge:
            if search_early(self.incumbent, lambda: self._through(entries, wanted)) or not wanted:
                return self.incumbent.best[0]
            self.incumbent.rejected = inf  # what is refused under the limits themselves counts
        self._through(entries, wanted)
        return self.incumbent.best[0]

    def _through(self, entries: list[Entry], wanted: bool) -> None:
        """Searches one entry after the other, under the limits as they are. The bound rises with theirs, while those
        are the limits that are asked for."""
        bound = min(tighten(entries) if wanted else least(entries), self.incumbent.best[0])
        if wanted:
            self.relaxed = bound
        if self.start is None:
            self.start = self._value()
        for entry in sorted(entries, key=lambda e: e.bound):
            bound = max(bound, min(entry.bound[0], self.incumbent.best[0]))
            if wanted and self.incumbent.goal is self.goal:
                self.bound = max(self.bound, min(bound, self.incumbent.rejected))
            self.report(self._in_pj(self._value()), self._in_pj(bound) if wanted else None)
            try:
                if entry.bound < self.incumbent.best:
                    entry.search.finish(entry.batch, entry.top)
            finally:  # tables hold what may improve under the limits as they were
                entry.batch.forget()

    def _entries(self, space: str) -> list[Entry]:
        entries: list[Entry] = []
        for orders in hierarchies(self.problem.arch, self.problem.layer, space, self.dataflow):
            search = Search(self.problem, orders, self.incumbent, self._tick)
            self.searches.append(search)
            entries += [Entry(search, batch, top, bound) for bound, batch, top in search.prepare()]
        return entries

    def _tick(self) -> None:
        if self.searching:
            self.clock.tick()

    def _value(self) -> float | None:
        return self.incumbent.best[0] if self.incumbent.mapping else None

    def _least_possible(self) -> float:
        """What physics leaves: no mapping of any space is better."""
        limit = physical_limit(self.problem.arch, self.problem.layer)
        if limit is None:
            return 0.0
        objective = self.incumbent.goal.objective
        return limit.value(objective) / (1.0 if objective == "latency" else float(self.problem.unit))

    def _in_pj(self, value: float | None) -> float | None:
        """A value of the objective with its energy in pJ."""
        scale = 1.0 if self.incumbent.goal.objective == "latency" else float(self.problem.unit)
        return None if value is None else value * scale

    def answer(self) -> tuple[Mapping, Evaluation, Certificate] | None:
        """The best mapping so far, what it costs, and what is known about all others. None: no mapping is known."""
        self.searching = False  # what was found is told, however late it is
        problem, objective = self.problem, self.incumbent.goal.objective
        found = self.incumbent.mapping() if self.incumbent.mapping else self._any()
        if found is None:
            return None
        evaluation = evaluate(problem.arch, problem.layer, found)
        bound = self._in_pj(self.bound) or 0.0
        least = self._in_pj(self._worth(found, evaluation)[0]) or 0.0  # the value, or with leakage somewhat less
        expected = self._in_pj(self._value())
        same = expected is None or isclose(least, expected, rel_tol=1e-12)
        # a template never counts less than its nest costs; only at the end is the best of them the cost itself
        if not same and (self.finished or least > (expected or 0.0)):
            raise SpecError(_disagreement(problem.layer, least, expected))
        if bound > least and not isclose(least, bound, rel_tol=1e-9):  # no bound holds that a mapping undercuts
            raise SpecError(_disagreement(problem.layer, least, bound))
        found, evaluation, value = self._cheapest(found, evaluation)
        certificate = Certificate(
            objective,
            value,
            value if isclose(value, bound, rel_tol=1e-12) else min(bound, value),
            self._in_pj(self.relaxed),
            self._in_pj(self.start),
            sum(search.examined for search in self.searches),
            complete=self.finished and self._value() == self.bound and self.incumbent.goal.leak > 0,
        )
        return found, evaluation, certificate

    def _cheapest(self, best: Mapping, evaluation: Evaluation) -> tuple[Mapping, Evaluation, float]:
        """The best mapping as it is evaluated. A machine may leak in more cycles than a search knows: there one that
        was the best before may be cheaper."""
        objective, arch, layer = self.incumbent.goal.objective, self.problem.arch, self.problem.layer

        def valued(mapping: Mapping, found: Evaluation) -> tuple[Mapping, Evaluation, float]:
            return mapping, found, objective_value(objective, arch, layer, mapping, found)

        known = [valued(best, evaluation)]
        if objective != "latency" and self.incumbent.past:
            others = [*self.incumbent.past[-KEPT:], *([self.even] if self.even else [])]
            nests = [nest() for nest in others]
            known += [valued(nest, evaluate(arch, layer, nest)) for nest in nests]
        return min(known, key=lambda one: one[2])

    def _any(self) -> Mapping | None:
        """Some mapping, where time ran out before one was found."""
        if self.finished:
            return None
        if self.dataflow is None:
            arch, layer = self.problem.arch, self.problem.layer
            return min(filled(arch, layer), key=lambda m: evaluate(arch, layer, m).cost.energy)
        fit = find_mapping(self.problem.arch, self.problem.layer, self.dataflow, self.space)
        judge = self.incumbent.judge
        return fit.nest() if fit is not None and judge is not None and not judge(fit.nest()) else None


def _disagreement(layer: Layer, value: float, expected: float | None) -> Diagnostic:
    return Diagnostic(
        "E690",
        f"the search and the closed forms disagree about the best mapping of `{layer.name}`",
        notes=(f"the search found {expected!r}, the closed forms give {value!r}",),
        help="this is a mistake in npudsl: please report it with the files",
    )


def solve_layer(arch: Arch, layer: Layer, options: Options, clock: Clock, report: Report) -> LayerSolution:
    """The proven best mapping of a layer, or the best so far if the time is up, or the reason why there is none."""
    if options.factors == "imperfect":
        from . import imperfect  # which searches with perfect factors as well, hence imports this module

        return imperfect.solve_layer(arch, layer, options, clock, report)
    started = perf_counter()

    def failed(why: Diagnostic) -> LayerSolution:
        return LayerSolution(layer, None, None, None, perf_counter() - started, why)

    try:
        obstacle = no_room(arch, layer)
        if obstacle is not None:
            return failed(obstacle)
        dataflow = dict(options.dataflows).get(layer.name)
        if dataflow is not None and dataflow.complete is not None:
            found = only_one(arch, layer, options, dataflow, dataflow.complete)
        else:
            search = LayerSearch(arch, layer, options, clock, report)
            with contextlib.suppress(OutOfTimeError):
                search.run()
            answer = search.answer()
            if answer is None:
                in_time = search.finished or search.refused
                return failed(no_mapping(arch, layer, options, dataflow, clock, in_time, search.incumbent.rejected))
            found = answer
    except SpecError as error:
        return failed(error.diagnostics[0])
    return LayerSolution(layer, *found, perf_counter() - started)
