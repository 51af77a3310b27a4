"""Architectures: declaration and arguments to a checked `Arch`, with every mistake that can be found at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .arch import Arch, Array, Compute, Level, Link, Memory
from .attributes import Context, read_attribute, unknown_attribute
from .check_arch import check_arch
from .collect import Collector
from .convert import as_int
from .evaluate import evaluate
from .parameters import Given, bind, written
from .parts import build_compute, build_link, build_memory
from .rates import Clock
from .roles import known_roles
from .schema import find_rule
from .scope import Declared, Scope
from .statements import check_assert, define_let
from .values import Quantity

#: The largest axis. Real arrays have thousands of places along one; beyond this a digit slipped.
MAX_AXIS = 1_000_000


def elaborate_arch(
    declared: Declared,
    given: Mapping[str, Given] | None = None,
    *,
    span: Span | None = None,
    name_spans: Mapping[str, Span] | None = None,
) -> Arch:
    """The machine that an `arch` declaration makes of its arguments. Raises every diagnostic that was found.

    `span` and `name_spans`: where the arguments stand, and their names.
    """
    decl = declared.decl
    assert isinstance(decl, tree.ArchDecl)
    what = f"architecture `{decl.name.text}`"
    collector = Collector()
    scope = bind(
        decl.parameters, given or {}, declared.scope,
        what=what, span=span, name_spans=name_spans, collector=collector,
    )  # fmt: skip
    return replace(_Builder(decl, scope, collector).build(), arguments=written(given or {}))


class _Builder:
    """Walks an architecture in text order; `nodes` grows outermost first. Used once."""

    def __init__(self, decl: tree.ArchDecl, scope: Scope, collector: Collector):
        self.decl, self.scope, self.collector = decl, scope, collector
        self.roles = known_roles(scope)
        self.clock = Clock(None)
        self.nodes: list[Level | Array] = []
        self.computes: list[Compute] = []
        self.end: Label | None = None  # set by the compute: nothing can follow
        self.misplaced = False  # an array closed without a compute: what follows it is not judged
        self.names: dict[str, Span] = {}

    def build(self) -> Arch:
        self._constants(self.decl.body, self.scope, top=True)
        self._parts(self.decl.body, self.scope, None)
        self._asserts(self.decl.body, self.scope)
        header = Span(self.decl.span.source, self.decl.span.start, self.decl.name.span.end)
        if self.end is None and not self.misplaced:
            self.collector.add(
                Diagnostic(
                    "E404",
                    f"architecture `{self.decl.name.text}` has no compute",
                    Label(header, "nothing operates here"),
                    help="add `compute NAME : COMPONENT(...)` as the innermost part",
                )
            )
        self.collector.raise_if_failed()
        arch = Arch(self.decl.name.text, tuple(self.nodes), self.computes[0], self.clock.frequency, header)
        self.collector.add(*check_arch(arch))
        self.collector.raise_if_failed()
        return arch

    # ---- statements ------------------------------------------------------------------------------

    def _constants(self, body: tuple[tree.ArchItem, ...], scope: Scope, *, top: bool) -> None:
        """`let` and attributes of one block, in text order, before any part: parts may use all of them."""
        seen: dict[str, Span] = {}
        for item in body:
            with self.collector.guard():
                if isinstance(item, tree.Let):
                    define_let(item, scope)
                elif isinstance(item, tree.Attribute):
                    self._attribute(item, scope, seen, top)

    def _attribute(self, item: tree.Attribute, scope: Scope, seen: dict[str, Span], top: bool) -> None:
        rule = find_rule("arch", item.name.text)
        if not top:
            raise SpecError(Diagnostic("E202", "an array has no attributes", Label(item.name.span, "not an attribute")))
        if rule is None:
            raise unknown_attribute("arch", item.name)
        if rule.name in seen:
            label = Label(seen[rule.name], "first set here")
            message = f"`{rule.name}` is set twice"
            raise SpecError(Diagnostic("E203", message, Label(item.name.span, "set again"), (label,)))
        seen[rule.name] = item.name.span
        value = read_attribute(rule, item.value, scope, Context(self.roles))
        if rule.name == "clock" and isinstance(value, Quantity):
            self.clock = Clock(value.value)
            if scope.own("clock") is None:
                scope.define(item.name, value)

    def _asserts(self, body: tuple[tree.ArchItem, ...], scope: Scope) -> None:
        for item in body:
            if isinstance(item, tree.Assert):
                with self.collector.guard():
                    check_assert(item, scope)

    # ---- parts -----------------------------------------------------------------------------------

    def _parts(self, body: tuple[tree.ArchItem, ...], scope: Scope, array: tree.ArrayBlock | None) -> None:
        for item in body:
            with self.collector.guard():
                if isinstance(item, tree.ArrayBlock):
                    self._place(item, "array")
                    self._array(item, scope)
                elif isinstance(item, tree.LevelBlock):
                    self._place(item, "level")
                    self._level(item, scope)
                elif isinstance(item, tree.Part):
                    self._part(item, scope, array)

    def _part(self, part: tree.Part, scope: Scope, array: tree.ArrayBlock | None) -> None:
        context = self._context(part)
        if part.kind == "memory":
            self._place(part, "memory")
            memory = build_memory(part, scope, context, self.clock)
            self.nodes.append(Level(memory.name, (memory,), memory.span))
        elif part.kind == "compute":
            self._place(part, "compute")
            self.computes.append(build_compute(part, scope, context, self.clock))
        elif array is None:
            raise SpecError(
                Diagnostic(
                    "E405",
                    f"link `{part.name.text}` stands outside any array",
                    Label(_header(part), "connects nothing"),
                    help="a link belongs to the array whose instances it connects",
                )
            )

    def _context(self, part: tree.Part, axes: tuple[str, ...] = ()) -> Context:
        return Context(self.roles, axes, Label(_header(part), f"in this {part.kind}"))

    def _place(self, item: tree.Part | tree.LevelBlock | tree.ArrayBlock, kind: str) -> None:
        """A new name of the machine (E203 if taken), above the compute (E404 for a second one, else E405)."""
        if self.misplaced:
            raise SpecError(())
        if self.end is not None:
            second = f"`{item.name.text}` is a second compute: an architecture has one"
            message = second if kind == "compute" else f"{kind} `{item.name.text}` stands below the compute"
            code = "E404" if kind == "compute" else "E405"
            raise SpecError(Diagnostic(code, message, Label(_header(item), "nothing can follow"), (self.end,)))
        if kind == "compute":
            self.end = Label(_header(item), "the compute stands here")
        self._name(item.name)

    def _name(self, name: tree.Name) -> None:
        """Memories, levels, arrays, links and the compute share one namespace: mappings refer to them by name."""
        if name.text in self.names:
            raise SpecError(
                Diagnostic(
                    "E203",
                    f"`{name.text}` names two parts of the machine",
                    Label(name.span, "used again"),
                    (Label(self.names[name.text], "first used here"),),
                )
            )
        self.names[name.text] = name.span

    def _level(self, block: tree.LevelBlock, scope: Scope) -> None:
        """A level; one of its memories may have the level's own name (as a memory alone is a level of its name)."""
        memories: list[Memory] = []
        for part in block.memories:
            with self.collector.guard():
                own = part.name.text == block.name.text and all(m.name != block.name.text for m in memories)
                if not own:
                    self._name(part.name)
                memories.append(build_memory(part, scope, self._context(part), self.clock))
        self.nodes.append(Level(block.name.text, tuple(memories), _header(block)))

    def _array(self, block: tree.ArrayBlock, scope: Scope) -> None:
        axes = self._axes(block, scope)
        inner = scope.child()
        self._constants(block.body, inner, top=False)
        links: list[Link] = []
        for item in block.body:
            if isinstance(item, tree.Part) and item.kind == "link":
                with self.collector.guard():
                    self._name(item.name)
                    links.append(build_link(item, inner, self._context(item, tuple(a for a, _ in axes)), self.clock))
        self.nodes.append(Array(block.name.text, axes, tuple(links), _header(block)))
        self._parts(block.body, inner, block)
        self._asserts(block.body, inner)
        if self.end is None and not self.misplaced:
            self.misplaced = True
            empty = not any(isinstance(i, (tree.Part, tree.LevelBlock, tree.ArrayBlock)) for i in block.body)
            raise SpecError(
                Diagnostic(
                    "E405",
                    f"array `{block.name.text}` has {'nothing' if empty else 'no compute'} inside",
                    Label(_header(block), "its instances would do nothing"),
                    help="the compute stands inside the innermost array",
                )
            )

    def _axes(self, block: tree.ArrayBlock, scope: Scope) -> tuple[tuple[str, int], ...]:
        found: dict[str, int] = {}
        for item in block.axes:
            with self.collector.guard():
                if not isinstance(item, tree.NamedItem):
                    raise SpecError(
                        Diagnostic(
                            "E403",
                            f"an axis of `{block.name.text}` needs a name and a size",
                            Label(item.span, "not an axis"),
                            help="write `x = 14`",
                        )
                    )
                name, value = item.name.text, item.value
                if name in found:
                    message = f"`{block.name.text}` has two axes `{name}`"
                    raise SpecError(Diagnostic("E203", message, Label(item.name.span, "again")))
                found[name] = 1
                size = as_int(evaluate(value, scope), value.span, what=f"the size of axis `{name}`")
                if not 1 <= size <= MAX_AXIS:
                    message = f"axis `{name}` of `{block.name.text}` must have between 1 and {MAX_AXIS} places"
                    raise SpecError(Diagnostic("E403", message, Label(value.span, f"this is {size}")))
                found[name] = size
        return tuple(found.items())


def _header(item: tree.Part | tree.LevelBlock | tree.ArrayBlock) -> Span:
    """Keyword and name of a block: what a diagnostic marks of it."""
    return Span(item.span.source, item.span.start, item.name.span.end)
