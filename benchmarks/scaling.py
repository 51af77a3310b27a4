"""How time grows: `python benchmarks/scaling.py [--study NAME]... [--space even|uneven]... [--repeat 3] [--limit 60]`.

Solves problems that grow in one respect: on-chip levels, dims of the operator, bounds (powers of two, numbers with many
divisors, convolutions) and layers of a network. Each measurement is the CPU time of one search for the least energy,
without start-up, in a process of its own that has searched for nothing before; printed is the median of `--repeat`, of
fewer where these take more than 20 s together.
Below each table stands how the time of what is proven grows (least squares over the logarithms): the factor per step,
or the exponent of a power of what grows. `>` marks a search that `--limit` ended, a code one that the solver refuses.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from math import exp, log
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import linear_regression

from run import ROOT, machine
from scaling_problems import Problem, convolutions, dims, levels, networks, squares

sys.path.insert(0, str(ROOT))
from npudsl.solver import Options, Stop, solve

SPACES = ("even", "uneven")
#: What a search imports when it needs it, which is no part of its time.
LATE = ("sympy", "scipy.optimize", "npudsl.model.evaluate", "npudsl.solver.layer")


#: CPU seconds after which a search is not repeated.
PATIENCE = 20.0


@dataclass(frozen=True)
class Study:
    """Problems that grow. `power`: time is fitted as a power of their size, else as a factor for each step of it."""

    title: str
    grows: str
    power: bool
    problems: Callable[[], Iterator[Problem]]


STUDIES = {
    "levels": Study("on-chip levels: GEMM 512^3, 14 x 12 PEs", "level", False, levels),
    "dims": Study("dims of the operator, study_a", "dim", False, dims),
    "powers": Study("bounds: GEMM, powers of two, study_a", "bound", True,
                    lambda: squares([2**k for k in range(6, 13)])),
    "composite": Study("bounds: GEMM, many divisors, study_a", "bound", True,
                       lambda: squares([60, 120, 240, 360, 720, 1260, 2520, 5040])),
    "convolutions": Study("bounds: convolutions 3 x 3, batch 4, study_a", "image", True, convolutions),
    "networks": Study("length of the network, study_b", "different layers", True, networks),
}  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """One search: its CPU seconds, whether all is proven, and the code of a refusal ("" for none)."""

    seconds: float
    proven: bool
    refused: str = ""

    def __str__(self) -> str:
        if self.refused:
            return self.refused
        return f"{'' if self.proven else '> '}{self.seconds:.2f} s"


def once(problem: Problem, options: Options, limit: float) -> Measured:
    """Search in this process, for `limit` CPU seconds at most: how busy the machine is makes no difference."""
    stop = Stop()
    signal.signal(signal.SIGPROF, lambda *_: stop.ask())
    signal.setitimer(signal.ITIMER_PROF, limit)
    started = time.process_time()
    answers = solve(problem.arch, "problem", problem.layers, options, stop=stop).layers
    seconds = time.process_time() - started
    signal.setitimer(signal.ITIMER_PROF, 0)
    refused = next((answer.failure.code for answer in answers if answer.failure is not None), "")
    proofs = [answer.certificate.optimal for answer in answers if answer.certificate is not None]
    return Measured(seconds, len(proofs) == len(problem.layers) and all(proofs), refused)


def _child(pipe: Connection, problem: Problem, options: Options, limit: float) -> None:
    sys.stderr.close()
    pipe.send(once(problem, options, limit))


def measure(problem: Problem, options: Options, repeat: int, limit: float) -> Measured:
    """The median of some searches, each in a fork of this process, which itself never searches.

    Raises `RuntimeError` if one dies.
    """
    context = get_context("fork")
    found: list[Measured] = []
    while len(found) < repeat:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_child, args=(theirs, problem, options, limit))
        process.start()
        theirs.close()
        try:
            found.append(ours.recv())
        except EOFError as error:
            raise RuntimeError(f"the search for {problem.name} died") from error
        finally:
            process.join()
        if not found[-1].proven or sum(one.seconds for one in found) > PATIENCE:
            break  # refused or ended by the limit, which says the same each time, or long
    return sorted(found, key=lambda one: one.seconds)[len(found) // 2] if found[-1].proven else found[-1]


def growth(sizes: Sequence[float], seconds: Sequence[float], study: Study) -> str:
    """What the times say about the next step."""
    if len(set(sizes)) < 2:
        return "too few proven to tell"
    across = [log(size) for size in sizes] if study.power else sizes
    slope = linear_regression(across, [log(max(second, 1e-3)) for second in seconds]).slope
    if study.power:
        return f"time grows as ({study.grows})^{slope:.2f}"
    return f"time x {exp(slope):.1f} per {study.grows}"


def run(study: Study, spaces: Sequence[str], repeat: int, limit: float) -> Iterator[str]:
    """The lines of one table."""
    yield f"\n{study.title}"
    yield f"{'':<30}{'':<22}" + "".join(f"{space:>12}" for space in spaces)
    times: dict[str, tuple[list[float], list[float]]] = {space: ([], []) for space in spaces}
    for problem in study.problems():
        cells = []
        for space in spaces:
            measured = measure(problem, Options("energy", space, "perfect", jobs=1), repeat, limit)
            cells.append(str(measured))
            if measured.proven:
                times[space][0].append(problem.size)
                times[space][1].append(measured.seconds)
        yield f"{problem.name:<30}{problem.about:<22}" + "".join(f"{cell:>12}" for cell in cells)
    for space, (sizes, seconds) in times.items():
        yield f"  {space}: {growth(sizes, seconds, study)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--study", action="append", choices=STUDIES, help="repeatable; default: all")
    parser.add_argument("--space", action="append", choices=SPACES, help="repeatable; default: both")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="searches per figure; default: 3")
    parser.add_argument("--limit", type=float, default=60.0, metavar="SECONDS", help="of CPU, per search; default: 60")
    arguments = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the program does; numpy reads it when it is imported
    for module in LATE:
        import_module(module)
    for text in machine():
        print(text)
    for name in arguments.study or STUDIES:
        for text in run(STUDIES[name], arguments.space or SPACES, max(arguments.repeat, 1), arguments.limit):
            print(text, flush=True)


if __name__ == "__main__":
    main()
