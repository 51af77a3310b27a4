"""The one form of a nest among those that mean the same, and the groups of nodes that the language names as slots."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..spec.arch import Arch
from ..spec.op import Layer
from .nest import Loop, Mapping, Node


@dataclass(frozen=True)
class Stretch:
    """Nodes that stand together (none: nothing above the first loop), then loops up to the next node."""

    nodes: tuple[Node, ...]
    loops: tuple[Loop, ...]


def canonical(arch: Arch, layer: Layer, mapping: Mapping) -> Mapping:
    """Without loops of factor 1, nodes with no loop between them in the order of memories, then of the op's tensors.

    Loops keep their order: it decides which of them sweeps and how far each moves.
    """
    items: list[Node | Loop] = []
    for stretch in stretches(arch, layer, mapping):
        items += [*stretch.nodes, *stretch.loops]
    return Mapping(tuple(items), mapping.name)


def stretches(arch: Arch, layer: Layer, mapping: Mapping) -> Iterator[Stretch]:
    """The nest, cut above every node that follows a loop; nodes sorted, loops of factor 1 dropped."""
    memories = {m.name: i for i, m in enumerate(arch.memories)}
    tensors = {t.name: i for i, t in enumerate(layer.op.tensors)}
    nodes: list[Node] = []
    loops: list[Loop] = []
    for item in (*mapping.simplified().items, None):
        if item is None or (isinstance(item, Node) and loops):
            ordered = sorted(nodes, key=lambda n: (memories[n.memory], tensors[n.tensor]))
            yield Stretch(tuple(ordered), tuple(loops))
            nodes, loops = [], []
        if isinstance(item, Node):
            nodes.append(item)
        elif item is not None:
            loops.append(item)
