"""How the work of a network is spread: which layers are one problem, how hard each is, and who gets how much time."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, prod
from time import monotonic

from ..spec.arch import Arch
from ..spec.op import Layer
from .groups import skeleton, slides
from .primes import powers
from .solution import Options
from .store import Store

#: Layers with their positions in the network.
Group = list[tuple[int, Layer]]

#: No more processes than this unless they are asked for: each takes some hundred megabytes.
MOST_PROCESSES = 8
#: A process takes about half a second to start, which comes back if the work apart from the hardest layer takes longer:
#: in units of `effort`, of which a second was some 30,000 when this was measured (AlexNet on both machines of studies).
WORTH_A_PROCESS = 2e4
#: What closed forms take in these units, where windows slide and elsewhere, and the share that a process that has done
#: a layer of the same kind is spared.
FORMS, PLAIN, SPARED = 4e4, 7e3, 0.75
#: An execution is about as hard as this many operations per unit, and at most so hard.
OPERATIONS, EXECUTION = 1e5, 2.5e3
#: Places that a dim is split over, for the estimate.
PLACES = 4


def effort(layer: Layer) -> float:
    """How hard a layer is about, for comparison only: its closed forms, and the ways to split its bounds over a few
    places.

    Times differ less than numbers of mappings: the search pairs up two halves, hence the square root.
    """
    ways = prod(comb(power + PLACES - 1, power) for _, bound in layer.bounds for power in powers(bound))
    return _forms(layer) + float(ways) ** 0.5


def _efforts(layers: Sequence[Layer]) -> list[float]:
    """Of layers that one process searches."""
    known: set[object] = set()
    found = []
    for layer in layers:
        found.append(effort(layer) - (spared(layer) if kin(layer) in known else 0.0))
        known.add(kin(layer))
    return found


def spared(layer: Layer) -> float:
    """What of the effort a process is spared that has done a layer of the same kind."""
    return SPARED * _forms(layer)


def _forms(layer: Layer) -> float:
    return FORMS if slides(layer) else PLAIN


def kin(layer: Layer) -> object:
    """Equal for layers whose closed forms are the same, which are derived once per process."""
    return skeleton(layer)


def processors() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def width_for(
    arch: Arch, layers: Sequence[Layer], options: Options, store: Store | None, *, executed: bool = False
) -> int:
    """How many processes are worth it, unless `options` says it. An answer that is kept needs no search; `executed`:
    answers are executed as well."""
    firsts = [group[0][1] for group in different(layers, options)]
    most = min(processors(), MOST_PROCESSES) if options.jobs is None else options.jobs
    most = max(min(most, len(firsts)), 1)
    if options.jobs is not None or most == 1:
        return most
    searches = [layer for layer in firsts if store is None or not store.has(arch, layer, options)]
    efforts = _efforts(searches)
    if executed:
        efforts += [min(layer.points / OPERATIONS, EXECUTION) for layer in firsts]
    return most if sum(sorted(efforts)[:-1]) > WORTH_A_PROCESS else 1


def different(layers: Sequence[Layer], options: Options) -> list[Group]:
    """Layers with the same question together, in order of their first."""
    rules = dict(options.dataflows)
    found: dict[object, Group] = {}
    for index, layer in enumerate(layers):
        found.setdefault((layer.problem, rules.get(layer.name)), []).append((index, layer))
    return list(found.values())


@dataclass
class Budget:
    """The time of all searches together, shared while it passes. `deadline` on the monotonic clock, None: no limit."""

    deadline: float | None
    left: int  # searches that were not begun

    def share(self, width: int) -> float | None:
        """The seconds of the search that begins now: an equal part of what `width` processes have left.

        What one does not need is there for the others; the easy ones come first, so the hard ones get most of it.
        """
        left, self.left = max(self.left, 1), self.left - 1
        if self.deadline is None:
            return None
        rest = max(self.deadline - monotonic(), 0.0)
        return rest * min(width, left) / left
