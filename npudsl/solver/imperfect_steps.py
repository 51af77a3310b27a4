"""The fewest steps with imperfect spatial factors: exact, by dynamic programming over what is left of every axis.

A dim of bound N that is unrolled S times takes at least ceil(N / S) temporal settings, since one of them reaches S of
its values at the most, and takes no more if the temporal loops stand inside the spatial ones. Steps are the product
over the dims (semantics.md, Clipped factors), so the fewest are the least product of ceil(N / S) over all ways to
divide the axes among the dims. Factors along an axis multiply to at most its size: what is left of a size after some
of them is its quotient rounded down, of which there are few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from ..spec.arch import Arch
from ..spec.op import Layer

#: Transitions of the table that are worth waiting for; beyond, all axes are taken for one, which bounds from below.
MOST_TRANSITIONS = 1_000_000


@dataclass(frozen=True, order=True)
class Spread:
    """A way to divide the axes: at least `steps` steps, for each dim a factor along every axis."""

    steps: int
    padded: int  # points, if every dim is rounded up to a multiple of its factors: waste, to tell equals apart
    factors: tuple[tuple[int, ...], ...] = ()


def least_steps(arch: Arch, layer: Layer) -> int:
    """No mapping of a layer takes fewer steps, whatever its factors."""
    bounds = tuple(bound for _, bound in layer.bounds if bound > 1)
    sizes = axis_sizes(arch)
    if transitions(bounds, sizes) > MOST_TRANSITIONS:
        sizes = (prod(sizes),)
    if transitions(bounds, sizes) > MOST_TRANSITIONS:
        return -(-layer.points // prod(sizes))
    return best_spreads(bounds, sizes, 1)[0].steps


def axis_sizes(arch: Arch) -> tuple[int, ...]:
    """Of all axes of all arrays."""
    return tuple(size for array in arch.arrays for _, size in array.axes)


def best_spreads(bounds: Sequence[int], sizes: tuple[int, ...], count: int) -> tuple[Spread, ...]:
    """The spreads of fewest steps, up to `count`, best first; the first one is exactly the best."""
    reached: dict[tuple[int, ...], list[Spread]] = {sizes: [Spread(1, 1)]}
    for bound in bounds:
        found: dict[tuple[int, ...], list[Spread]] = {}
        for left, spreads in reached.items():
            for rest, factors in _shares(left, bound):
                settings = -(-bound // prod(factors))
                for one in spreads:
                    more = Spread(one.steps * settings, one.padded * settings * prod(factors), (*one.factors, factors))
                    found.setdefault(rest, []).append(more)
        reached = {left: sorted(spreads)[:count] for left, spreads in found.items()}
    merged = sorted({spread for spreads in reached.values() for spread in spreads})
    return tuple(merged[:count])


def transitions(bounds: Sequence[int], sizes: tuple[int, ...]) -> int:
    """At most so many steps of `best_spreads` for one spread."""
    return len(bounds) * prod(sum(len(quotients(q)) for q in quotients(size)) for size in sizes)


def _shares(left: tuple[int, ...], bound: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """(what is left of every axis, the factors that a dim has there): of factors that leave the same the largest."""
    for rest in product(*(quotients(size) for size in left)):
        yield rest, tuple(min(size // r, bound) for size, r in zip(left, rest, strict=True))


@lru_cache(maxsize=4096)
def quotients(size: int) -> tuple[int, ...]:
    """All values of size // f, descending."""
    found, factor = [], 1
    while factor <= size:
        quotient = size // factor
        found.append(quotient)
        factor = size // quotient + 1
    return tuple(found)
