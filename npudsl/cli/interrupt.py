"""Ctrl-C: once ends the work in good order, twice at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

#: What Ctrl-C sends, and what `kill`, `timeout` and batch systems do.
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SEARCHING = "the best so far follows"


class Stoppable(Protocol):
    """What can be asked to stop, by setting a flag."""

    asked: bool

    def ask(self) -> None: ...


@dataclass
class Wish:
    """A wish to stop, for work that has no clock of its own."""

    asked: bool = False

    def ask(self) -> None:
        self.asked = True


@contextmanager
def stoppable(stop: Stoppable, promise: str = SEARCHING) -> Iterator[None]:
    """Inside, the first signal asks `stop` and says what will follow, the next raises KeyboardInterrupt. Does nothing
    outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.ask()
        _say(f"stopping: {promise} (Ctrl-C again: at once)\n".encode())

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(text: bytes) -> None:
    """Straight to standard error: a signal may come in the middle of writing to the stream."""
    with suppress(OSError, ValueError):  # there may be nobody to tell
        os.write(2, b"\r\x1b[K" + text if sys.stderr.isatty() else text)
