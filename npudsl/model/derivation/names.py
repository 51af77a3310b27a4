"""Names for people: of the loops' factors, of the places of loops, of indices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...mapping.canonical import stretches
from ...mapping.nest import Mapping, Node
from ...spec.arch import Arch
from ...spec.op import Layer, Rank, Tensor


def places(arch: Arch, layer: Layer, nest: Mapping) -> tuple[str, ...]:
    """Where each loop of a simplified nest stands: `dram`, `spad`, `glb.output` (nodes apart), `pe.x`."""
    found: list[str] = []
    for stretch in stretches(arch, layer, nest):
        temporal = _place(arch, nest, stretch.nodes)
        found += [f"{loop.array}.{loop.axis}" if loop.spatial else temporal for loop in stretch.loops]
    return tuple(found)


def _place(arch: Arch, nest: Mapping, nodes: tuple[Node, ...]) -> str:
    """The level if all of it stands here, else the innermost memory, with its tensor if it holds others elsewhere."""
    if not nodes:
        return "top"
    last = nodes[-1]
    level = next(one for one in arch.levels if last.memory in [m.name for m in one.memories])
    memories = [m.name for m in level.memories]
    if all(node in nodes for node, _ in nest.placed if node.memory in memories):
        return level.name
    others = [node for node, _ in nest.placed if node.memory == last.memory and node not in nodes]
    return f"{last.memory}.{last.tensor}" if others else last.memory


def loop_names(arch: Arch, layer: Layer, nest: Mapping) -> tuple[str, ...]:
    """A short unique name for the factor of each loop: `m_dram`, `p_x` (an axis that only one array has)."""
    axes = [axis for array in arch.arrays for axis, _ in array.axes]
    own = {axis for axis in axes if axes.count(axis) == 1}
    found: list[str] = []
    for loop, place in zip(nest.loops, places(arch, layer, nest), strict=True):
        short = loop.axis if loop.axis in own else place.replace(".", "_")
        name = f"{loop.dim}_{short}"
        while name in found:  # a memory may be called like an axis
            name += "_"
        found.append(name)
    return tuple(found)


def index_text(tensor: Tensor, group: Sequence[str]) -> str:
    """`4p + r`, or `(i + j, i)` where several ranks share dims."""
    match [_rank(rank) for rank in tensor.ranks if not set(group).isdisjoint(rank.dims)]:
        case [alone]:
            return alone
        case ranks:
            return f"({', '.join(ranks)})"


def _rank(rank: Rank) -> str:
    return " + ".join(t.dim if t.coefficient == 1 else f"{t.coefficient}{_star(t.dim)}{t.dim}" for t in rank.terms)


def _star(dim: str) -> str:
    return "" if len(dim) == 1 else "*"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last


def number(value: int, one: str, many: str | None = None) -> str:
    """`1 word`, `1,024 words`."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"
