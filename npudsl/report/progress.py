"""What is seen while solving: some lines on standard error, on a terminal only, gone when the work is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter

from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from ..solver.events import LayerImproved, LayerSolved, LayerStarted
from .answers import Verified, Verifying
from .console import console_for

#: Seconds between two redraws of a line that improvements ask for.
PAUSE = 0.05


class Board:
    """A line for the run, and one for each layer that is worked on: what is known of it, and since when."""

    def __init__(self, progress: Progress):
        self._progress = progress
        self._whole = progress.add_task("", total=None)
        self._lines: dict[int, TaskID] = {}
        self._drawn: dict[int, float] = {}
        self._solved = self._executed = 0

    def show(self, event: object) -> None:
        """Brings the lines up to date with an event of the solver or of the executions."""
        match event:
            case LayerStarted(layer, index, count):
                self._open(index, f"{layer}  searching")
                self._count(count)
            case LayerImproved(layer, index, _, value, bound):
                self._improve(index, f"{layer}  {_closing_in(value, bound)}")
            case LayerSolved(_, index, count):
                self._solved += 1
                self._close(index, count)
            case Verifying(layer, index):
                self._open(index, f"{layer}  executing its mapping")
            case Verified(_, index, count):
                self._executed += 1
                self._close(index, count)

    def _open(self, index: int, text: str) -> None:
        if index in self._lines:
            self._progress.update(self._lines[index], description=text)
        else:
            self._lines[index] = self._progress.add_task(text, total=None)

    def _improve(self, index: int, text: str) -> None:
        now = perf_counter()
        if now - self._drawn.get(index, 0.0) >= PAUSE:
            self._drawn[index] = now
            self._open(index, text)

    def _close(self, index: int, count: int) -> None:
        if index in self._lines:
            self._progress.remove_task(self._lines.pop(index))
        self._count(count)

    def _count(self, count: int) -> None:
        executed = f", {self._executed} executed" if self._executed else ""
        self._progress.update(self._whole, description=f"{self._solved} of {count} layers solved{executed}")


def _closing_in(value: float | None, bound: float | None) -> str:
    """The best mapping so far and the bound below it, which meet in the end."""
    best = "nothing found yet" if value is None else f"best {value:.6g}"
    below = "" if not bound else f"  bound {bound:.6g}"
    gap = f"  gap {value / bound - 1:.2%}" if value is not None and bound else ""
    return f"{best}{below}{gap}"


@contextmanager
def shown_progress() -> Iterator[Callable[[object], None] | None]:
    """Gives what shows events of the solver and of executions; None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    console = console_for(sys.stderr)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console, transient=True) as progress:
            yield Board(progress).show
    finally:
        console.show_cursor(True)  # an interruption may fall into the start of the line, when it is hidden already
