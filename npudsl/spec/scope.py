"""Scopes: what a name stands for, and the diagnostics when it stands for nothing.

One namespace per file holds its imports (scopes), declarations, tables and constants; blocks nest in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Fix, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest
from .units import Dimension
from .values import UNLIMITED, Quantity, Value, kind_of


@dataclass(frozen=True)
class Declared:
    """A declaration and the scope of the file that it stands in (in which its own names are looked up)."""

    decl: tree.Component | tree.ArchDecl | tree.OpDecl | tree.NetworkDecl | tree.MappingDecl | tree.ExploreDecl
    scope: Scope


@dataclass(frozen=True)
class TableValue:
    """A table with its rows evaluated, sorted by key. `mode` is `linear` or `loglog`."""

    name: str
    key: str
    key_dimension: Dimension
    value_dimension: Dimension
    mode: str
    rows: tuple[tuple[Quantity, Quantity], ...]


@dataclass(frozen=True)
class Broken:
    """A name whose definition was wrong. Its diagnostic is out already: uses of it stay silent."""


#: Names that stand for a value everywhere and cannot be defined anew.
CONSTANTS: dict[str, Value] = {"inf": UNLIMITED, "true": True, "false": False}

_KINDS: dict[type, str] = {
    tree.Component: "a component",
    tree.ArchDecl: "an architecture",
    tree.OpDecl: "an operator",
    tree.NetworkDecl: "a network",
    tree.MappingDecl: "a mapping",
    tree.ExploreDecl: "a study",
}


class Scope:
    """Names with what they stand for. `title` names the file of a file scope; `incomplete`: the file did not parse
    entirely, so an unknown name may be one that was lost (no diagnostic of its own then)."""

    def __init__(
        self,
        names: Mapping[str, Binding] | None = None,
        parent: Scope | None = None,
        *,
        title: str | None = None,
        incomplete: bool = False,
    ):
        self._names: dict[str, Binding] = dict(names or {})
        self._spans: dict[str, Span] = {}
        self.parent = parent
        self.title = title
        self.incomplete = incomplete

    def child(self, names: Mapping[str, Binding] | None = None) -> Scope:
        """A scope inside this one."""
        return Scope(names, self)

    def define(self, name: tree.Name, binding: Binding) -> None:
        """Add a name; E203 if this very scope has it already or it is a constant of the language."""
        if name.text in CONSTANTS:
            raise SpecError(
                Diagnostic("E203", f"`{name.text}` is part of the language", Label(name.span, "cannot be defined"))
            )
        if name.text in self._names:
            earlier = self._spans.get(name.text)
            labels = (Label(earlier, "first defined here"),) if earlier else ()
            raise SpecError(
                Diagnostic("E203", f"`{name.text}` is defined twice", Label(name.span, "defined again"), labels)
            )
        self._names[name.text] = binding
        self._spans[name.text] = name.span

    def replace(self, name: str, binding: Binding) -> None:
        """Give a name of this scope another binding (a constant that was announced, once it is evaluated)."""
        self._names[name] = binding

    def lookup(self, name: str) -> Binding | None:
        """What a single name stands for here or further out; None if nothing."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope._names:
                return scope._names[name]
            scope = scope.parent
        return CONSTANTS.get(name)

    def own(self, name: str) -> Binding | None:
        """What a name stands for in this very scope."""
        return self._names.get(name)

    def span_of(self, name: str) -> Span | None:
        """Where a name of this scope or of one further out is defined."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope._names:
                return scope._spans.get(name)
            scope = scope.parent
        return None

    def names(self) -> Iterator[str]:
        """Every visible name, innermost scopes first, each once."""
        seen: set[str] = set()
        scope: Scope | None = self
        while scope is not None:
            yield from (n for n in scope._names if n not in seen)
            seen.update(scope._names)
            scope = scope.parent

    def own_items(self) -> tuple[tuple[str, Binding], ...]:
        """Names of this very scope with their bindings, in order of definition."""
        return tuple(self._names.items())

    @property
    def file(self) -> Scope:
        """The scope of the file that this one stands in."""
        scope = self
        while scope.parent is not None:
            scope = scope.parent
        return scope

    def resolve(
        self, path: tree.Path, *, wanted: str = "name", fits: Callable[[Binding], bool] | None = None
    ) -> Binding:
        """What `a` or `a.b` stands for, through imports. E201 with near names; silent where a file is broken.

        `wanted` says in a diagnostic what is looked for, `fits` which names it may offer instead.
        """
        found = self.lookup(path.parts[0].text)
        scope: Scope = self
        if found is None and len(path.parts) > 1:
            raise unknown_name(path.parts[0], self, "import", lambda binding: isinstance(binding, Scope))
        if found is None:
            raise unknown_name(path.parts[0], self, wanted, fits)
        for previous, part in zip(path.parts, path.parts[1:], strict=False):
            if isinstance(found, Broken):
                raise SpecError(())
            if not isinstance(found, Scope):
                kind = describe_binding(found)
                raise SpecError(
                    Diagnostic(
                        "E201",
                        f"`{previous.text}` is {kind}, it has no `{part.text}`",
                        Label(part.span, "only an imported file has names, and a tensor sizes"),
                    )
                )
            scope = found
            found = scope.own(part.text)
            if found is None:
                raise unknown_name(part, scope, wanted, fits)
        if isinstance(found, Broken):
            raise SpecError(())
        return found


class Sizes(Scope):
    """The sizes of a tensor's axes, or of what a layer produces, by name: `image.c` in the expressions of a network."""


#: Names that are compared with an unknown one: in a file with more, most are generated.
_MOST_OFFERED = 2000

#: What a name may stand for.
Binding = Value | TableValue | Declared | Broken | Scope


def unknown_name(
    name: tree.Name,
    scope: Scope,
    wanted: str,
    fits: Callable[[Binding], bool] | None = None,
    more: Iterable[str] = (),
) -> SpecError:
    """E201: nothing is called that. Offers the nearest of the names that would fit (and of `more`), else lists them."""
    if scope.file.incomplete or (scope.title is not None and scope.incomplete):
        return SpecError(())
    where = f" in `{scope.title}`" if scope.title and scope.parent is None else ""
    candidates = [n for n in scope.names() if fits is None or ((b := scope.lookup(n)) is not None and fits(b))]
    candidates += more
    near = nearest(name.text, candidates[:_MOST_OFFERED])
    shown = ", ".join(sorted(candidates)[:12]) + (", ..." if len(candidates) > 12 else "")
    return SpecError(
        Diagnostic(
            "E201",
            f"no {wanted} `{name.text}`{where}",
            Label(name.span, "not defined"),
            notes=() if near or not shown else (f"known here: {shown}",),
            help=f"did you mean `{near}`?" if near else None,
            fix=Fix(name.span, near) if near else None,
        )
    )


def describe_binding(binding: Binding) -> str:
    """What a binding is, with article."""
    if isinstance(binding, Declared):
        return _KINDS[type(binding.decl)]
    if isinstance(binding, TableValue):
        return "a table"
    if isinstance(binding, Sizes):
        return "a tensor or layer"
    if isinstance(binding, Scope):
        return "an imported file"
    return "unknown" if isinstance(binding, Broken) else kind_of(binding)
