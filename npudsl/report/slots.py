"""A mapping in short: its loops slot by slot, under the names that the language gives them."""

from __future__ import annotations

from dataclasses import dataclass

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer


@dataclass(frozen=True)
class Slot:
    """Loops that stand together. `name`: the level (or `memory.tensor`) just above them, or `array.axis`."""

    name: str
    loops: tuple[Loop, ...]


def slots(arch: Arch, mapping: Mapping) -> tuple[Slot, ...]:
    """The slots that hold a loop, outermost first; loops of factor 1 are left out."""
    found: list[Slot] = []
    above: list[Node] = []
    name = ""
    fresh = True
    for item in mapping.simplified().items:
        if isinstance(item, Node):
            above = [item] if fresh else [*above, item]
            fresh = False
            name = _place(arch, mapping, above)
            continue
        fresh = True
        place = f"{item.array}.{item.axis}" if item.spatial else name
        if found and found[-1].name == place:
            found[-1] = Slot(place, (*found[-1].loops, item))
        else:
            found.append(Slot(place, (item,)))
    return tuple(found)


def in_short(arch: Arch, layer: Layer, mapping: Mapping) -> str:
    """`dram m6 p5 · glb c3 q55 · pe.x p11 · pe.y r11 · spad m16 s11`, then what skips an optional place."""
    parts = [
        " ".join([slot.name, *(f"{loop.dim}{loop.factor}" for loop in slot.loops)]) for slot in slots(arch, mapping)
    ]
    parts += [f"{tensor} past {memory}" for tensor, memory in bypassed(arch, layer, mapping)]
    return " · ".join(parts)


def bypassed(arch: Arch, layer: Layer, mapping: Mapping) -> tuple[tuple[str, str], ...]:
    """(tensor, memory) for every optional place that the mapping does not use."""
    used = {(node.tensor, node.memory) for node, _ in mapping.placed}
    return tuple(
        (tensor.name, memory.name)
        for memory in arch.memories
        for tensor in layer.op.tensors
        if (hold := memory.hold(tensor.role)) and hold.optional and (tensor.name, memory.name) not in used
    )


def _place(arch: Arch, mapping: Mapping, nodes: list[Node]) -> str:
    """The level's name if all its nodes stand together here, else the names of the last level's nodes in this group."""
    levels = {memory.name: level.name for level in arch.levels for memory in level.memories}
    level = levels[nodes[-1].memory]
    here = [node for node in nodes if levels[node.memory] == level]
    everywhere = [node for node, _ in mapping.placed if levels[node.memory] == level]
    if len(here) == len(everywhere):
        return level
    return "+".join(f"{node.memory}.{node.tensor}" for node in here)
