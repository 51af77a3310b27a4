"""A program: one file with its imports, and the specs that its declarations elaborate to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..syntax import tree
from ..text.diagnostics import Diagnostic, SpecError
from .arch import Arch
from .collect import Collector
from .elaborate_arch import elaborate_arch
from .find import declared_of, find_declared
from .instances import check_component
from .modules import Module
from .parameters import settings_to_given
from .scope import Declared, Scope

if TYPE_CHECKING:
    from .network import Network
    from .op import Operator

#: Values for parameters by name.
Settings = Mapping[str, object]


@dataclass(frozen=True, eq=False)
class Program:
    """What `load` returns. Settings are texts (`"216 KiB"`), numbers or truth values, checked by type."""

    module: Module

    @property
    def name(self) -> str:
        """The file's name as it was given."""
        return self.module.source.name

    @property
    def scope(self) -> Scope:
        """What the names of the file stand for."""
        return self.module.scope

    def find(self, kind: type, name: str | None = None) -> Declared:
        """A declaration of `kind` (a class of `syntax.tree`) by name, or the only one. Raises E201, E207."""
        return find_declared(self.scope, kind, name, file=self.name)

    def names(self, kind: type) -> tuple[str, ...]:
        """The names of the file's own declarations of one kind, in text order."""
        return tuple(declared_of(self.scope, kind))

    def arch(self, name: str | None = None, settings: Settings | None = None) -> Arch:
        """An architecture, checked. Raises `SpecError` with everything that is wrong in it."""
        return elaborate_arch(self._sound(tree.ArchDecl, name), settings_to_given(settings or {}))

    def op(self, name: str | None = None, settings: Settings | None = None) -> Operator:
        """An operator with its parameters fixed."""
        return _operator(self._sound(tree.OpDecl, name), settings)

    def network(self, name: str | None = None, settings: Settings | None = None) -> Network:
        """A network with its parameters fixed and its shapes inferred."""
        return _network(self._sound(tree.NetworkDecl, name), settings)

    def _sound(self, kind: type, name: str | None) -> Declared:
        """A declaration, if the texts are right: else elaborating it would fail without saying why."""
        found = self.module.all_diagnostics()
        if found:
            raise SpecError(found)
        return self.find(kind, name)

    def mapping_decl(self, name: str | None = None) -> tree.MappingDecl:
        """A mapping block; `mapping/text.py` resolves it against a machine and a layer."""
        decl = self.find(tree.MappingDecl, name).decl
        assert isinstance(decl, tree.MappingDecl)
        return decl

    def check(self) -> tuple[Diagnostic, ...]:
        """Everything wrong that can be found without arguments, in the file and the texts of its imports.

        Declarations whose parameters all have defaults are elaborated with these.
        """
        collector = Collector()
        collector.add(*self.module.all_diagnostics())
        try:
            for decl in self.module.file.declarations:
                with collector.guard():
                    self._check(decl, collector)
        except SpecError as error:  # too many mistakes to go on
            collector.add(*error.diagnostics)
        return collector.diagnostics

    def _check(self, decl: tree.Declaration, collector: Collector) -> None:
        if isinstance(decl, tree.Component):
            collector.add(*check_component(decl))
            return
        if not isinstance(decl, (tree.ArchDecl, tree.OpDecl, tree.NetworkDecl)):
            return
        if any(p.default is None for p in decl.parameters) or (
            isinstance(decl, tree.NetworkDecl) and _is_template(decl)
        ):
            return
        declared = Declared(decl, self.scope)
        if isinstance(decl, tree.ArchDecl):
            elaborate_arch(declared)
        elif isinstance(decl, tree.OpDecl):
            _operator(declared)
        else:
            _network(declared)


def _operator(found: Declared, settings: Settings | None = None) -> Operator:
    """Imported where it is needed: a file without operators and networks is checked without loading either."""
    from .elaborate_op import elaborate_op

    assert isinstance(found.decl, tree.OpDecl)
    return elaborate_op(found.decl, found.scope, settings_to_given(settings or {}))


def _is_template(decl: tree.NetworkDecl) -> bool:
    from .network import is_template

    return is_template(decl)


def _network(found: Declared, settings: Settings | None = None) -> Network:
    from .network import elaborate_network

    assert isinstance(found.decl, tree.NetworkDecl)
    return elaborate_network(found.decl, found.scope, settings_to_given(settings or {}))
