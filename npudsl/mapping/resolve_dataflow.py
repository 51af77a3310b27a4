"""From a mapping block with holes to the dataflow it means for one layer on one machine."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..spec.arch import Arch
from ..spec.collect import Collector
from ..spec.evaluate import evaluate
from ..spec.op import Layer
from ..spec.scope import Scope
from ..syntax import tree
from ..text.diagnostics import Label, SpecError
from ..text.source import Span
from .consistency import check_dataflow
from .dataflow import Dataflow, PlaceRule, Requirement
from .legality import check_mapping
from .nest import Mapping, Node
from .pinned import pinned
from .places import Axis, Held, find_place
from .placing import placed
from .positions import lacks_local
from .reading import MAX_ITEMS, Choices, wrong
from .requirements import read_requirement
from .resolve import resolve_nest
from .rules import read_rule

#: What a block lacks that leaves the rest to the solver: a factor, a slot, the cover of a dim.
_HOLES = frozenset({"E513", "E506", "E502"})


def resolve_dataflow(
    decl: tree.MappingDecl, arch: Arch, layer: Layer, scope: Scope | None = None, layer_span: Span | None = None
) -> Dataflow:
    """What a mapping block asks of the mappings of `layer` on `arch`. `scope`: where the block stands.

    A block without holes admits its own mapping only, so that what it does not keep is bypassed, as in `eval`; in a
    block with holes everything that is not said is free.

    Raises `SpecError` with everything that is wrong: what `resolve_mapping` raises but holes, E518 and E519 items of
    slots, E520 requirements, E521 a dim that is whole in one place and divided in another, E525 requirements that
    contradict each other.
    """
    found = read_dataflow(decl, arch, layer, scope)
    complete = _complete(decl, arch, layer, scope, layer_span)
    if complete is not None:
        return pinned(arch, layer, complete, found.requirements, decl.name.span)
    wrong_rules = check_dataflow(found, arch, layer, layer_span)
    if wrong_rules:
        raise SpecError(wrong_rules)
    return found


def _complete(
    decl: tree.MappingDecl, arch: Arch, layer: Layer, scope: Scope | None, layer_span: Span | None
) -> Mapping | None:
    """The mapping of a block without holes. Raises `SpecError` if it has none and is not legal."""
    try:
        mapping, spans = resolve_nest(decl, arch, layer, scope, layer_span)
    except SpecError:  # a hole, for what is wrong otherwise has been told
        return None
    mistakes = check_mapping(arch, layer, mapping, spans)
    if not mistakes:
        return mapping
    if any(mistake.code in _HOLES for mistake in mistakes):
        return None
    raise SpecError(mistakes)


def read_dataflow(decl: tree.MappingDecl, arch: Arch, layer: Layer, scope: Scope | None = None) -> Dataflow:
    """What a block says, slot by slot; whether the rules contradict each other or the layer is not looked at."""
    inner = (scope or Scope()).child()
    reader = _Reader(arch, layer, inner, Choices(arch, layer))
    collector = Collector()
    reader.choices.settle(decl.body, inner, collector)
    for item in decl.body:
        with collector.guard():
            if isinstance(item, tree.Loops):
                reader.slot(item)
            elif isinstance(item, tree.Require):
                reader.requirements += read_requirement(item, arch, inner)
    collector.raise_if_failed()
    return reader.dataflow(decl)


def check_items(decl: tree.MappingDecl, layer: Layer, scope: Scope) -> None:
    """Whether the dims and factors of a block are those of an operator, on whatever machine. Raises `SpecError`."""
    inner = scope.child()
    collector = Collector()
    for item in decl.body:
        with collector.guard():
            if isinstance(item, tree.Let):
                inner.define(item.name, evaluate(item.value, inner))
            elif isinstance(item, tree.Loops):
                read_rule(item, frozenset(), None, layer, inner)
    collector.raise_if_failed()


@dataclass
class _Reader:
    """Collects the rules of a block in the order of its text; `placed_at`: where each node and axis is named."""

    arch: Arch
    layer: Layer
    scope: Scope
    choices: Choices
    places: list[PlaceRule] = field(default_factory=list)
    requirements: list[Requirement] = field(default_factory=list)
    named: set[Node] = field(default_factory=set)
    placed_at: dict[Node | tuple[str, str], Span] = field(default_factory=dict)

    def slot(self, loops: tree.Loops) -> None:
        """Note the rule of a slot."""
        if len(self.places) >= MAX_ITEMS:
            raise wrong("E105", f"a mapping has at most {MAX_ITEMS} slots", loops.place.span, "one more")
        if lacks_local(self.arch, loops.place) and read_rule(loops, None, None, self.layer, self.scope).may_be_empty:
            return  # nothing is kept in what has no memory
        place = find_place(self.arch, self.layer, loops.place)
        if isinstance(place, Axis):
            axis = (place.array, place.axis)
            self._place(axis, f"{place.array}.{place.axis}", loops.place.span)
            self.places.append(read_rule(loops, None, axis, self.layer, self.scope))
            return
        nodes = self._nodes(place, loops.place)
        for node in nodes:
            self._place(node, placed(node), loops.place.span)
        self.places.append(read_rule(loops, frozenset(nodes), None, self.layer, self.scope))

    def _nodes(self, place: Held, path: tree.Path) -> tuple[Node, ...]:
        """A named tensor, which is kept by that; or of a whole level what has no place yet and is not bypassed."""
        if not place.whole:
            for node in place.nodes:
                self.choices.check_placed(node, path.span)
            self.named.update(place.nodes)
            return place.nodes
        left = tuple(n for n in place.nodes if n not in self.placed_at and n not in self.choices.bypassed)
        if not left:
            earlier = dict.fromkeys(self.placed_at[n] for n in place.nodes if n in self.placed_at)
            firsts = [Label(span, "placed here") for span in earlier]
            raise wrong("E504", f"nothing is left to place in `{path.text}`", path.span, "places nothing", *firsts)
        return left

    def _place(self, what: Node | tuple[str, str], called: str, span: Span) -> None:
        if what in self.placed_at:
            first = Label(self.placed_at[what], "first placed here")
            raise wrong("E504", f"`{called}` is placed twice", span, "placed again", first)
        self.placed_at[what] = span

    def dataflow(self, decl: tree.MappingDecl) -> Dataflow:
        """What has been collected."""
        kept = {node for node in self.named if self.choices.optional(node)} | self.choices.kept
        return Dataflow(
            decl.name.text,
            tuple(self.places),
            frozenset(kept),
            self.choices.bypassed,
            tuple(self.requirements),
            span=decl.name.span,
        )
