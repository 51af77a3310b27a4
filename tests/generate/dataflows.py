"""Random mapping blocks with holes, made from a mapping by leaving out what it says."""

from __future__ import annotations

from collections.abc import Sequence

from npudsl.mapping.nest import Loop, Mapping
from npudsl.mapping.pinned import optional_nodes
from npudsl.mapping.text import slots
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from .choices import Choices, chance, pick, shuffled


def dataflow_text(choices: Choices, arch: Arch, layer: Layer, mapping: Mapping, *, faithful: bool = True) -> str:
    """A block with holes. `faithful`: the mapping obeys it; else some of what it says is changed."""
    written = list(slots(arch, layer, mapping))
    there = {node for node, _ in mapping.placed}
    # a level's name means its undecided nodes, too, which need not fit in where other nodes stand by themselves
    decided = chance(choices, 60) or any("." in place for place, _ in written)
    lines = [
        f"{'keep' if node in there else 'bypass'} {node.memory}.{node.tensor}"
        for node in sorted(optional_nodes(arch, layer), key=lambda n: (n.memory, n.tensor))
        if decided
    ]
    axes = {f"{array.name}.{axis}" for array in arch.arrays for axis, _ in array.axes}
    for place, loops in _with_all_axes(arch, written):
        lines += _slot(choices, layer, place, loops, place in axes, faithful)
    return "mapping holes {\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def _with_all_axes(arch: Arch, written: list[tuple[str, Sequence[Loop]]]) -> list[tuple[str, Sequence[Loop]]]:
    """The slots with an empty one for every axis without loops, above the first slot inside its array."""
    for array in arch.arrays:
        for axis, _ in array.axes:
            if f"{array.name}.{axis}" not in [place for place, _ in written]:
                depths = [arch.depth[place.split(".")[0]] for place, _ in written]
                inside = [i for i, depth in enumerate(depths) if depth > arch.depth[array.name]]
                written.insert(inside[0] if inside else len(written), (f"{array.name}.{axis}", ()))
    return written


def _slot(choices: Choices, layer: Layer, place: str, loops: Sequence[Loop], axis: bool, faithful: bool) -> list[str]:
    whole = axis or "." not in place
    if whole and chance(choices, 25):
        return []
    if not faithful and chance(choices, 25):
        loops = shuffled(choices, loops)
    items = [_item(choices, loop.dim, loop.factor, faithful) for loop in loops]
    if chance(choices, 50):
        outer = choices.integer(0, len(items))
        inner = choices.integer(outer, len(items))
        items = [*items[:outer], "..", *items[inner:]]
    absent = [dim for dim in layer.op.dims if dim not in [loop.dim for loop in loops]]
    if absent and chance(choices, 30):
        items.insert(choices.integer(0, len(items)), _item(choices, pick(choices, absent), 1, faithful))
    if chance(choices, 25):
        return [f"{place} any [{', '.join(shuffled(choices, items))}]"]
    return [f"{place} [{', '.join(items)}]"]


def _item(choices: Choices, dim: str, factor: int, faithful: bool) -> str:
    """What a loop is allowed to be, so that it may be what it is."""
    if not faithful and chance(choices, 15):
        factor = max(1, factor + pick(choices, (-1, 1, 2)))
    kind = choices.integer(0, 4)
    if kind == 0:
        return f"{dim} = {factor}"
    if kind == 1:
        return dim
    if kind == 2:
        return f"{dim} <= {choices.integer(factor, factor + 3)}"
    if kind == 3:
        return f"{dim} >= {choices.integer(1, factor)}"
    return f"{dim} >= {choices.integer(1, factor)}, {dim} <= {choices.integer(factor, factor + 3)}"
