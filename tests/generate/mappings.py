"""Random legal mappings: the order of nodes and loops first, then the factors."""

from __future__ import annotations

from dataclasses import dataclass

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch, Array, Level
from npudsl.spec.op import Layer, Tensor

from .choices import Choices, chance, pick, shuffled
from .space import Space


@dataclass(frozen=True)
class Slot:
    """A place for loops, at most one per dim: temporal, or along an axis with at most `room` instances."""

    array: str | None = None
    axis: str | None = None
    room: int = 0


Skeleton = list[Node | Slot]


def mapping(choices: Choices, space: Space, arch: Arch, layer: Layer) -> Mapping:
    order = skeleton(choices, space, arch, layer)
    slots = [item for item in order if isinstance(item, Slot)]
    loops = factors(choices, space, layer, slots)
    items: list[Node | Loop] = []
    number = 0
    for item in order:
        if isinstance(item, Node):
            items.append(item)
        else:
            items += shuffled(choices, loops[number])
            number += 1
    return Mapping(tuple(items))


# ---- nodes and slots ----------------------------------------------------------------------------


def skeleton(choices: Choices, space: Space, arch: Arch, layer: Layer) -> Skeleton:
    """Nodes of every tensor in legal order with every slot that may hold loops.

    Regions of levels between arrays are filled one after the other; within a region an uneven mapping
    interleaves the tensors' nodes freely, an even one keeps the nodes of a level together.
    """
    first, *rest = arch.nodes
    assert isinstance(first, Level)
    items: Skeleton = list(shuffled(choices, _nodes(choices, first, layer.op.tensors)))
    items.append(Slot())
    uneven = space.uneven and chance(choices, 60)
    region: list[Level] = []
    for node in [*rest, None]:
        if isinstance(node, Level):
            region.append(node)
            continue
        for group in _groups(choices, uneven, [_nodes(choices, one, layer.op.tensors) for one in region]):
            items += [*group, Slot()]  # below an array no loops before the first group
        region = []
        if isinstance(node, Array):
            axes = node.axes if chance(choices, 70) else tuple(shuffled(choices, node.axes))
            items += [Slot(node.name, axis, size) for axis, size in axes]
    return items


def _nodes(choices: Choices, level: Level, tensors: tuple[Tensor, ...]) -> list[Node]:
    """The nodes that a level gets: every tensor it must hold, and some that it may."""
    found = []
    for tensor in tensors:
        for memory in level.memories:
            hold = memory.hold(tensor.role)
            if hold and not (hold.optional and chance(choices, 50)):
                found.append(Node(tensor.name, memory.name))
    return found


def _groups(choices: Choices, uneven: bool, levels: list[list[Node]]) -> list[list[Node]]:
    """Groups of nodes that stand together, between which loops may stand."""
    if not uneven:
        return [shuffled(choices, nodes) for nodes in levels if nodes]
    chains: dict[str, list[Node]] = {}
    for node in (n for nodes in levels for n in nodes):
        chains.setdefault(node.tensor, []).append(node)
    groups = []
    while chains:
        tensor = pick(choices, list(chains))
        groups.append([chains[tensor].pop(0)])
        if not chains[tensor]:
            del chains[tensor]
    return groups


# ---- factors ------------------------------------------------------------------------------------


def factors(choices: Choices, space: Space, layer: Layer, slots: list[Slot]) -> list[list[Loop]]:
    """Per slot its loops. The factors of a dim multiply to its bound, or to at least it if imperfect."""
    loops: list[list[Loop]] = [[] for _ in slots]
    room = [slot.room for slot in slots]
    imperfect = space.imperfect and chance(choices, 50)
    for dim in layer.op.dims:
        bound = layer.bound[dim]
        split = _imperfect if imperfect and chance(choices, 60) else _perfect
        for i, factor in split(choices, space, bound, slots, room).items():
            if factor > 1 or chance(choices, 10):
                loops[i].append(Loop(dim, factor, slots[i].array, slots[i].axis))
            if slots[i].array is not None:
                room[i] //= factor
    return loops


def _perfect(choices: Choices, space: Space, bound: int, slots: list[Slot], room: list[int]) -> dict[int, int]:
    """Every prime factor of the bound goes to some slot with room."""
    found: dict[int, int] = {}
    for prime in primes(bound):
        unrolled = [i for i, s in enumerate(slots) if room[i] >= prime * found.get(i, 1)]
        if not unrolled or not chance(choices, 55):
            unrolled = [i for i, s in enumerate(slots) if s.array is None]
        i = pick(choices, unrolled)
        found[i] = found.get(i, 1) * prime
    return found


def _imperfect(choices: Choices, space: Space, bound: int, slots: list[Slot], room: list[int]) -> dict[int, int]:
    """From some slots, innermost first, any factor; a temporal slot takes what is left."""
    found: dict[int, int] = {}
    left = bound
    last = pick(choices, [i for i, s in enumerate(slots) if s.array is None])
    for i in reversed(range(len(slots))):
        if i == last or not chance(choices, 60 if room[i] > 1 else 40):
            continue
        limit = left if slots[i].array is None else min(left, room[i])
        if limit > 1:
            found[i] = choices.integer(1, limit)
            left = -(-left // found[i])
    found[last] = left + (choices.integer(0, 2) if space.excess and chance(choices, 8) else 0)
    return found


def primes(number: int) -> list[int]:
    found, divisor = [], 2
    while number > 1:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found
