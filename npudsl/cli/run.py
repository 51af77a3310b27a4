"""`npudsl run`: one complete mapping, executed: the same counters, and the output checked."""

from __future__ import annotations

import argparse

from .mapping_file import add_mapping, mapping_of
from .output import check_writable, say
from .screen import present


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl run`."""
    add_mapping(parser)


def run(arguments: argparse.Namespace) -> int:
    """0; 1 if the executed mapping does not compute the layer's output. Raises `SpecError` if the mapping is wrong."""
    check_writable(arguments.json)
    found = mapping_of(arguments)

    from ..interpreter import run as execute
    from ..mapping.pricing import price
    from ..report import mapped, records

    execution = execute(found.arch, found.layer, found.mapping)
    cost = price(found.arch, found.layer, found.mapping, execution.tally)
    present(
        arguments,
        lambda: records.executed(found.mapping.name, found.layer, execution.tally, cost, execution.output_equal),
        lambda: mapped.screen(found.arch, found.layer, found.mapping, execution.tally, cost, how="execution"),
    )
    if execution.output_equal is False:
        say(f"error: `{found.mapping.name}` does not compute the output of `{found.layer.name}`")
        return 1
    say(f"the output of `{found.layer.name}` equals a direct evaluation of `{found.layer.op.name}`")
    return 0
