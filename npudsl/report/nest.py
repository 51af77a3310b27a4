"""A mapping as the loop nest it is, one column per tensor showing which memory holds it at each loop."""

from __future__ import annotations

from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from ..mapping.footprint import UncountableError, words
from ..mapping.nest import Loop, Mapping, Node
from ..spec.op import Layer
from .console import table
from .figures import whole


@dataclass(frozen=True)
class Holding:
    """Where a tensor is held at one line. `new`: its node stands directly above this line.

    `words` of its tile in one instance; None: too irregular to count.
    """

    memory: str
    new: bool
    words: int | None


@dataclass(frozen=True)
class Line:
    """A loop (None: the operation) and each tensor's holding there, in the order of the op."""

    loop: Loop | None
    depth: int
    holdings: tuple[Holding | None, ...]


def lines(layer: Layer, mapping: Mapping) -> tuple[Line, ...]:
    """The loops of factor above 1, outermost first, and the operation below them."""
    nest = mapping.simplified()
    held: dict[str, Holding] = {}
    found: list[Line] = []
    position = 0
    for item in (*nest.items, None):
        if isinstance(item, Node):
            held[item.tensor] = Holding(item.memory, True, _tile(layer, nest, item.tensor, position))
            continue
        found.append(Line(item, len(found), tuple(held.get(t.name) for t in layer.op.tensors)))
        held = {tensor: Holding(h.memory, False, h.words) for tensor, h in held.items()}
        position += 1
    return tuple(found)


def _tile(layer: Layer, nest: Mapping, tensor: str, position: int) -> int | None:
    extents = {dim: min(bound, nest.extent(dim, position)) for dim, bound in layer.bounds}
    try:
        return words(layer.op.tensor(tensor), extents)
    except UncountableError:
        return None


def nest_table(layer: Layer, mapping: Mapping, *, operation: str = "op") -> Table:
    """The nest as a table. A memory's name with `[words]` marks where its tile begins."""
    shown = table(f"loop nest of {layer.name}")
    shown.add_column("loop", no_wrap=True)
    shown.add_column("on", no_wrap=True)
    for tensor in layer.op.tensors:
        shown.add_column(tensor.name, no_wrap=True, overflow="ellipsis")
    for line in lines(layer, mapping):
        shown.add_row(_loop(line, operation), _axis(line.loop), *(_holding(h) for h in line.holdings))
    return shown


def _loop(line: Line, operation: str) -> Text:
    indent = " " * min(line.depth, 24)
    if line.loop is None:
        return Text(indent + operation)
    return Text(f"{indent}for {line.loop.dim} in {line.loop.factor}")


def _axis(loop: Loop | None) -> Text:
    if loop is None or not loop.spatial:
        return Text("")
    return Text(f"{loop.array}.{loop.axis}", style="cyan")


def _holding(holding: Holding | None) -> Text:
    if holding is None:
        return Text("-")
    if not holding.new:
        return Text(holding.memory, style="dim")
    size = "?" if holding.words is None else whole(holding.words)
    return Text(f"{holding.memory} [{size}]", style="bold")
