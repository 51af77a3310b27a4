"""What is seen while solving: one line on standard error, on a terminal only, gone when the work is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..solver.events import LayerImproved, LayerStarted
from .answers import Verifying
from .console import console_for

#: Seconds between two redraws that improvements ask for.
PAUSE = 0.05


class Line:
    """The line: how many layers are done, the current one, its best value and the bound below it."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self._task = progress.add_task("", total=None)
        self._drawn = 0.0

    def starts(self, work: str, index: int, count: int) -> None:
        """Work on a layer begins: number `index` (from 0) of `count`."""
        self._put(f"[{index + 1}/{count}] {work}")

    def improves(self, work: str, index: int, count: int, value: float | None, bound: float | None) -> None:
        """A better mapping or bound is known; told at most once per `PAUSE`."""
        now = perf_counter()
        if now - self._drawn < PAUSE:
            return
        self._drawn = now
        best = "" if value is None else f"  best {value:.6g}"
        below = "" if bound is None else f"  bound {bound:.6g}"
        gap = f"  gap {value / bound - 1:.2%}" if value is not None and bound else ""
        self._put(f"[{index + 1}/{count}] {work}{best}{below}{gap}")

    def _put(self, text: str) -> None:
        self._progress.update(self._task, description=text)


@contextmanager
def shown_progress() -> Iterator[Callable[[object], None] | None]:
    """Gives what shows events of the solver and of verification; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    console = console_for(sys.stderr)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            yield _listener(Line(progress))
    finally:
        console.show_cursor(True)  # an interruption may fall into the start of the line, when it is hidden already


def _listener(line: Line) -> Callable[[object], None]:
    def show(event: object) -> None:
        if isinstance(event, Verifying):
            line.starts(f"executing {event.layer}", event.index, event.count)
        elif isinstance(event, LayerStarted):
            line.starts(f"solving {event.layer}", event.index, event.count)
        elif isinstance(event, LayerImproved):
            line.improves(f"solving {event.layer}", event.index, event.count, event.value, event.bound)

    return show
