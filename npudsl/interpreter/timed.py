"""Executes a mapping in time: every movement and every step on the resources of the machine (docs/latency.md).

The reference for cycles: plain, one event after the other, in exact fractions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod

from ..mapping.nest import Mapping
from ..mapping.resources import Loads, add, resources
from ..mapping.timing import Timing
from ..spec.arch import Arch
from ..spec.op import Layer
from . import structure
from .limits import check_axes, roughly, too_long
from .nest import Nest
from .timed_clock import Clock
from .timed_rules import Task, tasks
from .timed_scope import Scope
from .timed_tables import Tables
from .timed_words import Walk

#: Operations that are walked one by one, those beyond a bound included, and steps: some minutes.
MOST_WALKED = 4 * 10**6
MOST_STEPS = 2 * 10**5
#: Changes of tiles, where all steps between them are alike: some minutes.
MOST_BOUNDARIES = 4 * 10**5


@dataclass(frozen=True)
class Timed:
    """An execution in time, all in cycles: `cycles = onload + steps / rate + sum of stalls + offload`.

    `onload`: before the first step; `offload`: after the last; `stalls`: by the resource that was waited for; `busy`:
    by resource; `waits`: stalls before a step by the (memory, tensor) whose tile was moved; `steps`: their number;
    `tasks`: all movements and steps, in order of precedence.
    """

    cycles: Fraction
    onload: Fraction
    offload: Fraction
    stalls: dict[str, Fraction]
    waits: dict[tuple[str, str], Fraction]
    busy: dict[str, Fraction]
    steps: int
    tasks: tuple[Task, ...] = field(repr=False)

    @property
    def timing(self) -> Timing:
        """The phases, as the closed forms give them."""
        slowest = self.stalls or self.busy
        return Timing(
            self.onload,
            self.cycles - self.onload - self.offload,
            self.offload,
            self.busy,
            self.stalls,
            max(slowest, key=lambda name: slowest[name]),
        )


def check_size(arch: Arch, layer: Layer, mapping: Mapping) -> int:
    """How often `run_timed` calls `tick`, at most. Raises SpecError as `run_timed` does, but for E652."""
    structure.check(arch, layer, mapping)
    return _source(arch, layer, mapping, None, False).ticks


def _source(
    arch: Arch, layer: Layer, mapping: Mapping, tick: Callable[[], None] | None, literal: bool
) -> Tables | Walk:
    """What tells movements and steps. Raises SpecError (E652, E653) if they are too many."""
    nest = Nest.of(arch, layer, mapping)
    check_axes(layer, len(nest.counters))
    scope = Scope.of(nest)
    if literal or not Tables.fit(scope):
        _at_most(layer, prod(c.trips for c in nest.counters), MOST_WALKED, "operation", "operations")
        _at_most(layer, prod(c.trips for c in nest.temporal), MOST_STEPS, "step", "steps")
        return Walk(scope, tick)
    tables = Tables(scope, tick)
    _at_most(layer, tables.ticks, MOST_BOUNDARIES, "change of tiles", "changes of tiles")
    if scope.single:
        _at_most(layer, prod(c.trips for c in nest.spatial), MOST_STEPS, "compute unit of a step", "units")
    _at_most(layer, tables.steps.tasks, MOST_BOUNDARIES, "run of equal steps", "runs")
    return tables


def _at_most(layer: Layer, number: int, most: int, one: str, many: str) -> None:
    if number > most:
        raise too_long(
            layer,
            f"an execution in time walks every {one}, here {roughly(number)} {many}",
            f"it walks at most {most} {many}",
            help="without `--timed` the closed form tells bounds, and often the time itself, for any size; "
            "or execute a smaller layer of the same kind",
        )


def run_timed(
    arch: Arch,
    layer: Layer,
    mapping: Mapping,
    *,
    tick: Callable[[], None] | None = None,
    trace: Callable[[int, Fraction, Fraction], None] | None = None,
    literal: bool = False,
) -> Timed:
    """Execute a mapping in time: every movement of all instances, and step by step where steps differ.

    From tables of sets (`timed_tables.py`) where they fit, else (or if `literal`) by walking every operation: small
    layers only.

    `tick` is called with every step, `trace` with the number of every task in `Timed.tasks`, when it was free to start
    and when it was complete. Raises SpecError: E650 the nodes stand in no order, E652 too large, E653 too long.
    """
    structure.check(arch, layer, mapping)
    source = _source(arch, layer, mapping, tick, literal)
    todo = tasks(source.nest, source.boundaries())
    clock = Clock(todo, 1 / arch.compute.rate, trace)
    cycles = clock.run()
    steps = sum(t.times for t in todo if t.move is None)
    busy: Loads = {name: Fraction(0) for name in resources(arch)}
    for task in todo:
        add(busy, task.load, task.times)
    busy[arch.compute.name] = steps / arch.compute.rate
    return Timed(
        cycles, clock.first or Fraction(0), cycles - clock.last, clock.stalls, clock.waits, busy, steps, tuple(todo)
    )
