"""One layer: all choices of bypasses and all templates, best bound first, until none can improve."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from math import inf, isclose
from time import perf_counter

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..model.evaluate import evaluate
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from .candidates import Candidates
from .clock import Clock, OutOfTimeError
from .conflicts import find_mapping
from .demanded import goal_of, no_mapping, only_one, utilizations
from .disagreement import disagreement
from .feasible import no_room
from .filled import filled
from .goal import Incumbent, RefusedError
from .groups import live_dims
from .latency import latency, objective_value, reported_value
from .limited import Judge, search_early
from .limits import check_orders, check_size
from .physical_energy import physical_limit
from .prices import energies, leakage, without_leakage
from .problem import Problem
from .rows import common_unit
from .search import Search
from .sections import Section, sections_of
from .solution import Certificate, LayerSolution, Options
from .spared import spared
from .start import Entry, least, tighten

Report = Callable[[float | None, float | None], None]


class LayerSearch:
    """Finds the best mapping of one layer. `bound` holds for every mapping at any time, also if `run` is cut short.

    Values and bounds are the primary value of the goal, energies in units of `problem.unit`. Where time matters
    (`reported`) mappings are valued by what is reported of them, and bounded by what the search knows (`goal.py`).
    """

    def __init__(self, arch: Arch, layer: Layer, options: Options, clock: Clock, report: Report):
        self.report, self.clock, self.space = report, clock, options.space
        self.dataflow = dict(options.dataflows).get(layer.name)
        dims = live_dims(layer)
        check_size(layer, dims)
        unit = common_unit(energies(arch, layer))
        goal = goal_of(options, self.dataflow, unit, leakage(arch))
        if options.space != "even":
            limited = options.time_limit is not None
            check_orders(arch, layer, timed=goal.timed, listed=self.dataflow is not None, limited=limited)
        busy = utilizations(arch, self.dataflow)
        self.reported = goal.timed and options.reported and not goal.limited
        self.problem = Problem(arch, layer, dims, unit, goal.timed, busy, self.dataflow is not None, self.reported)
        judge = Judge(arch, layer, self.dataflow, options.space == "even") if self.dataflow else None
        candidates = Candidates(self._worth) if self.reported else None
        self.goal, self.incumbent = goal, Incumbent(goal, judge=judge, candidates=candidates)
        self.searches: list[Search] = []
        self.spared = spared(arch, layer)
        self.searching, self.finished = True, False
        self.refused = False  # too many mappings, so that the search ended before its time; `bound` holds
        self.physical = physical_limit(arch, layer)
        self.bound = 0.0 if self.physical is None else self.physical.value(goal.objective) / self._scale
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
        try:
            self.bound = self._for_all(min(self._search(self.space), self.incumbent.rejected))
            self.finished = True
        except RefusedError:
            self.refused = True

    def _begin(self) -> None:
        problem = self.problem
        mapping = filled(problem.arch, problem.layer)[0]
        evaluation = evaluate(problem.arch, problem.layer, mapping)
        self.incumbent.take(self._value_of(mapping, evaluation), lambda: mapping)
        self.start = self._told(mapping, evaluation) / self._scale

    def _worth(self, mapping: Mapping) -> tuple[float, float]:
        return self._value_of(mapping, evaluate(self.problem.arch, self.problem.layer, mapping))

    def _value_of(self, mapping: Mapping, evaluation: Evaluation) -> tuple[float, float]:
        """What the goal makes of a mapping by the closed forms: as it is reported, or as the search does."""
        return self._counted(mapping, evaluation, evaluation.cost.cycles if self.reported else None)

    def _counted(self, mapping: Mapping, evaluation: Evaluation, cycles: Fraction | None = None) -> tuple[float, float]:
        """With other cycles than those of the closed forms (None: of `latency.py`)."""
        arch, cost = self.problem.arch, evaluation.cost
        goal, dynamic = self.incumbent.goal, cost.energy - leakage(arch) * cost.cycles
        if cycles is None:
            steps = evaluation.tally.steps / arch.compute.rate
            cycles = latency(arch, self.problem.layer, mapping) if goal.timed else steps
        return goal(float(dynamic / self.problem.unit), float(cycles))

    def _told(self, mapping: Mapping, evaluation: Evaluation) -> float:
        """The objective of a mapping as the answer tells it."""
        objective = self.incumbent.goal.objective
        if self.reported:
            return reported_value(objective, evaluation)
        return objective_value(objective, self.problem.arch, self.problem.layer, mapping, evaluation)

    def _warm_up(self) -> None:
        """Of as many mappings as no search can tell apart by their latency, one of low energy mostly waits less than it
        knows."""
        arch, layer = self.problem.arch, self.problem.layer
        fast = self.reported and self.incumbent.goal.objective == "latency"
        options, machine = Options("edp" if fast else "energy", "even"), arch if fast else without_leakage(arch)
        found = LayerSearch(machine, layer, options, self.clock, lambda value, bound: None)
        try:
            found.run()
        finally:
            found.searching = False  # what was found is told, however late it is
            self.searches += found.searches
            best = found.incumbent
            if best.mapping is not None:
                mapping = best.mapping()
                self.incumbent.take(self._value_of(mapping, evaluate(arch, layer, mapping)), lambda: mapping)

    def _search(self, space: str) -> float:
        """Searches a space to its end; returns the bound on all of it. Only for the space asked for is `bound` kept."""
        wanted = space == self.space
        entries = self._entries(space)
        if not entries:
            return self.incumbent.bound
        if self.goal.limited and self.incumbent.judge:
            if search_early(self.incumbent, lambda: self._through(entries, wanted)) or not wanted:
                return self.incumbent.bound
            self.incumbent.rejected = inf  # what is refused under the limits themselves counts
        self._through(entries, wanted)
        return self.incumbent.bound

    def _through(self, entries: list[Entry], wanted: bool) -> None:
        """Searches one entry after the other, under the limits as they are. The bound rises with theirs, while those
        are the limits that are asked for."""
        bound = min(tighten(entries) if wanted else least(entries), self.incumbent.bound)
        if wanted:
            self.relaxed = bound
        if self.start is None:
            self.start = self._value()
        for entry in sorted(entries, key=lambda e: e.bound):
            bound = max(bound, min(entry.bound[0], self.incumbent.bound))
            if wanted and self.incumbent.goal is self.goal:
                self.bound = max(self.bound, self._for_all(min(bound, self.incumbent.rejected)))
            self.report(self._in_pj(self._value()), self._in_pj(self._for_all(bound)) if wanted else None)
            try:
                if entry.bound < self.incumbent.limit:
                    entry.search.finish(entry.batch, entry.top)
            finally:  # tables hold what may improve under the limits as they were
                entry.batch.forget()
        self.incumbent.settle()

    def _entries(self, space: str) -> list[Entry]:
        problem = self.problem
        entries: list[Entry] = []
        for found in sections_of(problem, space, self.dataflow):
            search = Search(problem, list(self._ticking(found)), self.incumbent, self._tick)
            self.searches.append(search)
            entries += [Entry(search, batch, top, bound) for bound, batch, top in search.prepare()]
        return entries

    def _ticking(self, found: Iterable[Section]) -> Iterator[Section]:
        for one in found:
            self._tick()
            yield one

    def _tick(self) -> None:
        if self.searching:
            self.clock.tick()

    def _value(self) -> float | None:
        return self.incumbent.best[0] if self.incumbent.mapping else None

    def _for_all(self, bound: float) -> float:
        """Of a bound on all that is searched what holds for every mapping."""
        return self.spared.lowered(bound, self.goal, float(self.problem.unit), self.physical)

    @property
    def _scale(self) -> float:
        """pJ per unit of the objective's energy."""
        return 1.0 if self.incumbent.goal.objective == "latency" else float(self.problem.unit)

    def _in_pj(self, value: float | None) -> float | None:
        """A value of the objective with its energy in pJ."""
        return None if value is None else value * self._scale

    def answer(self) -> tuple[Mapping, Evaluation, Certificate] | None:
        """The best mapping so far, what it costs, and what is known about all others. None: no mapping is known."""
        self.searching = False  # what was found is told, however late it is
        problem = self.problem
        found = self.incumbent.mapping() if self.incumbent.mapping else self._any()
        if found is None:
            return None
        evaluation = evaluate(problem.arch, problem.layer, found)
        value, bound = self._told(found, evaluation), self._in_pj(self.bound) or 0.0
        self._agree(found, evaluation)
        certificate = Certificate(
            self.incumbent.goal.objective,
            value,
            value if isclose(value, bound, rel_tol=1e-12) else min(bound, value),
            self._in_pj(self.relaxed and self._for_all(self.relaxed)),
            self._in_pj(self.start),
            sum(search.examined for search in self.searches),
            complete=self.finished and self.bound == self.incumbent.bound < self.incumbent.best[0],
        )
        return found, evaluation, certificate

    def _agree(self, found: Mapping, evaluation: Evaluation) -> None:
        """Raises SpecError (E690) if the closed forms say otherwise than the search.

        A template never counts less than its nest costs; only at the end is the best of them the cost itself.
        """
        worth, expected = self._value_of(found, evaluation)[0], self.incumbent.best[0]
        if self.incumbent.mapping and (worth > expected or (self.finished and worth < expected)):
            self._disagree(worth, expected)
        if self.bound > worth:  # no bound holds that a mapping undercuts
            self._disagree(worth, self.bound)
        candidates = self.incumbent.candidates
        if candidates is not None and candidates.cheapest is not None:
            nest, least = candidates.cheapest, candidates.least[0]
            known = self._counted(nest, evaluate(self.problem.arch, self.problem.layer, nest))[0]
            if known > least:
                self._disagree(known, least)

    def _disagree(self, value: float, expected: float) -> None:
        if not isclose(value, expected, rel_tol=1e-9):
            raise SpecError(disagreement(self.problem.layer, value * self._scale, expected * self._scale))

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
