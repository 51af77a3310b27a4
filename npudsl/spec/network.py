"""Networks: a `network` declaration with fixed parameters becomes a `Network`, sub-networks laid out in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .bindings import Arguments, bind_operands, sort_arguments
from .collect import Collector
from .elaborate_op import elaborate_op, operand_names
from .evaluate import evaluate_int
from .inference import Binding
from .layers import fits_tensor, make_layer, make_tensor, tensor_operator, written_dims
from .net import NetTensor, Network
from .op import Layer
from .parameters import Given, bind, written
from .scope import Broken, Declared, Scope, Sizes, describe_binding
from .shapes import Origin, Shape
from .statements import check_assert, define_let
from .values import Quantity, number

__all__ = ["NetTensor", "Network", "elaborate_network", "is_template"]

#: Layers of a network after sub-networks are laid out, how deep these nest, and how often a layer may occur in all.
MAX_LAYERS = 5_000
MAX_DEPTH = 32
MAX_REPEAT = 1_000_000


def elaborate_network(
    decl: tree.NetworkDecl,
    scope: Scope,
    given: Mapping[str, Given],
    *,
    span: Span | None = None,
    name_spans: Mapping[str, Span] | None = None,
) -> Network:
    """The network with these arguments. `scope`: the file that it stands in; `span` and `name_spans`: where the
    arguments stand, and their names.

    Raises `SpecError` with everything found: E1xx values, E2xx names and arguments, E301 to E305 shapes
    (`inference.py`), E306 limits and networks inside themselves, E307 operands, E308 repeats, E309 no layer.
    """
    inner = bind(decl.parameters, given, scope, what=f"network `{decl.name.text}`", span=span, name_spans=name_spans)
    body = _Body(_Run(), decl, inner)
    body.lay_out()
    run = body.run
    return Network(
        decl.name.text, tuple(run.tensors), tuple(run.layers), run.spans, written(given), _constants(inner)
    )  # fmt: skip


def _constants(scope: Scope) -> tuple[tuple[str, Fraction], ...]:
    """What a network's own names stand for, where that is a plain number."""
    found = ((name, binding) for name, binding in scope.own_items() if isinstance(binding, Quantity))
    return tuple((name, quantity.value) for name, quantity in found if quantity.dimension.is_number)


def is_template(decl: tree.NetworkDecl) -> bool:
    """Whether the network can only be a layer of another one: a parameter has no default, or a tensor no sizes."""
    return any(p.default is None for p in decl.parameters) or any(
        not isinstance(axis, tree.NamedItem)
        for item in decl.body
        if isinstance(item, tree.TensorDecl)
        for axis in item.axes
    )


@dataclass
class _Run:
    """What one elaboration collects. `full`: there are too many layers, so no more are looked at."""

    layers: list[Layer] = field(default_factory=list)
    tensors: list[NetTensor] = field(default_factory=list)
    spans: dict[str, Span] = field(default_factory=dict)
    full: bool = False


