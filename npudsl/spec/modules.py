"""Modules: one file parsed, its constants and tables evaluated, its imports bound to names."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..syntax import tree
from ..text.diagnostics import Diagnostic
from ..text.source import Source
from .collect import Collector
from .elaborate_table import elaborate_table
from .scope import Broken, Declared, Scope
from .statements import define_let


@dataclass(frozen=True, eq=False)
class Module:
    """A file with what its names stand for. `diagnostics`: what is wrong with the file itself."""

    source: Source
    file: tree.File
    scope: Scope
    diagnostics: tuple[Diagnostic, ...] = ()
    imports: tuple[Module, ...] = field(default=(), repr=False)

    def all_diagnostics(self) -> tuple[Diagnostic, ...]:
        """Those of this file and of everything it imports, imports first, each once."""
        found: dict[Diagnostic, None] = {}
        seen: set[int] = set()
        pending: list[tuple[Module, bool]] = [(self, False)]
        while pending:
            module, ready = pending.pop()
            if ready:
                found.update(dict.fromkeys(module.diagnostics))
            elif id(module) not in seen:
                seen.add(id(module))
                pending.append((module, True))
                pending.extend((m, False) for m in reversed(module.imports))
        return tuple(found)


def define_declarations(file: tree.File, scope: Scope, collector: Collector) -> None:
    """Bind every declaration of a file; constants and tables are evaluated in text order, the others only announced.

    Raises `SpecError` if there are too many mistakes to go on; names are missing then.
    """
    for decl in file.declarations:
        if isinstance(decl, (tree.Import, tree.Let, tree.Table)):
            continue
        with collector.guard():
            scope.define(decl.name, Declared(decl, scope))
    for decl in file.declarations:
        with collector.guard():
            if isinstance(decl, tree.Let):
                define_let(decl, scope)
            elif isinstance(decl, tree.Table):
                _define_table(decl, scope)


def _define_table(decl: tree.Table, scope: Scope) -> None:
    fresh = scope.own(decl.name.text) is None
    scope.define(decl.name, Broken())
    if fresh:
        scope.replace(decl.name.text, elaborate_table(decl, scope))
