"""The entry point: finds the command, parses its arguments, runs it behind one guard.

Only the module of the command that was asked for is imported, so that `check` and `fmt` start at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Protocol, cast

from .. import __version__
from ..text.garbage import collect_rarely
from ..text.suggest import nearest
from .guard import guarded
from .options import Parser
from .output import Failed

#: Command -> what the list of `npudsl --help` says about it. Its module has the same name (`import_` for a keyword).
COMMANDS = {
    "check": "report every mistake in .npu files",
    "fmt": "bring .npu files into the one style",
    "solve": "find and prove the best mapping of every layer of a network",
    "audit": "re-check a certificate that solve wrote, without the search",
    "eval": "cost one complete mapping by closed forms",
    "run": "execute one complete mapping and count",
    "show": "print a machine's hierarchy, or a network's layers",
    "nets": "list the networks of the library with their depth, weights and operations",
    "cache": "tell where proven answers are kept, or forget them",
    "import": "bring in a network from an ONNX model",
    "explain": "tell what a diagnostic means, or where the counts of a mapping come from",
}


class Command(Protocol):
    """What a command's module provides."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it. Returns the exit status: 0 fine, 1 something is wrong. May raise what `guarded` handles."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run `npudsl` with `argv` (default: the process's) and return the exit status: 0, 1 or 2."""
    given = list(sys.argv[1:] if argv is None else argv)
    _calm_blas()
    collect_rarely()
    return guarded(lambda: _execute(given), json_target=_json_target(given))


def _calm_blas() -> None:
    """One thread for linear algebra, unless the user says otherwise. Only works before numpy is imported.

    The arrays here are small, and threads that wait for each other made `solve` up to nine times slower on a busy
    machine.
    """
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def _execute(argv: list[str]) -> int:
    wanted = next((a for a in argv if not a.startswith("-")), None)
    if wanted is not None and wanted not in COMMANDS:
        near = nearest(wanted, COMMANDS)
        raise Failed(f"no command `{wanted}`; " + (f"did you mean `{near}`?" if near else "see `npudsl --help`"), 2)
    parser, command = _parser(wanted)
    arguments = parser.parse_args(argv)
    if command is None:
        parser.print_help()
        return 2
    return command.run(arguments)


def _parser(wanted: str | None) -> tuple[argparse.ArgumentParser, Command | None]:
    """The parser, with the arguments of the one command that is wanted."""
    parser = Parser(
        prog="npudsl",
        description="Describe a neural processing unit as text; get proven best mappings of networks onto it.",
        epilog="`npudsl COMMAND --help` tells more about a command.",
    )
    parser.add_argument("--version", action="version", version=f"npudsl {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", dest="command", parser_class=Parser)
    chosen = None
    for name, summary in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == wanted:
            chosen = cast(Command, import_module(f".{name}_" if iskeyword(name) else f".{name}", __package__))
            chosen.configure(sub)
    return parser, chosen


def _json_target(argv: list[str]) -> str | None:
    """The value of `--json`, known before parsing so that every failure can be told as JSON."""
    for position, argument in enumerate(argv):
        if argument.startswith("--json="):
            return argument.removeprefix("--json=")
        if argument == "--json" and position + 1 < len(argv):
            return argv[position + 1]
    return None
