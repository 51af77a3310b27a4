"""What `eval` and `run` share: a file and the name of a mapping in it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .options import add_json, add_search, add_settings, settings_of

if TYPE_CHECKING:
    from ..api.mapped import Mapped


def add_mapping(parser: argparse.ArgumentParser) -> None:
    """FILE, `--mapping`, settings, `--json`."""
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--mapping", required=True, metavar="NAME", help="a complete mapping of the file")
    add_settings(parser)
    add_search(parser)
    add_json(parser)


def mapping_of(arguments: argparse.Namespace) -> Mapped:
    """The mapping that the arguments name, with the dataflow that it is held against. Raises `SpecError`."""
    from ..api.mapped import find_mapping
    from ..spec.loader import load

    program = load(arguments.file, search=arguments.search)
    return find_mapping(program, arguments.mapping, settings_of(arguments), using=getattr(arguments, "using", None))
