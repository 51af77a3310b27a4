"""Energy against latency of one layer with imperfect factors: mappings that were found, and bounds that enclose the
front.

A *probe* is a search for the least energy of all mappings within a limit on their latency. It gives a mapping and a
bound that holds for everything as fast as the limit (`imperfect.py`). Between the limit of a probe and the mapping of
the next slower one lies a *zone*: points of the front there are not known; none takes less than the bound of that
slower probe. Probes go where a zone is widest, until none is left or enough were made. Where no zone is left, all
bounds are met and nothing is faster than the fastest, what was found is the front.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import inf, sqrt
from time import perf_counter

from ..spec.arch import Arch
from ..spec.op import Layer
from .clock import Clock
from .imperfect import solve_layer
from .solution import CLOSED, LayerSolution, Options
from .tradeoff import APART, Point, Tradeoff, below, bounded, is_over, point_of, share, undominated

#: Probes beside the ends. Latencies that differ by less than this ratio are near each other.
MOST_PROBES, NEAR = 12, Fraction(21, 20)


@dataclass(frozen=True)
class Probe:
    """No mapping that takes `limit` cycles (None: any) takes less than `bound` pJ."""

    limit: Fraction | None
    bound: float

    def covers(self, cycles: Fraction) -> bool:
        """Whether its bound is one for mappings that take so many cycles."""
        return self.limit is None or cycles <= self.limit


@dataclass(frozen=True)
class Zone:
    """Latencies above `start`, up to `end`, where mappings may be that belong to the front and are not known. `dense`:
    what was found within the limit before is near it."""

    start: Fraction
    end: Fraction
    dense: bool

    @property
    def limit(self) -> Fraction:
        """Where to probe: at the slow end, which may well find something much faster; in a dense zone, where it
        would not, in the middle."""
        halved = self.dense and self.end > self.start * NEAR
        return Fraction(sqrt(self.start * self.end)) if halved else self.end


@dataclass
class Enclosure:
    """What is known of a front. `probes`: the slowest limit first; the first is without a limit."""

    probes: list[Probe]
    points: list[Point]

    def best(self, probe: Probe) -> Point:
        """The least energy that was found within a limit."""
        return min((p for p in self.points if probe.covers(p.latency)), key=lambda p: (p.energy, p.latency))

    def bound(self, cycles: Fraction) -> float:
        """No mapping as fast as that takes less, in pJ."""
        return max(probe.bound for probe in self.probes if probe.covers(cycles))

    def zones(self) -> Iterator[Zone]:
        """Those that are left."""
        for slower, faster in pairwise(self.probes):
            assert faster.limit is not None
            found = self.best(slower).latency
            if faster.limit < below(found):
                dense = slower.limit is not None and slower.limit < found * NEAR
                yield Zone(faster.limit, below(found), dense)

    def next_limit(self) -> Fraction | None:
        """That of the most useful next probe; None: there is no zone."""
        widest = max(self.zones(), key=lambda zone: zone.end / zone.start, default=None)
        return None if widest is None else widest.limit

    def add(self, probe: Probe, point: Point) -> None:
        """A probe with what it found."""
        self.points.append(point)
        self.probes = sorted([*self.probes, probe], key=lambda p: inf if p.limit is None else p.limit, reverse=True)

    def front(self) -> tuple[Point, ...]:
        """Its points, each with the bound on all that are as fast."""
        kept = undominated(self.points)
        return tuple(replace(p, certificate=bounded(p.evaluation, self.bound(p.latency))) for p in kept)

    @property
    def met(self) -> bool:
        """Whether something was found for every bound that takes no more."""
        return all(float(self.best(probe).energy) <= probe.bound * (1 + CLOSED) for probe in self.probes)


def enclosed_front(arch: Arch, layer: Layer, options: Options, clock: Clock) -> Tradeoff:
    """The best points that were found over the mapspace of `options`, whatever its objective, with bounds."""
    started = perf_counter()
    known: list[Point] = []

    def search(objective: str, limit: Fraction | None, within: Clock) -> LayerSolution:
        asked = replace(options, objective=objective, most_cycles=limit, reported=False)
        return solve_layer(arch, layer, asked, within, lambda value, bound: None, [p.mapping for p in known])

    ends = []
    for objective in ("latency", "energy"):
        ends.append(search(objective, options.most_cycles, share(clock)))
        point = point_of(arch, ends[-1], options.most_cycles, 0.0)
        if point is None:
            return Tradeoff(layer, (), False, perf_counter() - started, failure=ends[-1].failure)
        known.append(point)
    fastest, cheapest = known
    enclosure = Enclosure([Probe(None, cheapest.certificate.lower_bound)], known)
    limit: Fraction | None = fastest.latency * (1 + APART)
    while limit is not None and len(enclosure.probes) <= MOST_PROBES and not is_over(clock):
        least = enclosure.bound(limit)
        point = point_of(arch, search("energy", limit, clock), limit, least)
        if point is None:
            break
        enclosure.add(Probe(limit, point.certificate.lower_bound), point)
        limit = enclosure.next_limit()
    complete = limit is None and enclosure.met and fastest.certificate.optimal
    taken = perf_counter() - started
    return Tradeoff(layer, enclosure.front(), complete, taken, fastest.certificate.lower_bound)
