"""Proven best mappings: the exact search, the processes that it is spread over, and the answers that are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from ..spec.arch import Arch
from ..spec.op import Layer
from .clock import Stop
from .events import Event, LayerImproved, LayerSolved, LayerStarted
from .jobs import NetworkSearch
from .limits import why_even, widest_space
from .solution import Certificate, LayerSolution, Options, Solution
from .spread import width_for
from .store import Store
from .workers import executor_for

__all__ = [
    "Certificate",
    "Event",
    "LayerImproved",
    "LayerSolution",
    "LayerSolved",
    "LayerStarted",
    "NetworkSearch",
    "Options",
    "Solution",
    "Stop",
    "Store",
    "executor_for",
    "solve",
    "why_even",
    "widest_space",
    "width_for",
]


def solve(
    arch: Arch,
    net: str,
    layers: Sequence[Layer],
    options: Options | None = None,
    *,
    progress: Callable[[Event], None] | None = None,
    store: Store | None = None,
    stop: Stop | None = None,
) -> Solution:
    """The best mapping of every layer; equal layers are solved once. `progress` is told what happens.

    With a time limit, and when `stop` is asked for, answers say their gap; then layers that were not reached are
    missing. `store`: where proven answers are kept (None: nowhere). Raises `WorkError` for a defect in a process.
    """
    options = options or Options()
    started = perf_counter()
    search = NetworkSearch(arch, layers, options, progress or (lambda event: None), store)
    with executor_for(width_for(arch, layers, options, store), stop) as executor:
        search.submit(executor)
        executor.run()
    return Solution(arch, net, options, search.finished, perf_counter() - started)
