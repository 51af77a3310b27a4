"""Running a mapping: counts, and the output against the operator's definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

from ..mapping.nest import Mapping
from ..mapping.tally import Tally
from ..spec.arch import Arch
from ..spec.op import Layer
from . import structure
from .count import count
from .data import check_values
from .limits import check_axes
from .nest import Nest
from .timed_traffic import traffic
from .values import output_equal
from .walk import Walker


@dataclass(frozen=True)
class Execution:
    """What an execution gave. `output_equal`: the memories ended up with the operator's output (None: not computed).

    `seconds`: wall-clock time, of which `counting` for the counters alone.
    """

    tally: Tally
    output_equal: bool | None
    seconds: float
    counting: float


def run(
    arch: Arch,
    layer: Layer,
    mapping: Mapping,
    *,
    values: bool = True,
    seed: int = 0,
    tick: Callable[[], None] | None = None,
) -> Execution:
    """Execute a mapping of a layer on a machine. `seed` chooses the operands' data, `tick` is called now and then.

    Raises SpecError: E650 the nodes stand in no order, E651 an unknown function, E652 too large, E653 too long.
    """
    structure.check(arch, layer, mapping)
    started = perf_counter()
    nest = Nest.of(arch, layer, mapping)
    check_axes(layer, len(nest.counters))
    if values:
        check_values(layer)
    tally = replace(count(nest, Walker(layer, tick)), traffic=traffic(nest, mapping, tick))
    counted = perf_counter()
    equal = output_equal(nest, seed, tick) if values else None
    return Execution(tally, equal, perf_counter() - started, counted - started)
