"""Complete mappings of a file, with the layer and the machine they are for."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import TypeVar

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..mapping.resolve import resolve_mapping
from ..spec.arch import Arch
from ..spec.collect import Collector
from ..spec.network import Network
from ..spec.op import Layer
from ..spec.program import Program
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.suggest import nearest
from .explained import Explained, Explanation
from .names import choose_settings
from .target import Target, find_target

T = TypeVar("T")


@dataclass(frozen=True)
class Mapped:
    """A mapping block, resolved. `npudsl.verify` executes it and compares."""

    arch: Arch
    layer: Layer
    mapping: Mapping

    def evaluate(self) -> Evaluation:
        """Counts and cost by closed forms."""
        from ..model.evaluate import evaluate

        return evaluate(self.arch, self.layer, self.mapping)

    def explain(self, memory: str, tensor: str, action: str) -> Explanation:
        """The closed form of one counter and its derivation; see `LayerResult.explain`."""
        return Explained(self.arch, self.layer, self.mapping).counter(memory, tensor, action)


def find_mapping(program: Program, name: str | None, settings: MappingOf[str, object]) -> Mapped:
    """The mapping called `name` (None: the only one) with what it is for. Settings go to the machine and the network,
    where they win over the arguments in the text.

    Raises `SpecError`: E517 if it does not say what it is for, E201 for a layer that its network does not have, and all
    that is wrong in the mapping, the machine and the network.
    """
    found = program.find(tree.MappingDecl, name)
    decl = found.decl
    assert isinstance(decl, tree.MappingDecl)
    target = find_target(decl, found.scope)
    for_machine, for_network = choose_settings(settings, [target.machine, target.network])
    return _mapped(decl, target, target.arch(for_machine), target.net(for_network))


def _mapped(decl: tree.MappingDecl, target: Target, arch: Arch, network: Network) -> Mapped:
    layer = _layer(network, target.layer)
    return Mapped(arch, layer, resolve_mapping(decl, arch, layer, target.scope, network.spans.get(layer.name)))


def check_mappings(program: Program) -> tuple[Diagnostic, ...]:
    """What is wrong in the file's own mapping blocks, and in what they name.

    A block that does not say what it is for, or has holes, is a dataflow: only what it names is looked at.
    """
    collector, known = Collector(), _Known()
    try:
        for decl in program.module.file.declarations:
            if isinstance(decl, tree.MappingDecl) and decl.target is not None and decl.arch is not None:
                with collector.guard():
                    _check(program, decl, known)
    except SpecError as error:  # too many mistakes to go on
        collector.add(*error.diagnostics)
    return collector.diagnostics


def _check(program: Program, decl: tree.MappingDecl, known: _Known) -> None:
    target = find_target(decl, program.scope)
    arch, network = known.arch(target), known.network(target)
    try:
        _mapped(decl, target, arch, network)
    except SpecError as error:
        if not any(d.code == HOLE for d in error.diagnostics):
            raise


@dataclass
class _Known:
    """Machines and networks by declaration and text of the arguments: a file of answers names the same ones in every
    block. None: it was wrong, and said so."""

    machines: dict[tuple[int, str], Arch | None] = field(default_factory=dict)
    networks: dict[tuple[int, str], Network | None] = field(default_factory=dict)

    def arch(self, target: Target) -> Arch:
        key = (id(target.machine.decl), _text(target.for_machine.arguments))
        return _once(self.machines, key, lambda: target.arch({}))

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


#: The code of a hole in a mapping that has to be complete (`mapping/resolve.py`).
HOLE = "E513"


def _layer(network: Network, path: tree.Path) -> Layer:
    names = [layer.name for layer in network.layers]
    if path.text in names:
        return network.layers[names.index(path.text)]
    near = nearest(path.text, names)
    raise SpecError(
        Diagnostic(
            "E201",
            f"network `{network.name}` has no layer `{path.text}`",
            Label(path.span, "not a layer"),
            notes=() if near else (f"layers: {', '.join(names)}",),
            help=f"did you mean `{near}`?" if near else None,
        )
    )
