"""The solver under dataflows with limits on costs that refuse cheap mappings, against full enumeration:
`python -m tests.solver.under_limits --problems 500`.

A limit on latency, energy or EDP goes by the cycles of the closed form, a search by cycles that no schedule undercuts.
The limits here are those of all possible ones for which most mappings look better than the best that obeys, and as if
they obeyed too. Every wrong answer is printed; at the end how many answers were found and how far they are from the
best. Exit status 1 if any is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from random import Random
from time import monotonic

from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.resolve_dataflow import resolve_dataflow
from npudsl.model.evaluate import evaluate
from npudsl.solver import Options, solve
from npudsl.solver.solution import LayerSolution
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from npudsl.text.diagnostics import SpecError

from ..generate.choices import Seeded, chance, pick
from ..generate.dataflows import dataflow_text
from ..generate.literals import literal
from ..generate.speeds import with_speeds
from ..mapping.machines import declared
from ..oracle.cycles import Fares
from ..oracle.dataflows import obeying
from ..oracle.enumerate import OBJECTIVES, Best, Result, TooLargeError, enumerate_mappings
from ..strategies import random_case
from .compare import PROBLEMS, UNEVEN_PROBLEMS, wrong_answer

#: Mappings whose costs are counted per problem; problems with more are left out.
MOST_MAPPINGS = 400
UNITS = {"latency": "1 cycle", "energy": "1 pJ", "edp": "1 pJ * 1 cycle"}


@dataclass
class Everything(Result):
    """All mappings that enumeration finds, too."""

    all: list[Best] = field(default_factory=list)

    def add(self, candidate: Best) -> None:
        super().add(candidate)
        self.all.append(candidate)
        if len(self.all) > MOST_MAPPINGS:
            raise TooLargeError


@dataclass(frozen=True)
class Problem:
    """An objective and a dataflow, with its text, that ends in a limit; `best`: what enumeration finds of what
    obeys."""

    arch: Arch
    layer: Layer
    text: str
    dataflow: Dataflow
    options: Options
    best: Result
    decoys: int

    def answer(self) -> LayerSolution:
        return solve(self.arch, "net", [self.layer], self.options).layers[0]


def random_problems(seed: int, space: str, *, leaky: int = 25, limit: int = 3_000) -> list[Problem]:
    """For every objective and kind of limit the one with most decoys, if there are any."""
    case = random_case(seed, replace(UNEVEN_PROBLEMS if space == "uneven" else PROBLEMS, uneven=space == "uneven"))
    choices = Seeded(Random(seed))
    arch, layer = with_speeds(choices, case.arch, leaky=leaky), case.layer
    if not Fares(arch).resources:
        return []  # cycles are steps
    rules = chance(choices, 40)
    text = dataflow_text(choices, arch, layer, case.mapping) if rules else "mapping limits {\n}\n"
    found = Everything()
    try:
        free = resolve_dataflow(declared(text), arch, layer) if rules else None
        admits = (lambda mapping: True) if free is None else obeying(free, arch, layer, uneven=space == "uneven")
        enumerate_mappings(arch, layer, uneven=space == "uneven", limit=limit, admits=admits, into=found)
    except (SpecError, TooLargeError):
        return []
    known = [(one, _costs(arch, layer, one)) for one in found.all]
    problems = []
    for objective in OBJECTIVES:
        for kind in UNITS:
            most, decoys = _limit(objective, kind, known, pick(choices, (Fraction(1), Fraction(1001, 1000))))
            if decoys:
                best = Result()
                for one, costs in known:
                    if costs[kind] <= most:
                        best.add(one)
                block = text.replace("}\n", f"    require {kind} <= {most} * {UNITS[kind]}\n}}\n")
                dataflow = resolve_dataflow(declared(block), arch, layer)
                options = Options(objective, space, dataflows=((layer.name, dataflow),))
                problems.append(Problem(arch, layer, block, dataflow, options, best, decoys))
    return problems


def _costs(arch: Arch, layer: Layer, one: Best) -> dict[str, Fraction]:
    """What limits ask about: by the closed forms, as the report counts it."""
    cost = evaluate(arch, layer, one.mapping).cost
    return {"latency": cost.cycles, "energy": cost.energy, "edp": cost.energy * cost.cycles}


def _limit(
    objective: str, kind: str, known: list[tuple[Best, dict[str, Fraction]]], slack: Fraction
) -> tuple[Fraction, int]:
    """The limit with most mappings that are better than the best within it, and seem to be within it: how many."""
    most = (Fraction(0), 0)
    for limit in sorted({costs[kind] for _, costs in known})[:40]:
        asked = limit * slack
        best = min(one.value(objective) for one, costs in known if costs[kind] <= asked)
        decoys = sum(
            1 for one, costs in known if costs[kind] > asked >= one.value(kind) and one.value(objective) < best
        )
        most = max(most, (asked, decoys), key=lambda m: m[1])
    return most


def wrong(problem: Problem, answer: LayerSolution) -> Iterator[str]:
    """What is wrong with an answer: besides what is wrong with any, it must obey."""
    yield from wrong_answer(problem.arch, problem.layer, problem.best, problem.options, answer)
    rule = problem.dataflow.requirements[-1]
    if answer.evaluation is not None and rule.most is not None:
        cost = answer.evaluation.cost
        value = {"latency": cost.cycles, "energy": cost.energy, "edp": cost.energy * cost.cycles}[rule.kind]
        if value > rule.most:
            yield f"{rule.kind} of {value}, above {rule.most}"


def excess(problem: Problem, answer: LayerSolution) -> float | None:
    """How far an answer is above the best, relative; None: there is none."""
    if answer.certificate is None:
        return None
    value = float(problem.best.best[problem.options.objective].value(problem.options.objective))
    return max(0.0, answer.certificate.value / value - 1.0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--space", choices=("even", "uneven"), default="even")
    parser.add_argument("--leaky", type=int, default=0, help="percent of machines that leak")
    parser.add_argument("--limit", type=int, default=3_000, help="partial mappings to enumerate; larger are left out")
    parser.add_argument("--show", action="store_true", help="also what was not found, or is not the best")
    options = parser.parse_args()
    told, started, took, bad = Counter[str](), monotonic(), 0.0, 0
    seed = options.seed
    while told["asked"] < options.problems:
        for problem in random_problems(seed, options.space, leaky=options.leaky, limit=options.limit):
            began = monotonic()
            answer = problem.answer()
            took += monotonic() - began
            mistakes, above = list(wrong(problem, answer)), excess(problem, answer)
            bad += bool(mistakes)
            kind = "none found" if above is None else "best" if above <= 1e-9 else "not the best"
            told.update(("asked", kind))
            if answer.certificate is not None:
                told.update(("proven",) if answer.certificate.proven else ("open",))
            if mistakes:
                parts = (problem.text, literal(problem.arch), literal(problem.layer))
                print(f"problem {seed}, {problem.options.objective}:", *mistakes, *parts, sep="\n", flush=True)
            elif options.show and kind != "best":
                print(
                    f"problem {seed}, {problem.options.objective}: {kind}, {above}, {problem.decoys} decoys", flush=True
                )
        seed += 1
    print(f"{dict(told)}, {bad} answered wrongly; {monotonic() - started:.0f} s, {took:.0f} s of searches")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
