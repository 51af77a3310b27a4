"""Element-wise operators: functions of one value, and of several with broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ..document import LocalOp
from ..equations import Equation, Operand
from ..errors import OnnxError, UndecidedError
from ..graph import Node
from ..model import Call, Model, axis_labels
from ..sizes import Size, product, show
from ..values import Known, Value, View, stored
from .attributes import literal


@dataclass(frozen=True)
class Function:
    """`body` over operands `{name}` and parameters. `pointwise`: the standard operator if all operands have one shape;
    `standard`: those with broadcasting; `local`: what its own operator is called else."""

    body: str
    local: str
    doc: str
    pointwise: str | None = None
    standard: tuple[str, ...] = ()
    parameters: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Term:
    """An operand of a function: its name in the body, what it is, and its role if not its name."""

    name: str
    value: Value
    role: str | None = None


def apply(model: Model, node: Node, function: Function, terms: Sequence[Term], suffix: str = "") -> View:
    """The layer of an element-wise function; at least one operand is a view."""
    shape: tuple[Size, ...] = ()
    for term in terms:
        shape = broadcast(shape, term.value.shape)
    first = _leader(terms, shape)
    if first is not None:
        return _pointwise(model, node, function, terms, first, suffix)
    labels = axis_labels(shape)
    operands = tuple(Operand(t.name, t.value, _axes(t.value.shape, shape, labels), t.role) for t in terms)
    equation = Equation(
        operands,
        tuple((label,) for label in labels),
        dict(zip(labels, shape, strict=True)),
        function.body,
        parameters={n: ("real", literal(v)) for n, v in function.parameters.items()},
    )
    return model.emit(node, equation, Call(function.local, function.doc, function.standard, (), suffix))


def broadcast(first: tuple[Size, ...], second: tuple[Size, ...]) -> tuple[Size, ...]:
    """The shape of two values combined element by element, as numpy does it."""
    count = max(len(first), len(second))
    one, two = (1,) * (count - len(first)) + first, (1,) * (count - len(second)) + second
    return tuple(broadcast_size(a, b) for a, b in zip(one, two, strict=True))


def broadcast_size(first: Size, second: Size) -> Size:
    """The size of two axes that are combined element by element."""
    if first == second or second == 1:
        return first
    if first == 1:
        return second
    if isinstance(first, int) and isinstance(second, int):
        raise OnnxError(f"axes of {first} and {second} cannot be combined element by element")
    raise UndecidedError(f"axes of {show(first)} and {show(second)} are combined element by element")


def _axes(own: tuple[Size, ...], shape: tuple[Size, ...], labels: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The labels of an operand's axes; none where it is repeated along an axis."""
    offset = len(shape) - len(own)
    return tuple((labels[offset + i],) if size == shape[offset + i] else () for i, size in enumerate(own))


def _leader(terms: Sequence[Term], shape: tuple[Size, ...]) -> View | None:
    """The view whose layout all operands have, word by word; None if there is none. Known operands take any layout
    that is in order."""
    views = [t.value for t in terms if isinstance(t.value, View)]
    first = views[0]
    if len(terms) == 1 and first.joined is None:
        return first  # what is repeated is computed once
    if any(v.shape != shape or v.joined is not None or v.repeats for v in views):
        return None
    if any(not _same_layout(first, v) for v in views[1:]):
        return None
    known = [t.value for t in terms if isinstance(t.value, Known)]
    if known and (not first.in_stored_order or any(k.shape != shape for k in known)):
        return None
    return first


def _same_layout(first: View, second: View) -> bool:
    if first.in_stored_order and second.in_stored_order:
        return True
    return _digits(first) == _digits(second)


def _digits(view: View) -> tuple[object, ...]:
    """Sizes in stored order, and which axis each belongs to, atoms of size 1 aside."""
    order = [a for a in view.order if a.size != 1]
    places = {a: i for i, axis in enumerate(view.axes) for a in axis}
    return tuple((a.size, places[a]) for a in order)


def _pointwise(model: Model, node: Node, function: Function, terms: Sequence[Term], first: View, suffix: str) -> View:
    """A layer over all words in the order in which they are stored."""
    if function.pointwise is not None and all(isinstance(t.value, View) for t in terms):
        op = f"o.{function.pointwise}"
    else:
        reads = {t.name: f"{t.name}[i]" for t in terms}
        parameters = tuple((n, "real") for n in function.parameters)
        roles = tuple((t.name, t.role) for t in terms if t.role is not None)
        equation = f"output[i] = {function.body.format(**reads)}"
        op = model.document.local(function.local, LocalOp(function.doc, parameters, roles, ("i",), equation))
    bound = {t.name: t.value.sources for t in terms if isinstance(t.value, View)}
    words = product(a.size for a in first.order)
    item = model.document.layer(
        model.name_of(node) + (f"_{suffix}" if suffix else ""), op, {"i": words}, bound, shown=(),
        settings={n: literal(v) for n, v in function.parameters.items()}, comments=model.origin(node),
    )  # fmt: skip
    model.note_operands(item, {t.name: t.value for t in terms})
    return replace(first, sources=(item.name,), precision=None)


def of_one(model: Model, node: Node, function: Function, view: View, suffix: str = "") -> View:
    """A function of `{input}` alone. A scalar is a tensor of one element."""
    if not view.shape:
        view = replace(stored(view.sources[0], (1,)), precision=view.precision)
        return replace(of_one(model, node, function, view, suffix), axes=())
    return apply(model, node, function, (Term("input", view),), suffix)
