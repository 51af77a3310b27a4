"""`npudsl eval`: one complete mapping, counted by closed forms."""

from __future__ import annotations

import argparse

from .mapping_file import add_mapping, mapping_of
from .output import check_writable
from .screen import present


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl eval`."""
    add_mapping(parser)


def run(arguments: argparse.Namespace) -> int:
    """0. Raises `SpecError` if the mapping is wrong."""
    check_writable(arguments.json)
    found = mapping_of(arguments)
    evaluation = found.evaluate()

    from ..report import mapped, records

    present(
        arguments,
        lambda: records.evaluated(found.mapping.name, found.layer, evaluation),
        lambda: mapped.screen(
            found.arch, found.layer, found.mapping, evaluation.tally, evaluation.cost, how="closed forms"
        ),
    )
    return 0
