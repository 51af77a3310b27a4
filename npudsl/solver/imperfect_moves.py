"""Changes of a nest with clipped factors: other factors for its loops, and other loops.

Two loops of a dim share what the dim's other loops leave of its bound N: m = ceil(N / their product). The least pairs
(v, ceil(m / v)) that reach m are the *corners*; there are about 2 sqrt(m), and no other pair is of use, since a larger
factor covers nothing more. A change of one dim moves two of its loops to a corner, or lowers one as far as the bound
allows; a change of two dims makes two small ones together, for where one must give room to the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from math import prod

import numpy as np

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch

Factors = tuple[int, ...]


def corners(total: int) -> tuple[tuple[int, int], ...]:
    """All (v, w) with v * w >= total of which neither can be less."""
    found, v = [], 1
    while True:
        w = -(-total // v)
        found.append((v, w))
        if w == 1:
            return tuple(found)
        v = -(-total // (w - 1))


def trimmed(nest: Mapping, bounds: dict[str, int]) -> Mapping:
    """The same nest without settings that no point reaches: no factor is larger than its bound needs.

    All points and tiles stay where they are. Instances without a point do nothing, but in the latency of `latency.py`
    they would have a share in what the others move, so that a nest with more of them would seem faster.
    """
    extents, factors = dict.fromkeys(bounds, 1), []
    for loop in reversed(nest.loops):
        factors.append(min(loop.factor, -(-bounds[loop.dim] // extents[loop.dim])))
        extents[loop.dim] *= factors[-1]
    return refitted(nest, tuple(reversed(factors)))


def neighbours(nest: Mapping, bounds: dict[str, int]) -> np.ndarray:
    """Vectors of factors near those of the nest, all at least 2, shape (loops, rows); the nest itself is the first."""
    start = tuple(loop.factor for loop in nest.loops)
    members = {d: [i for i, loop in enumerate(nest.loops) if loop.dim == d] for d in bounds}
    far = {d: _changes(start, m, bounds[d], near=False) for d, m in members.items()}
    close = {d: _changes(start, m, bounds[d], near=True) for d, m in members.items()}
    rows = [start, *(changed for changes in far.values() for changed in changes)]
    for one, two in combinations(bounds, 2):
        for first in close[one]:
            mixed = list(first)
            for second in close[two]:
                for i in members[two]:
                    mixed[i] = second[i]
                rows.append(tuple(mixed))
    table = np.array(list(dict.fromkeys(rows)), dtype=float).T
    return table[:, (table >= 2).all(axis=0)]


def _changes(start: Factors, members: list[int], bound: int, *, near: bool) -> list[Factors]:
    """Changes of one dim; `near`: to the corners next to the present factors."""
    found: dict[Factors, None] = {}
    for i in members:
        least = -(-bound // prod(start[k] for k in members if k != i))
        if least != start[i]:
            found[_with(start, {i: least})] = None
    for i, j in combinations(members, 2):
        pairs = corners(-(-bound // prod(start[k] for k in members if k not in (i, j))))
        if near:
            at = next((n for n, (v, _) in enumerate(pairs) if v >= start[i]), len(pairs) - 1)
            pairs = pairs[max(0, at - 1) : at + 2]
        for v, w in pairs:
            if (v, w) != (start[i], start[j]):
                found[_with(start, {i: v, j: w})] = None
    return list(found)


def _with(start: Factors, changed: dict[int, int]) -> Factors:
    return tuple(changed.get(i, f) for i, f in enumerate(start))


def refitted(nest: Mapping, factors: Factors) -> Mapping:
    """The nest with other factors, without loops of factor 1."""
    values = iter(factors)
    items = (i if isinstance(i, Node) else Loop(i.dim, next(values), i.array, i.axis) for i in nest.items)
    return Mapping(tuple(items)).simplified()


# ---- other loops ---------------------------------------------------------------------------------


def variants(arch: Arch, nest: Mapping, bounds: dict[str, int], *, even: bool) -> Iterator[tuple[Mapping, np.ndarray]]:
    """Nests with one loop less, one more, or two neighbouring loops exchanged, each with the factors to be tried."""
    for k, loop in enumerate(nest.loops):
        found = _start(_without(nest, k), loop.dim, bounds[loop.dim], None)
        if found is not None:
            yield found
    for position, loop in _places(arch, nest, bounds, even=even):
        widened = Mapping((*nest.items[:position], loop, *nest.items[position:]))
        index = sum(isinstance(i, Loop) for i in nest.items[:position])
        found = _start(widened, loop.dim, bounds[loop.dim], index)
        if found is not None:
            yield found
    for position in range(len(nest.items) - 1):
        one, two = nest.items[position : position + 2]
        if isinstance(one, Loop) and isinstance(two, Loop) and not (one.spatial or two.spatial):
            swapped = Mapping((*nest.items[:position], two, one, *nest.items[position + 2 :]))
            yield swapped, np.array([[float(loop.factor)] for loop in swapped.loops])


def _without(nest: Mapping, index: int) -> Mapping:
    """The nest without a loop."""
    at = [position for position, item in enumerate(nest.items) if isinstance(item, Loop)][index]
    return Mapping((*nest.items[:at], *nest.items[at + 1 :]))


def _start(nest: Mapping, dim: str, bound: int, added: int | None) -> tuple[Mapping, np.ndarray] | None:
    """A nest whose loops over a dim have to be fitted again: with the loop `added` (an index) at every corner with each
    other loop, or, after one was taken away, with each of the others raised to what is left."""
    start = tuple(loop.factor for loop in nest.loops)
    others = [i for i, loop in enumerate(nest.loops) if loop.dim == dim and i != added]
    rows: dict[Factors, None] = {}
    for i in others:
        total = -(-bound // prod(start[k] for k in others if k != i))
        if added is None:
            rows[_with(start, {i: total})] = None
        else:
            rows.update(dict.fromkeys(_with(start, {added: v, i: w}) for v, w in corners(total)))
    table = np.array(list(rows), dtype=float).reshape(len(rows), len(start)).T
    table = table[:, (table >= 2).all(axis=0)]
    return (nest, table) if table.size else None


def _places(arch: Arch, nest: Mapping, bounds: dict[str, int], *, even: bool) -> Iterator[tuple[int, Loop]]:
    """(position in the nest, loop of factor 1 to be put there) for every loop that it does not have."""
    dims = [d for d, bound in bounds.items() if bound > 1]
    for first, last in _slots(arch, nest, even=even):
        there = {loop.dim for loop in nest.items[first:last] if isinstance(loop, Loop)}
        for dim in dims:
            if dim not in there:
                yield from ((position, Loop(dim, 1)) for position in dict.fromkeys((first, last)))
    for array in arch.arrays:
        for axis, size in array.axes:
            along = [n for n, item in enumerate(nest.items) if _is_along(item, array.name, axis)]
            there = {item.dim for n in along if isinstance(item := nest.items[n], Loop)}
            position = along[-1] + 1 if along else _begin(arch, nest, array.name)
            yield from ((position, Loop(d, 1, array.name, axis)) for d in dims if size > 1 and d not in there)


def _is_along(item: Node | Loop, array: str, axis: str) -> bool:
    return isinstance(item, Loop) and (item.array, item.axis) == (array, axis)


def _slots(arch: Arch, nest: Mapping, *, even: bool) -> Iterator[tuple[int, int]]:
    """Positions where temporal loops may begin and end: below nodes, in the even mapspace below the last of a level."""
    level = {m.name: one.name for one in arch.levels for m in one.memories}
    tensors: set[str] = {item.tensor for item in nest.items if isinstance(item, Node)}
    for position, item in enumerate(nest.items):
        if not isinstance(item, Node):
            continue
        tensors.discard(item.tensor)
        if tensors:
            continue  # no loop stands above an outermost node
        following = nest.items[position + 1] if position + 1 < len(nest.items) else None
        if even and isinstance(following, Node) and level[following.memory] == level[item.memory]:
            continue
        end = position + 1
        while end < len(nest.items) and _temporal(nest.items[end]):
            end += 1
        yield position + 1, end


def _temporal(item: Node | Loop) -> bool:
    return isinstance(item, Loop) and not item.spatial


def _begin(arch: Arch, nest: Mapping, array: str) -> int:
    """Where the loops along an axis without any may stand: inside all that is outside the array, and before its other
    loops."""
    depth = arch.depth[array]
    inside = [
        n
        for n, item in enumerate(nest.items)
        if (isinstance(item, Node) and arch.depth[item.memory] > depth)
        or (isinstance(item, Loop) and item.array is not None and arch.depth[item.array] >= depth)
    ]
    return min(inside, default=len(nest.items))
