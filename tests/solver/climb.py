"""Mappings that look for one better than the solver's: `python -m tests.solver.climb --problems 200 --seed 1`.

Enumeration sees small layers only, where a class of mappings that the search forgets may be no better than another.
Here layers have thousands of points: random legal mappings are changed at random, better ones kept and worse ones at
first (simulated annealing). None may be below the solver's lower bound. Exit status 1 if one is.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import exp
from random import Random
from time import monotonic

from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.model.evaluate import evaluate
from npudsl.solver import Options, sections, solve
from npudsl.solver.latency import reported_value
from npudsl.solver.primes import factors
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..generate.choices import Seeded
from ..generate.literals import literal
from ..generate.mappings import mapping as make_mapping
from ..generate.space import PERFECT, Space
from ..strategies import make_problem

#: Layers that are too large to enumerate, on machines whose memories they do not fit.
LARGE = Space(max_points=6000, bounds=(4, 8, 6, 12, 16, 2, 24, 3, 9, 32), max_dims=4, imperfect=False, sized=True)
#: How much worse a mapping may be at first to be kept with a chance of one in e, relative.
HOT = 0.1
Items = list[Node | Loop]


@dataclass(frozen=True)
class Climber:
    """Changes mappings of a layer at random; `worth`: what is to be little."""

    arch: Arch
    layer: Layer
    worth: Callable[[Mapping], float]
    random: Random

    def climb(self, mapping: Mapping, steps: int) -> tuple[float, Mapping]:
        """The best mapping met, from one that is legal."""
        value = self.worth(mapping)
        best = value, mapping
        for step in range(steps):
            other = self._changed(mapping)
            if other == mapping or check_mapping(self.arch, self.layer, other):
                continue
            found = self.worth(other)
            heat = HOT * (1 - step / steps) ** 2
            if found <= value or (heat and self.random.random() < exp((1 - found / value) / heat)):
                mapping, value = other, found
                best = min(best, (value, mapping), key=lambda b: b[0])
        return best

    def _changed(self, mapping: Mapping) -> Mapping:
        items = list(mapping.items)
        change = self.random.choice((self._swap, self._carry, self._refactor, self._refactor))
        change(items)
        return Mapping(tuple(i for i in items if isinstance(i, Node) or i.factor > 1), mapping.name)

    def _swap(self, items: Items) -> None:
        at = self.random.randrange(max(1, len(items) - 1))
        items[at : at + 2] = reversed(items[at : at + 2])

    def _carry(self, items: Items) -> None:
        item = items.pop(self.random.randrange(len(items)))
        items.insert(self.random.randint(0, len(items)), item)

    def _refactor(self, items: Items) -> None:
        """A prime of one loop goes to another, or to a new one."""
        loops = [(i, item) for i, item in enumerate(items) if isinstance(item, Loop)]
        if not loops:
            return
        at, loop = self.random.choice(loops)
        prime = self.random.choice([prime for prime, _ in factors(loop.factor)])
        items[at] = replace(loop, factor=loop.factor // prime)
        others = [(i, other) for i, other in loops if i != at and other.dim == loop.dim]
        if others and self.random.random() < 0.5:
            to, other = self.random.choice(others)
            items[to] = replace(other, factor=other.factor * prime)
            return
        axes = [(None, None), *((a.name, axis) for a in self.arch.arrays for axis, _ in a.axes)]
        array, axis = self.random.choice(axes)
        items.insert(self.random.randint(0, len(items)), Loop(loop.dim, prime, array, axis))


def starts(arch: Arch, layer: Layer, random: Random, count: int) -> Iterator[Mapping]:
    """Legal mappings among so many random ones."""
    for _ in range(count):
        found = make_mapping(Seeded(random), PERFECT, arch, layer)
        if not check_mapping(arch, layer, found):
            yield found


def better(arch: Arch, layer: Layer, objective: str, random: Random, steps: int) -> tuple[str, Mapping] | None:
    """A mapping below the solver's bound, with what it is worth; None: none was met, or nothing fits."""
    answer = solve(arch, "net", [layer], Options(objective, "uneven", jobs=1)).layers[0]
    if answer.mapping is None or answer.certificate is None:
        return None

    def worth(mapping: Mapping) -> float:
        return float(reported_value(objective, evaluate(arch, layer, mapping)))

    climber = Climber(arch, layer, worth, random)
    for start in (answer.mapping, *list(starts(arch, layer, random, 40))[:3]):
        value, mapping = climber.climb(start, steps)
        if value < answer.certificate.lower_bound * (1 - 1e-9):
            return f"{value} is below {answer.certificate}", mapping
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--objective", choices=("energy", "latency", "edp"), default="energy")
    parser.add_argument("--shared", action="store_true", help="nests are cut between nodes of one memory")
    parser.add_argument("--steps", type=int, default=1500, help="changes from each of four mappings")
    options = parser.parse_args()
    if options.shared:
        sections.FEW = 0
    bad, started = 0, monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        random = Random(seed)
        arch, layer = make_problem(Seeded(random), LARGE, timed=options.objective != "energy")
        found = better(arch, layer, options.objective, random, options.steps)
        if found is not None:
            bad += 1
            print(f"problem {seed}: {found[0]}", found[1], literal(arch), literal(layer), sep="\n", flush=True)
    print(f"{options.problems} problems, {bad} with a better mapping, {monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
