"""A nest with room to move: loops of factor 1 where factors might go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isclose

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch, Array
from ..spec.op import Layer

Items = list[Node | Loop]


def widened(arch: Arch, layer: Layer, mapping: Mapping, cost: Callable[[Mapping], float]) -> Mapping:
    """With loops over the dims that slots and axes lack, as far as that does not change the `cost`.

    A loop counts whatever its factor is, so that one in the wrong place would end that another one trails for a tensor.
    """
    simple = mapping.simplified()
    known = cost(simple)
    live = [d for d, bound in layer.bounds if bound > 1]
    whole = _with(arch, simple, live)
    if isclose(cost(whole), known, rel_tol=1e-12):
        return whole
    for dim in live:
        wider = _with(arch, simple, [dim])
        if isclose(cost(wider), known, rel_tol=1e-12):
            simple = wider
    return simple


def _with(arch: Arch, mapping: Mapping, dims: Sequence[str]) -> Mapping:
    items = _slots(mapping.items, dims)
    for array in arch.arrays:
        items = _unrolled(arch, items, array, dims)
    return Mapping(tuple(items))


def _slots(items: Sequence[Node | Loop], dims: Sequence[str]) -> Items:
    """Below every group of nodes the missing dims, outside the loops that are there."""
    found: Items = []
    for index, item in enumerate(items):
        found.append(item)
        below = items[index + 1 :]
        if isinstance(item, Node) and not (below and isinstance(below[0], Node)):
            slot = []
            for loop in below:
                if isinstance(loop, Node) or loop.spatial:
                    break
                slot.append(loop.dim)
            found += [Loop(d, 1) for d in dims if d not in slot]
    return found


def _unrolled(arch: Arch, items: Items, array: Array, dims: Sequence[str]) -> Items:
    """Every axis of an array with the missing dims next to the loops that are there."""
    own = [x for x in items if isinstance(x, Loop) and x.array == array.name]
    rest = [x for x in items if x not in own]
    at = next((i for i, x in enumerate(rest) if _inside(arch, array, x)), len(rest))
    axes = dict.fromkeys([x.axis or "" for x in own] + [axis for axis, _ in array.axes])
    along: Items = []
    for axis in axes:
        there = [x for x in own if x.axis == axis]
        along += [*there, *(Loop(d, 1, array.name, axis) for d in dims if all(x.dim != d for x in there))]
    return [*rest[:at], *along, *rest[at:]]


def _inside(arch: Arch, array: Array, item: Node | Loop) -> bool:
    """Whether an item must stand below the loops of an array."""
    place = item.memory if isinstance(item, Node) else item.array
    return place is not None and arch.depth[place] > arch.depth[array.name]
