"""Bounds on what is reported, at every point of the front of a small problem: `python -m tests.solver.fronts`.

For every mapping there is a part of the search with no more energy whose cycles are no more than what is reported of
the mapping. Where it holds for the mappings that no other beats in both, it holds for all.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from random import Random
from time import monotonic

from npudsl.mapping.nest import Mapping
from npudsl.model.evaluate import evaluate
from npudsl.solver import Options
from npudsl.solver.clock import Clock
from npudsl.solver.knobs import knobs, needed, turned
from npudsl.solver.latency import latency
from npudsl.solver.layer import LayerSearch
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..generate.choices import Seeded
from ..generate.mappings import mapping as make_mapping
from ..generate.ops import layer as make_layer
from ..generate.waiting import waiting_machine
from ..oracle.enumerate import TooLargeError, enumerate_mappings
from .compare import PROBLEMS

#: Bounds that make arrivals many and mappings few.
FEW = replace(PROBLEMS, imperfect=False, excess=False, max_points=96, max_dims=3, bounds=(4, 8, 4, 2, 12, 6))


def problem(seed: int) -> tuple[Arch, Layer]:
    """Every other machine has no more room than some mapping needs."""
    choices = Seeded(Random(seed))
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


def bound(arch: Arch, layer: Layer, space: str, energy: float) -> float:
    """What the search says of the cycles of all mappings within an energy."""
    search = LayerSearch(arch, layer, Options("latency", space), Clock(), lambda value, bound: None)
    limit = energy / float(search.problem.unit) * (1 + 1e-9)
    search.incumbent.goal = replace(search.incumbent.goal, most_energy=limit)
    search.run()
    return search.incumbent.bound


def wrong(arch: Arch, layer: Layer, space: str, limit: int) -> Iterator[str]:
    for energy, cycles, _ in points(arch, layer, space, limit):
        least = bound(arch, layer, space, energy)
        if least > cycles * (1 + 1e-9):
            yield f"{least} cycles at least within {energy} pJ, but a mapping takes {cycles}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--space", choices=("even", "uneven"), default="uneven")
    parser.add_argument("--limit", type=int, default=20_000, help="partial mappings to enumerate; larger are left out")
    options = parser.parse_args()
    bad, compared, started = 0, 0, monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        try:
            found = list(wrong(*problem(seed), options.space, options.limit))
        except TooLargeError:
            continue
        compared += 1
        bad += bool(found)
        if found:
            print(f"problem {seed}:", *found, sep="\n", flush=True)
    print(f"{compared} problems of {options.problems}, {bad} with a wrong bound, {monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
