"""The latency that the search makes least: cycles that no schedule of a mapping can undercut (docs/latency.md, Bounds).

    latency = max over resources p of  busy(p)  and  steps / rate + apart(p),  at least steps / rate

busy(p): cycles of the words that port or link p moves, at the equal share of all instances in use. apart(p): of those
of them that no step overlaps, because the tile that they fill or empty has no second buffer. Both are sums of products
over groups of dims, like the counts, so this can be bounded for partial mappings. It is at most the `low` of the closed
form, which is at most what an execution in time takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from math import prod

from ..mapping import nest
from ..mapping.evaluation import Evaluation
from ..mapping.time_floor import Toll, tolls
from ..model.counts import Booking, derive
from ..model.evaluate import Numbers
from ..spec.arch import Arch
from ..spec.op import Layer

#: A sum of cycles: a resource, and whether only what moves apart from the steps counts (then the steps are added).
Load = tuple[str, bool]


def loads(arch: Arch, layer: Layer) -> tuple[Load, ...]:
    """All sums that may be the latency, `busy` before `apart` of each resource."""
    resources = dict.fromkeys(toll.resource for toll in tolls(arch, layer))
    return tuple((resource, apart) for resource in resources for apart in (False, True))


def charges(arch: Arch, layer: Layer, bookings: Iterable[Booking]) -> Iterator[tuple[Load, Booking, Toll]]:
    """Every (sum, booking, toll) such that the words of the booking, times the cycles of the toll, divided by the
    instances along its arrays, belong to the sum."""
    known: dict[tuple[str, str, str], list[Toll]] = {}
    for toll in tolls(arch, layer):
        known.setdefault((toll.place, toll.tensor, toll.action), []).append(toll)
    for booking in bookings:
        apart = booking.apart(arch)
        for toll in known.get((booking.place, booking.edge.tensor.name, booking.counter), ()):
            yield (toll.resource, False), booking, toll
            if apart:
                yield (toll.resource, True), booking, toll


def latency(arch: Arch, layer: Layer, mapping: nest.Mapping) -> Fraction:
    """The latency of a complete mapping in cycles, exact."""
    simple = mapping.simplified()
    formulas = derive(arch, layer, simple)
    known = dict(zip(formulas.symbols, (loop.factor for loop in simple.loops), strict=True))
    values = Numbers(known | {symbol: layer.bound[d] for d, symbol in formulas.bounds.items()})
    steps = values(formulas.steps.expression) / arch.compute.rate
    totals: dict[Load, Fraction] = {}
    for load, booking, toll in charges(arch, layer, formulas.bookings):
        used = prod(loop.factor for loop in simple.loops if loop.array in toll.arrays)
        words = values(booking.count.expression)
        totals[load] = totals.get(load, steps if load[1] else Fraction(0)) + words * toll.cycles / used
    return max([steps, *totals.values()])


def objective_value(objective: str, arch: Arch, layer: Layer, mapping: nest.Mapping, evaluation: Evaluation) -> float:
    """What an objective makes of a mapping: pJ, cycles of the latency above, or pJ * cycles. What leaks, leaks in the
    cycles of the closed forms, which may be more."""
    if objective == "energy":
        return float(evaluation.cost.energy)
    cycles = latency(arch, layer, mapping)
    return float(cycles if objective == "latency" else evaluation.cost.energy * cycles)


def reported_value(objective: str, evaluation: Evaluation) -> float:
    """The same of what is reported: with the cycles of the closed forms."""
    cost = evaluation.cost
    if objective == "energy":
        return float(cost.energy)
    return float(cost.cycles if objective == "latency" else cost.energy * cost.cycles)
