"""`npudsl show`: the hierarchy of a machine, or a network's layers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..text.diagnostics import Diagnostic, SpecError
from .options import add_json, add_search, add_settings, settings_of
from .output import check_writable
from .screen import present

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..spec.arch import Arch
    from ..spec.network import Network
    from ..spec.program import Program


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl show`."""
    parser.add_argument("target", metavar="SPEC|NET", help="a file, or the name of a network of the library")
    parser.add_argument("--only", metavar="NAME", help="only this declaration of the file")
    add_settings(parser)
    add_search(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """0. Raises `SpecError` if there is nothing to show or it is wrong."""
    check_writable(arguments.json)
    found = list(_elaborated(arguments))

    from ..report import shown, spec_records
    from ..spec.arch import Arch
    from ..spec.summary import network_summary

    def parts() -> Iterator[RenderableType]:
        for one in found:
            yield from shown.architecture(one) if isinstance(one, Arch) else shown.network(one)

    def record() -> object:
        each = [spec_records.architecture(x) if isinstance(x, Arch) else network_summary(x) for x in found]
        return each[0] if len(each) == 1 else {"schema": spec_records.SCHEMA, "shown": each}

    present(arguments, record, parts)
    return 0


def _elaborated(arguments: argparse.Namespace) -> Iterator[Arch | Network]:
    """The architectures and networks of the file, in its order, with the settings that each knows."""
    from ..api.names import choose_settings, find_program

    program = find_program(arguments.target, search=arguments.search)
    wanted = _declared(program, arguments.only)
    choices = choose_settings(settings_of(arguments), [program.find(kind, name) for kind, name in wanted])
    for (kind, name), settings in zip(wanted, choices, strict=True):
        yield program.arch(name, settings) if kind.__name__ == "ArchDecl" else program.network(name, settings)


def _declared(program: Program, only: str | None) -> list[tuple[type, str]]:
    from ..syntax import tree

    found = [
        (type(decl), decl.name.text)
        for decl in program.module.file.declarations
        if isinstance(decl, tree.ArchDecl | tree.NetworkDecl) and only in (None, decl.name.text)
    ]
    if not found:
        what = "an architecture or network" if only is None else f"an architecture or network `{only}`"
        raise SpecError(Diagnostic("E709", f"`{program.name}` has no such declaration: {what}"))
    return found
