"""What complete mappings and dataflows read alike: dims, factors, and what is kept or bypassed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..spec.arch import Arch
from ..spec.collect import Collector
from ..spec.evaluate import evaluate, evaluate_int
from ..spec.op import Layer
from ..spec.scope import Scope
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .nest import Node
from .places import Held, find_place
from .placing import placed

#: Largest factor of a loop; bounds are smaller (`spec/network.py`).
MAX_FACTOR = 10**18

#: Nodes and loops of one mapping.
MAX_ITEMS = 2_000


def wrong(code: str, message: str, span: Span, text: str, *secondary: Label, help: str | None = None) -> SpecError:
    """One mistake at one place."""
    return SpecError(Diagnostic(code, message, Label(span, text), secondary, help=help))


def read_dim(layer: Layer, name: tree.Name) -> str:
    """A dim of the layer. Raises E509."""
    if name.text in layer.bound:
        return name.text
    message, dims = f"`{layer.name}` has no dim `{name.text}`", ", ".join(layer.op.dims)
    text = f"not a dim of `{layer.op.name}`"
    raise wrong("E509", message, name.span, text, help=f"dims of {layer.op.name}: {dims}")


def read_factor(dim: str, value: tree.Expr, layer: Layer, scope: Scope) -> int:
    """A factor from 1 to `MAX_FACTOR`; `full` is the bound of the dim. Raises E512 and what `evaluate_int` raises."""
    if is_full(value):
        return layer.bound[dim]
    factor = evaluate_int(value, scope, what="a factor")
    if not 1 <= factor <= MAX_FACTOR:
        limit = "at least 1" if factor < 1 else "at most 10^18"
        raise wrong("E512", f"a factor is {limit}", value.span, f"this is {factor}" if factor < 1 else "too large")
    return factor


def is_full(value: tree.Expr) -> bool:
    """Whether an expression is the word `full`."""
    return isinstance(value, tree.Reference) and value.span.text == "full"


def plain_name(item: tree.Item) -> tree.Name | None:
    """The name, if an item is nothing else."""
    if isinstance(item, tree.Reference) and item.items is None and item.arguments is None and len(item.path.parts) == 1:
        return item.path.parts[0]
    return None


@dataclass
class Choices:
    """What a block keeps and bypasses, as it is read. Raises E516 where it contradicts the machine or itself."""

    arch: Arch
    layer: Layer
    made: dict[Node, tree.Choice] = field(default_factory=dict)

    def choose(self, choice: tree.Choice) -> None:
        """Note a `keep` or `bypass`."""
        place = find_place(self.arch, self.layer, choice.place)
        if not isinstance(place, Held) or place.whole:
            raise wrong("E516", f"`{choice.action}` names a memory and a tensor", choice.place.span, "not a tensor")
        for node in place.nodes:
            earlier = self.made.get(node)
            if earlier is not None and earlier.action != choice.action:
                said = Label(earlier.span, "the opposite is said here")
                raise wrong("E516", f"`{placed(node)}` is kept and bypassed", choice.span, "contradicts", said)
            if choice.action == "bypass" and not self.optional(node):
                span = self.arch.memory(node.memory).span
                held = (Label(span, "holds it without `?`"),) if span else ()
                message = f"`{node.tensor}` cannot bypass `{node.memory}`"
                raise wrong("E516", message, choice.place.span, "not optional", *held)
            self.made[node] = choice

    def settle(self, body: Sequence[tree.MapItem], scope: Scope, collector: Collector) -> None:
        """Define the names of a block in `scope` and note every choice, before any slot is read."""
        for item in body:
            with collector.guard():
                if isinstance(item, tree.Let):
                    scope.define(item.name, evaluate(item.value, scope))
                elif isinstance(item, tree.Choice):
                    self.choose(item)

    def optional(self, node: Node) -> bool:
        hold = self.arch.memory(node.memory).hold(self.layer.op.tensor(node.tensor).role)
        return hold is not None and hold.optional

    def check_placed(self, node: Node, span: Span) -> None:
        """E516 if a node that is placed at `span` is bypassed."""
        if node in self.bypassed:
            said = Label(self.made[node].span, "bypassed here")
            raise wrong("E516", f"`{placed(node)}` is bypassed and placed", span, "placed here", said)

    @property
    def kept(self) -> frozenset[Node]:
        return frozenset(node for node, choice in self.made.items() if choice.action == "keep")

    @property
    def bypassed(self) -> frozenset[Node]:
        return frozenset(node for node, choice in self.made.items() if choice.action == "bypass")
