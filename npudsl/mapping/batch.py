"""How long a handful of movements takes while nothing else moves (docs/latency.md, Who goes first)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from .resources import Loads


@dataclass(frozen=True)
class Job:
    """A movement: cycles per resource, and the numbers of the earlier jobs that it waits for."""

    load: Loads
    after: tuple[int, ...] = ()


def makespan(jobs: Sequence[Job]) -> Fraction:
    """Cycles until all are complete; at every resource the first job of the list that may run there goes first."""
    rest = [{r: c for r, c in job.load.items() if c} for job in jobs]
    now = Fraction(0)
    while True:
        complete = [False] * len(jobs)
        for i, job in enumerate(jobs):
            complete[i] = not rest[i] and all(complete[j] for j in job.after)
        if all(complete):
            return now
        served: dict[str, int] = {}
        for i, job in enumerate(jobs):
            if all(complete[j] for j in job.after):
                for resource in rest[i]:
                    served.setdefault(resource, i)
        passed = min(rest[i][resource] for resource, i in served.items())
        now += passed
        for resource, i in served.items():
            rest[i][resource] -= passed
            if not rest[i][resource]:
                del rest[i][resource]
