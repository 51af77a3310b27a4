"""The boundaries of a mapping with perfect factors, in classes that move the same words (docs/latency.md, In closed
form).

When the counter of loop k advances, the tiles whose sweeping loop stands at or inside k arrive: k itself slides a
window, any other loop brings whole tiles. Partial sums come back unless every reduced loop outside the node's sweep is
at 0. So a boundary is described by k and by whether it is a first pass; all instances and all such boundaries are
alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from ..spec.op import Layer
from .batch import Job
from .nest import Loop, Mapping
from .resources import Loads, add
from .timing import Terms
from .traffic import Flow, Moved


@dataclass(frozen=True)
class Movement:
    """One movement of a class of boundaries. `leaves`: an eviction."""

    flow: Flow
    leaves: bool
    load: Loads


@dataclass(frozen=True)
class Class:
    """`times` boundaries in front of which loop `loop` advances; the movements in order of precedence."""

    loop: int
    times: int
    movements: tuple[Movement, ...]

    def jobs(self) -> list[Job]:
        """The movements if all may start together (single buffers): parents first, evictions before what takes their
        place."""
        jobs: list[Job] = []
        left: dict[tuple[str | None, str], int] = {}
        arrived: dict[tuple[str | None, str], int] = {}
        for m in self.movements:
            own, above = (m.flow.child, m.flow.tensor), (m.flow.parent, m.flow.tensor)
            if m.leaves:
                after = {left.get(other) for other in left if other[1] == m.flow.tensor}
                left[own] = len(jobs)
            else:
                after = {arrived.get(above), left.get(own)}
                arrived[own] = len(jobs)
            jobs.append(Job(m.load, tuple(j for j in after if j is not None)))
        return jobs


def classes(layer: Layer, mapping: Mapping, terms: Terms) -> tuple[Class, ...] | None:
    """Every boundary between the first step and the end, by class; None if boundaries differ (clipped factors, or an
    output whose index is a sum of dims)."""
    loops = mapping.simplified().loops
    perfect = all(mapping.extent(d, 0) == bound for d, bound in layer.bounds)
    if not perfect or not terms.traffic.certain or any(len(g) > 1 for g in layer.op.output.groups):
        return None
    return tuple(_classes(layer, loops, terms))


def _classes(layer: Layer, loops: tuple[Loop, ...], terms: Terms) -> Iterator[Class]:
    for k, loop in enumerate(loops):
        arriving = [f for f in terms.order if f.sweep is not None and k <= f.sweep]
        if loop.spatial or not arriving:
            continue
        times = _settings(loops, range(k)) * (loop.factor - 1)
        first = 0
        if loop.dim in layer.op.output.dims:
            first = _settings(loops, range(k), layer.op.output.dims) * (loop.factor - 1)
        for count, fresh in ((first, True), (times - first, False)):
            if count:
                yield Class(k, count, tuple(_movements(terms, loops, layer, arriving, k, fresh)))


@dataclass(frozen=True)
class StepKind:
    """`times` steps whose operations take the same cycles at every resource."""

    times: int
    load: Loads


def step_kinds(layer: Layer, mapping: Mapping, terms: Terms) -> tuple[StepKind, ...] | None:
    """All steps: those whose results start from zero and those that accumulate; None if steps differ otherwise."""
    steps, first, others, starting = terms.traffic.steps, Loads(), Loads(), 0
    for flow in terms.traffic.operations:
        if not terms.traffic.certain or not _alike(flow, steps):
            return None
        if not flow.is_output:
            add(first, flow.loads(terms.meter, flow.first))
            add(others, flow.loads(terms.meter, flow.first))
            continue
        written, begun = flow.first.parent_write, flow.departures.parent_write - flow.arrivals.parent_read
        starting = begun if written == 1 else _first_steps(layer, mapping)
        if not starting or begun % starting:
            return None
        read = written - begun // starting
        add(first, terms.meter.memory(flow.parent, flow.role, read=read, write=written))
        add(others, terms.meter.memory(flow.parent, flow.role, read=written, write=written))
    kinds = (StepKind(starting, first), StepKind(steps - starting, others))
    return tuple(k for k in kinds if k.times)


def _alike(flow: Flow, steps: int) -> bool:
    """Whether all steps move as much as the one that moves most, reads of partial sums aside."""
    all_, most = (flow.departures, flow.first) if flow.is_output else (flow.arrivals, flow.first)
    words = (
        all_.parent_write == steps * most.parent_write
        if flow.is_output
        else all_.parent_read == steps * most.parent_read
    )
    return words and (flow.is_output or dict(all_.links) == {name: steps * n for name, n in most.links})


def _first_steps(layer: Layer, mapping: Mapping) -> int:
    """Steps in which every reduced loop is at 0; 0 if steps of one kind are not alike."""
    output = layer.op.output
    perfect = all(mapping.extent(d, 0) == bound for d, bound in layer.bounds)
    if not perfect or any(len(g) > 1 for g in output.groups):
        return 0
    loops = mapping.simplified().loops
    return _settings(loops, range(len(loops)), output.dims)


def _movements(
    terms: Terms, loops: tuple[Loop, ...], layer: Layer, arriving: Sequence[Flow], k: int, fresh: bool
) -> Iterator[Movement]:
    for flow in reversed(arriving):
        if flow.is_output:
            yield Movement(flow, True, flow.loads(terms.meter, flow.whole))
    for flow in arriving:
        if not flow.is_output:
            moved = _slid(flow, loops) if k == flow.sweep else flow.first
        else:
            moved = Moved() if fresh else _returned(flow, loops, layer)
        yield Movement(flow, False, flow.loads(terms.meter, moved))


def _settings(loops: tuple[Loop, ...], indices: range, dims: tuple[str, ...] | None = None) -> int:
    """Settings of the temporal loops among `indices`; with `dims` only of those over these dims."""
    return prod(loops[i].factor for i in indices if not loops[i].spatial and (dims is None or loops[i].dim in dims))


def _slid(flow: Flow, loops: tuple[Loop, ...]) -> Moved:
    """What arrives when a window slides: all arrivals without the whole tiles, equally."""
    assert flow.sweep is not None
    sweeps = _settings(loops, range(flow.sweep))
    return _part(flow.arrivals, flow.first, sweeps, sweeps * (loops[flow.sweep].factor - 1))


def _returned(flow: Flow, loops: tuple[Loop, ...], layer: Layer) -> Moved:
    assert flow.sweep is not None
    return _part(flow.arrivals, Moved(), 0, flow.visits - _settings(loops, range(flow.sweep + 1), layer.op.output.dims))


def _part(total: Moved, other: Moved, times: int, parts: int) -> Moved:
    """(total - times * other) / parts."""
    others = dict(other.links)

    def part(a: int, b: int) -> int:
        return (a - times * b) // parts

    return Moved(
        part(total.parent_read, other.parent_read),
        part(total.parent_write, other.parent_write),
        part(total.child_read, other.child_read),
        part(total.child_write, other.child_write),
        tuple((name, part(words, others.get(name, 0))) for name, words in total.links),
    )
