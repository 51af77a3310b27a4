"""A clock that also stops a search after so many ticks, which are the same in every run."""

from __future__ import annotations

from dataclasses import dataclass, field

from .clock import Clock, OutOfTimeError


class SpentError(OutOfTimeError):
    """The ticks are used up; there may be time for something else."""


@dataclass
class Ration:
    """`left`: ticks that may still be made."""

    left: int


@dataclass(frozen=True)
class RationedClock(Clock):
    """Raises SpentError when its ration is used up, and OutOfTimeError as any clock does."""

    ration: Ration = field(default_factory=lambda: Ration(0))

    def tick(self) -> None:
        super().tick()
        self.ration.left -= 1
        if self.ration.left < 0:
            raise SpentError


def rationed(clock: Clock, ticks: int) -> RationedClock:
    """The same clock with an end after so many ticks."""
    return RationedClock(clock.deadline, clock.stop, Ration(ticks))
