"""`npudsl eval`: one complete mapping, counted by closed forms."""

from __future__ import annotations

import argparse

from .mapping_file import add_mapping, mapping_of
from .output import check_writable, report_diagnostics
from .screen import present


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl eval`."""
    add_mapping(parser)
    parser.add_argument("--using", metavar="DATAFLOW", help="also hold the mapping against a dataflow")


def run(arguments: argparse.Namespace) -> int:
    """0; 1 if the mapping breaks a requirement or a rule of the dataflow. Raises `SpecError` if it is wrong."""
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
    broken = found.broken(evaluation)
    report_diagnostics(broken)
    return 1 if broken else 0
