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
from .find import find_declared
from .instances import check_component
from .modules import Module
from .parameters import settings_to_given
from .scope import Declared, Scope

if TYPE_CHECKING:
    from .network import Network
    from .op import Operator


@dataclass(frozen=True, eq=False)
class Program:
    """What `load` returns. Settings are texts (`"216 KiB"`), numbers or truth values, checked against the parameters."""

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
        return tuple(d.name.text for d in self.module.file.declarations if isinstance(d, kind))

    def arch(self, name: str | None = None, settings: Mapping[str, object] | None = None) -> Arch:
        """An architecture, checked. Raises `SpecError` with everything that is wrong in it."""
        return elaborate_arch(self.find(tree.ArchDecl, name), settings_to_given(settings or {}))

    def op(self, name: str | None = None, settings: Mapping[str, object] | None = None) -> Operator:
        """An operator with its parameters fixed."""
        from .elaborate_op import elaborate_op

        found = self.find(tree.OpDecl, name)
        return elaborate_op(found.decl, found.scope, settings_to_given(settings or {}))

    def network(self, name: str | None = None, settings: Mapping[str, object] | None = None) -> Network:
        """A network with its parameters fixed and its shapes inferred."""
        from .network import elaborate_network

        found = self.find(tree.NetworkDecl, name)
        return elaborate_network(found.decl, found.scope, settings_to_given(settings or {}))

    def mapping_decl(self, name: str | None = None) -> tree.MappingDecl:
        """A mapping block; `mapping/text.py` resolves it against a machine and a layer."""
        decl = self.find(tree.MappingDecl, name).decl
        assert isinstance(decl, tree.MappingDecl)
        return decl

    def check(self) -> tuple[Diagnostic, ...]:
        """Everything wrong that can be found without arguments: texts, imports, constants, and each declaration of the file
        whose parameters all have defaults, elaborated with these."""
        collector = Collector()
        collector.add(*self.module.all_diagnostics())
        for decl in self.module.file.declarations:
            with collector.guard():
                self._check(decl, collector)
        return collector.diagnostics

    def _check(self, decl: tree.Declaration, collector: Collector) -> None:
        if isinstance(decl, tree.Component):
            collector.add(*check_component(decl))
            return
        if not isinstance(decl, (tree.ArchDecl, tree.OpDecl, tree.NetworkDecl)):
            return
        if any(p.default is None for p in decl.parameters):
            return
        if isinstance(decl, tree.ArchDecl):
            self.arch(decl.name.text)
        elif isinstance(decl, tree.OpDecl):
            self.op(decl.name.text)
        else:
            self.network(decl.name.text)


__all__ = ["Program", "SpecError"]
