"""Quantised models: Quantize and Dequantize give precisions, they move no data; integer operators are their kin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..graph import Node
from ..model import Model, UnsupportedError
from ..values import Known, Value, View
from .attributes import whole
from .convolution import convolution
from .products import matrix_product


def quantize(model: Model, node: Node) -> Value:
    """`QuantizeLinear`: the value is held in the type of the zero point; who computed it writes that type."""
    value = model.value(node, 0)
    precision = _type_of(model, node, 2)
    if isinstance(value, View):
        note_output(model, value, precision)
    return replace(value, precision=precision)


def dequantize(model: Model, node: Node) -> Value:
    """`DequantizeLinear`: readers compute with what is held; the type of a weight is that of its numbers."""
    value = model.value(node, 0)
    if isinstance(value, Known) and value.precision is None:
        return replace(value, precision=value.dtype, data=None)
    return value


def note_output(model: Model, view: View, precision: str) -> None:
    """Put down the type that a layer writes, on the layer that computes a value."""
    for source in view.sources:
        if source in model.document.layers:
            model.document.layers[source].precisions["output"] = precision


def _type_of(model: Model, node: Node, position: int) -> str:
    """The type of a quantised value: its zero point's, else `output_dtype`, else uint8."""
    if model.has(node, position):
        zero = model.value(node, position)
        if isinstance(zero, Known):
            return zero.dtype
    code = whole(node, "output_dtype", 0)
    if code:
        from ..graph import type_name

        return type_name(code)
    return "uint8"


def quantized_conv(model: Model, node: Node) -> Value:
    """`QLinearConv` (x, scale, zero, w, scale, zero, y scale, y zero, bias) and `ConvInteger` (x, w, ...)."""
    whole_form = node.op == "QLinearConv"
    data, weight = model.view(node, 0), model.weight(node, 3 if whole_form else 1)
    data = data if data.precision else replace(data, precision=_type_of(model, node, 2))
    result = convolution(model, node, data, _typed(weight), bias=whole_form and model.has(node, 8))
    return _result(model, node, result, 7 if whole_form else None)


def quantized_product(model: Model, node: Node) -> Value:
    """`QLinearMatMul` (a, scale, zero, b, scale, zero, y scale, y zero) and `MatMulInteger` (a, b, ...)."""
    whole_form = node.op == "QLinearMatMul"
    left, right = model.weight(node, 0), model.weight(node, 3 if whole_form else 1)
    result = matrix_product(model, node, _typed(left), _typed(right), ())
    return _result(model, node, result, 7 if whole_form else None)


def _typed(value: Value) -> Value:
    return replace(value, precision=value.dtype) if isinstance(value, Known) and not value.precision else value


def _result(model: Model, node: Node, result: View, position: int | None) -> View:
    precision = _type_of(model, node, position) if position is not None else "int32"
    note_output(model, result, precision)
    return replace(result, precision=precision)


def dynamic(model: Model, node: Node) -> list[Value]:
    """`DynamicQuantizeLinear`: the range of the data gives scale and zero point, two numbers that are not followed."""
    value = model.value(node, 0)
    if not isinstance(value, View):
        raise UnsupportedError("of constants")
    note_output(model, value, "uint8")
    return [replace(value, precision="uint8"), Known((), None, None, "float"), Known((), None, None, "uint8")]


HANDLERS: dict[str, Callable[[Model, Node], Value | list[Value]]] = {
    "QuantizeLinear": quantize,
    "DequantizeLinear": dequantize,
    "DynamicQuantizeLinear": dynamic,
    "QLinearConv": quantized_conv,
    "ConvInteger": quantized_conv,
    "QLinearMatMul": quantized_product,
    "MatMulInteger": quantized_product,
}
