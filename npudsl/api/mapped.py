"""A complete mapping of a file, with the layer and the machine it is for."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..mapping.resolve import resolve_mapping
from ..spec.arch import Arch
from ..spec.elaborate_arch import elaborate_arch
from ..spec.find import resolve_declared
from ..spec.network import Network, elaborate_network
from ..spec.op import Layer
from ..spec.parameters import settings_to_given
from ..spec.program import Program
from ..spec.scope import Declared
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.suggest import nearest
from .explained import Explained, Explanation
from .names import choose_settings


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
    """The mapping called `name` (None: the only one) with what it is for. Settings go to the machine and the network.

    Raises `SpecError`: E517 if it does not say what it is for, E201 for a layer that its network does not have, and all
    that is wrong in the mapping, the machine and the network.
    """
    found = program.find(tree.MappingDecl, name)
    decl = found.decl
    assert isinstance(decl, tree.MappingDecl)
    target = _required(decl, decl.target, "for NETWORK.LAYER")
    if len(target.parts) < 2:
        raise SpecError(_no_layer_named(decl, target))
    owner = tree.Path(target.parts[:-1], target.parts[0].span.to(target.parts[-2].span))
    machine = resolve_declared(found.scope, _required(decl, decl.arch, "on ARCH"), tree.ArchDecl)
    network = resolve_declared(found.scope, owner, tree.NetworkDecl)
    for_machine, for_network = choose_settings(settings, [machine, network])
    arch = elaborate_arch(machine, settings_to_given(for_machine))
    layer = _layer(_network(network, for_network), target)
    return Mapped(arch, layer, resolve_mapping(decl, arch, layer, found.scope))


def _network(network: Declared, settings: MappingOf[str, object]) -> Network:
    assert isinstance(network.decl, tree.NetworkDecl)
    return elaborate_network(network.decl, network.scope, settings_to_given(settings))


def _layer(network: Network, target: tree.Path) -> Layer:
    wanted = target.parts[-1]
    names = [layer.name for layer in network.layers]
    if wanted.text in names:
        return network.layers[names.index(wanted.text)]
    near = nearest(wanted.text, names)
    raise SpecError(
        Diagnostic(
            "E201",
            f"network `{network.name}` has no layer `{wanted.text}`",
            Label(wanted.span, "not a layer"),
            notes=() if near else (f"layers: {', '.join(names)}",),
            help=f"did you mean `{near}`?" if near else None,
        )
    )


def _required(decl: tree.MappingDecl, part: tree.Path | None, example: str) -> tree.Path:
    if part is not None:
        return part
    message = f"mapping `{decl.name.text}` does not say what it is for"
    raise SpecError(
        Diagnostic("E517", message, Label(decl.name.span, f"`{example}` is missing"), help=f"add `{example}`")
    )


def _no_layer_named(decl: tree.MappingDecl, target: tree.Path) -> Diagnostic:
    return Diagnostic(
        "E517",
        f"mapping `{decl.name.text}` is for `{target.text}`, which is not a layer of a network",
        Label(target.span, "a layer is written `NETWORK.LAYER`"),
    )
