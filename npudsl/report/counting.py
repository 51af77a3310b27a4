"""How far a long count has come: one line on standard error, on a terminal only, gone when it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from .console import console_for

#: Calls between two updates of the line.
EVERY = 256


@contextmanager
def shown_count(work: str, total: int) -> Iterator[Callable[[], None] | None]:
    """Gives what is to be called `total` times; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    console = console_for(sys.stderr)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(work, total=total)
            calls = 0

            def tick() -> None:
                nonlocal calls
                calls += 1
                if calls % EVERY == 0:
                    progress.update(task, completed=calls)

            yield tick
    finally:
        console.show_cursor(True)  # an interruption may fall into the start of the line, when it is hidden already
