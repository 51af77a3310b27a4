"""Finding declarations by name: of a path in a file, of a name on the command line, or the only one of its kind."""

from __future__ import annotations

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest
from .scope import Binding, Broken, Declared, Scope, describe_binding

#: Declaration kinds as diagnostics call them.
KIND_NAMES: dict[type, str] = {
    tree.Component: "component",
    tree.ArchDecl: "architecture",
    tree.OpDecl: "operator",
    tree.NetworkDecl: "network",
    tree.MappingDecl: "mapping",
    tree.ExploreDecl: "study",
}


def declared_of(scope: Scope, kind: type) -> dict[str, Declared]:
    """The declarations of one kind in a file, by name, in text order."""
    return {n: b for n, b in scope.own_items() if isinstance(b, Declared) and isinstance(b.decl, kind)}


def as_declared(binding: Binding, kind: type, shown: str, span: Span | None) -> Declared:
    """The declaration that a binding stands for; E207 if it stands for something else.

    An imported file stands for the declaration of its name, or for its only one of that kind (`import eyeriss`, then
    `on eyeriss`).
    """
    if isinstance(binding, Broken):
        raise SpecError(())
    if isinstance(binding, Declared) and isinstance(binding.decl, kind):
        return binding
    what = KIND_NAMES[kind]
    label = Label(span, f"{_article(what)} is needed here") if span else None
    if isinstance(binding, Scope):
        inside = declared_of(binding, kind)
        named = inside.get(binding.title or "")
        if named is not None or len(inside) == 1:
            return named or next(iter(inside.values()))
        if binding.incomplete:
            raise SpecError(())
        notes = (f"it has {', '.join(inside)}",) if inside else ()
        found = f"{len(inside)} {_plural(what)}" if inside else f"no {what}"
        help_ = f"write `{shown}.{next(iter(inside))}`" if inside else None
        raise SpecError(Diagnostic("E207", f"the file `{shown}` has {found}", label, (), notes, help_))
    raise SpecError(Diagnostic("E207", f"`{shown}` is {describe_binding(binding)}, not {_article(what)}", label))


def resolve_declared(scope: Scope, path: tree.Path, kind: type) -> Declared:
    """The declaration of `kind` that a path names (`o.conv2d`, `eyeriss`). E201 for an unknown name, E207 otherwise."""

    def fits(binding: Binding) -> bool:
        return isinstance(binding, Scope) or (isinstance(binding, Declared) and isinstance(binding.decl, kind))

    return as_declared(scope.resolve(path, wanted=KIND_NAMES[kind], fits=fits), kind, path.text, path.span)


def find_declared(scope: Scope, kind: type, name: str | None, *, file: str) -> Declared:
    """The declaration called `name`, dotted through imports; None: the only one of its kind, of this file or its
    imports. `file` is the file's name for diagnostics, which have no span: the name does not stand in any file.
    """
    if name is None:
        return _only(scope, kind, file)
    binding: Binding | None = None
    where = scope
    for i, part in enumerate(name.split(".")):
        if i and not isinstance(binding, Scope):
            binding = None
            break
        where = binding if i and isinstance(binding, Scope) else scope
        binding = where.own(part)
        if binding is None:
            break
    if binding is None:
        raise _unknown(where, kind, name, file)
    return as_declared(binding, kind, name, None)


def _unknown(where: Scope, kind: type, name: str, file: str) -> SpecError:
    what = KIND_NAMES[kind]
    known = list(declared_of(where, kind))
    near = nearest(name.rpartition(".")[2], known)
    return SpecError(
        Diagnostic(
            "E201",
            f"no {what} `{name}` in `{file}`",
            notes=() if near or not known else (f"{_plural(what)} there: {', '.join(known)}",),
            help=f"did you mean `{near}`?" if near else None,
        )
    )


def _only(scope: Scope, kind: type, file: str) -> Declared:
    what = KIND_NAMES[kind]
    found = declared_of(scope, kind)
    if not found:
        for _, binding in scope.own_items():
            if isinstance(binding, Scope):
                found.update({f"{binding.title}.{n}": d for n, d in declared_of(binding, kind).items()})
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise SpecError(Diagnostic("E201", f"no {what} in `{file}`"))
    names = ", ".join(found)
    raise SpecError(Diagnostic("E201", f"`{file}` has {len(found)} {_plural(what)}", notes=(f"choose one: {names}",)))


def _article(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


def _plural(what: str) -> str:
    return "studies" if what == "study" else f"{what}s"
