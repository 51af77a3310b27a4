"""How far the printed cycles lie from the timed execution: `python -m tests.timing.measure --cases 4000`.

Exit status 1 if a bound or an equality is refuted.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from fractions import Fraction

from npudsl.interpreter.timed import run_timed
from npudsl.model.latency import latency

from ..strategies import EVERYTHING, PERFECT
from .decorate import STYLES, timed_case

SPACES = {"all": EVERYTHING, "perfect": PERFECT}
PARTS = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def quantiles(values: list[Fraction]) -> str:
    ordered = sorted(values)
    chosen = [ordered[0], *(ordered[int(len(ordered) * p)] for p in PARTS), ordered[-1]] if ordered else []
    return "  ".join(f"{float(v):.3f}" for v in chosen)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--space", choices=SPACES, default="all")
    parser.add_argument("--style", choices=STYLES, help="buffers of all memories (default: any)")
    options = parser.parse_args()
    reasons: Counter[tuple[bool, str]] = Counter()
    everywhere: list[Fraction] = []
    elsewhere: list[Fraction] = []
    widths: list[Fraction] = []
    refuted = 0
    for seed in range(options.seed, options.seed + options.cases):
        case = timed_case(seed, SPACES[options.space], options.style)
        cycles = run_timed(case.arch, case.layer, case.mapping, literal=True).cycles
        found = latency(case.arch, case.layer, case.mapping)
        reason = found.reason.split("`")
        reasons[found.equal, "`...`".join(reason[::2])] += 1
        everywhere.append(cycles / found.cycles)
        if not found.low <= cycles <= found.high:
            refuted += 1
            print(f"case {seed}: {cycles} is not in [{found.low}, {found.high}]: {found.reason}")
        if not found.equal:
            elsewhere.append(cycles / found.cycles)
            widths.append(found.high / found.low)
    for (equal, reason), count in reasons.most_common():
        print(f"{count / options.cases:6.1%}  {'equal' if equal else 'bounds'}: {reason}")
    print("                                    ", "least", *PARTS, "most", sep="  ")
    print("timed / cycles, all cases            ", quantiles(everywhere))
    print("timed / cycles, where bounded        ", quantiles(elsewhere))
    print("high / low, where bounded            ", quantiles(widths))
    print(f"{options.cases} cases, {refuted} refuted")
    return 1 if refuted else 0


if __name__ == "__main__":
    sys.exit(main())
