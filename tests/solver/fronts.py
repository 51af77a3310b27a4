"""Bounds on what is reported, at every point of the front of a small problem: `python -m tests.solver.fronts`.

For every mapping there is a part of the search with no more energy whose cycles are no more than what is reported of
the mapping. Where it holds for the mappings that no other beats in both, it holds for all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import inf
from random import Random
from time import monotonic

from npudsl.mapping.nest import Mapping
from npudsl.model.evaluate import evaluate
from npudsl.solver import Options, sections
from npudsl.solver.clock import Clock
from npudsl.solver.goal import Incumbent
from npudsl.solver.knobs import knobs, needed, turned
from npudsl.solver.latency import latency
from npudsl.solver.layer import LayerSearch
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..generate.choices import Seeded
from ..generate.mappings import mapping as make_mapping
from ..generate.ops import layer as make_layer
from ..generate.refills import refill_problem
from ..generate.waiting import waiting_machine
from ..oracle.enumerate import TooLargeError, enumerate_mappings
from .compare import PROBLEMS

NEAR = 1e-9
#: Bounds that make arrivals many and mappings few.
FEW = replace(PROBLEMS, imperfect=False, excess=False, max_points=96, max_dims=3, bounds=(4, 8, 4, 2, 12, 6))


def problem(seed: int, *, refills: bool = False, crowded: bool = False) -> tuple[Arch, Layer]:
    """Every other machine has no more room than some mapping needs. `refills`: of those where waits mostly decide, and
    (`crowded`) those of them where it matters on which side of a node loops stand."""
    choices = Seeded(Random(seed))
    if refills or crowded:
        return refill_problem(choices, crowded=crowded)
    layer = make_layer(choices, FEW)
    arch = waiting_machine(choices, layer.op)
    return (fitted(arch, layer, make_mapping(choices, FEW, arch, layer)) if seed % 2 else arch), layer


def fitted(arch: Arch, layer: Layer, mapping: Mapping) -> Arch:
    """The machine with no more room than a mapping needs."""
    sizes = [k for k in knobs(arch) if k.kind == "size"]
    for knob in sizes:
        arch = turned(arch, knob, max(needed(arch, layer, mapping, knob), Fraction(1)))
    return arch


def points(arch: Arch, layer: Layer, space: str, limit: int) -> list[tuple[float, float, float]]:
    """(energy, cycles as reported, cycles that no schedule undercuts) of the mappings that no other beats in the first
    two. Raises `TooLargeError`."""
    found: list[tuple[float, float, float]] = []
    for one in enumerate_mappings(arch, layer, uneven=space == "uneven", limit=limit).every:
        least = float(latency(arch, layer, one.mapping))
        if not any(e <= one.energy and c <= least for e, c, _ in found):
            cost = evaluate(arch, layer, one.mapping).cost
            found.append((float(cost.energy), float(cost.cycles), least))
    kept: list[tuple[float, float, float]] = []
    for point in sorted(found):
        if not kept or point[1] < kept[-1][1]:
            kept.append(point)
    return kept


@dataclass
class Listener(Incumbent):
    """Leaves nothing out and remembers what the search knows of all that it is offered: (cycles, energy)."""

    heard: list[tuple[float, float]] = field(default_factory=list)

    def offer(self, value: tuple[float, float], mapping: Callable[[], Mapping]) -> bool:
        self.heard.append(value)
        return True


def known(arch: Arch, layer: Layer, space: str) -> list[tuple[float, float]]:
    """(energy, cycles) that the search bounds everything in a space by, without any that are beaten in both. Nothing is
    known to it that would make it leave something out."""
    search = LayerSearch(arch, layer, Options("latency", space), Clock(), lambda value, bound: None)
    search.incumbent = listener = Listener(search.incumbent.goal, candidates=search.incumbent.candidates)
    for entry in search._entries(space):
        entry.search.finish(entry.batch, entry.top)
    found: list[tuple[float, float]] = []
    for cycles, energy in sorted(listener.heard):
        if not found or energy < found[-1][0]:
            found.append((energy, cycles))
    return [(energy * float(search.problem.unit), cycles) for energy, cycles in found]


def wrong(arch: Arch, layer: Layer, space: str, limit: int) -> Iterator[str]:
    yield from exceeded(points(arch, layer, space, limit), known(arch, layer, space))


def exceeded(every: Iterable[tuple[float, float, float]], front: Sequence[tuple[float, float]]) -> Iterator[str]:
    """Where what the search knows is more than what is reported: of `points`, beside `known`."""
    for energy, cycles, _ in every:
        least = min((c for e, c in front if e <= energy * (1 + NEAR)), default=inf)
        if least > cycles * (1 + NEAR):
            yield f"{least} cycles at least within {energy} pJ, but a mapping takes {cycles}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--space", choices=("even", "uneven"), default="uneven")
    parser.add_argument("--limit", type=int, default=20_000, help="partial mappings to enumerate; larger are left out")
    parser.add_argument("--shared", action="store_true", help="nests are cut between nodes of one memory")
    parser.add_argument("--refills", action="store_true", help="problems in which waits at two places mostly decide")
    parser.add_argument("--crowded", action="store_true", help="the same with other tensors beside the second place")
    options = parser.parse_args()
    if options.shared:
        sections.FEW = 0
    bad, compared, started = 0, 0, monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        try:
            arch, layer = problem(seed, refills=options.refills, crowded=options.crowded)
            found = list(wrong(arch, layer, options.space, options.limit))
        except TooLargeError:
            continue
        compared += 1
        bad += bool(found)
        if compared % 200 == 0:
            print(f"{compared} compared, up to problem {seed}", flush=True)
        if found:
            print(f"problem {seed}:", *found, sep="\n", flush=True)
    print(f"{compared} problems of {options.problems}, {bad} with a wrong bound, {monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
