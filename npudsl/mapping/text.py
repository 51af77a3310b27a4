"""Mappings as text of the language, both ways: what `solve --emit` writes and what `eval` and `run` read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from ..spec.arch import Arch
from ..spec.op import Layer
from .canonical import stretches
from .nest import Loop, Mapping, Node
from .resolve import resolve_mapping, resolve_nest

__all__ = ["called", "resolve_mapping", "resolve_nest", "slots", "to_text"]


def called(name: str, arguments: Sequence[tuple[str, str]]) -> str:
    """What stands for a machine or a network with its arguments: `eyeriss(glb_size = 216 KiB)`."""
    return f"{name}({', '.join(f'{key} = {value}' for key, value in arguments)})" if arguments else name


def to_text(arch: Arch, layer: Layer, mapping: Mapping, *, name: str, target: str, machine: str | None = None) -> str:
    """A complete mapping block, `mapping NAME for TARGET on MACHINE { ... }`, with a newline at its end.

    `target`: `net(batch = 4).layer`; `machine`: what the machine is called in the file (default: its own name); its
    arguments are added. `resolve_mapping` of the text gives `canonical(mapping)`. Whether an optional tensor is kept or
    not is always written.
    """
    lines = [f"mapping {name} for {target} on {called(machine or arch.name, arch.arguments)} {{"]
    lines += [f"    {line}" for line in (*_choices(arch, layer, mapping), *_aligned(slots(arch, layer, mapping)))]
    return "\n".join([*lines, "}", ""])


def _choices(arch: Arch, layer: Layer, mapping: Mapping) -> Iterator[str]:
    used = {(node.memory, node.tensor) for node, _ in mapping.placed}
    for memory in arch.memories:
        for tensor in layer.op.tensors:
            hold = memory.hold(tensor.role)
            if hold is not None and hold.optional:
                action = "keep" if (memory.name, tensor.name) in used else "bypass"
                yield f"{action} {memory.name}.{tensor.name}"


def slots(arch: Arch, layer: Layer, mapping: Mapping) -> Iterator[tuple[str, Sequence[Loop]]]:
    """Place and loops of every slot, outermost first. Of a stretch of nodes the last slot has the loops."""
    unplaced = {node for node, _ in mapping.placed}
    for stretch in stretches(arch, layer, mapping):
        places = list(_places(arch, stretch.nodes, unplaced))
        unplaced -= set(stretch.nodes)
        temporal = [loop for loop in stretch.loops if not loop.spatial]
        for place in places[:-1]:
            yield place, ()
        if places:
            yield places[-1], temporal
        spatial = (loop for loop in stretch.loops if loop.spatial)
        for (array, axis), loops in groupby(spatial, key=lambda loop: (loop.array, loop.axis)):
            yield f"{array}.{axis}", list(loops)


def _places(arch: Arch, nodes: tuple[Node, ...], unplaced: set[Node]) -> Iterator[str]:
    """A level's name where all that is left of the level stands here, else one name per node."""
    level_of = {m.name: level.name for level in arch.levels for m in level.memories}
    for level, group in groupby(nodes, key=lambda node: level_of[node.memory]):
        here = list(group)
        if {node for node in unplaced if level_of[node.memory] == level} == set(here):
            yield level
        else:
            yield from (f"{node.memory}.{node.tensor}" for node in here)


def _aligned(slots: Iterator[tuple[str, Sequence[Loop]]]) -> Iterator[str]:
    written = list(slots)
    width = max((len(place) for place, _ in written), default=0)
    for place, loops in written:
        yield f"{place:<{width}} [{', '.join(f'{loop.dim} = {loop.factor}' for loop in loops)}]"
