"""`npudsl check`: every mistake of some files, and nothing else."""

from __future__ import annotations

import argparse

from ..text.diagnostics import Diagnostic, SpecError
from .options import add_json
from .output import report_diagnostics, say


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl check`."""
    parser.add_argument("files", nargs="+", metavar="FILE")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """0 if no file has a mistake, else 1."""
    found: dict[Diagnostic, None] = {}  # two files may import the same broken one: its mistakes are told once
    for path in arguments.files:
        found.update(dict.fromkeys(_check(path)))
    report_diagnostics(found, json_target=arguments.json)
    files = f"{len(arguments.files)} file{'s' if len(arguments.files) > 1 else ''}"
    say(f"{files}: {_count(len(found))}")
    return 1 if found else 0


def _check(path: str) -> tuple[Diagnostic, ...]:
    from ..spec.loader import load_anyway
    from ..syntax import tree

    try:
        program = load_anyway(path)
    except SpecError as error:
        return error.diagnostics
    found = program.check()
    if found or not program.names(tree.MappingDecl):
        return found
    from ..api.check_mappings import check_mappings

    return check_mappings(program)


def _count(mistakes: int) -> str:
    return f"{mistakes or 'no'} mistake{'' if mistakes == 1 else 's'}"
