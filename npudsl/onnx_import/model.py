"""The state of one import: what every name of the graph stands for, and the network written so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .document import Document, LayerItem, LocalOp
from .equations import CannotReadError, Equation, Operand, Window, resolve
from .errors import OnnxError
from .graph import Graph, Node
from .names import layer_name
from .sizes import Size, product
from .standard import fits
from .values import Known, Value, View, stored

#: Names of axes by number of axes: of declared tensors, and of equations over all axes of a value.
AXES = {
    1: ("i",), 2: ("m", "n"), 3: ("b", "m", "n"), 4: ("n", "c", "p", "q"), 5: ("n", "c", "o", "p", "q"),
}  # fmt: skip


class UnsupportedError(OnnxError):
    """A node that is not known, or not in this form; the message is the form. It is reported with all others."""


class LostError(Exception):
    """A node reads what an unsupported one would have produced."""


@dataclass(frozen=True)
class Call:
    """How an equation becomes a layer. `standard`: operators of the standard library that it may be, best first;
    `local`: what its own operator is called else; `shown`: dims that a layer of a standard operator must write."""

    local: str
    doc: str
    standard: tuple[str, ...] = ()
    shown: tuple[str, ...] | None = None
    suffix: str = ""
    notes: tuple[str, ...] = ()


@dataclass
class Model:
    """`lost`: names that an unsupported node would have produced. `detached`: tensors that stand for data which the
    language cannot name, with the reason."""

    graph: Graph
    document: Document
    values: dict[str, Value] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    detached: dict[str, str] = field(default_factory=dict)
    readers: Mapping[str, int] = field(default_factory=dict)
    shared: dict[str, View] = field(default_factory=dict)

    # ---- what a node reads -----------------------------------------------------------------------

    def has(self, node: Node, position: int) -> bool:
        """Whether the node has this input."""
        return position < len(node.inputs) and node.inputs[position] != ""

    def value(self, node: Node, position: int) -> Value:
        """What an input stands for. Raises `OnnxError` if the node lacks it, `LostError` if it is not known."""
        if not self.has(node, position):
            raise OnnxError(f"`{node.title}` ({node.op}) has no input {position + 1}")
        name = node.inputs[position]
        if name in self.lost:
            raise LostError(name)
        return self.values[name]

    def view(self, node: Node, position: int) -> View:
        """An input as data that layers read; what is known beforehand is declared as a tensor."""
        return self.as_view(self.value(node, position), node.inputs[position])

    def as_view(self, value: Value, wanted: str) -> View:
        if isinstance(value, View):
            return value
        comment = f"`{value.name or wanted}`, known beforehand"
        return self.tensor(wanted, value.shape, (comment,), value.precision)

    def weight(self, node: Node, position: int) -> Value:
        """An input that may be a weight: one that several nodes read is declared once, as a tensor."""
        value = self.value(node, position)
        name = node.inputs[position]
        if isinstance(value, View) or self.readers.get(name, 0) < 2 or product(value.shape) == 1:
            return value
        if name not in self.shared:
            comment = f"weight `{name}`, read by {self.readers[name]} layers"
            self.shared[name] = self.tensor(name, value.shape, (comment,), value.precision)
        return self.shared[name]

    # ---- what is written ---------------------------------------------------------------------------

    def tensor(self, wanted: str, shape: Sequence[Size], comments: Iterable[str], precision: str | None = None) -> View:
        """A declared tensor."""
        axes = AXES.get(len(shape)) or tuple(f"a{i}" for i in range(len(shape)))
        name = self.document.tensor(wanted, zip(axes, shape, strict=True) if shape else (), comments)
        return replace(stored(name, tuple(shape)), precision=precision)

    def detach(self, shape: Sequence[Size], wanted: str, reason: str, precision: str | None = None) -> View:
        """A tensor in the place of data that the language cannot name."""
        found = self.tensor(wanted, shape, (reason,), precision)
        self.detached[found.sources[0]] = reason
        return found

    def copied(self, view: View, wanted: str, reason: str) -> View:
        """A layer that writes a value once more, in the order of its axes."""
        shape = view.shape
        labels = axis_labels(shape)
        axes = tuple((label,) for label in labels)
        sizes = dict(zip(labels, shape, strict=True))
        equation = Equation((Operand("input", view, axes),), tuple((label,) for label in labels), sizes, "{input}")
        call = Call("reorder", "The same elements in another order.", ("concat", "concat_rows"), None, notes=(reason,))
        return self.emit(None, equation, call, wanted)

    def emit(self, node: Node | None, equation: Equation, call: Call, wanted: str | None = None) -> View:
        """A layer for an equation; what it computes."""
        title = wanted or self.name_of(node) + (f"_{call.suffix}" if call.suffix else "")
        for _ in range(2 * len(equation.operands) + 1):
            try:
                found = resolve(equation)
                break
            except CannotReadError as error:
                equation = self._readable(equation, error, title)
        else:
            raise UnsupportedError("its operands are stored in ways that no loop nest reads together")
        standard = next((s for s in call.standard if self._is(s, equation, found.index, found.dims)), None)
        if standard is None:
            op = self.document.local(call.local, _local(equation, found.dims, found.index, call))
        else:
            op = f"o.{standard}"
        bound = {o.name: o.value.sources for o in equation.operands if isinstance(o.value, View)}
        plain = standard is not None and call.shown is not None and _is_map(equation)
        item = self.document.layer(
            title, op, found.dims, bound,
            shown=call.shown if plain else None,
            settings={n: v for n, (_, v) in equation.parameters.items() if v is not None},
            along=found.along if any(len(s) > 1 for s in bound.values()) else None,
            comments=self.origin(node, *call.notes),
        )  # fmt: skip
        self.note_operands(item, {o.name: o.value for o in equation.operands})
        return found.view(equation, item.name)

    def _readable(self, equation: Equation, error: CannotReadError, title: str) -> Equation:
        operand = error.operand
        view = operand.value
        assert isinstance(view, View)
        if error.materialise:
            better = self.copied(view, f"{title}_{operand.name}", "what is read, brought into order")
        else:
            reason = f"what `{title}` reads of {', '.join(f'`{s}`' for s in view.sources)}, with axes of its own"
            better = self.detach(view.shape, f"{title}_{operand.name}", reason, view.precision)
        changed = tuple(replace(o, value=better) if o is operand else o for o in equation.operands)
        return replace(equation, operands=changed)

    def _is(
        self, name: str, equation: Equation, index: Mapping[str, tuple[str, ...]], dims: Mapping[str, Size]
    ) -> bool:
        """Whether the equation is the standard operator; windows are compared by their dims."""
        windows = {str(a): f"{a.place}~{a.tap}" for o in (*equation.operands,) for a in o.axes if isinstance(a, Window)}
        windows |= {str(a): f"{a.place}~{a.tap}" for a in equation.axes if isinstance(a, Window)}
        return fits(name, {t: tuple(windows.get(r, r) for r in ranks) for t, ranks in index.items()}, dims)

    # ---- names and comments --------------------------------------------------------------------------

    def name_of(self, node: Node | None) -> str:
        return (
            layer_name(node.name, node.op, next((o for o in node.outputs if o), "")) if node is not None else "layer_"
        )

    def origin(self, node: Node | None, *notes: str) -> list[str]:
        """What a layer's comment says about where it comes from."""
        said = [f"{node.op} `{node.title}`"] if node is not None else []
        return [", ".join([*said, *notes])] if said or notes else []

    def note_operands(self, item: LayerItem, values: Mapping[str, Value]) -> None:
        """Put down what is known of a layer's operands, and the types that a quantised model gives them."""
        item.known.update({n: v for n, v in values.items() if isinstance(v, Known)})
        item.precisions.update({n: v.precision for n, v in values.items() if v.precision})


def axis_labels(shape: Sequence[object]) -> tuple[str, ...]:
    """A label for each axis of a value; of a scalar, none."""
    return AXES.get(len(shape)) or tuple(f"a{i}" for i in range(len(shape)))


def _local(equation: Equation, dims: Mapping[str, Size], index: Mapping[str, tuple[str, ...]], call: Call) -> LocalOp:
    """The operator that an equation is, if the standard library has none."""
    shown = {name: f"{name}[{', '.join(ranks) or '0'}]" for name, ranks in index.items()}
    operands = {o.name: shown[o.name] for o in equation.operands}
    return LocalOp(
        call.doc,
        tuple((name, kind) for name, (kind, _) in equation.parameters.items()),
        tuple((o.name, o.role) for o in equation.operands if o.role is not None),
        tuple(dims),
        f"{shown['output']} {equation.reduction} {equation.body.format(**operands)}",
    )


def _is_map(equation: Equation) -> bool:
    """Whether what is read is stored as its axes say, so that the language infers the dims that are not written."""
    views = [o.value for o in equation.operands if isinstance(o.value, View)]
    return all(v.in_stored_order and all(len(axis) <= 2 for axis in v.axes) for v in views)
