"""Larger bounds whose perfect factors are worth trying for a layer: their nests, clipped, are imperfect ones.

Each rounds the bounds up to multiples of what fills the arrays (`best_spreads`: few steps), and what is left of a bound
to a number with many divisors, which leaves a choice of tiles.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import log, prod

from ..spec.arch import Arch, Array, Level
from ..spec.op import Layer
from .imperfect_steps import MOST_TRANSITIONS, axis_sizes, best_spreads, transitions
from .lattice import divisors

#: Spreads that are turned into bounds; how much larger what is left of a bound may become, if it is not small.
SPREADS, SLACK, SMALL = 4, 1.1, 16
#: Spreads that are looked through for some that differ.
TABLED = 24
#: Vectors of tile extents that a layer with larger bounds may have where bandwidths count, and at all: more take longer
#: than they are worth.
MOST_TIMED, MOST_VECTORS = 15_000, 110_000


def padded(arch: Arch, layer: Layer) -> tuple[tuple[Arch, Layer], ...]:
    """Layers with larger bounds, each once; the first has a mapping in the fewest steps, as far as memories allow.

    Each with the machine that it is to be solved for: that without bandwidths, where counting them would take long.
    """
    found = dict.fromkeys(_bounds(arch, layer))
    found.pop(layer.bounds, None)
    chosen = []
    for bounds in found:
        vectors = prod(len(divisors(bound)) for _, bound in bounds)
        if vectors <= MOST_VECTORS:
            larger = replace(layer, bounds=bounds, extents=(), feeds=())
            chosen.append((arch if vectors <= MOST_TIMED else unlimited(arch), larger))
    return tuple(chosen)


def unlimited(arch: Arch) -> Arch:
    """The machine without bandwidths."""
    return replace(arch, nodes=tuple(_unlimited(node) for node in arch.nodes))


def _unlimited(node: Level | Array) -> Level | Array:
    if isinstance(node, Array):
        return replace(node, links=tuple(replace(link, bandwidth=None) for link in node.links))
    return replace(node, memories=tuple(replace(memory, bandwidth=None) for memory in node.memories))


def _bounds(arch: Arch, layer: Layer) -> Iterator[tuple[tuple[str, int], ...]]:
    dims = [d for d, bound in layer.bounds if bound > 1]
    filled: list[dict[str, int]] = []
    sizes = axis_sizes(arch)
    if transitions([layer.bound[d] for d in dims], sizes) * TABLED <= 10 * MOST_TRANSITIONS:
        spreads = best_spreads([layer.bound[d] for d in dims], sizes, TABLED)
        filled = [dict(zip(dims, map(prod, spread.factors), strict=True)) for spread in spreads]
    filled = [dict(one) for one in dict.fromkeys(tuple(f.items()) for f in filled)][:SPREADS]
    if filled:
        yield _rounded(layer, filled[0], slack=1.0)
    for one in filled:
        yield _rounded(layer, one, slack=SLACK)
    yield _rounded(layer, {}, slack=SLACK)


def _rounded(layer: Layer, filled: dict[str, int], slack: float) -> tuple[tuple[str, int], ...]:
    """Every bound as a multiple of what it is unrolled by, the rest of it made smooth."""
    return tuple((d, filled.get(d, 1) * _smooth(-(-bound // filled.get(d, 1)), slack)) for d, bound in layer.bounds)


def _smooth(number: int, slack: float) -> int:
    """Of the numbers from `number` to `slack` times it the one with the best ratio of choice to waste."""
    candidates = range(number, int(number * slack) + 1 if number > SMALL else number + 1)
    if len(candidates) > 400:
        step = -(-len(candidates) // 400)
        candidates = range(number, candidates[-1] + 1, step)
    return max(candidates, key=lambda n: (log(len(divisors(n))) - 6.0 * log(n / number), -n))
