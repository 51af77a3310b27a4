"""`npudsl fmt`: the one style, written in place."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..text.diagnostics import Diagnostic, SpecError
from ..text.files import read_source
from .output import say, write_file


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl fmt`."""
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--check", action="store_true", help="change nothing; exit status 1 if a file would change")


def run(arguments: argparse.Namespace) -> int:
    """0; with `--check` 1 if a file would change. A file that does not parse stays as it is: SpecError at the end."""
    broken: list[Diagnostic] = []
    changed = 0
    for path in arguments.files:
        try:
            changed += _format(path, write=not arguments.check)
        except SpecError as error:
            broken += error.diagnostics
    if broken:
        raise SpecError(broken)
    return 1 if changed and arguments.check else 0


def _format(path: str, *, write: bool) -> bool:
    """Whether the file is not in the style yet; then it is, if `write`."""
    from ..syntax import format_text

    source = read_source(path)
    text = format_text(source)
    if text == source.text:
        return False
    if write:
        write_file(Path(path), text)
    say(f"{'changed' if write else 'would change'} {path}")
    return True
