"""What is known before anything runs: constants, and arithmetic on shapes as exporters write it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import OnnxError, UndecidedError
from ..graph import MAX_ELEMENTS, Node
from ..model import Model
from ..sizes import Poly, Size, elements, floor, known, product
from ..values import Known, Value
from .attributes import axes_of, sizes, whole, wholes
from .elementwise import broadcast


def constant(model: Model, node: Node) -> Value:
    """`Constant`: a tensor, or numbers as attributes."""
    value = node.attributes.get("value")
    if isinstance(value, Known):
        return value
    for name in ("value_int", "value_float", "value_ints", "value_floats"):
        if name in node.attributes:
            data = np.array(node.attributes[name], dtype=object)
            return Known(data.shape, data)
    return Known((), None)


def constant_of_shape(model: Model, node: Node) -> Value:
    """`ConstantOfShape`: one number everywhere."""
    shape = tuple(sizes(model, node, 0, "its shape"))
    if any(isinstance(s, int) and s < 0 for s in shape):
        raise OnnxError(f"`{node.title}` (ConstantOfShape) has a negative size")
    value = node.attributes.get("value")
    element = (
        value.data.reshape(-1)[0] if isinstance(value, Known) and value.data is not None and value.data.size else 0.0
    )
    name = node.outputs[0]
    count = elements(shape)
    if count is None or count > MAX_ELEMENTS:
        return Known(shape, None, name)
    return Known(shape, np.full([known(s, "a size") for s in shape], element, dtype=object), name)


def shape(model: Model, node: Node) -> Value:
    """`Shape` of anything, also of what layers compute."""
    found = model.value(node, 0).shape
    begin, end = whole(node, "start", 0), whole(node, "end", len(found))
    return _vector(found[slice(begin, end)])


def size(model: Model, node: Node) -> Value:
    """`Size`: the number of elements."""
    data = np.empty((), dtype=object)
    data[()] = product(model.value(node, 0).shape)
    return Known((), data)


def _vector(values: Sequence[Size]) -> Known:
    data = np.empty(len(values), dtype=object)
    data[:] = list(values)
    return Known((len(values),), data, None, "int64")


def range_(model: Model, node: Node) -> Value:
    """`Range` of whole numbers: its length is what matters."""
    begin, limit, step = (sizes(model, node, i, "its bounds")[0] for i in range(3))
    length = -floor(begin - limit, step) if step != 0 else 0
    if isinstance(length, int) and isinstance(begin, int) and isinstance(step, int) and 0 <= length <= MAX_ELEMENTS:
        return _vector([begin + step * i for i in range(length)])
    return Known((length,), None)


def _divide(left: object, right: object) -> object:
    if isinstance(left, float) or isinstance(right, float):
        return left / right  # type: ignore[operator]
    return floor(left, right)  # type: ignore[arg-type]


def _least(left: object, right: object) -> object:
    return _extreme(left, right, min)


def _most(left: object, right: object) -> object:
    return _extreme(left, right, max)


def _extreme(left: object, right: object, pick: Callable[..., object]) -> object:
    if left == right:
        return left
    if isinstance(left, Poly) or isinstance(right, Poly):
        raise UndecidedError("the lesser or greater of sizes that depend on dynamic dimensions")
    return pick(left, right)


def _equal(left: object, right: object) -> object:
    if isinstance(left, Poly) != isinstance(right, Poly):
        constant_side = right if isinstance(left, Poly) else left
        if isinstance(constant_side, int) and constant_side > 0:
            raise UndecidedError("whether a dynamic dimension has a certain value")
    return left == right


def _power(left: object, right: object) -> object:
    if not isinstance(left, int | float) or not isinstance(right, int | float) or abs(right) > 64 or abs(left) > 1e9:
        raise UndecidedError("a power of a size")
    return left**right


#: Arithmetic on numbers that are known, element by element.
BINARY: dict[str, Callable[[object, object], object]] = {
    "Add": lambda a, b: a + b,  # type: ignore[operator]
    "Sub": lambda a, b: a - b,  # type: ignore[operator]
    "Mul": lambda a, b: a * b,  # type: ignore[operator]
    "Div": _divide,
    "Min": _least,
    "Max": _most,
    "Equal": _equal,
    "Pow": _power,
    "Mod": lambda a, b: a - floor(a, b) * b,  # type: ignore[arg-type, operator]
    "And": lambda a, b: bool(a) and bool(b),
    "Or": lambda a, b: bool(a) or bool(b),
    "Less": lambda a, b: a < b,  # type: ignore[operator]
    "Greater": lambda a, b: a > b,  # type: ignore[operator]
}
UNARY: dict[str, Callable[[Any], object]] = {
    "Neg": lambda a: -a,
    "Sqrt": lambda a: math.sqrt(a),
    "Floor": lambda a: math.floor(a) if isinstance(a, float) else a,
    "Ceil": lambda a: math.ceil(a) if isinstance(a, float) else a,
    "Abs": lambda a: a if isinstance(a, Poly) else abs(a),
    "Not": lambda a: not a,
}
#: Operators whose result has the shape of the first input, or the shape of all inputs combined element by element;
#: their numbers are not followed.
SHAPED = frozenset(
    [
        "Relu",
        "Sigmoid",
        "Tanh",
        "Exp",
        "Log",
        "Sqrt",
        "Abs",
        "Neg",
        "Erf",
        "Floor",
        "Ceil",
        "Round",
        "Sin",
        "Cos",
        "Not",
        "Trilu",
        "CumSum",
        "Clip",
        "Sign",
        "Reciprocal",
        "Softmax",
        "IsNaN",
        "IsInf",
        "BatchNormalization",
        "QuantizeLinear",
        "HardSigmoid",
        "Gelu",
    ]
)
COMBINED = frozenset(
    [
        "Add",
        "Sub",
        "Mul",
        "Div",
        "Min",
        "Max",
        "Equal",
        "Pow",
        "Greater",
        "Less",
        "GreaterOrEqual",
        "LessOrEqual",
        "And",
        "Or",
        "Xor",
        "Where",
        "Mod",
        "Sum",
        "Mean",
    ]
)


def fold(node: Node, values: Sequence[Known]) -> Known | None:
    """The result of a node that reads only what is known; None if it is not one of those that are followed."""
    if node.op == "Where" and len(values) == 3 and all(v.data is not None for v in values):
        return _where(values)
    if node.op in BINARY and len(values) == 2:
        return _binary(node, values[0], values[1])
    if node.op in UNARY and len(values) == 1 and values[0].data is not None:
        try:
            return Known(values[0].shape, _each(UNARY[node.op], values[0].data))
        except (TypeError, ValueError, OverflowError):
            return Known(values[0].shape)
    if node.op in SHAPED and values:
        return Known(values[0].shape)
    if node.op in COMBINED and values:
        found: tuple[Size, ...] = ()
        for value in values:
            found = broadcast(found, value.shape)
        return Known(found)
    if node.op == "ReduceProd" and len(values) == 1 and values[0].data is not None and not whole(node, "keepdims", 1):
        data = np.empty((), dtype=object)
        data[()] = product(values[0].data.reshape(-1).tolist())
        return Known((), data)
    return _reduced(node, values) if node.op.startswith("Reduce") else None


def _reduced(node: Node, values: Sequence[Known]) -> Known | None:
    """The shape of a reduction; its numbers are not followed."""
    rank = len(values[0].shape)
    given: Sequence[int] = wholes(node, "axes", range(rank))
    if len(values) > 1:
        if values[1].data is None:
            return None
        given = [known(a, "an axis") for a in values[1].data.reshape(-1)]
    axes = axes_of(node, given, rank)
    if whole(node, "keepdims", 1):
        return Known(tuple(1 if i in axes else s for i, s in enumerate(values[0].shape)))
    return Known(tuple(s for i, s in enumerate(values[0].shape) if i not in axes))


def _binary(node: Node, left: Known, right: Known) -> Known:
    found = broadcast(left.shape, right.shape)
    if left.data is None or right.data is None:
        return Known(found)
    try:
        one, two = np.broadcast_arrays(left.data, right.data)
        if one.size > MAX_ELEMENTS:
            return Known(found)
        data = np.empty(one.shape, dtype=object)
        kinds = {type(v) for v in (*one.reshape(-1), *two.reshape(-1))}
        if Poly in kinds and float in kinds:
            return Known(found)  # fractions of dynamic dimensions are not followed
        results = [BINARY[node.op](a, b) for a, b in zip(one.reshape(-1), two.reshape(-1), strict=True)]
        if any(isinstance(r, int) and abs(r) >= 1 << 63 for r in results):
            return Known(found)  # beyond int64; the model itself would overflow
        data.reshape(-1)[:] = results
        return Known(found, data)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError):
        return Known(found)


def _where(values: Sequence[Known]) -> Known:
    condition, yes, no = np.broadcast_arrays(*(v.data for v in values if v.data is not None))
    data = np.empty(condition.shape, dtype=object)
    chosen = zip(condition.reshape(-1), yes.reshape(-1), no.reshape(-1), strict=True)
    data.reshape(-1)[:] = [a if c else b for c, a, b in chosen]
    return Known(data.shape, data)


def _each(function: Callable[[float], object], data: np.ndarray) -> np.ndarray:
    found = np.empty(data.shape, dtype=object)
    found.reshape(-1)[:] = [function(v) for v in data.reshape(-1)]
    return found


HANDLERS: dict[str, Callable[[Model, Node], Value | list[Value]]] = {
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "Shape": shape,
    "Size": size,
    "Range": range_,
}
