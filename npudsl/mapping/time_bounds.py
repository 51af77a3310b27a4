"""What closed forms say about the timed execution: that they equal it, and why, or between which bounds it lies.

The proofs of the bounds and conditions are in docs/latency.md, In closed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ..spec.arch import Arch
from ..spec.op import Layer
from .batch import makespan
from .nest import Mapping
from .resources import Loads, add, longest
from .tally import Tally
from .time_ahead import at_most
from .time_classes import Class, Movement, StepKind, classes, step_kinds
from .time_floor import shares, shares_apart
from .timing import Terms, Timing
from .traffic import Flow, Moved, Traffic

ZERO = Fraction(0)


@dataclass(frozen=True)
class Latency:
    """`low <= timed <= high`, in cycles. `equal`: the two meet, and `cycles` is what the timed execution takes; else
    `cycles` is the untimed bound, as far as it lies between them. `reason`: why they meet, or why they need not."""

    cycles: Fraction
    low: Fraction
    high: Fraction
    reason: str
    timing: Timing

    @property
    def equal(self) -> bool:
        return self.low == self.high


def latency(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally) -> Latency:
    """Cycles of a legal mapping in closed form, with bounds, from the words that its instances move.

    `tally` must hold its `traffic`. Where that is a lower bound only, the mean over all instances may be more.
    """
    if tally.traffic is None:
        raise ValueError("what single instances move was not counted")
    least, apart = (of(arch, layer, mapping, tally) for of in (shares, shares_apart))
    return _Bounds(arch, layer, mapping, tally.traffic, least, apart).latency()


class _Bounds:
    """`least`, `apart`: what some instance of a resource moves at least in all, and while no step goes on."""

    def __init__(
        self, arch: Arch, layer: Layer, mapping: Mapping, traffic: Traffic, least: Loads, apart: Loads
    ) -> None:
        self.arch, self.layer, self.mapping, self.apart = arch, layer, mapping.simplified(), apart
        self.terms = Terms(arch, traffic, least)
        self.timing = self.terms.timing()

    def latency(self) -> Latency:
        steps = self.steps
        ends = self.terms.onload + self.terms.offload
        beside_none = self.terms.traffic.steps * self.terms.pace + longest(self.apart)
        low = max(ends + steps[0] + self.waiting_at_least, longest(self.terms.busy), beside_none)
        high = self.terms.onload + steps[1] + self.evicted_and_moved_at_most
        if self.classes is not None and self.kinds is not None:
            beside = at_most(self.terms, self.mapping, self.classes, self.kinds)
            high = high if beside is None else min(high, ends + beside)
            if self.serial is not None:
                low = high = ends + steps[0] + self.serial
        cycles = low if low == high else min(max(self.timing.cycles, low), high)
        return Latency(cycles, low, high, self.reason(low, high, steps), self.timing)

    def reason(self, low: Fraction, high: Fraction, steps: tuple[Fraction, Fraction]) -> str:
        limited = [r for r, c in self.terms.busy.items() if c and r != self.arch.compute.name]
        if low == high:
            if not limited:
                return "no port or link that is used has a bandwidth"
            if not self.moving:
                return "no tile moves between the first and the last"
            if self.serial is not None:
                return "single buffers and perfect factors: movements and steps alternate"
            if low == self.terms.onload + steps[0] + self.terms.offload:
                return "double buffers and perfect factors: every movement fits beside the steps before it"
            return f"single buffers, and only `{limited[0]}` has a bandwidth" if len(limited) == 1 else "bounds meet"
        if steps[0] < steps[1]:
            return "steps differ in what their operations read and write"
        if not self.terms.traffic.certain:
            return "instances differ in what they move"
        if self.classes is None:
            return "tiles differ in size: movements may wait for each other"
        return "movements beside the steps may wait for each other"

    # ---- pieces -----------------------------------------------------------------------------------

    @cached_property
    def classes(self) -> tuple[Class, ...] | None:
        return classes(self.layer, self.mapping, self.terms)

    @cached_property
    def moving(self) -> tuple[Flow, ...]:
        """Flows that take time between the first and the last tile."""
        return tuple(f for f in self.terms.order if longest(self.terms.between([f])))

    @cached_property
    def kinds(self) -> tuple[StepKind, ...] | None:
        return step_kinds(self.layer, self.mapping, self.terms)

    @cached_property
    def steps(self) -> tuple[Fraction, Fraction]:
        """Cycles of all steps, at least and at most."""
        pace, count = self.terms.pace, self.terms.traffic.steps
        if self.kinds is not None:
            exactly = sum((k.times * max(pace, longest(k.load)) for k in self.kinds), ZERO)
            return exactly, exactly
        heaviest = self.terms.total(self.terms.traffic.operations, lambda f: f.first)
        return self.terms.stretched, count * max(pace, longest(heaviest))

    @cached_property
    def waiting_at_least(self) -> Fraction:
        """Movements of single-buffered tiles, which no step overlaps: boundary by boundary the slowest resource or
        chain."""
        if self.classes is None:
            return longest(self.terms.apart)
        return sum((c.times * self._apart(c) for c in self.classes), ZERO)

    def _apart(self, boundary: Class) -> Fraction:
        chains: dict[str, Fraction] = {}
        together: Loads = {}
        for m in boundary.movements:
            if not m.flow.ahead(self.arch):
                add(together, m.load)
                chains[m.flow.tensor] = chains.get(m.flow.tensor, ZERO) + longest(m.load)
        return max(longest(together), *chains.values(), ZERO)

    @cached_property
    def evicted_and_moved_at_most(self) -> Fraction:
        """All movements after the first tiles, one after the other."""
        if self.classes is not None:
            inner = sum((c.times * _one_by_one(c.movements) for c in self.classes), ZERO)
            return inner + self.terms.offload
        return sum((self._alone(f) for f in self.terms.order), ZERO)

    def _alone(self, flow: Flow) -> Fraction:
        """A flow's movements after its first fill, one after the other: at most as many of the largest; also at most
        all its resources one after the other, if the words are certain."""
        back = Moved(flow.whole.parent_write - flow.whole.parent_read, 0, 0, flow.whole.child_read, flow.whole.links)
        largest = back if flow.is_output else flow.first
        arriving = self._most(flow, flow.arrivals - flow.first, largest, flow.visits - 1)
        return arriving + self._most(flow, flow.departures, flow.whole, flow.visits)

    def _most(self, flow: Flow, moves: Moved, largest: Moved, times: int) -> Fraction:
        bound = times * longest(flow.loads(self.terms.meter, largest))
        if self.terms.traffic.certain:
            bound = min(bound, sum(flow.loads(self.terms.meter, moves).values(), ZERO))
        return bound

    @cached_property
    def serial(self) -> Fraction | None:
        """Cycles between steps if nothing overlaps them: all movements of tiles that take time are single-buffered."""
        if self.classes is None or any(f.ahead(self.arch) for f in self.moving):
            return None
        return sum((c.times * makespan(c.jobs()) for c in self.classes), ZERO)


def _one_by_one(movements: Sequence[Movement]) -> Fraction:
    return sum((longest(m.load) for m in movements), ZERO)
