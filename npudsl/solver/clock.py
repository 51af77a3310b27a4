"""When a search has to stop: at a time limit, or as soon as somebody asks it to."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic


class OutOfTimeError(Exception):
    """The search has to stop now; what was found so far stands."""


@dataclass
class Clock:
    """Asked often by a search. `deadline` on the monotonic clock in seconds, None: never; `stopped`: stop at once."""

    deadline: float | None = None
    stopped: bool = False

    def stop(self) -> None:
        """From now on every `tick` raises. Safe in a signal handler: it does nothing but set a flag."""
        self.stopped = True

    def tick(self) -> None:
        """Raises OutOfTimeError if the search has to stop."""
        if self.stopped or (self.deadline is not None and monotonic() > self.deadline):
            raise OutOfTimeError
