"""A fair mapping without any search, for when there is no time for one: arrays and memories are filled from inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..mapping.legality import check_mapping
from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer
from .hierarchy import Hierarchy, hierarchies
from .primes import primes

#: A slot (the number of its tier) or an axis of an array.
Spot = int | tuple[str, str]


def filled(arch: Arch, layer: Layer) -> tuple[Mapping, ...]:
    """For every tensor a mapping in which it stands still for long: in every slot the loops that do not move it are
    innermost.

    Loops move inwards from the outermost slot, a prime factor at a time and the dims in turn, as long as the nest is
    legal: first along the axes, then into the slots from the innermost outwards. Optional nodes are left out.
    """
    *_, (hierarchy,) = hierarchies(arch, layer, "even")
    factors: dict[Spot, dict[str, int]] = {0: dict(layer.bounds)}
    for spot in _spots(hierarchy):
        moved = True
        while moved:
            moved = False
            for dim, _ in layer.bounds:
                moved |= _moved(arch, layer, hierarchy, factors, dim, spot)
    orders = dict.fromkeys(
        tuple(sorted(layer.op.dims, key=lambda d: d not in tensor.dims)) for tensor in layer.op.tensors
    )
    return tuple(_nest(hierarchy, factors, order) for order in orders)


def _spots(hierarchy: Hierarchy) -> Iterator[Spot]:
    for tier in hierarchy.tiers:
        for array in tier.arrays:
            yield from ((array.name, axis) for axis, _ in array.axes)
    yield from range(len(hierarchy.tiers) - 1, 0, -1)


def _moved(
    arch: Arch, layer: Layer, hierarchy: Hierarchy, factors: dict[Spot, dict[str, int]], dim: str, spot: Spot
) -> bool:
    """Moves the largest prime factor of a dim that may move; whether there is one."""
    here, there = factors[0], factors.setdefault(spot, {})
    for prime in reversed(primes(here[dim])):
        here[dim] //= prime
        there[dim] = there.get(dim, 1) * prime
        if not check_mapping(arch, layer, _nest(hierarchy, factors, layer.op.dims)):
            return True
        here[dim] *= prime
        there[dim] //= prime
    return False


def _nest(hierarchy: Hierarchy, factors: dict[Spot, dict[str, int]], order: Sequence[str]) -> Mapping:
    items: list[Node | Loop] = []

    def add(spot: Spot, array: str | None = None, axis: str | None = None) -> None:
        here = factors.get(spot, {})
        items.extend(Loop(d, here[d], array, axis) for d in order if here.get(d, 1) > 1)

    for number, tier in enumerate(hierarchy.tiers):
        items += tier.nodes
        add(number)
        for array in tier.arrays:
            for axis, _ in array.axes:
                add((array.name, axis), array.name, axis)
    return Mapping(tuple(items))
