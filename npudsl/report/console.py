"""Where tables are drawn: the terminal as wide as it is, anything else without colour nor spaces at the ends of
lines, and 120 columns wide."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO, TextIOBase
from typing import TextIO

from rich import box
from rich.console import Console, RenderableType
from rich.table import Table

#: Columns of output that does not go to a terminal: the same text whatever the caller's window.
PIPED_WIDTH = 120


class Trimmed(TextIOBase):
    """Writes to a stream without the spaces that fill up the last cell of a row."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.write(re.sub(" +\n", "\n", text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()


def console_for(stream: TextIO, *, width: int | None = None) -> Console:
    """A console on `stream`. `width` overrides the terminal's (tests, notebooks)."""
    if stream.isatty():
        return Console(file=stream, width=width, highlight=False, markup=False)
    return Console(
        file=Trimmed(stream),  # type: ignore[arg-type]
        width=width or PIPED_WIDTH,
        color_system=None,
        force_terminal=False,
        force_interactive=False,
        highlight=False,
        markup=False,  # `pe[x = 14]` is text, not a style
        legacy_windows=False,
    )


def table(title: str | None = None, *, footer: bool = False) -> Table:
    """An empty table in the project's one style."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1, 0, 0),
        show_footer=footer,
        header_style="bold",
        footer_style="bold",
    )


def as_text(parts: Iterable[RenderableType], *, width: int = PIPED_WIDTH) -> str:
    """What `parts` look like on a plain console."""
    stream = StringIO()
    console = console_for(stream, width=width)
    for part in parts:
        console.print(part)
    return stream.getvalue()
