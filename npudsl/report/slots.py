"""A mapping in one line: its loops slot by slot, under the names that the language gives them."""

from __future__ import annotations

from ..mapping.nest import Mapping
from ..mapping.text import slots
from ..spec.arch import Arch
from ..spec.op import Layer


def in_short(arch: Arch, layer: Layer, mapping: Mapping) -> str:
    """`dram m6 p5 · glb c3 q55 · pe.x p11 · pe.y r11 · spad m16 s11`, then what skips an optional place."""
    parts = [
        " ".join([place, *(f"{loop.dim}{loop.factor}" for loop in loops)])
        for place, loops in slots(arch, layer, mapping.simplified())
        if loops
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
