"""Every mapping of a small space with perfect factors, one by one: nothing but semantics.md says what there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations
from math import prod

import numpy as np

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer
from .skeletons import Axis, Filling, Place, Skeleton, nest, places_of, skeletons
from .splits import splits, ways
from .values import Shape


def count_of(arch: Arch, layer: Layer, space: str, limit: int) -> int:
    """At least how many mappings there are, capacities aside, counted up to `limit`: splits of all bounds over the
    places of every skeleton, each in one order."""
    total = 0
    for skeleton in skeletons(arch, layer, space):
        places = len(places_of(skeleton))
        total += prod(ways(bound, places) for _, bound in layer.bounds)
        if total > limit:
            break
    return total


def mappings(arch: Arch, layer: Layer, space: str) -> Iterator[Mapping]:
    """All of them, capacities aside. Orders of loops below the innermost nodes change nothing: one of them each."""
    for skeleton in skeletons(arch, layer, space):
        places = places_of(skeleton)
        table = [
            [tuple(zip([d] * len(places), f, strict=True)) for f in splits(bound, len(places))]
            for d, bound in layer.bounds
        ]
        for filling in _fillings(skeleton, places, table):
            yield nest(skeleton, filling)


def _fillings(
    skeleton: Skeleton, places: tuple[Place, ...], table: list[list[tuple[tuple[str, int], ...]]]
) -> Iterator[Filling]:
    last = max((k for k, item in enumerate(skeleton) if isinstance(item, tuple)), default=0)
    below = sum(not isinstance(item, tuple) for item in skeleton[:last])

    def choose(dims: int, chosen: list[tuple[tuple[str, int], ...]]) -> Iterator[Filling]:
        if dims < len(table):
            for split in table[dims]:
                if all(_room(place, [*chosen, split], k) for k, place in enumerate(places)):
                    yield from choose(dims + 1, [*chosen, split])
            return
        yield from _ordered(places, [[s[k] for s in chosen if s[k][1] > 1] for k in range(len(places))], below)

    yield from choose(0, [])


def _room(place: Place, chosen: list[tuple[tuple[str, int], ...]], k: int) -> bool:
    return not isinstance(place, Axis) or prod(split[k][1] for split in chosen) <= place.size


def _ordered(places: tuple[Place, ...], loops: list[list[tuple[str, int]]], below: int) -> Iterator[Filling]:
    """Every order of the temporal loops of each place that has a node below it."""
    if not places:
        yield ()
        return
    every = below > 0 and not isinstance(places[0], Axis)
    for order in permutations(loops[0]) if every else [tuple(loops[0])]:
        for rest in _ordered(places[1:], loops[1:], below - 1):
            yield (order, *rest)


@dataclass(frozen=True)
class Told:
    """What is reported of a mapping (`of`) is nowhere below its value; it is asked for where that is below `bound`."""

    bound: float
    of: Callable[[Mapping], float]


def least(
    arch: Arch,
    layer: Layer,
    space: str,
    value: Callable[[np.ndarray, np.ndarray], np.ndarray],
    limit: int,
    tick: Callable[[], None],
    told: Told | None = None,
) -> tuple[float, int] | None:
    """The least value of all legal mappings (or what is told of it) and their number; None if there are more than
    `limit` to look at."""
    if count_of(arch, layer, space, limit) > limit:
        return None
    shapes: dict[tuple[Node | Loop, ...], set[tuple[int, ...]]] = {}
    for count, mapping in enumerate(mappings(arch, layer, space)):
        if count >= limit:
            return None
        items = tuple(i if isinstance(i, Node) else Loop(i.dim, 0, i.array, i.axis) for i in mapping.items)
        shapes.setdefault(items, set()).add(tuple(loop.factor for loop in mapping.loops))
    best, legal = np.inf, 0
    for items, factors in shapes.items():
        tick()
        loops = sum(isinstance(i, Loop) for i in items)
        rows = np.array(sorted(factors), dtype=np.int64).reshape(len(factors), loops)
        energy, cycles, fits = Shape(arch, layer, items).costs(rows)
        legal += int(fits.sum())
        values = np.where(fits, value(energy, cycles), np.inf)
        if told is not None:
            for row in np.flatnonzero(values < told.bound):
                tick()
                values[row] = told.of(_filled(items, rows[row]))
        best = min(best, float(values.min()))
    return best, legal


def _filled(items: tuple[Node | Loop, ...], factors: np.ndarray) -> Mapping:
    """The nest with these nodes and loops."""
    rest = iter(factors.tolist())
    return Mapping(tuple(i if isinstance(i, Node) else replace(i, factor=next(rest)) for i in items))
