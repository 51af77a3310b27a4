"""From a mapping block to the nest it means, for mappings without holes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..spec.arch import Arch
from ..spec.collect import Collector
from ..spec.op import Layer
from ..spec.scope import Scope
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .legality import check_mapping
from .nest import Loop, Mapping, Node
from .places import Axis, Held, find_place
from .placing import Spans
from .reading import MAX_ITEMS, Choices, plain_name, read_dim, read_factor, wrong


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
    builder = _Builder(arch, layer, inner, Choices(arch, layer))
    collector = Collector()
    builder.choices.settle(decl.body, inner, collector)
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
    choices: Choices
    items: list[Node | Loop | _Open] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)

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
                    raise wrong("E510", f"`{loop.dim}` occurs twice in one slot", item.span, "again", first)
                written[loop.dim] = item.span
                self._add(loop, item.span)

    def _add(self, item: Node | Loop | _Open, span: Span) -> None:
        if len(self.items) >= MAX_ITEMS:
            raise wrong("E105", f"a mapping has at most {MAX_ITEMS} tiles and loops", span, "one more")
        self.items.append(item)
        self.spans.append(span)

    def _to_place(self, place: Held, path: tree.Path) -> tuple[Node, ...]:
        """A named tensor; or of a whole level what has no place there yet, optional ones only if they are kept."""
        if not place.whole:
            for node in place.nodes:
                self.choices.check_placed(node, path.span)
            return place.nodes
        kept, optional = self.choices.kept, self.choices.optional
        left = tuple(n for n in place.nodes if n not in self.items and (not optional(n) or n in kept))
        if not left:
            firsts = [Label(s, "placed here") for i, s in zip(self.items, self.spans, strict=True) if i in place.nodes]
            raise wrong("E504", f"nothing is left to place in `{path.text}`", path.span, "places nothing", *firsts)
        return left

    def _loop(self, item: tree.Item, axis: Axis | None) -> Loop | _Open:
        array, name = (axis.array, axis.axis) if axis else (None, None)
        if isinstance(item, tree.NamedItem):
            dim = read_dim(self.layer, item.name)
            return Loop(dim, read_factor(dim, item.value, self.layer, self.scope), array, name)
        plain = plain_name(item)
        if plain is not None:
            return _Open(read_dim(self.layer, plain), array, name)
        raise SpecError(_hole(item.span, "leaves a choice"))

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


def _hole(span: Span, text: str, *secondary: Label) -> Diagnostic:
    return Diagnostic(
        "E513",
        "this mapping has holes, but a complete one is needed here",
        Label(span, text),
        secondary,
        help="give every loop a factor (one per dim may be left out), or let `solve --using` fill the holes",
    )
