"""`npudsl run`: one complete mapping, executed: the same counters, and the output checked; in time with `--timed`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .mapping_file import add_mapping, mapping_of
from .output import check_writable, say
from .screen import present

if TYPE_CHECKING:
    from ..api.mapped import Mapped
    from ..interpreter.timed import Timed
    from ..mapping.evaluation import Cost
    from ..mapping.tally import Tally


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl run`."""
    add_mapping(parser)
    parser.add_argument(
        "--timed",
        action="store_true",
        help="execute step by step with bandwidths and buffers, too: cycles, stalls and leakage as they come",
    )


def run(arguments: argparse.Namespace) -> int:
    """0; 1 if the executed mapping does not compute the layer's output, or takes a time that the closed forms exclude.

    Raises `SpecError` if the mapping is wrong or too large.
    """
    check_writable(arguments.json)
    found = mapping_of(arguments)

    from ..interpreter import run as execute
    from ..mapping.pricing import price
    from ..report import mapped, records

    timed = _timed(found) if arguments.timed else None
    execution = execute(found.arch, found.layer, found.mapping)
    cost = price(found.arch, found.layer, found.mapping, execution.tally)
    in_time = None if timed is None else _in_time(found, execution.tally, timed)
    present(
        arguments,
        lambda: records.executed(
            found.mapping.name, found.layer, execution.tally, cost, execution.output_equal, in_time
        ),
        lambda: mapped.screen(
            found.arch, found.layer, found.mapping, execution.tally, in_time or cost, how="execution"
        ),
    )
    return _verdict(found, execution.output_equal, in_time)


def _timed(found: Mapped) -> Timed:
    """The execution in time, first: if it is refused, nothing else needs to be waited for."""
    from ..interpreter.timed import check_size, run_timed
    from ..report.counting import shown_count

    settings = check_size(found.arch, found.layer, found.mapping)
    with shown_count(f"executing {found.layer.name} in time", settings) as tick:
        return run_timed(found.arch, found.layer, found.mapping, tick=tick)


def _in_time(found: Mapped, tally: Tally, timed: Timed) -> Cost:
    from ..mapping.pricing import price

    return price(found.arch, found.layer, found.mapping, tally, executed=timed.timing)


def _verdict(found: Mapped, output_equal: bool | None, in_time: Cost | None) -> int:
    if output_equal is False:
        say(f"error: `{found.mapping.name}` does not compute the output of `{found.layer.name}`")
        return 1
    if in_time is not None and not in_time.at_least <= in_time.cycles <= in_time.at_most:
        say(f"error: the closed forms and the execution of `{found.layer.name}` in time disagree; please report it")
        return 1
    say(f"the output of `{found.layer.name}` equals a direct evaluation of `{found.layer.op.name}`")
    return 0
