"""What the checks of a nest look at: its items with the places where they are written, and how to point at them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ..spec.arch import Arch, Array
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, Label
from ..text.source import Span
from .nest import Loop, Mapping, Node


@dataclass(frozen=True)
class Spans:
    """Where a mapping is written: one span per item of the nest, the mapping's name, and where the layer stands."""

    items: tuple[Span | None, ...]
    name: Span | None = None
    layer: Span | None = None


@dataclass(frozen=True)
class Item:
    """A node or loop of factor above 1 with its place in the text, if it has one."""

    what: Node | Loop
    span: Span | None

    def label(self, text: str) -> tuple[Label, ...]:
        """A label at the item, or nothing."""
        return (Label(self.span, text),) if self.span else ()


@dataclass(frozen=True)
class View:
    """A nest under check. Loops of factor 1 do not count and are left out of `items`."""

    arch: Arch
    layer: Layer
    mapping: Mapping
    spans: Spans | None = None

    @cached_property
    def items(self) -> tuple[Item, ...]:
        spans = self.spans.items if self.spans else (None,) * len(self.mapping.items)
        found = zip(self.mapping.items, spans, strict=True)
        return tuple(Item(i, s) for i, s in found if isinstance(i, Node) or i.factor != 1)

    @cached_property
    def nodes(self) -> tuple[tuple[int, Node, Item], ...]:
        """Position among `items`, node, item; outermost first."""
        return tuple((i, item.what, item) for i, item in enumerate(self.items) if isinstance(item.what, Node))

    @cached_property
    def loops(self) -> tuple[tuple[int, Loop, Item], ...]:
        """Position among `items`, loop, item; outermost first."""
        return tuple((i, item.what, item) for i, item in enumerate(self.items) if isinstance(item.what, Loop))

    @cached_property
    def memory_order(self) -> dict[str, int]:
        """Position of every memory in the order data meets them."""
        return {m.name: i for i, m in enumerate(self.arch.memories)}

    @cached_property
    def arrays(self) -> dict[str, Array]:
        return {a.name: a for a in self.arch.arrays}

    def extents_below(self, position: int) -> dict[str, int]:
        """Product of the factors of each dim in the loops of `items` from `position` inwards."""
        found: dict[str, int] = {}
        for i, loop, _ in self.loops:
            if i >= position:
                found[loop.dim] = found.get(loop.dim, 1) * loop.factor
        return found

    def role(self, tensor: str) -> str:
        return self.layer.op.tensor(tensor).role

    def diagnostic(
        self,
        code: str,
        message: str,
        at: Item | None = None,
        text: str = "",
        *,
        secondary: tuple[Label, ...] = (),
        notes: tuple[str, ...] = (),
        help: str | None = None,
    ) -> Diagnostic:
        """A diagnostic at an item, else at the mapping's name, else without a place."""
        span = at.span if at else self.spans.name if self.spans else None
        return Diagnostic(code, message, Label(span, text) if span else None, secondary, notes, help)

    def layer_label(self, text: str) -> tuple[Label, ...]:
        """A label at the layer, or nothing."""
        return (Label(self.spans.layer, text),) if self.spans and self.spans.layer else ()


def placed(node: Node) -> str:
    """How the language names a node."""
    return f"{node.memory}.{node.tensor}"


def of_axis(view: View) -> Iterator[tuple[str, str, list[tuple[Loop, Item]]]]:
    """Array, axis and the loops unrolled there, for every axis that has any."""
    found: dict[tuple[str, str], list[tuple[Loop, Item]]] = {}
    for _, loop, item in view.loops:
        if loop.array is not None and loop.axis is not None:
            found.setdefault((loop.array, loop.axis), []).append((loop, item))
    for (array, axis), loops in found.items():
        yield array, axis, loops
