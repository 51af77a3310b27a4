"""`npudsl check` on mapping blocks: complete mappings, and dataflows as far as what they are for is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..mapping.consistency import check_places
from ..mapping.resolve_dataflow import check_items, read_dataflow, resolve_dataflow
from ..spec.arch import Arch
from ..spec.collect import Collector
from ..spec.elaborate_op import elaborate_op
from ..spec.network import Network
from ..spec.op import Layer
from ..spec.program import Program
from ..syntax import tree
from ..text.diagnostics import Diagnostic, SpecError
from .purpose import Purpose, purpose_of
from .target import Target, find_target, layer_of

T = TypeVar("T")


def check_mappings(program: Program) -> tuple[Diagnostic, ...]:
    """What is wrong in the file's own mapping blocks, and in what they name.

    A block for one layer on a machine is looked at as a whole; one for an operator as far as no bounds matter, and
    without a machine only its dims and factors are; one that says neither means nothing yet.
    """
    collector, known = Collector(), _Known()
    try:
        for decl in program.module.file.declarations:
            if isinstance(decl, tree.MappingDecl):
                with collector.guard():
                    _check(program, decl, known)
    except SpecError as error:  # too many mistakes to go on
        collector.add(*error.diagnostics)
    return collector.diagnostics


def _check(program: Program, decl: tree.MappingDecl, known: _Known) -> None:
    purpose = purpose_of(decl, program.scope)
    if purpose.op is not None:
        _check_for_op(purpose, known)
    elif purpose.layer is not None and purpose.machine is not None:
        target = find_target(decl, program.scope)
        arch, network = known.arch(target), known.network(target)
        layer = layer_of(network, target.layer)
        resolve_dataflow(decl, arch, layer, program.scope, network.spans.get(layer.name))


def _check_for_op(purpose: Purpose, known: _Known) -> None:
    """A block for every layer of an operator: one of its layers stands for all, with bounds that do not count."""
    assert purpose.op is not None
    decl = purpose.op.decl
    assert isinstance(decl, tree.OpDecl)
    if any(parameter.default is None for parameter in decl.parameters):
        return
    op = elaborate_op(decl, purpose.op.scope, {})
    layer = Layer(op.name, op, tuple((dim, 1) for dim in op.dims))
    if purpose.machine is None:
        check_items(purpose.decl, layer, purpose.scope)
        return
    arch = known.machine(purpose)
    found = check_places(read_dataflow(purpose.decl, arch, layer, purpose.scope), arch)
    if found:
        raise SpecError(found)


@dataclass
class _Known:
    """Machines and networks by declaration and text of the arguments: a file of answers names the same ones in every
    block. None: it was wrong, and said so."""

    machines: dict[tuple[int, str], Arch | None] = field(default_factory=dict)
    networks: dict[tuple[int, str], Network | None] = field(default_factory=dict)

    def arch(self, target: Target) -> Arch:
        key = (id(target.machine.decl), _text(target.for_machine.arguments))
        return _once(self.machines, key, lambda: target.arch({}))

    def machine(self, purpose: Purpose) -> Arch:
        """The machine of a block that names one."""
        assert purpose.machine is not None and purpose.decl.arch is not None
        key = (id(purpose.machine.decl), _text(purpose.decl.arch.arguments))
        return _once(self.machines, key, purpose.arch)

    def network(self, target: Target) -> Network:
        key = (id(target.network.decl), _text(target.for_network.arguments))
        return _once(self.networks, key, lambda: target.net({}))


def _once(known: dict[tuple[int, str], T | None], key: tuple[int, str], make: Callable[[], T]) -> T:
    if key not in known:
        known[key] = None
        known[key] = make()
    found = known[key]
    if found is None:
        raise SpecError(())
    return found


def _text(arguments: tuple[tree.Argument, ...] | None) -> str:
    return ", ".join(argument.span.text for argument in arguments or ())
