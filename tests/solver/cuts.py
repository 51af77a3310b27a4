"""The same answers wherever nests are cut: `python -m tests.solver.cuts --problems 300 --seed 1 --timed`.

Nests are cut between nodes of one memory (`sections.py`) or not, which is two searches of one space. Both are exact, so
energies must be equal, and no bound of one may be above the value of the other; on layers too large to enumerate.
Every difference is printed; exit status 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import factorial, prod
from random import Random
from time import monotonic

from npudsl.mapping.legality import check_mapping
from npudsl.solver import Options, sections
from npudsl.solver.clock import Clock, OutOfTimeError, Stop
from npudsl.solver.feasible import no_room
from npudsl.solver.hierarchy import hierarchies, regions_of
from npudsl.solver.layer import LayerSearch
from npudsl.solver.tradeoff import pareto_front
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from npudsl.text.diagnostics import SpecError

from ..generate.choices import Seeded
from ..generate.deep import deep_problem
from ..generate.literals import literal
from ..generate.refills import refill_problem
from ..generate.waiting import waiting_machine
from ..strategies import make_problem
from .climb import LARGE

NEAR = 1e-9
EVERYWHERE, NOWHERE = 0, 10**9


@dataclass(frozen=True)
class Told:
    """What a search ends with; `parts`: how many it had."""

    value: float
    bound: float
    parts: int
    seconds: float


def search(arch: Arch, layer: Layer, objective: str, seconds: float, *, cold: bool) -> Told:
    """Raises OutOfTimeError and SpecError. `cold`: from nothing, every batch as a whole."""
    clock, started = Clock.lasting(seconds, Stop()), monotonic()
    made = LayerSearch(arch, layer, Options(objective, "uneven"), clock, lambda value, bound: None)
    if cold:
        for entry in made._entries("uneven"):
            entry.search.finish(entry.batch, entry.top)
        made.incumbent.settle()
        bound = made.incumbent.bound
    else:
        made.run()
        bound = made.bound
    made.answer()  # compares the search with the closed forms (E690)
    uneven = [s for s in made.searches if len(s.sections) > 1]
    return Told(made.incumbent.best[0], bound, sum(len(s.sections) for s in uneven), monotonic() - started)


def orders(arch: Arch, layer: Layer) -> int:
    """In how many ways the nodes of all choices of bypasses can stand, without those that stand together."""
    found = 0
    for (even,) in hierarchies(arch, layer, "even"):
        count = 1
        for nodes in regions_of(even)[0]:
            chains = [sum(n.tensor == t.name for n in nodes) for t in layer.op.tensors]
            count *= factorial(sum(chains)) // prod(map(factorial, chains))
        found += count
    return found


def differences(arch: Arch, layer: Layer, objective: str, seconds: float, *, cold: bool) -> Iterator[str]:
    """How the two differ. Raises OutOfTimeError and SpecError."""
    one, other = (search(arch, layer, objective, seconds, cold=cold) for _ in cuts())
    timed = objective != "energy" or any(m.leakage for m in arch.memories) or arch.compute.leakage
    for first, second in ((one, other), (other, one)):
        if first.bound > second.value * (1 + NEAR):
            yield f"{objective}: {first} is bounded by more than {second} has"
    if not timed and abs(one.value - other.value) > NEAR * other.value:
        yield f"{objective}: {one} instead of {other}"


def fronts_differ(arch: Arch, layer: Layer, seconds: float) -> Iterator[str]:
    """How the exact fronts of energy against latency differ. Raises OutOfTimeError."""
    found = []
    for _ in cuts():
        front = pareto_front(arch, layer, Options("edp", "uneven"), Clock.lasting(seconds, Stop()))
        if not front.complete and front.failure is None:
            raise OutOfTimeError
        found.append([(float(p.latency), float(p.energy)) for p in front.points])
    one, other = found
    if len(one) != len(other) or any(
        abs(a - b) > NEAR * b for p, q in zip(one, other, strict=True) for a, b in zip(p, q, strict=True)
    ):
        yield f"front {one} instead of {other}"


def cuts() -> Iterator[None]:
    """Once for each of the two ways to cut."""
    few = sections.FEW
    try:
        for sections.FEW in (EVERYWHERE, NOWHERE):
            yield
    finally:
        sections.FEW = few


def hurried(arch: Arch, layer: Layer, objective: str, seconds: float) -> Iterator[str]:
    """What is wrong with the answers of searches that are cut short, cut everywhere: no bound may be above the best.
    Raises OutOfTimeError and SpecError."""
    whole, *_ = (search(arch, layer, objective, seconds, cold=False) for _ in cuts())
    few, sections.FEW = sections.FEW, EVERYWHERE
    try:
        for share in (0.02, 0.1, 0.3, 0.6, 0.8):
            clock = Clock.lasting(whole.seconds * share, Stop())
            made = LayerSearch(arch, layer, Options(objective, "uneven"), clock, lambda value, bound: None)
            with suppress(OutOfTimeError):
                made.run()
            answer = made.answer()
            if answer is None or check_mapping(arch, layer, answer[0]):
                yield f"{objective}: no mapping, or none that is legal, after {share} of the time"
            if made.bound > whole.value * (1 + NEAR):
                yield f"{objective}: {made.bound} is above {whole} after {share} of the time"
    finally:
        sections.FEW = few


def problem(choices: Seeded, kind: str, *, points: int, timed: bool) -> tuple[Arch, Layer]:
    if kind == "deep":
        return deep_problem(choices, points=points, timed=timed)
    if kind == "refills":
        return refill_problem(choices)
    if kind == "waiting":
        layer = deep_problem(choices, points=points)[1]
        return waiting_machine(choices, layer.op), layer
    return make_problem(choices, LARGE, timed=timed, leaky=15)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=("deep", "any", "refills", "waiting"), default="deep")
    parser.add_argument("--points", type=int, default=1500, help="of a layer at the most")
    parser.add_argument("--timed", action="store_true", help="machines with bandwidths, for latency and EDP too")
    parser.add_argument("--cold", action="store_true", help="searches from nothing")
    parser.add_argument("--fronts", action="store_true", help="exact fronts of energy against latency")
    parser.add_argument("--hurried", action="store_true", help="searches that end before their time")
    parser.add_argument("--orders", type=int, default=150, help="of nodes at the most; problems with more are left out")
    parser.add_argument("--seconds", type=float, default=10, help="per search; what takes longer is left out")
    options = parser.parse_args()
    bad, compared, late, started = 0, 0, 0, monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        arch, layer = problem(Seeded(Random(seed)), options.kind, points=options.points, timed=options.timed)
        if orders(arch, layer) > options.orders or no_room(arch, layer) is not None:
            continue
        objectives = ("energy", "latency", "edp") if options.timed else ("energy",)
        for objective in ("front",) if options.fronts else objectives:
            try:
                if options.fronts:
                    found = list(fronts_differ(arch, layer, options.seconds))
                elif options.hurried:
                    found = list(hurried(arch, layer, objective, options.seconds))
                else:
                    found = list(differences(arch, layer, objective, options.seconds, cold=options.cold))
            except OutOfTimeError:
                late += 1
                continue
            except SpecError as error:
                found = [] if error.diagnostics[0].code in ("E601", "E603", "E604") else [str(error)]
            compared += 1
            bad += bool(found)
            if found:
                print(f"problem {seed}:", *found, literal(arch), literal(layer), sep="\n", flush=True)
    print(f"{compared} of {options.problems} problems, {late} late, {bad} differ, {monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
