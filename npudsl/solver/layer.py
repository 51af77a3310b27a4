"""One layer: all choices of bypasses and all templates, best bound first, until none can improve."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from math import isclose
from time import perf_counter

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..model.evaluate import evaluate
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from .clock import Clock, OutOfTimeError
from .feasible import no_room, untiled
from .goal import Goal, Incumbent
from .hierarchy import hierarchies
from .latency import latency
from .limits import check_orders, check_size
from .program import energies, leakage
from .rows import common_unit
from .search import Problem, Search
from .solution import Certificate, LayerSolution, Options
from .start import Entry, tighten

Report = Callable[[float | None, float | None], None]


class LayerSearch:
    """Finds the best mapping of one layer. `bound` holds for every mapping at any time, also if `run` is cut short.

    Values and bounds are the primary value of the goal, energies in units of `problem.unit`.
    """

    def __init__(self, arch: Arch, layer: Layer, options: Options, clock: Clock, report: Report):
        self.report, self.clock, self.space = report, clock, options.space
        dims = tuple(d for d, b in layer.bounds if b > 1) or layer.op.dims[:1]
        check_size(layer, dims)
        if options.space != "even":
            check_orders(arch, layer)
        goal = Goal(options.objective)
        self.problem = Problem(arch, layer, dims, common_unit(energies(arch, layer)), goal.timed)
        self.incumbent = Incumbent(goal)
        self.searches: list[Search] = []
        self.searching, self.finished = True, False
        self.bound = 0.0
        self.relaxed: float | None = None
        self.start: float | None = None

    def run(self) -> None:
        """Raises OutOfTimeError or KeyboardInterrupt as they come.

        The even mappings are among the uneven ones and quickly searched, so they go first and give the incumbent.
        """
        if self.space != "even":
            self._search("even")
        self.bound = self._search(self.space)
        self.finished = True

    def _search(self, space: str) -> float:
        """Searches a space to its end; returns the bound on all of it. Only for the space asked for is `bound` kept."""
        wanted = space == self.space
        entries = self._entries(space)
        bound = min(tighten(entries), self.incumbent.best[0])
        if wanted:
            self.bound = self.relaxed = bound
        if self.start is None:
            self.start = self._value()
        for entry in sorted(entries, key=lambda e: e.bound):
            bound = max(bound, min(entry.bound[0], self.incumbent.best[0]))
            if wanted:
                self.bound = bound
            self.report(self._in_pj(self._value()), self._in_pj(bound) if wanted else None)
            if entry.bound < self.incumbent.best:
                entry.search.finish(entry.task, entry.top)
        return self.incumbent.best[0]

    def _entries(self, space: str) -> list[Entry]:
        entries: list[Entry] = []
        for orders in hierarchies(self.problem.arch, self.problem.layer, space):
            search = Search(self.problem, orders, self.incumbent, self._tick)
            self.searches.append(search)
            entries += [Entry(search, task, top, bound) for bound, task, top in search.prepare()]
        return entries

    def _tick(self) -> None:
        if self.searching:
            self.clock.tick()

    def _value(self) -> float | None:
        return self.incumbent.best[0] if self.incumbent.mapping else None

    def _in_pj(self, value: float | None) -> float | None:
        """A value of the objective with its energy in pJ."""
        scale = 1.0 if self.incumbent.goal.objective == "latency" else float(self.problem.unit)
        return None if value is None else value * scale

    def answer(self) -> tuple[Mapping, Evaluation, Certificate]:
        """The best mapping so far, what it costs, and what is known about all others."""
        self.searching = False  # what was found is told, however late it is
        goal, problem = self.incumbent.goal, self.problem
        found = self.incumbent.mapping() if self.incumbent.mapping else untiled(problem.arch, problem.layer)
        evaluation = evaluate(problem.arch, problem.layer, found)
        value = float(goal(evaluation.cost.energy, latency(problem.arch, problem.layer, found))[0])
        bound = self._in_pj(self.bound) or 0.0
        expected = self._in_pj(self._value())
        same = expected is None or isclose(value, expected, rel_tol=1e-12) or leakage(problem.arch)
        # a template never counts less than its nest costs; only at the end is the best of them the cost itself
        if not same and (self.finished or value > (expected or 0.0)):
            raise SpecError(_disagreement(problem.layer, value, expected))
        certificate = Certificate(
            goal.objective,
            value,
            value if isclose(value, bound, rel_tol=1e-12) else bound,
            self._in_pj(self.relaxed),
            self._in_pj(self.start),
            sum(search.examined for search in self.searches),
        )
        return found, evaluation, certificate


def _disagreement(layer: Layer, value: float, expected: float) -> Diagnostic:
    return Diagnostic(
        "E690",
        f"the search and the closed forms disagree about the best mapping of `{layer.name}`",
        notes=(f"the search found {expected!r}, the closed forms give {value!r}",),
        help="this is a mistake in npudsl: please report it with the files",
    )


def solve_layer(arch: Arch, layer: Layer, options: Options, clock: Clock, report: Report) -> LayerSolution:
    """The proven best mapping of a layer, or the best so far if the time is up, or the reason why there is none."""
    started = perf_counter()
    try:
        search = LayerSearch(arch, layer, options, clock, report)
        obstacle = no_room(arch, layer)
        if obstacle is not None:
            return LayerSolution(layer, None, None, None, perf_counter() - started, obstacle)
        with contextlib.suppress(OutOfTimeError):
            search.run()
        mapping, evaluation, certificate = search.answer()
    except SpecError as error:
        return LayerSolution(layer, None, None, None, perf_counter() - started, error.diagnostics[0])
    return LayerSolution(layer, mapping, evaluation, certificate, perf_counter() - started)
