"""Work for `test_executor.py`, in a module of its own so that a process can find it by its name."""

from __future__ import annotations

import os
import signal
import sys
from time import sleep

from npudsl.solver.clock import OutOfTimeError
from npudsl.solver.executor import Context


def square(context: Context, number: int) -> int:
    context.tell(f"squaring {number}")
    sys.stdout.write("what work prints must not get between the replies\n")
    os.write(1, b"neither must what libraries print\n")
    return number * number


def die(context: Context) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(context: Context) -> None:
    os._exit(7)


def fail(context: Context) -> None:
    raise ValueError("a defect")


def wait(context: Context) -> str:
    """Until the clock says that it is enough."""
    context.tell("waiting")
    clock = context.clock()
    try:
        while True:
            clock.tick()
            sleep(0.01)
    except OutOfTimeError:
        return "stopped"


def process(context: Context) -> int:
    return os.getpid()


def blas(context: Context) -> str:
    return os.environ["OPENBLAS_NUM_THREADS"]
