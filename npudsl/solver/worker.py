"""The process that does work for another: `python -c "from npudsl.solver.worker import main; main()"`.

It reads requests from standard input and writes replies to standard output, each one pickle after the other. It ends
when its standard input does, so it never outlives whoever started it, however that came to its end. Pickles are safe
here: both ends of the pipe are the same program.
"""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO

from ..text.garbage import collect_rarely
from .clock import Stop
from .executor import Context

#: With this set a defect inside a process shows its traceback there (`cli/guard.py` has the same for the command).
DEBUG = "NPUDSL_TRACEBACK"
#: Seconds between two events of one job that are passed on.
PAUSE = 0.05


@dataclass(frozen=True)
class Request:
    """Do this: `call` is a pickle of work, its arguments and its seconds."""

    call: bytes


@dataclass(frozen=True)
class Halt:
    """Stop what you do; its result is wanted."""


@dataclass(frozen=True)
class Ready:
    """The process has started."""


@dataclass(frozen=True)
class Told:
    """The work tells an event."""

    event: object


@dataclass(frozen=True)
class Done:
    result: object


@dataclass(frozen=True)
class Raised:
    """The work raised something that it should not. `text`: what and where, on one line."""

    text: str


Reply = Ready | Told | Done | Raised


def main() -> None:
    """Serve until standard input ends."""
    collect_rarely()
    requests, replies = _streams()
    stop = Stop()
    inbox: SimpleQueue[Request] = SimpleQueue()
    Thread(target=_listen, args=(requests, inbox, stop), daemon=True).start()
    _send(replies, Ready())
    while True:
        _send(replies, _reply(inbox.get().call, stop, replies))


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """The pipes to the other process. What this one prints by accident goes to standard error."""
    requests, replies = (os.fdopen(os.dup(fd), mode) for fd, mode in ((0, "rb"), (1, "wb")))
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    sys.stdout = sys.stderr
    return requests, replies


def _listen(requests: IO[bytes], inbox: SimpleQueue[Request], stop: Stop) -> None:
    while True:
        try:
            message = pickle.load(requests)
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(0)  # nobody is there any more
        if isinstance(message, Halt):
            stop.ask()
        else:
            inbox.put(message)


def _reply(call: bytes, stop: Stop, replies: IO[bytes]) -> Done | Raised:
    last = float("-inf")

    def tell(event: object) -> None:
        nonlocal last
        now = monotonic()
        if now - last >= PAUSE:
            last = now
            _send(replies, Told(event))

    try:
        work, arguments, seconds = pickle.loads(call)
        return Done(work(Context(seconds, stop, tell), *arguments))
    except Exception as error:
        if os.environ.get(DEBUG):
            traceback.print_exc()
        place = traceback.extract_tb(error.__traceback__)[-1]
        first = str(error).splitlines()[:1]
        return Raised(
            ": ".join([f"{type(error).__name__} at {os.path.basename(place.filename)}:{place.lineno}", *first])
        )


def _send(replies: IO[bytes], reply: Reply) -> None:
    message = pickle.dumps(reply, pickle.HIGHEST_PROTOCOL)
    try:
        replies.write(message)
        replies.flush()
    except OSError:
        os._exit(0)
