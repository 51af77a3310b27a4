"""Ctrl-C: once ends the work in good order, twice at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..solver.clock import Stop

#: What Ctrl-C sends, and what `kill`, `timeout` and batch systems do.
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SAID = b"stopping: the best so far follows (Ctrl-C again: at once)\n"


@contextmanager
def stoppable(stop: Stop) -> Iterator[None]:
    """Inside, the first signal asks `stop`, the next raises KeyboardInterrupt. Does nothing outside the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        stop.ask()
        _say()

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say() -> None:
    """Straight to standard error: a signal may come in the middle of writing to the stream."""
    with suppress(OSError, ValueError):  # there may be nobody to tell
        os.write(2, b"\r\x1b[K" + SAID if sys.stderr.isatty() else SAID)
