"""From a mapping block to the nest it means, for mappings without holes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..spec.arch import Arch
from ..spec.collect import Collector
from ..spec.evaluate import evaluate, evaluate_int
from ..spec.op import Layer
from ..spec.scope import Scope
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .legality import check_mapping
from .nest import Loop, Mapping, Node
from .places import Axis, Held, find_place
from .placing import Spans, placed

#: Largest factor of a loop; bounds are smaller (`spec/network.py`).
MAX_FACTOR = 10**18

#: Nodes and loops of one mapping.
MAX_ITEMS = 2_000


def resolve_mapping(
    decl: tree.MappingDecl, arch: Arch, layer: Layer, scope: Scope | None = None, layer_span: Span | None = None
) -> Mapping:
    """The nest of a complete mapping, checked to be legal. `scope`: where the block stands (for names in factors).

    Raises `SpecError` with everything that is wrong: E501 to E515 (`places.py`, `structure.py`, `capacity.py`), E512 a
    wrong factor, E513 a hole, E516 a choice that contradicts the machine or itself.
    """
    mapping, spans = resolve_nest(decl, arch, layer, scope, layer_span)
    wrong = check_mapping(arch, layer, mapping, spans)
    if wrong:
        raise SpecError(wrong)
    return mapping


def resolve_nest(
    decl: tree.MappingDecl, arch: Arch, layer: Layer, scope: Scope | None = None, layer_span: Span | None = None
) -> tuple[Mapping, Spans]:
    """The nest as written with the place of each item; not yet checked against the machine."""
    inner = (scope or Scope()).child()
    builder = _Builder(arch, layer, inner)
    collector = Collector()
    for item in decl.body:
        with collector.guard():
            if isinstance(item, tree.Let):
                inner.define(item.name, evaluate(item.value, inner))
            elif isinstance(item, tree.Choice):
                builder.choose(item)
    for item in decl.body:
        if isinstance(item, tree.Loops):
            with collector.guard():
                builder.slot(item, collector)
    with collector.guard():
        collector.raise_if_failed()
        items = builder.with_factors(collector)
    collector.raise_if_failed()
    return Mapping(items, decl.name.text), Spans(tuple(builder.spans), decl.name.span, layer_span)


@dataclass(frozen=True)
class _Open:
    """A loop whose factor is what its dim still needs."""

    dim: str
    array: str | None
    axis: str | None


@dataclass
class _Builder:
    """Collects the nest slot by slot, outermost first; `items` and `spans` run in parallel."""

    arch: Arch
    layer: Layer
    scope: Scope
    items: list[Node | Loop | _Open] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    choices: dict[Node, tree.Choice] = field(default_factory=dict)

    def choose(self, choice: tree.Choice) -> None:
        """Note a `keep` or `bypass`."""
        place = find_place(self.arch, self.layer, choice.place)
        if not isinstance(place, Held) or place.whole:
            raise _wrong("E516", f"`{choice.action}` names a memory and a tensor", choice.place.span, "not a tensor")
        for node in place.nodes:
            earlier = self.choices.get(node)
            if earlier is not None and earlier.action != choice.action:
                said = Label(earlier.span, "the opposite is said here")
                raise _wrong("E516", f"`{placed(node)}` is kept and bypassed", choice.span, "contradicts", said)
            if choice.action == "bypass" and not self._optional(node):
                span = self.arch.memory(node.memory).span
                held = (Label(span, "holds it without `?`"),) if span else ()
                raise _wrong(
                    "E516", f"`{node.tensor}` cannot bypass `{node.memory}`", choice.place.span, "not optional", *held
                )
            self.choices[node] = choice

    def slot(self, loops: tree.Loops, collector: Collector) -> None:
        """Place what the slot names, then its loops."""
        place = find_place(self.arch, self.layer, loops.place)
        axis = place if isinstance(place, Axis) else None
        if isinstance(place, Held):
            for node in self._to_place(place, loops.place):
                self._add(node, loops.place.span)
        if loops.any_order and len(loops.items) > 1:
            collector.add(_hole(loops.place.span, "`any` leaves the order open"))
        written: dict[str, Span] = {}
        for item in loops.items:
            with collector.guard():
                loop = self._loop(item, axis)
                if loop.dim in written:
                    first = Label(written[loop.dim], "first here")
                    raise _wrong("E510", f"`{loop.dim}` occurs twice in one slot", item.span, "again", first)
                written[loop.dim] = item.span
                self._add(loop, item.span)

    def _add(self, item: Node | Loop | _Open, span: Span) -> None:
        if len(self.items) >= MAX_ITEMS:
            raise _wrong("E105", f"a mapping has at most {MAX_ITEMS} tiles and loops", span, "one more")
        self.items.append(item)
        self.spans.append(span)

    def _optional(self, node: Node) -> bool:
        hold = self.arch.memory(node.memory).hold(self.layer.op.tensor(node.tensor).role)
        return hold is not None and hold.optional

    def _to_place(self, place: Held, path: tree.Path) -> tuple[Node, ...]:
        """A named tensor; or of a whole level what has no place there yet, optional ones only if they are kept."""
        if not place.whole:
            for node in place.nodes:
                if node in self.choices and self.choices[node].action == "bypass":
                    said = Label(self.choices[node].span, "bypassed here")
                    raise _wrong("E516", f"`{placed(node)}` is bypassed and placed", path.span, "placed here", said)
            return place.nodes
        left = tuple(n for n in place.nodes if n not in self.items and (not self._optional(n) or n in self._kept))
        if not left:
            firsts = [Label(s, "placed here") for i, s in zip(self.items, self.spans, strict=True) if i in place.nodes]
            raise _wrong("E504", f"nothing is left to place in `{path.text}`", path.span, "places nothing", *firsts)
        return left

    @property
    def _kept(self) -> set[Node]:
        return {node for node, choice in self.choices.items() if choice.action == "keep"}

    def _loop(self, item: tree.Item, axis: Axis | None) -> Loop | _Open:
        array, name = (axis.array, axis.axis) if axis else (None, None)
        if isinstance(item, tree.NamedItem):
            self._dim(item.name)
            return Loop(item.name.text, self._factor(item), array, name)
        plain = isinstance(item, tree.Reference) and item.items is None and item.arguments is None
        if isinstance(item, tree.Reference) and plain and len(item.path.parts) == 1:
            self._dim(item.path.parts[0])
            return _Open(item.path.text, array, name)
        raise SpecError(_hole(item.span, "leaves a choice"))

    def _dim(self, name: tree.Name) -> None:
        if name.text not in self.layer.bound:
            dims = ", ".join(self.layer.op.dims)
            raise SpecError(
                Diagnostic(
                    "E509",
                    f"`{self.layer.name}` has no dim `{name.text}`",
                    Label(name.span, f"not a dim of `{self.layer.op.name}`"),
                    help=f"dims of {self.layer.op.name}: {dims}",
                )
            )

    def _factor(self, item: tree.NamedItem) -> int:
        value = item.value
        if isinstance(value, tree.Reference) and value.span.text == "full":
            return self.layer.bound[item.name.text]
        factor = evaluate_int(value, self.scope, what="a factor")
        if not 1 <= factor <= MAX_FACTOR:
            limit = "at least 1" if factor < 1 else "at most 10^18"
            raise _wrong("E512", f"a factor is {limit}", value.span, f"this is {factor}" if factor < 1 else "too large")
        return factor

    def with_factors(self, collector: Collector) -> tuple[Node | Loop, ...]:
        """The items, with the factor of each loop that was left open: what its dim still needs."""
        product: Counter[str] = Counter()
        for item in self.items:
            if isinstance(item, Loop):
                product[item.dim] = (product[item.dim] or 1) * item.factor
        first: dict[str, Span] = {}
        found: list[Node | Loop] = []
        for item, span in zip(self.items, self.spans, strict=True):
            if not isinstance(item, _Open):
                found.append(item)
                continue
            if item.dim in first:
                also = Label(first[item.dim], "nor here")
                collector.add(_hole(span, f"`{item.dim}` has no factor here", also))
            first[item.dim] = span
            needed = -(-self.layer.bound[item.dim] // (product[item.dim] or 1))
            found.append(Loop(item.dim, needed, item.array, item.axis))
        return tuple(found)


def _wrong(code: str, message: str, span: Span, text: str, *secondary: Label) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(span, text), secondary))


def _hole(span: Span, text: str, *secondary: Label) -> Diagnostic:
    return Diagnostic(
        "E513",
        "this mapping has holes, but a complete one is needed here",
        Label(span, text),
        secondary,
        help="give every loop a factor (one per dim may be left out), or let `solve --using` fill the holes",
    )
