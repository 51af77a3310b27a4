"""Where work is done: here, or (`workers.py`) in processes. Whoever has work need not know."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from .clock import Clock, Stop


@dataclass(frozen=True)
class Context:
    """What work is given beside its arguments: how long it may take in seconds (None: no limit), the wish to stop, and
    whom to tell what happens (picklable events)."""

    seconds: float | None
    stop: Stop
    tell: Callable[[object], None]

    def clock(self) -> Clock:
        """The time runs from now on; work first imports what it needs."""
        return Clock.lasting(self.seconds, self.stop)


#: A job that is not left to the process that has done its kin ends later, and keeps another process from other work.
DETOUR = 2
#: A function of a module (not a closure: a process finds it by its name) whose first argument is a context.
Work = Callable[..., Any]


class Job(ABC):
    """Something to do, and what becomes of it. All methods are called in the process and thread that runs the
    executor; exactly one of `done` and `lost` is called for a job that was begun.

    `kin`: a process that has done a job has what it takes to do others with an equal one sooner (None: no such);
    `spared`: how much urgency there is in that.
    """

    kin: object = None
    spared: float = 0.0

    @abstractmethod
    def begin(self) -> tuple[Work, tuple[object, ...], float | None]:
        """Called when it is its turn: the work, its arguments, and the seconds that it may take (None: no limit)."""

    @abstractmethod
    def told(self, event: object) -> None:
        """The work told an event."""

    @abstractmethod
    def done(self, result: Any) -> None:
        """The work returned; may submit further jobs."""

    @abstractmethod
    def lost(self, reason: str) -> None:
        """The process that did the work ended before the work. `reason` completes `the process that ...`."""


class Executor(ABC):
    """Does jobs, urgent ones first, equal ones in the order in which they came.

    When the wish to stop comes, jobs that were begun are told by their clocks and the others are forgotten.
    """

    def __init__(self, stop: Stop | None = None):
        self.stop = stop or Stop()
        self._waiting: list[tuple[float, int, Job]] = []
        self._submitted = 0

    def submit(self, job: Job, urgency: float = 0.0) -> None:
        """Puts a job among those that wait; nothing happens before `run`."""
        self._waiting.append((-urgency, self._submitted, job))
        self._submitted += 1

    def _next(self, elsewhere: Collection[object] = ()) -> Job | None:
        """The most urgent job that waits, if any should be begun; one whose kin is `elsewhere` is less urgent by what
        another process is spared with it."""
        if self.stop.asked:
            self._waiting.clear()
        if not self._waiting:
            return None
        first = min(self._waiting, key=lambda e: (e[0] + DETOUR * e[2].spared * (e[2].kin in elsewhere), e[1]))
        self._waiting.remove(first)
        return first[2]

    @property
    @abstractmethod
    def width(self) -> int:
        """How many jobs are done at a time."""

    @abstractmethod
    def run(self) -> None:
        """Does all jobs, and those that they submit. What work raises comes through (from a process: WorkError)."""

    @abstractmethod
    def close(self) -> None:
        """Ends what is left, at once."""

    def __enter__(self) -> Executor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Here(Executor):
    """One job after the other, in this process."""

    @property
    def width(self) -> int:
        return 1

    def close(self) -> None:
        self._waiting.clear()

    def run(self) -> None:
        while (job := self._next()) is not None:
            do_here(job, self.stop)


def do_here(job: Job, stop: Stop) -> None:
    """Begins a job and does it in this process."""
    work, arguments, seconds = job.begin()
    job.done(work(Context(seconds, stop, job.told), *arguments))
