"""Time in closed form: onload, steady state and offload from the words of a `Traffic` (docs/latency.md, In closed
form)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from ..spec.arch import Arch
from .batch import Job, makespan
from .resources import Loads, Meter, add, longest, raise_to, resources
from .traffic import Flow, Moved, Traffic

ZERO = Fraction(0)


@dataclass(frozen=True)
class Timing:
    """All in cycles. `cycles = onload + steady + offload`, the untimed bound.

    `busy`: of each resource over the whole layer; `stalls`: by how much each resource alone, where it does, stretches
    the steady state beyond the steps: the largest of them counts, its resource is the `bottleneck`.
    """

    onload: Fraction
    steady: Fraction
    offload: Fraction
    busy: Loads
    stalls: Loads
    bottleneck: str

    @property
    def cycles(self) -> Fraction:
        return self.onload + self.steady + self.offload


@dataclass(frozen=True)
class Terms:
    """What closed forms of time are made of, for one machine and mapping.

    `least`: cycles that some instance of a resource is busy at least, where `traffic` may not tell (`time_floor.py`).
    """

    arch: Arch
    traffic: Traffic
    least: Loads = field(default_factory=dict)

    @cached_property
    def meter(self) -> Meter:
        return Meter(self.arch)

    @property
    def pace(self) -> Fraction:
        """Cycles of a step that waits for nothing."""
        return 1 / self.arch.compute.rate

    @cached_property
    def order(self) -> tuple[Flow, ...]:
        """The flows between memories: outer memories first, then tensors in the order of the op."""
        place = {m.name: i for i, m in enumerate(self.arch.memories)}
        return tuple(sorted(self.traffic.inner, key=lambda f: place[f.child or ""]))

    def total(self, flows: Iterable[Flow], *parts: Callable[[Flow], Moved]) -> Loads:
        loads: Loads = {}
        for flow in flows:
            for part in parts:
                add(loads, flow.loads(self.meter, part(flow)))
        return loads

    # ---- the three phases -------------------------------------------------------------------------

    @cached_property
    def onload(self) -> Fraction:
        """Exact: first tiles come in, parents first; nothing has precedence over them."""
        jobs: list[Job] = []
        arrived: dict[tuple[str, str], int] = {}
        for flow in self.order:
            if not flow.is_output:
                above = arrived.get((flow.parent, flow.tensor))
                jobs.append(Job(flow.loads(self.meter, flow.first), () if above is None else (above,)))
                arrived[flow.child or "", flow.tensor] = len(jobs) - 1
        return makespan(jobs)

    @cached_property
    def offload(self) -> Fraction:
        """The last tiles of the output go out, one after the other; exact if nothing else is left to be evicted."""
        return sum((longest(f.loads(self.meter, f.last)) for f in self.order if f.is_output), ZERO)

    @cached_property
    def operations(self) -> Loads:
        """Cycles of the ports that the operations of all steps take."""
        return self.total(self.traffic.operations, lambda f: f.arrivals, lambda f: f.departures)

    @cached_property
    def stretched(self) -> Fraction:
        """The steps: they take as long as their operations, at the slowest resource; a lower bound if steps differ."""
        return max(self.traffic.steps * self.pace, longest(self.operations))

    def between(self, flows: Iterable[Flow]) -> Loads:
        """Cycles of what moves after the first and before the last tile."""
        loads = self.total(flows, lambda f: f.arrivals - f.first, lambda f: f.departures - f.last)
        return {r: c for r, c in loads.items() if c}

    @cached_property
    def apart(self) -> Loads:
        """Cycles of movements that no step overlaps: of single-buffered tiles."""
        return self.between(f for f in self.order if not f.ahead(self.arch))

    @cached_property
    def beside(self) -> Loads:
        """Cycles of everything between the first and the last tile, the operations included."""
        loads = self.between(self.order)
        add(loads, self.operations)
        return loads

    @cached_property
    def busy(self) -> Loads:
        loads: Loads = dict.fromkeys(resources(self.arch), ZERO)
        loads[self.arch.compute.name] = self.traffic.steps * self.pace
        add(loads, self.total(self.traffic.flows, lambda f: f.arrivals, lambda f: f.departures))
        raise_to(loads, self.least)
        return loads

    def timing(self) -> Timing:
        """The untimed bound: steps and what they cannot overlap, or the busiest resource, plus first and last tiles."""
        compute, steps = self.arch.compute.name, self.traffic.steps * self.pace
        alone = {compute: steps}
        for resource, busy in self.busy.items():
            if resource != compute:
                own = max(steps, self.operations.get(resource, ZERO)) + self.apart.get(resource, ZERO)
                inside = busy - self.onload - self.offload  # no more than what it does beside, but for `least`
                alone[resource] = max(own, self.beside.get(resource, ZERO), inside)
        steady = max(*alone.values(), self.stretched + longest(self.apart))
        return Timing(
            self.onload,
            steady,
            self.offload,
            self.busy,
            {r: c - steps for r, c in alone.items() if c > steps},
            max(alone, key=lambda r: alone[r]),
        )
