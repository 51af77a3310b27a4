"""Random nests of large layers that no template covers: `python -m tests.solver.uncovered --problems 1000 --seed 1`.

A nest of the even mapspace must be covered as it is; one of the uneven mapspace after moves that raise no count
(`moves.py`). Nests that are not are printed, and the exit status is 1. Nothing is searched: one nest takes 10 ms.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, replace
from math import factorial, prod
from random import Random
from time import monotonic

from npudsl.mapping.nest import Mapping
from npudsl.spec.arch import Arch, Level
from npudsl.spec.op import Layer

from ..generate.choices import Seeded
from ..generate.literals import literal
from ..generate.mappings import mapping as make_mapping
from ..generate.space import PERFECT
from ..strategies import make_problem
from .covering import Covering
from .moves import covered

#: Orders of nodes that are worth making; nests that are looked at from a random one.
MOST_ORDERS, MOST_NESTS = 400, 300


@dataclass(frozen=True)
class Kind:
    """Which nests. `windows`: percent of the operands that get one; `nests`: of every problem; `shared`: cut between
    nodes of one memory too."""

    space: str = "uneven"
    windows: int = 55
    nests: int = 8
    shared: bool = False

    def run(self, seed: int) -> list[tuple[bool | None, Arch, Layer, Mapping]]:
        """Whether nests of a problem are covered (None: not found within `MOST_NESTS`)."""
        limits = replace(
            PERFECT, max_points=100_000, bounds=(4, 8, 6, 12, 16, 2, 24, 3, 9, 32, 36), windows=self.windows,
            uneven=self.space == "uneven",
        )  # fmt: skip
        choices = Seeded(Random(seed))
        arch, layer = make_problem(choices, limits)
        if spares(arch, layer) or (self.space == "uneven" and orders(arch, layer) > MOST_ORDERS):
            return []
        covering = Covering(arch, layer, self.space, shared=self.shared)
        nests = [make_mapping(choices, limits, arch, layer) for _ in range(self.nests)]
        return [(self._covered(covering, one), arch, layer, one) for one in nests]

    def _covered(self, covering: Covering, nest: Mapping) -> bool | None:
        return covering.covers(nest) if self.space == "even" else covered(covering, nest, MOST_NESTS)


def spares(arch: Arch, layer: Layer) -> bool:
    """Whether tiles of the output that move more often may keep a link further in less busy (`solver/spared.py`): then
    not every count of a template is the least."""
    role = layer.op.output.role
    outer = [arch.depth[a.name] for a in arch.arrays]
    inner = [arch.depth[a.name] for a in arch.arrays if any(link.carries(role) for link in a.links)]
    held = [arch.depth[m.name] for m in arch.memories if m.hold(role)]
    return any(o < m < i for o in outer for m in held for i in inner)


def orders(arch: Arch, layer: Layer) -> int:
    """About how many orders of nodes there are, over all bypasses."""
    found, optional = 1, 0
    chains: Counter[str] = Counter()
    for part in (*arch.nodes[1:], None):
        if isinstance(part, Level):
            held = [(t.name, h) for m in part.memories for t in layer.op.tensors if (h := m.hold(t.role)) is not None]
            chains.update(name for name, _ in held)
            optional += sum(h.optional for _, h in held)
        else:
            found *= factorial(chains.total()) // prod(factorial(n) for n in chains.values())
            chains.clear()
    return found << optional


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--space", choices=("even", "uneven"), default="uneven")
    parser.add_argument("--windows", type=int, default=55, help="percent of the operands that get a window")
    parser.add_argument("--shared", action="store_true", help="nests are cut between nodes of one memory too")
    options = parser.parse_args()
    kind = Kind(options.space, options.windows, shared=options.shared)
    found: Counter[bool | None] = Counter()
    started = monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        for number, (covers, arch, layer, nest) in enumerate(kind.run(seed)):
            found[covers] += 1
            if not covers:
                said = "not covered" if covers is False else "not decided"
                text = (f"problem {seed}, nest {number}: {said}", literal(arch), literal(layer), nest)
                print(*text, sep="\n", flush=True)
    seconds = monotonic() - started
    print(f"{found[True]} nests covered, {found[False]} not, {found[None]} not decided, {seconds:.0f} s")
    return 1 if found[False] else 0


if __name__ == "__main__":
    sys.exit(main())
