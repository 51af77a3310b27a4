"""Operators that move no data by themselves: reshapes, transposes, joins and parts. They change how readers index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from ..errors import OnnxError, UndecidedError
from ..graph import MAX_ELEMENTS, Node
from ..model import Model, UnsupportedError
from ..sizes import Size, divide, elements, known, product, show
from ..values import Atom, Known, NotAViewError, Value, View, reshaped, transposed
from .attributes import axes_input, axes_of, axis_of, sizes, whole, wholes
from .elementwise import broadcast


def same(model: Model, node: Node) -> Value:
    """`Identity`, `Dropout`, `Cast`: the same words."""
    if node.op == "Dropout" and len(node.outputs) > 1 and model.readers.get(node.outputs[1], 0):
        raise UnsupportedError("its mask is used")
    value = model.value(node, 0)
    if node.op == "Cast" and isinstance(value, Known) and value.data is not None:
        return replace(value, data=_cast(value.data, whole(node, "to", 1)))
    return value


def _cast(data: np.ndarray, code: int) -> np.ndarray:
    """Elements of another type: 7 and 6 are int64 and int32, 9 is bool, 1 and 10 are float and float16 (onnx.proto)."""
    if code in (2, 3, 5, 6, 7, 12, 13):
        return np.array([int(v) if isinstance(v, float | bool) else v for v in data.reshape(-1)], object).reshape(
            data.shape
        )
    if code in (1, 10, 11, 16):
        numbers = [float(v) if isinstance(v, int) else v for v in data.reshape(-1)]
        return np.array(numbers, object).reshape(data.shape)
    if code == 9:
        return np.array([v != 0 for v in data.reshape(-1)], object).reshape(data.shape)
    return data


def to_shape(model: Model, node: Node, value: Value, shape: Sequence[Size]) -> Value:
    """The value in another shape; a copy in order where no index can say it."""
    wanted = tuple(shape)
    if isinstance(value, Known):
        data = None if value.data is None else value.data.reshape([known(s, "a size") for s in wanted])
        return replace(value, shape=wanted, data=data)
    try:
        return reshaped(value, wanted)
    except NotAViewError:
        reason = f"`{node.title}` ({node.op}) cuts across axes that are stored in another order"
        return reshaped(model.copied(value, f"{model.name_of(node)}_reordered", reason), wanted)


def reshape(model: Model, node: Node) -> Value:
    """`Reshape`: 0 keeps an axis, -1 is what is left."""
    value = model.value(node, 0)
    wanted = list(wholes(node, "shape", ())) if "shape" in node.attributes else sizes(model, node, 1, "its shape")
    shape: list[Size] = list(wanted)
    for i, size in enumerate(wanted):
        if size == 0 and not whole(node, "allowzero", 0):
            if i >= len(value.shape):
                raise OnnxError(f"`{node.title}` (Reshape) keeps axis {i} of {len(value.shape)}")
            shape[i] = value.shape[i]
    if shape.count(-1) > 1 or any(isinstance(s, int) and s < -1 for s in shape):
        raise OnnxError(f"`{node.title}` (Reshape) to {[show(s) for s in shape]}")
    if -1 in shape:
        shape[shape.index(-1)] = _left(node, value.shape, [s for s in shape if s != -1])
    _check_count(node, value.shape, shape)
    return to_shape(model, node, value, shape)


def _left(node: Node, have: Sequence[Size], taken: Sequence[Size]) -> Size:
    """What is left of a shape when some sizes are taken out; equal ones are cancelled first."""
    rest, others = list(have), []
    for size in taken:
        if size in rest:
            rest.remove(size)
        else:
            others.append(size)
    found = divide(product(rest), product(others))
    if found is None:
        if all(isinstance(s, int) for s in (*rest, *others)):
            raise OnnxError(f"`{node.title}` (Reshape): {product(rest)} elements are no multiple of {product(others)}")
        raise UndecidedError(f"{show(product(rest))} elements in rows of {show(product(others))}")
    return found


def _check_count(node: Node, have: Sequence[Size], wanted: Sequence[Size]) -> None:
    before, after = product(have), product(wanted)
    if isinstance(before, int) and isinstance(after, int) and before != after:
        raise OnnxError(f"`{node.title}` ({node.op}) reads {before} elements and makes {after}")


def flatten(model: Model, node: Node) -> Value:
    """`Flatten`: the axes before and from `axis` as one each."""
    value = model.value(node, 0)
    axis = whole(node, "axis", 1)
    axis = axis if 0 <= axis <= len(value.shape) else axis_of(node, axis, len(value.shape))
    return to_shape(model, node, value, (product(value.shape[:axis]), product(value.shape[axis:])))


def squeeze(model: Model, node: Node) -> Value:
    """`Squeeze`: without axes of size 1."""
    value = model.value(node, 0)
    given = axes_input(model, node, 1)
    rank = len(value.shape)
    axes = tuple(i for i, s in enumerate(value.shape) if s == 1) if given is None else axes_of(node, given, rank)
    wrong = [value.shape[a] for a in axes if value.shape[a] != 1]
    if wrong:
        if isinstance(wrong[0], int):
            raise OnnxError(f"`{node.title}` (Squeeze) takes away an axis of {wrong[0]}")
        raise UndecidedError(f"an axis of {show(wrong[0])} is taken away, as if it were 1")
    return _without(value, axes)


def _without(value: Value, axes: Sequence[int]) -> Value:
    kept = [i for i in range(len(value.shape)) if i not in axes]
    if isinstance(value, Known):
        data = None if value.data is None else value.data.reshape([value.data.shape[i] for i in kept])
        return replace(value, shape=tuple(value.shape[i] for i in kept), data=data)
    return replace(value, axes=tuple(value.axes[i] for i in kept))


def unsqueeze(model: Model, node: Node) -> Value:
    """`Unsqueeze`: with further axes of size 1."""
    value = model.value(node, 0)
    given = axes_input(model, node, 1) or []
    rank = len(value.shape) + len(given)
    axes = axes_of(node, given, rank)
    if len(axes) != len(given):
        raise OnnxError(f"`{node.title}` (Unsqueeze) names an axis twice")
    if isinstance(value, Known):
        left = iter(value.shape)
        shape = tuple(1 if i in axes else next(left) for i in range(rank))
        data = None if value.data is None else np.expand_dims(value.data, axes)
        return replace(value, shape=shape, data=data)
    inner = iter(value.axes)
    return replace(value, axes=tuple(() if i in axes else next(inner) for i in range(rank)))


def transpose(model: Model, node: Node) -> Value:
    """`Transpose`: readers index in another order."""
    value = model.value(node, 0)
    rank = len(value.shape)
    order = wholes(node, "perm", range(rank)[::-1])
    if sorted(order) != list(range(rank)):
        raise OnnxError(f"`{node.title}` (Transpose): {list(order)} is no order of {rank} axes")
    if isinstance(value, Known):
        data = None if value.data is None else value.data.transpose(order)
        return replace(value, shape=tuple(value.shape[i] for i in order), data=data)
    return transposed(value, order)


def expand(model: Model, node: Node) -> Value:
    """`Expand`: repeated along axes of size 1."""
    value = model.value(node, 0)
    shape = broadcast(value.shape, tuple(sizes(model, node, 1, "its shape")))
    if shape == value.shape:
        return value
    if isinstance(value, Known):
        return Known(shape, _expanded(value, shape), value.name, value.dtype, value.precision)
    offset = len(shape) - len(value.shape)
    old = (1,) * offset + value.shape
    axes = (((),) * offset) + value.axes
    return replace(
        value,
        axes=tuple(a if s == was else (Atom(s, False),) for a, s, was in zip(axes, shape, old, strict=True)),
    )


def _expanded(value: Known, shape: tuple[Size, ...]) -> np.ndarray | None:
    count = elements(shape)
    if value.data is None or count is None or count > MAX_ELEMENTS:
        return None
    return np.broadcast_to(value.data, tuple(known(s, "a size") for s in shape))


def concat(model: Model, node: Node) -> Value:
    """`Concat`: readers read one tensor after the other. Values stored in different orders are copied first."""
    values = [model.value(node, i) for i in range(len(node.inputs)) if model.has(node, i)]
    if not values:
        raise OnnxError(f"`{node.title}` (Concat) reads nothing")
    rank = len(values[0].shape)
    axis = axis_of(node, whole(node, "axis", 1), rank)
    if any(len(v.shape) != rank for v in values):
        raise OnnxError(f"`{node.title}` (Concat) joins values with different numbers of axes")
    shape = (*values[0].shape[:axis], total_of(v.shape[axis] for v in values), *values[0].shape[axis + 1 :])
    if all(isinstance(v, Known) for v in values):
        parts = [v.data for v in values if isinstance(v, Known) and v.data is not None]
        data = np.concatenate(parts, axis) if len(parts) == len(values) else None
        return Known(shape, data)
    views = [model.as_view(v, n) for v, n in zip(values, node.inputs, strict=False) if 0 not in v.shape]
    return views[0] if len(views) == 1 else joined(model, node, views, axis)


def total_of(parts: Iterable[Size]) -> Size:
    """The sum of sizes."""
    total: Size = 0
    for part in parts:
        total = total + part
    return total


def joined(model: Model, node: Node, views: Sequence[View], axis: int) -> View:
    """Several views as one along an axis."""
    ready = [v if _joinable(v, axis) else _ordered(model, node, v, i) for i, v in enumerate(views)]
    if any(_pattern(v, axis) != _pattern(ready[0], axis) for v in ready):
        ready = [
            v if v.in_stored_order and v.joined is None else _ordered(model, node, v, i) for i, v in enumerate(ready)
        ]
        ready = [
            v if _pattern(v, axis) == _pattern(ready[0], axis) else _ordered(model, node, v, i)
            for i, v in enumerate(ready)
        ]
    if any(_pattern(v, axis) != _pattern(ready[0], axis) for v in ready):
        ready = [_ordered(model, node, v, i) for i, v in enumerate(ready)]
    first = ready[0]
    old = first.axes[axis][0]
    new = replace(old, size=total_of(v.axes[axis][0].size for v in ready))
    axes = tuple((new,) if i == axis else a for i, a in enumerate(first.axes))
    order = tuple(new if a is old else a for a in first.order)
    sources = tuple(s for v in ready for s in v.sources)
    precision = first.precision if len({v.precision for v in ready}) == 1 else None
    return replace(first, sources=sources, order=order, axes=axes, joined=new, precision=precision)


def _joinable(view: View, axis: int) -> bool:
    atoms = view.axes[axis]
    return len(atoms) == 1 and not view.repeats and view.joined in (None, atoms[0])


def _ordered(model: Model, node: Node, view: View, index: int) -> View:
    reason = f"what `{node.title}` (Concat) joins, brought into one order"
    return model.copied(view, f"{model.name_of(node)}_part{index + 1}", reason)


def _pattern(view: View, axis: int) -> object:
    """How a value is stored, up to the size along the axis."""
    places = {a: (i, k) for i, own in enumerate(view.axes) for k, a in enumerate(own)}
    sized = [(places.get(a), a.size if places.get(a, (None,))[0] != axis else None) for a in view.order]
    return [(p, s) for p, s in sized if s != 1]


HANDLERS: dict[str, Callable[[Model, Node], Value | list[Value]]] = {
    "Identity": same, "Dropout": same, "Cast": same,
    "CastLike": same,
    "Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose,
    "Expand": expand, "Concat": concat,
}  # fmt: skip
