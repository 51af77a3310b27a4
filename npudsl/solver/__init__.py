"""Proven best mappings: the exact search over the even, perfect-factor mapspace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic, perf_counter

from ..spec.arch import Arch
from ..spec.op import Layer
from .clock import Clock
from .events import Event, LayerImproved, LayerSolved, LayerStarted
from .layer import solve_layer
from .solution import Certificate, LayerSolution, Options, Solution

__all__ = [
    "Certificate",
    "Event",
    "LayerImproved",
    "LayerSolution",
    "LayerSolved",
    "LayerStarted",
    "Options",
    "Solution",
    "solve",
]


def solve(
    arch: Arch,
    net: str,
    layers: Sequence[Layer],
    options: Options | None = None,
    *,
    progress: Callable[[Event], None] | None = None,
) -> Solution:
    """The best mapping of every layer; equal layers are solved once. `progress` is told what happens.

    With a time limit the answers say their gap. An interruption ends the run; what was solved has been told by then.
    """
    options = options or Options()
    tell = progress or (lambda event: None)
    started = perf_counter()
    clock = Clock(None if options.time_limit is None else monotonic() + options.time_limit)
    known: dict[object, LayerSolution] = {}
    found: list[LayerSolution] = []
    for index, layer in enumerate(layers):
        tell(LayerStarted(layer.name, index, len(layers)))
        earlier = known.get(layer.problem)
        if earlier is None:
            report = _reporter(tell, layer, index, len(layers))
            solution = known[layer.problem] = solve_layer(arch, layer, options, clock, report)
        else:
            solution = replace(earlier, layer=layer, seconds=0.0, same_as=earlier.layer.name)
        found.append(solution)
        tell(LayerSolved(layer.name, index, len(layers), solution))
    return Solution(arch, net, options, tuple(found), perf_counter() - started)


def _reporter(
    tell: Callable[[Event], None], layer: Layer, index: int, count: int
) -> Callable[[float | None, float | None], None]:
    def report(value: float | None, bound: float | None) -> None:
        tell(LayerImproved(layer.name, index, count, value, bound))

    return report
