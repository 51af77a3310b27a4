"""The solver under random dataflows against full enumeration: `python -m tests.solver.under_dataflows --problems 500`.

Every wrong answer is printed with its block, machine and layer. Exit status 1 if there is any.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from random import Random
from time import monotonic

from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.filling import utilization
from npudsl.mapping.resolve_dataflow import resolve_dataflow
from npudsl.model.evaluate import evaluate
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from npudsl.text.diagnostics import SpecError

from ..generate.choices import Choices, Seeded, chance, pick
from ..generate.dataflows import dataflow_text
from ..generate.literals import literal
from ..generate.speeds import with_speeds
from ..mapping.machines import declared
from ..oracle.dataflows import obeying
from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..strategies import Case, random_case
from .compare import PROBLEMS, UNEVEN_PROBLEMS, complaints


@dataclass(frozen=True)
class Problem:
    """A machine, a layer and a dataflow with its text. `space`: the mapspace that is searched."""

    arch: Arch
    layer: Layer
    text: str
    dataflow: Dataflow
    space: str


def random_problem(seed: int, space: str, *, requirements: bool = True, timed: bool = False) -> Problem | None:
    """Number `seed`, from a mapping of the space with holes in it, every third changed in some places; None if it
    contradicts itself. Whether any mapping obeys and fits the memories is left to chance. `timed`: with bandwidths."""
    limits = UNEVEN_PROBLEMS if space == "uneven" else PROBLEMS
    perfect = limits.__class__(**{**limits.__dict__, "uneven": space == "uneven", "imperfect": False, "excess": False})
    case = random_case(seed, perfect)
    choices = Seeded(Random(seed))
    if timed:
        case = replace(case, arch=with_speeds(choices, case.arch, leaky=25))
    text = dataflow_text(choices, case.arch, case.layer, case.mapping, faithful=seed % 3 > 0)
    if requirements and chance(choices, 35):
        text = text.replace("}\n", f"    {_requirement(choices, case)}\n}}\n")
    try:
        dataflow = resolve_dataflow(declared(text), case.arch, case.layer)
    except SpecError:
        return None
    return Problem(case.arch, case.layer, text, dataflow, space)


def _requirement(choices: Choices, case: Case) -> str:
    """A requirement that the mapping meets, most of them just so."""
    cost = evaluate(case.arch, case.layer, case.mapping).cost
    array = pick(choices, [None, *(a.name for a in case.arch.arrays)])
    kind = choices.integer(0, 4)
    if kind == 0 or kind == 4:
        of, side = f"({array})" if array else "", "<=" if kind else ">="
        return f"require utilization{of} {side} {utilization(case.arch, case.layer, case.mapping, array)}"
    if kind == 1:
        return f"require latency <= {cost.cycles * pick(choices, (1, 1, 2))} * 1 cycle"
    if kind == 2:
        return f"require energy <= {cost.energy * pick(choices, (1, 1, 2))} * 1 pJ"
    return f"require edp <= {cost.energy * cost.cycles} * 1 pJ * 1 cycle"


def wrong(problem: Problem, limit: int = 20_000) -> list[str] | None:
    """What is wrong with the answers (empty: nothing); an exception is wrong too. None: too much to enumerate."""
    arch, layer, uneven = problem.arch, problem.layer, problem.space == "uneven"
    admits = obeying(problem.dataflow, arch, layer, uneven=uneven)
    try:
        found = enumerate_mappings(arch, layer, uneven=uneven, limit=limit, admits=admits)
    except TooLargeError:
        return None
    try:
        return complaints(arch, layer, found, problem.space, problem.dataflow)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--space", choices=("even", "uneven"), default="even")
    parser.add_argument("--timed", action="store_true", help="machines with bandwidths")
    parser.add_argument("--limit", type=int, default=20_000, help="partial mappings to enumerate; larger are left out")
    parser.add_argument("--no-requirements", action="store_true")
    parser.add_argument("--stop-after", type=int, default=3)
    options = parser.parse_args()
    asked, bad, started = 0, 0, monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        wanted = not options.no_requirements
        problem = random_problem(seed, options.space, requirements=wanted, timed=options.timed)
        if problem is None:
            continue
        mistakes = wrong(problem, options.limit)
        asked += mistakes is not None
        if mistakes:
            bad += 1
            parts = (problem.text, literal(problem.arch), literal(problem.layer))
            print(f"problem {seed}:", *mistakes, *parts, sep="\n", flush=True)
            if bad == options.stop_after:
                break
    print(f"{asked} problems, {bad} answered wrongly, {monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
