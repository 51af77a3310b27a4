"""What a mapping block is for: `for alexnet(batch = 4).conv1 on eyeriss(glb_size = 216 KiB)`, found in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..spec.arch import Arch
from ..spec.elaborate_arch import elaborate_arch
from ..spec.find import declared_of, resolve_declared
from ..spec.network import Network, elaborate_network, is_template
from ..spec.op import Layer
from ..spec.parameters import evaluate_arguments, settings_to_given
from ..spec.scope import Binding, Declared, Scope
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest

Arguments = tuple[tree.Argument, ...] | None


@dataclass(frozen=True)
class Target:
    """A mapping's machine and network with the arguments that it gives them, and the path of its layer."""

    machine: Declared
    network: Declared
    layer: tree.Path
    scope: Scope
    for_machine: tree.Reference
    for_network: tree.Target

    def arch(self, settings: Mapping[str, object]) -> Arch:
        """The machine; `settings` win over the arguments in the text. Raises `SpecError`."""
        written, what = self.for_machine.arguments, f"architecture `{self.machine.decl.name.text}`"
        given = evaluate_arguments(written or (), self.scope, what=what) | settings_to_given(settings)
        return elaborate_arch(self.machine, given, span=self.for_machine.span, name_spans=_names(written))

    def net(self, settings: Mapping[str, object]) -> Network:
        """The network; `settings` win over the arguments in the text. Raises `SpecError`."""
        decl, written = self.network.decl, self.for_network.arguments
        assert isinstance(decl, tree.NetworkDecl)
        what = f"network `{decl.name.text}`"
        given = evaluate_arguments(written or (), self.scope, what=what) | settings_to_given(settings)
        span = self.for_network.span
        return elaborate_network(decl, self.network.scope, given, span=span, name_spans=_names(written))


def _names(arguments: Arguments) -> dict[str, Span]:
    return {a.name.text: a.name.span for a in arguments or () if a.name}


def find_target(decl: tree.MappingDecl, scope: Scope) -> Target:
    """The declarations that a mapping of the file `scope` names. Raises `SpecError`: E517 if it does not say what it is
    for, E201 and E207 for names."""
    if decl.target is None:
        raise _missing(decl, "for NETWORK.LAYER")
    if decl.arch is None:
        raise _missing(decl, "on ARCH")
    path, layer = decl.target.path, decl.target.layer
    op = named(scope, path)
    if isinstance(op, Declared) and isinstance(op.decl, tree.OpDecl):
        message = (
            f"mapping `{decl.name.text}` is for every layer of `{op.decl.name.text}`, but one layer is needed here"
        )
        help_ = "a layer is written `NETWORK.LAYER`; `solve --using` maps every layer"
        raise SpecError(Diagnostic("E517", message, Label(path.span, "an operator"), help=help_))
    if layer is None:
        path, layer = split_target(scope, decl, path)
    machine = resolve_declared(scope, decl.arch.path, tree.ArchDecl)
    network = resolve_declared(scope, path, tree.NetworkDecl)
    return Target(machine, network, layer, scope, decl.arch, decl.target)


def named(scope: Scope, path: tree.Path) -> Binding | None:
    """What a path stands for, if anything."""
    found: Binding | None = scope.lookup(path.parts[0].text)
    for part in path.parts[1:]:
        found = found.own(part.text) if isinstance(found, Scope) else None
    return found


def split_target(scope: Scope, decl: tree.MappingDecl, path: tree.Path) -> tuple[tree.Path, tree.Path]:
    """Where the network's name ends and the layer's begins: names of files and networks go as far as they reach, but
    a file that has the network of its own name stands for it."""
    if len(path.parts) < 2:
        message = f"mapping `{decl.name.text}` is for `{path.text}`, which is not a layer of a network"
        raise SpecError(Diagnostic("E517", message, Label(path.span, "a layer is written `NETWORK.LAYER`")))
    found: Binding | None = scope.lookup(path.parts[0].text)
    end = 1
    while isinstance(found, Scope) and end < len(path.parts) - 1:
        found = found.own(path.parts[end].text) if _leads_on(found, path.parts[end].text) else None
        end += found is not None
    return _part(path.parts[:end]), _part(path.parts[end:])


def _leads_on(file: Scope, name: str) -> bool:
    inner = file.own(name)
    if isinstance(inner, Scope):
        return (file.title or "") not in declared_of(file, tree.NetworkDecl)
    return isinstance(inner, Declared) and isinstance(inner.decl, tree.NetworkDecl) and not is_template(inner.decl)


def _part(names: tuple[tree.Name, ...]) -> tree.Path:
    return tree.Path(names, names[0].span.to(names[-1].span))


def _missing(decl: tree.MappingDecl, example: str) -> SpecError:
    message = f"mapping `{decl.name.text}` does not say what it is for"
    label = Label(decl.name.span, f"`{example}` is missing")
    return SpecError(Diagnostic("E517", message, label, help=f"add `{example}`"))


def layer_of(network: Network, path: tree.Path) -> Layer:
    """The layer of a network that a path names. Raises E201."""
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
