"""What a dataflow is for: layers of an operator, one layer of a network, or every layer; on one machine, or on any."""

from __future__ import annotations

from dataclasses import dataclass

from ..spec.arch import Arch
from ..spec.elaborate_arch import elaborate_arch
from ..spec.find import declared_of, resolve_declared
from ..spec.network import Network, elaborate_network
from ..spec.op import Layer
from ..spec.parameters import evaluate_arguments
from ..spec.scope import Declared, Scope
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from .target import layer_of, named, split_target


@dataclass(frozen=True)
class Purpose:
    """The declarations that a mapping block is for. `op` alone: its layers; `network` with `layer`: that one; none of
    them: every layer. `machine` None: any machine that has the block's slots."""

    decl: tree.MappingDecl
    scope: Scope
    op: Declared | None = None
    network: Declared | None = None
    layer: tree.Path | None = None
    machine: Declared | None = None

    @property
    def text(self) -> str:
        """The layers in words."""
        if self.op is not None:
            return f"layers of `{self.op.decl.name.text}`"
        if self.network is not None and self.layer is not None:
            return f"`{self.network.decl.name.text}.{self.layer.text}`"
        return "every layer"

    def fits(self, layer: Layer, network: Network) -> bool:
        """Whether the block is for a layer of a network that is solved. Raises E523 if it is, but for other sizes, E201
        if the network has no layer of the name."""
        if self.op is not None:
            return layer.op.name == self.op.decl.name.text
        if self.network is None or self.layer is None:
            return True
        if network.name != self.network.decl.name.text or layer is not layer_of(network, self.layer):
            return False
        self._check_sizes(layer)
        return True

    def _check_sizes(self, layer: Layer) -> None:
        """`for alexnet(batch = 4).conv1` is for no other batch."""
        target = self.decl.target
        if target is None or target.arguments is None or self.network is None:
            return
        decl = self.network.decl
        assert isinstance(decl, tree.NetworkDecl)
        given = evaluate_arguments(target.arguments, self.scope, what=f"network `{decl.name.text}`")
        meant = elaborate_network(decl, self.network.scope, given, span=target.span)
        bounds = next((other.bounds for other in meant.layers if other.name == layer.name), ())
        if bounds != layer.bounds:
            other = [f"{d} = {b}, here {layer.bound.get(d)}" for d, b in bounds if layer.bound.get(d) != b]
            message = f"`{self.decl.name.text}` is for `{layer.name}` of other sizes"
            label = Label(target.span, "with these arguments")
            raise SpecError(Diagnostic("E523", message, label, notes=(f"there {'; '.join(other)}",)))

    def arch(self) -> Arch:
        """The machine that the block names, with its arguments. Raises `SpecError`."""
        assert self.machine is not None and self.decl.arch is not None
        what = f"architecture `{self.machine.decl.name.text}`"
        given = evaluate_arguments(self.decl.arch.arguments or (), self.scope, what=what)
        return elaborate_arch(self.machine, given, span=self.decl.arch.span)

    def check_machine(self, arch: Arch) -> None:
        """Raises E523 if the block is for another machine than `arch`."""
        written = self.decl.arch
        if self.machine is None or written is None:
            return
        meant = self.machine.decl.name.text
        if meant != arch.name or (written.arguments is not None and self.arch() != arch):
            message = f"`{self.decl.name.text}` is for `{written.span.text}`, not for the machine that is solved for"
            help_ = "leave `on` out for any machine that has these slots"
            raise SpecError(Diagnostic("E523", message, Label(written.span, "another machine"), help=help_))


def _check_operator(scope: Scope, path: tree.Path) -> None:
    """E201 for an operator that does not exist: a name by itself, or one of a file with operators but no networks."""
    file = scope.lookup(path.parts[0].text)
    ops_alone = isinstance(file, Scope) and declared_of(file, tree.OpDecl) and not declared_of(file, tree.NetworkDecl)
    if len(path.parts) == 1 or ops_alone:
        scope.resolve(
            path, wanted="operator", fits=lambda b: isinstance(b, Declared) and isinstance(b.decl, tree.OpDecl)
        )


def purpose_of(decl: tree.MappingDecl, scope: Scope) -> Purpose:
    """What a block in the file `scope` is for. Raises `SpecError`: E201 and E207 for names, E517 for no layer."""
    machine = resolve_declared(scope, decl.arch.path, tree.ArchDecl) if decl.arch else None
    target = decl.target
    if target is None:
        return Purpose(decl, scope, machine=machine)
    op = named(scope, target.path) if target.arguments is None else None
    if isinstance(op, Declared) and isinstance(op.decl, tree.OpDecl):
        return Purpose(decl, scope, op=op, machine=machine)
    if op is None and target.arguments is None:
        _check_operator(scope, target.path)
    path, layer = (target.path, target.layer) if target.layer else split_target(scope, decl, target.path)
    return Purpose(decl, scope, None, resolve_declared(scope, path, tree.NetworkDecl), layer, machine)
