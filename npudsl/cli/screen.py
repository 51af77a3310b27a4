"""Tables on standard output, or JSON where it was asked for."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from .output import write_json

if TYPE_CHECKING:
    from rich.console import RenderableType


def width() -> int:
    """Columns of standard output."""
    from ..report.console import console_for

    return console_for(sys.stdout).width


def draw(parts: Iterable[RenderableType]) -> None:
    """Draw tables on standard output."""
    from ..report.console import console_for

    console = console_for(sys.stdout)
    for part in parts:
        console.print(part)


def present(
    arguments: argparse.Namespace, record: Callable[[], object], parts: Callable[[], Iterable[RenderableType]]
) -> None:
    """Show a result: as tables, unless JSON alone goes to standard output; and as JSON into the file of `--json`.

    The tables come first, so that nothing is lost if the file cannot be written.
    """
    if arguments.json != "-":
        draw(parts())
    if arguments.json is not None:
        write_json(record(), arguments.json)
