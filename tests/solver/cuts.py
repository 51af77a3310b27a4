"""The same answers wherever nests are cut: `python -m tests.solver.cuts --problems 300 --seed 1 --timed`.

Nests are cut between nodes of one memory (`sections.py`) or not, which is two searches of one space. Both are exact, so
energies must be equal, and no bound of one may be above the value of the other; on layers too large to enumerate.
Every difference is printed; exit status 1 if there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial, prod
from random import Random
from time import monotonic

from npudsl.solver import Options, sections
from npudsl.solver.clock import Clock, OutOfTimeError, Stop
from npudsl.solver.hierarchy import hierarchies, regions_of
from npudsl.solver.layer import LayerSearch
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


def search(arch: Arch, layer: Layer, objective: str, seconds: float, *, cold: bool) -> Told:
    """Raises OutOfTimeError and SpecError. `cold`: from nothing, every batch as a whole."""
    clock = Clock.lasting(seconds, Stop())
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
    return Told(made.incumbent.best[0], bound, sum(len(s.sections) for s in uneven))


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


def differences(
    arch: Arch, layer: Layer, objective: str, seconds: float, *, cold: bool, both: bool = True
) -> Iterator[str]:
    """How the two differ. `both`: each alone can be searched in the time. Raises OutOfTimeError and SpecError."""
    few, found = sections.FEW, []
    try:
        for sections.FEW in (EVERYWHERE, NOWHERE):
            found.append(search(arch, layer, objective, seconds, cold=cold))
    finally:
        sections.FEW = few
    one, other = found
    timed = objective != "energy" or any(m.leakage for m in arch.memories) or arch.compute.leakage
    for first, second in ((one, other), (other, one)):
        if first.bound > second.value * (1 + NEAR):
            yield f"{objective}: {first} is bounded by more than {second} has"
    if not timed and abs(one.value - other.value) > NEAR * other.value:
        yield f"{objective}: {one} instead of {other}"


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
    parser.add_argument("--orders", type=int, default=150, help="of nodes at the most; problems with more are left out")
    parser.add_argument("--seconds", type=float, default=10, help="per search; what takes longer is left out")
    options = parser.parse_args()
    bad, compared, late, started = 0, 0, 0, monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        arch, layer = problem(Seeded(Random(seed)), options.kind, points=options.points, timed=options.timed)
        if orders(arch, layer) > options.orders:
            continue
        for objective in ("energy", "latency", "edp") if options.timed else ("energy",):
            try:
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
