"""Normalisations over channels: batch, instance and group normalisation, local response normalisation."""

from __future__ import annotations

from collections.abc import Callable

from ..equations import Equation, Operand, Window
from ..errors import OnnxError
from ..graph import Node
from ..model import Call, Model, UnsupportedError, axis_labels
from ..sizes import Size, product, show
from ..values import Value, View
from .attributes import literal, number, whole
from .elementwise import Function, Term, apply


def batch_norm(model: Model, node: Node) -> Value:
    """`BatchNormalization` of a trained network: a factor and a summand per channel."""
    if whole(node, "training_mode", 0) or any(model.readers.get(o, 0) for o in node.outputs[1:]):
        raise UnsupportedError("training mode")
    data = model.view(node, 0)
    shape = data.shape
    if len(shape) < 2:
        raise OnnxError(f"`{node.title}` (BatchNormalization) reads {len(shape)} axes")
    labels = ("n", "c") if len(shape) == 2 else axis_labels(shape) if len(shape) > 3 else ("n", "c", "p")
    equation = Equation(
        (
            Operand("input", data, tuple((label,) for label in labels)),
            Operand("scale", model.value(node, 1), ((labels[1],),)),
            Operand("shift", model.value(node, 2), ((labels[1],),)),
        ),
        tuple((label,) for label in labels),
        dict(zip(labels, shape, strict=True)),
        "{input} * {scale} + {shift}",
    )
    call = Call("channel_affine_axes", "One factor and one summand per channel.", ("channel_affine",), ())
    return model.emit(node, equation, call)


def group_norm(model: Model, node: Node) -> Value:
    """`GroupNormalization` and `InstanceNormalization` (a group per channel): mean, difference, variance, result."""
    data = model.view(node, 0)
    shape = data.shape
    if len(shape) < 3 or not isinstance(shape[1], int):
        raise UnsupportedError(f"{len(shape)} axes, or a dynamic number of channels")
    groups = shape[1] if node.op == "InstanceNormalization" else whole(node, "num_groups", 1)
    if groups < 1 or shape[1] % groups:
        raise OnnxError(f"`{node.title}` ({node.op}): {shape[1]} channels in {groups} groups")
    spatial = ("p", "q", "r", "s")[: len(shape) - 2]
    sizes: dict[str, Size] = {"n": shape[0], "g": groups, "c": shape[1] // groups}
    sizes |= dict(zip(spatial, shape[2:], strict=True))
    length = product((sizes["c"], *shape[2:]))
    axes = (("n",), ("g", "c"), *((s,) for s in spatial))
    parts = _GroupNorm(model, node, axes, sizes, length)
    mean = parts.layer("mean", "+=", "{input} / length", (("n",), ("g",)), Operand("input", data, axes))
    rows = (("n",), ("g",))
    centred = parts.layer(
        "centred", "=", "{input} - {row}", axes, Operand("input", data, axes), Operand("row", mean, rows, "input")
    )
    square = parts.layer("square", "+=", "{input} * {input} / length", rows, Operand("input", centred, axes))
    per = ("g", "c") if _per_channel(model, node, shape[1]) else ("g",)
    return parts.layer(
        "", "=", "{input} * rsqrt({row} + epsilon) * {scale} + {shift}", axes,
        Operand("input", centred, axes), Operand("row", square, rows, "input"),
        Operand("scale", model.value(node, 1), (per,)), Operand("shift", model.value(node, 2), (per,)),
    )  # fmt: skip


def _per_channel(model: Model, node: Node, channels: int) -> bool:
    return model.value(node, 1).shape == (channels,)


class _GroupNorm:
    """The layers of one group normalisation."""

    def __init__(
        self, model: Model, node: Node, axes: tuple[tuple[str, ...], ...], sizes: dict[str, Size], length: Size
    ):
        self.model, self.node, self.axes, self.sizes, self.length = model, node, axes, sizes, length

    def layer(
        self, suffix: str, reduction: str, body: str, made: tuple[tuple[str, ...], ...], *operands: Operand
    ) -> View:
        parameters: dict[str, tuple[str, str | None]] = {}
        if "length" in body:
            parameters["length"] = ("int", show(self.length))
        if "epsilon" in body:
            parameters["epsilon"] = ("real", literal(number(self.node, "epsilon", 1e-5)))
        equation = Equation(operands, made, self.sizes, body, reduction, parameters=parameters)
        used = {label for o in operands for axis in o.axes if not isinstance(axis, Window) for label in axis}
        assert used == set(self.sizes)
        local, doc = f"group_{suffix or 'normal'}", f"Group normalisation: {suffix or 'result'}."
        return self.model.emit(self.node, equation, Call(local, doc, suffix=suffix))


def response_norm(model: Model, node: Node) -> Value:
    """`LRN` (Krizhevsky et al., 2012): x / (bias + alpha * mean of squares of the channels around)^beta."""
    data = model.view(node, 0)
    shape = data.shape
    if len(shape) < 3 or len(shape) > 5:
        raise UnsupportedError(f"{len(shape)} axes")
    taps = whole(node, "size", 0)
    if taps < 1 or taps % 2 == 0:
        raise UnsupportedError(f"a window of {taps} channels")
    labels = axis_labels(shape) if len(shape) > 3 else ("n", "c", "p")
    window = Window("c", "k", pad=str(taps // 2) if taps > 1 else None)
    sizes = dict(zip(labels, shape, strict=True)) | {"k": taps}
    axes = tuple(window if label == "c" else (label,) for label in labels)
    equation = Equation(
        (Operand("input", data, axes),),
        tuple((label,) for label in labels),
        sizes,
        f"{{input}} * {{input}} / {taps}",
        "+=",
    )
    doc = f"Mean of squares over {taps} neighbouring channels."
    total = model.emit(node, equation, Call(f"channel_squares_{taps}", doc, suffix="squares"))
    parameters = {
        "offset": number(node, "bias", 1.0),
        "factor": number(node, "alpha", 0.0001),
        "exponent": number(node, "beta", 0.75),
    }
    function = Function(
        "{input} * exp(-exponent * log(offset + factor * {squares}))", "response_norm",
        "Local response normalisation.", parameters=parameters,
    )  # fmt: skip
    return apply(model, node, function, (Term("input", data), Term("squares", total, "input")))


HANDLERS: dict[str, Callable[[Model, Node], Value]] = {
    "BatchNormalization": batch_norm,
    "GroupNormalization": group_norm,
    "InstanceNormalization": group_norm,
    "LRN": response_norm,
}
