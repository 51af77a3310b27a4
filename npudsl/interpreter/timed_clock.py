"""The clock of a timed execution: tasks on resources, from event to event (docs/latency.md, Who goes first)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from heapq import heappop, heappush

from ..mapping.resources import Loads
from .timed_rules import Place, Task

ZERO = Fraction(0)


@dataclass
class Clock:
    """Executes tasks; `trace`, if given, is called with every task's number, start and end (start: when it was free
    to)."""

    tasks: Sequence[Task]
    pace: Fraction  # cycles of a step that waits for nothing
    trace: Callable[[int, Fraction, Fraction], None] | None = None
    now: Fraction = ZERO
    first: Fraction | None = None  # when the first step starts
    last: Fraction = ZERO  # when the last step so far ends
    stalls: Loads = field(default_factory=dict)
    waits: dict[Place, Fraction] = field(default_factory=dict)

    def run(self) -> Fraction:
        """The time at which everything is complete."""
        self._left = [len(t.after) for t in self.tasks]
        self._next: list[list[int]] = [[] for _ in self.tasks]
        for number, task in enumerate(self.tasks):
            for earlier in task.after:
                self._next[earlier].append(number)
        self._rest: dict[int, Loads] = {}  # of movements that have started: cycles still needed by resource
        self._queues: dict[str, list[int]] = {}
        self._started: dict[int, Fraction] = {}
        self._step: int | None = None
        self._end = ZERO  # of the step that is executed
        self._steps = sum(1 for t in self.tasks if t.move is None)
        for number in [n for n, left in enumerate(self._left) if not left]:
            self._start(number)
        while self._step is not None or any(self._queues.values()):
            self._advance()
        return self.now

    # ---- starting and completing ------------------------------------------------------------------

    def _start(self, number: int) -> None:
        """A task is free to start; one that takes no time is complete at once."""
        task = self.tasks[number]
        self._started[number] = self.now
        if task.move is None:
            self._begin_step(number, task)
        elif task.load:
            self._rest[number] = dict(task.load)
            for resource in task.load:
                heappush(self._queues.setdefault(resource, []), number)
        else:
            self._complete(number)

    def _begin_step(self, number: int, task: Task) -> None:
        if self.first is None:
            self.first = self.now
        length = self.pace
        if task.load:
            slowest = max(task.load, key=lambda r: task.load[r])
            if task.load[slowest] > length:
                self._charge(slowest, task.times * (task.load[slowest] - length))
                length = task.load[slowest]
        self._step, self._end = number, self.now + task.times * length
        self._free = {r: 1 - cycles / length for r, cycles in task.load.items()}

    def _complete(self, number: int) -> None:
        if self.trace is not None:
            self.trace(number, self._started[number], self.now)
        for later in self._next[number]:
            self._left[later] -= 1
            if not self._left[later]:
                self._start(later)

    # ---- time -------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """On to the next event: the step ends, or a resource is done with its part of a movement."""
        served = {r: (queue[0], self._speed(r)) for r, queue in self._queues.items() if queue}
        events = [self._rest[n][r] / speed for r, (n, speed) in served.items() if speed]
        if self._step is not None:
            events.append(self._end - self.now)
        passed = min(events)
        if self._step is None and self.first is not None and self._steps:
            self._blame(min(n for n, _ in served.values()), passed)
        self.now += passed
        done = []
        for resource, (number, speed) in served.items():
            rest = self._rest[number]
            rest[resource] -= passed * speed
            if not rest[resource]:
                del rest[resource]
                heappop(self._queues[resource])
                done += [] if rest else [number]
        ended = self._step if self._end == self.now else None
        if ended is not None:
            self._step, self.last = None, self.now
            self._steps -= 1
            self._complete(ended)
        for number in done:
            del self._rest[number]
            self._complete(number)

    def _speed(self, resource: str) -> Fraction:
        return Fraction(1) if self._step is None else self._free.get(resource, Fraction(1))

    def _blame(self, number: int, passed: Fraction) -> None:
        rest, move = self._rest[number], self.tasks[number].move
        self._charge(max(rest, key=lambda r: rest[r]), passed)
        if move is not None:
            self.waits[move.place] = self.waits.get(move.place, ZERO) + passed

    def _charge(self, resource: str, cycles: Fraction) -> None:
        self.stalls[resource] = self.stalls.get(resource, ZERO) + cycles
