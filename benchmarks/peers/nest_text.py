"""Nests as mapping blocks of the language, without anything else of the project: peers have a Python of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True)
class Item:
    """A tile (`loop` is None) held in `place`, as in `glb.input`, or a loop: temporal, or along the axis `place`."""

    place: str
    loop: tuple[str, int] | None = None

    @property
    def memory(self) -> str:
        """Of a tile."""
        return self.place.partition(".")[0]

    @property
    def tensor(self) -> str:
        """Of a tile."""
        return self.place.partition(".")[2]


def node(memory: str, tensor: str) -> Item:
    return Item(f"{memory}.{tensor}")


def loop(dim: str, factor: float, axis: str = "") -> Item:
    """Raises `ValueError` for a factor that is not a whole number: such a nest runs on no machine."""
    if factor != int(factor):
        raise ValueError(f"{dim} by {factor}: not a whole number")
    return Item(axis, (dim, int(factor)))


def ordered(nest: Iterable[Item], outside: Collection[str], moved_by: Mapping[str, Collection[str]]) -> list[Item]:
    """The same nest with tiles outside the array above its unrolled loops and tiles inside directly below.

    `outside`: memories outside the array; `moved_by`: tensor -> dims of its indices. Where a peer has a tile of the
    array outside one of the buffer, which no nest of ours has, it first moves in past loops that do not move it, which
    costs nothing. Where one does, tiles of the buffer move out to it: they only grow (if there is room) and move less.
    """
    items = [item for item in nest if item.loop is None or not item.place]
    unrolled = [item for item in nest if item.loop is not None and item.place]
    for place in reversed(range(len(items))):
        if items[place].loop is None and items[place].memory not in outside:
            _move_in(items, place, outside, moved_by[items[place].tensor])
    first = next(n for n, item in enumerate(items) if item.loop is None and item.memory not in outside)
    late = [item for item in items[first:] if item.loop is None and item.memory in outside]
    inner = [item for item in items[first:] if item not in late]
    return [*items[:first], *late, *unrolled, *inner]


def neighbours(nest: Collection[Item], dims: Collection[str]) -> list[Item]:
    """The same nest where unrolled positions of `dims` are neighbours: their loops inside the array move out of it.

    A loop moves its dim by what stands below it, so that PEs work on positions as far apart as the loops inside them
    reach. Peers that unroll neighbours instead share more of a window among them.
    """
    unrolled = {item.loop[0] for item in nest if item.loop is not None and item.place} & set(dims)
    items = list(nest)
    array = next(n for n, item in enumerate(items) if item.loop is not None and item.place)
    inside = [item for item in items[array:] if item.loop is not None and not item.place and item.loop[0] in unrolled]
    return [*items[:array], *inside, *(item for item in items[array:] if item not in inside)]


def _move_in(items: list[Item], place: int, outside: Collection[str], dims: Collection[str]) -> None:
    """Exchanges a tile with what stands below it as long as a tile of the buffer is still to come."""
    while any(item.loop is None and item.memory in outside for item in items[place + 1 :]):
        below = items[place + 1]
        if below.loop is not None and below.loop[0] in dims:
            return
        items[place], items[place + 1] = below, items[place]
        place += 1


def block(name: str, target: str, machine: str, items: Iterable[Item]) -> str:
    """A complete mapping block: every tile a slot of its own, outermost first. Loops of factor 1 are left out."""
    lines: list[list[str]] = []  # [place, loop, loop, ...]
    kept = [item for item in items if item.loop is None or item.loop[1] > 1]
    for (is_node, place), run in groupby(kept, key=lambda item: (item.loop is None, item.place)):
        if is_node:
            lines += [[item.place] for item in run]
        else:
            loops = merged(item.loop for item in run if item.loop is not None)
            if place:
                lines.append([place, *loops])
            else:
                lines[-1] += loops
    body = [f"    {place} [{', '.join(loops)}]" for place, *loops in lines]
    return "\n".join([f"mapping {name} for {target} on {machine} {{", *body, "}", ""])


def merged(loops: Iterable[tuple[str, int]]) -> list[str]:
    """Loops of one slot, where a dim may stand once only: its outer loops move in to its innermost one.

    That costs no more by our rules. Whatever the dim moves is moved by the innermost one, too, and keeps a window for
    longer; whatever it does not move is moved by fewer repetitions.
    """
    found: dict[str, int] = {}
    for dim, factor in loops:
        found[dim] = found.pop(dim, 1) * factor  # now the last
    return [f"{dim} = {factor}" for dim, factor in found.items()]
