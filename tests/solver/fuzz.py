"""Long comparison of the solver with enumeration: `python -m tests.solver.fuzz --problems 3000 --seed 1 --timed`.

Each wrong answer is shrunk and printed as Python expressions. Exit status 1 if there is any.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from random import Random
from time import monotonic

from npudsl.solver import search, sections
from npudsl.solver.groups import skeleton
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..generate.choices import Choices, Replayed, Seeded
from ..generate.literals import literal
from ..generate.ops import layer as make_layer
from ..generate.refills import refill_problem
from ..generate.shrink import Offsets, shrink
from ..generate.waiting import waiting_machine
from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..strategies import make_problem
from .compare import PROBLEMS, UNEVEN_PROBLEMS, complaints


@dataclass(frozen=True)
class Kind:
    """Which problems. `space`: the mapspace; `timed`: with bandwidths; `leaky`: percent of those that leak; `limit`:
    partial mappings to enumerate; `cold`: only windows, searched from nothing (`compare.cold_answer`); `waiting`:
    machines on which steps wait for tiles at two places, of any layer with `cold`; `refills`: such on which that mostly
    decides."""

    space: str = "even"
    timed: bool = False
    leaky: int = 0
    limit: int = 20_000
    cold: bool = False
    waiting: bool = False
    refills: bool = False

    def problem(self, choices: Choices) -> tuple[Arch, Layer]:
        if self.refills:
            return refill_problem(choices)
        space = UNEVEN_PROBLEMS if self.space == "uneven" else PROBLEMS
        if self.waiting:
            layer = make_layer(choices, space)
            return waiting_machine(choices, layer.op), layer
        return make_problem(choices, space, timed=self.timed, leaky=self.leaky)

    def wrong(self, choices: Choices) -> list[str] | None:
        """What is wrong with the answers for the problem with these choices; an exception is wrong too. None: too much
        to enumerate."""
        arch, layer = self.problem(choices)
        windows = any(len(group) > 1 for tensor in skeleton(layer)[0].tensors for group in tensor.groups)
        if self.cold and not (self.waiting or self.refills or windows):
            return None
        try:
            found = enumerate_mappings(arch, layer, uneven=self.space == "uneven", limit=self.limit)
        except TooLargeError:
            return None
        try:
            return complaints(arch, layer, found, self.space, cold=self.cold)
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]


def shrunk(kind: Kind, offsets: Offsets) -> str:
    """A smaller problem that is answered wrongly, too, with what is wrong about it."""
    small = shrink(offsets, lambda o: bool(kind.wrong(Replayed(o))), seconds=30)
    parts = [literal(part) for part in kind.problem(Replayed(small))]
    return "\n".join([*(kind.wrong(Replayed(small)) or ()), *parts])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="first seed of `random_problem`")
    parser.add_argument("--space", choices=("even", "uneven"), default="even")
    parser.add_argument("--timed", action="store_true", help="machines with bandwidths (`timed_problem`)")
    parser.add_argument("--leaky", type=int, default=25, help="percent of the timed machines that leak")
    parser.add_argument("--limit", type=int, default=20_000, help="partial mappings to enumerate; larger are left out")
    parser.add_argument("--cold", action="store_true", help="only layers with windows, by searches from nothing")
    parser.add_argument("--waiting", action="store_true", help="machines on which steps wait for tiles at two places")
    parser.add_argument("--refills", action="store_true", help="such machines and layers that this mostly decides")
    parser.add_argument("--shared", action="store_true", help="nests are cut between nodes of one memory")
    parser.add_argument("--stop-after", type=int, default=5)
    options = parser.parse_args()
    if options.shared:
        sections.FEW = 0
    kind = Kind(
        options.space, options.timed, options.leaky, options.limit, options.cold, options.waiting, options.refills
    )
    bad, compared, started, few = 0, 0, monotonic(), search.FEW
    for seed in range(options.seed, options.seed + options.problems):
        choices = Seeded(Random(seed))
        search.FEW = few * (seed % 2)  # rows are joined by trees, however few they are, or all combinations are valued
        mistakes = kind.wrong(choices)
        compared += mistakes is not None
        if mistakes:
            bad += 1
            print(f"problem {seed}:", *mistakes, "shrunk:", shrunk(kind, tuple(choices.taken)), sep="\n", flush=True)
            if bad == options.stop_after:
                break
    print(f"{compared} problems of {seed - options.seed + 1}, {bad} answered wrongly, {monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
