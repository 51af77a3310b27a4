"""Long comparison of the solver with enumeration: `python -m tests.solver.fuzz --problems 3000 --seed 1`.

Each wrong answer is shrunk and printed as Python expressions. Exit status 1 if there is any.
"""

from __future__ import annotations

import argparse
import sys
from random import Random
from time import monotonic

from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..generate.archs import arch as make_arch
from ..generate.choices import Choices, Replayed, Seeded
from ..generate.literals import literal
from ..generate.ops import layer as make_layer
from ..generate.shrink import Offsets, shrink
from ..oracle.enumerate import TooLargeError, enumerate_mappings
from .compare import PROBLEMS, UNEVEN_PROBLEMS, complaints


def make_problem(choices: Choices, kind: str) -> tuple[Arch, Layer]:
    """As `strategies.random_problem`."""
    space = UNEVEN_PROBLEMS if kind == "uneven" else PROBLEMS
    layer = make_layer(choices, space)
    return make_arch(choices, space, layer.op), layer


def wrong(offsets: Offsets, space: str, limit: int) -> list[str]:
    """What is wrong with the answers for the problem with these choices; an exception is wrong too."""
    arch, layer = make_problem(Replayed(offsets), space)
    try:
        found = enumerate_mappings(arch, layer, uneven=space == "uneven", limit=limit)
    except TooLargeError:
        return []
    try:
        return complaints(arch, layer, found, space)
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="first seed of `random_problem`")
    parser.add_argument("--space", choices=("even", "uneven"), default="even")
    parser.add_argument("--limit", type=int, default=20_000, help="partial mappings to enumerate; larger are left out")
    parser.add_argument("--stop-after", type=int, default=5)
    options = parser.parse_args()
    bad, started = 0, monotonic()
    for seed in range(options.seed, options.seed + options.problems):
        choices = Seeded(Random(seed))
        make_problem(choices, options.space)
        if wrong(tuple(choices.taken), options.space, options.limit):
            bad += 1
            print(f"problem {seed}:")
            small = shrink(tuple(choices.taken), lambda o: bool(wrong(o, options.space, options.limit)), seconds=30)
            print(*wrong(small, options.space, options.limit), sep="\n")
            print(*(literal(part) for part in make_problem(Replayed(small), options.space)), sep="\n", flush=True)
            if bad == options.stop_after:
                break
    print(f"{seed - options.seed + 1} problems, {bad} answered wrongly, {monotonic() - started:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
