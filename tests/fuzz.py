"""Long differential run: `python -m tests.fuzz --cases 50000 --seed 1`. Exit status 1 if anything differs.

Each disagreement is shrunk and printed as a Python expression for `tests/model/counterexamples.py`.
"""

from __future__ import annotations

import argparse
import sys
from random import Random
from time import monotonic

from .generate.choices import Replayed, Seeded
from .generate.literals import literal
from .generate.shrink import Offsets, shrink
from .oracle.sides import SIDES, differences
from .strategies import EVEN, EVEN_PERFECT, EVERYTHING, PERFECT, WINDOWED, Space, make_case

SPACES = {"all": EVERYTHING, "windows": WINDOWED, "even-perfect": EVEN_PERFECT, "even": EVEN, "perfect": PERFECT}


def complaints(offsets: Offsets, space: Space, sides: tuple[str, ...]) -> tuple[str, ...]:
    """What differs on the case with these choices; an exception of a side counts as a difference."""
    case = make_case(Replayed(offsets), space)
    try:
        return differences(case, sides)
    except Exception as error:
        return (f"{type(error).__name__}: {error}",)


def report(offsets: Offsets, space: Space, sides: tuple[str, ...]) -> None:
    offsets = shrink(offsets, lambda o: bool(complaints(o, space, sides)))
    for line in complaints(offsets, space, sides):
        print("  ", line)
    print(literal(make_case(Replayed(offsets), space)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--space", choices=SPACES, default="all")
    parser.add_argument("--points", type=int, default=200, help="largest number of operations of a layer")
    parser.add_argument("--side", choices=SIDES, action="append", help="compare only this side (default: all)")
    parser.add_argument("--stop-after", type=int, default=5, help="number of disagreements to show")
    options = parser.parse_args()
    space = Space(**{**SPACES[options.space].__dict__, "max_points": options.points})
    sides = tuple(options.side or SIDES)
    found, started = 0, monotonic()
    for number in range(options.cases):
        seed = options.seed * 1_000_000_007 + number
        choices = Seeded(Random(seed))
        make_case(choices, space)
        if complaints(tuple(choices.taken), space, sides):
            found += 1
            print(f"case {number} (seed {seed}):")
            report(tuple(choices.taken), space, sides)
            if found == options.stop_after:
                break
        if (number + 1) % 5000 == 0:
            print(f"{number + 1} cases, {found} disagreements, {monotonic() - started:.0f} s", file=sys.stderr)
    print(f"{number + 1} cases, {found} disagreements, {monotonic() - started:.0f} s")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
