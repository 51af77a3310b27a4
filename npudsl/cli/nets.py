"""`npudsl nets`: the networks of the library (or of files) side by side, computed from their files."""

from __future__ import annotations

import argparse

from .options import add_json, add_settings, settings_of
from .output import check_writable
from .screen import present


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl nets`."""
    parser.add_argument("nets", nargs="*", metavar="NET", help="networks of the library, or files (default: all)")
    add_settings(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """0. Raises `SpecError` if a network is wrong, or does not have a parameter that is set."""
    check_writable(arguments.json)

    from ..api.names import choose_settings, find_network, library
    from ..report import nets
    from ..spec.census import census
    from ..syntax import tree

    settings = settings_of(arguments)
    found = []
    for net in arguments.nets or library():
        program, name = find_network(net)
        (known,) = choose_settings(settings, [program.find(tree.NetworkDecl, name)])
        found.append(census(program.network(name, known)))
    present(arguments, lambda: nets.record(found), lambda: nets.screen(found))
    return 0