@dataclass
class _Body:
    """One network being laid out. `prefix` stands before its names; `bound`: what its tensors are bound to by the layer
    that it is; `around`: the networks that it is inside of, outermost first; `shapes`: what can be read so far, None
    for what is wrong."""

    run: _Run
    decl: tree.NetworkDecl
    scope: Scope
    prefix: str = ""
    repeat: int = 1
    bound: Mapping[str, Binding] = field(default_factory=dict)
    around: tuple[tree.NetworkDecl, ...] = ()
    shapes: dict[str, Shape | None] = field(default_factory=dict)

    def lay_out(self) -> Shape:
        """Every tensor and layer in turn; the shape of what the last layer produces. All mistakes at once."""
        collector = Collector()
        last: Shape | None = None
        for item in self.decl.body:
            if self.run.full:
                break
            with collector.guard():
                if isinstance(item, tree.Let):
                    define_let(item, self.scope)
                elif isinstance(item, tree.Assert):
                    check_assert(item, self.scope)
                elif isinstance(item, tree.TensorDecl):
                    self._define(item.name, partial(self._tensor, item))
                else:
                    last = self._define(item.name, partial(self._layer, item))
        if last is None and not collector.failed and not self.run.full:
            label = Label(self.decl.name.span, "computes nothing")
            collector.add(Diagnostic("E309", f"network `{self.decl.name.text}` has no layer", label))
        collector.raise_if_failed()
        if last is None:
            raise SpecError(())
        return last

    def _define(self, name: tree.Name, make: Callable[[], Shape]) -> Shape:
        """Give a name to what `make` returns: something to read, and its sizes as `name.axis` in expressions."""
        self.scope.define(name, Broken())
        self.shapes[name.text] = None
        shape = make()
        self.shapes[name.text] = shape
        self.scope.replace(name.text, Sizes({a.name: number(a.size) for a in shape.axes}, title=name.text))
        return shape

    def _tensor(self, decl: tree.TensorDecl) -> Shape:
        title, binding = self.prefix + decl.name.text, self.bound.get(decl.name.text)
        shape = make_tensor(decl, self.scope, title, Origin(title, False), binding)
        if binding is None:
            self.run.tensors.append(NetTensor(title, tuple((a.name, a.size) for a in shape.axes)))
        return shape

    def _layer(self, decl: tree.LayerDecl) -> Shape:
        """The layer, or all layers of the network that it is."""
        repeat = self._repeat(decl)
        target = self._target(decl.call.path)
        if isinstance(target.decl, tree.NetworkDecl):
            return self._network(decl, target.decl, target.scope, repeat)
        assert isinstance(target.decl, tree.OpDecl)
        if len(self.run.layers) >= MAX_LAYERS:
            self.run.full = True
            raise _wrong("E306", f"a network has at most {MAX_LAYERS} layers", decl.name.span, "one more")
        what = f"operator `{target.decl.name.text}`"
        arguments = sort_arguments(decl.call, target.decl.parameters, operand_names(target.decl), self.scope, what)
        op = elaborate_op(
            target.decl, target.scope, arguments.given, span=decl.call.span, name_spans=arguments.name_spans
        )
        name = self.prefix + decl.name.text
        written = written_dims(decl.call.items or (), op, self.scope, name)
        bindings = bind_operands(arguments, op, self.shapes)
        layer, shape = make_layer(name, op, decl.name.span, written, bindings, repeat)
        self.run.layers.append(layer)
        self.run.spans[name] = decl.call.span
        return shape

    def _repeat(self, decl: tree.LayerDecl) -> int:
        if decl.repeat is None:
            return self.repeat
        count = evaluate_int(decl.repeat, self.scope, what="`repeat`")
        if count < 1:
            raise _wrong("E308", "a layer is repeated at least once", decl.repeat.span, f"this is {count}")
        if count * self.repeat > MAX_REPEAT:
            raise _wrong("E308", "a layer occurs at most 1,000,000 times in all", decl.repeat.span, "too often")
        return count * self.repeat

    def _target(self, path: tree.Path) -> Declared:
        """The operator or network that a layer is. An imported file stands for the network of its name.

        Looked up in the file: a layer may be called like what it is (`layer softmax = softmax(...)`).
        """
        found = self.scope.file.resolve(path, wanted="operator or network")
        if isinstance(found, Scope) and found.title is not None:
            found = found.own(found.title) or found
        if isinstance(found, Declared) and isinstance(found.decl, (tree.OpDecl, tree.NetworkDecl)):
            return found
        kind = describe_binding(found)
        raise _wrong("E207", f"`{path.text}` is {kind}, not an operator or a network", path.span, "cannot be a layer")

    # ---- a network as a layer --------------------------------------------------------------------

    def _network(self, decl: tree.LayerDecl, callee: tree.NetworkDecl, scope: Scope, repeat: int) -> Shape:
        self._check_nesting(decl, callee)
        if decl.call.items is not None:
            text = "its sizes are parameters and tensors"
            raise _wrong("E307", f"network `{callee.name.text}` takes no dims in brackets", decl.call.span, text)
        what = f"network `{callee.name.text}`"
        tensors = {item.name.text: item for item in callee.body if isinstance(item, tree.TensorDecl)}
        arguments = sort_arguments(decl.call, callee.parameters, tuple(tensors), self.scope, what)
        inner = bind(
            callee.parameters, arguments.given, scope,
            what=what, span=decl.call.span, name_spans=arguments.name_spans,
        )  # fmt: skip
        bound = {name: self._binding(arguments, name, tensors[name]) for name in arguments.operands}
        body = _Body(
            self.run, callee, inner, f"{self.prefix}{decl.name.text}.", repeat, bound, (*self.around, self.decl)
        )
        last = body.lay_out()
        self.shapes.update({f"{decl.name.text}.{name}": shape for name, shape in body.shapes.items()})
        if repeat > self.repeat:
            _check_chain(decl, [s for n in bound if (s := body.shapes[n]) is not None], last)
        return last

    def _binding(self, arguments: Arguments, name: str, tensor: tree.TensorDecl) -> Binding:
        argument = arguments.operands[name]
        joined = isinstance(argument.value, tree.ListOf)
        alone = replace(arguments, operands={name: argument}, along=arguments.along if joined else None)
        return bind_operands(alone, tensor_operator(tensor), self.shapes)[0]

    def _check_nesting(self, decl: tree.LayerDecl, callee: tree.NetworkDecl) -> None:
        chain = (*self.around, self.decl)
        if any(callee is one for one in chain):
            ring = " -> ".join(d.name.text for d in (*chain[[c is callee for c in chain].index(True) :], callee))
            label = Label(callee.name.span, "this network")
            message = f"network `{callee.name.text}` is a layer of itself"
            raise SpecError(Diagnostic("E306", message, Label(decl.call.path.span, "again"), (label,), (ring,)))
        if len(chain) >= MAX_DEPTH:
            raise _wrong("E306", f"networks nest at most {MAX_DEPTH} deep", decl.call.path.span, "too deep")


def _check_chain(decl: tree.LayerDecl, read: list[Shape], produced: Shape) -> None:
    """E308: a repeated network reads what it produced the time before, so that must fit one of its tensors."""
    if not read or any(fits_tensor(produced, tensor) for tensor in read):
        return
    assert decl.repeat is not None
    shown = ", ".join(f"{a.name} = {a.size}" for a in produced.axes)
    wanted = "; ".join("[" + ", ".join(f"{a.name} = {a.size}" for a in tensor.axes) + "]" for tensor in read)
    raise SpecError(
        Diagnostic(
            "E308",
            f"`{decl.name.text}` cannot follow itself: it reads {wanted}, but produces [{shown}]",
            Label(decl.repeat.span, "repeated here"),
            tuple(Label(t.span, "read here") for t in read if t.span),
        )
    )


def _wrong(code: str, message: str, span: Span, text: str) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(span, text)))
