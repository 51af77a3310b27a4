"""The exact front of energy against latency of one layer: nothing in the mapspace is better in one and as good in the
other than a point of it.

The walk goes from the least energy to the least latency. Every point is a search of its own: the least energy of all
mappings that are faster than the point before. Latency is that of `latency.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from time import monotonic, perf_counter

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic
from .clock import Clock, OutOfTimeError
from .latency import latency
from .layer import solve_layer
from .solution import Certificate, LayerSolution, Options

#: Latencies closer than this (relative) are one: a search adds up floats, and exact values are further apart.
APART = Fraction(1, 10**12)
#: The share of the time that each of the two ends of the front may take.
FOR_AN_END = 1 / 3


@dataclass(frozen=True)
class Point:
    """A mapping of the front. `latency` in cycles; `certificate`: what energy in pJ anything as fast as it, or faster,
    takes at least."""

    mapping: Mapping
    evaluation: Evaluation
    latency: Fraction
    certificate: Certificate

    @property
    def energy(self) -> Fraction:
        """In pJ."""
        return self.evaluation.cost.energy

    @property
    def edp(self) -> Fraction:
        """In pJ * cycles."""
        return self.energy * self.latency


@dataclass(frozen=True)
class Tradeoff:
    """The front of a layer. `points`: the least latency first. `complete`: all points are proven, and there are no
    others; if not, some may be missing, and those without proof may not belong to it. `least_cycles`: no mapping is
    faster. `failure`: why there are none."""

    layer: Layer
    points: tuple[Point, ...]
    complete: bool
    seconds: float
    least_cycles: float = 0.0
    failure: Diagnostic | None = None

    def best(self, objective: str) -> Point:
        """The point with the least energy, latency or EDP. The first two are the ends. Raises ValueError if there are
        no points."""
        return min(self.points, key=lambda p: {"energy": p.energy, "latency": p.latency, "edp": p.edp}[objective])


def pareto_front(arch: Arch, layer: Layer, options: Options, clock: Clock) -> Tradeoff:
    """The front over the mapspace of `options`, whatever its objective, or what is known of it when the time is up."""
    started = perf_counter()

    def search(objective: str, limit: Fraction | None, within: Clock) -> LayerSolution:
        asked = replace(options, objective=objective, most_cycles=limit, reported=False)
        return solve_layer(arch, layer, asked, within, lambda value, bound: None)

    ends = [search(objective, options.most_cycles, share(clock)) for objective in ("latency", "energy")]
    fastest, cheapest = (point_of(arch, end, options.most_cycles, 0.0) for end in ends)
    if fastest is None or cheapest is None:
        failure = next((end.failure for end in ends if end.failure), None)
        return Tradeoff(layer, (), False, perf_counter() - started, failure=failure)
    found, reached = [cheapest], False
    while not (reached := below(found[-1].latency) < fastest.latency) and not is_over(clock):
        limit = below(found[-1].latency)
        point = point_of(arch, search("energy", limit, clock), limit, found[-1].certificate.lower_bound)
        if point is None:
            break
        found.append(point)
    if not reached:
        found.append(replace(fastest, certificate=bounded(fastest.evaluation, found[-1].certificate.lower_bound)))
    proven = reached and fastest.certificate.optimal and all(point.certificate.optimal for point in found)
    return Tradeoff(layer, undominated(found), proven, perf_counter() - started, fastest.certificate.lower_bound)


def undominated(points: Iterable[Point]) -> tuple[Point, ...]:
    """Those that no other beats in energy or latency without losing in the other; the least latency first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda p: (p.latency, p.energy)):
        if not kept or point.energy < kept[-1].energy:
            kept.append(point)
    assert all(a.latency < b.latency for a, b in pairwise(kept))
    return tuple(kept)


def point_of(arch: Arch, answer: LayerSolution, limit: Fraction | None, least: float) -> Point | None:
    """An answer as a point; None if there is none, or (the time was up) one that is slower than the limit. No mapping
    within the limit takes less energy than `least`."""
    if answer.mapping is None or answer.evaluation is None or answer.certificate is None:
        return None
    taken = latency(arch, answer.layer, answer.mapping)
    if limit is not None and taken > limit:
        return None
    certificate = answer.certificate
    if certificate.objective == "energy" and certificate.lower_bound < least:
        certificate = bounded(answer.evaluation, least)
    return Point(answer.mapping, answer.evaluation, taken, certificate)


def bounded(evaluation: Evaluation, least: float) -> Certificate:
    """What is known of an energy from a bound on all faster mappings and slower ones."""
    energy = float(evaluation.cost.energy)
    return Certificate("energy", energy, min(least, energy))


def below(cycles: Fraction) -> Fraction:
    """The limit on what is faster."""
    return cycles * (1 - APART)


def share(clock: Clock) -> Clock:
    """A clock for one end of the front."""
    if clock.deadline is None:
        return clock
    now = monotonic()
    return replace(clock, deadline=now + max(clock.deadline - now, 0.0) * FOR_AN_END)


def is_over(clock: Clock) -> bool:
    try:
        clock.tick()
    except OutOfTimeError:
        return True
    return False
