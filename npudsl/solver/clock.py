"""When a search has to stop: at a time limit, or as soon as somebody asks it to."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic


class OutOfTimeError(Exception):
    """The search has to stop now; what was found so far stands."""


@dataclass
class Stop:
    """One wish to stop for everything that belongs to a run. `ask` is safe in a signal handler: it sets a flag."""

    asked: bool = False

    def ask(self) -> None:
        self.asked = True


@dataclass(frozen=True)
class Clock:
    """Asked often by a search. `deadline` on the monotonic clock in seconds, None: never."""

    deadline: float | None = None
    stop: Stop = field(default_factory=Stop)

    @classmethod
    def lasting(cls, seconds: float | None, stop: Stop) -> Clock:
        """A clock that runs out in `seconds` from now (None: never)."""
        return cls(None if seconds is None else monotonic() + seconds, stop)

    def tick(self) -> None:
        """Raises OutOfTimeError if the search has to stop."""
        if self.stop.asked or (self.deadline is not None and monotonic() > self.deadline):
            raise OutOfTimeError
