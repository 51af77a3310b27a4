"""Reductions over axes, softmax, and the statistics that normalisations need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..equations import Equation, Operand
from ..graph import Node
from ..model import Call, Model, UnsupportedError
from ..sizes import Size, product, show
from ..values import Known, Value, View, reshaped
from .attributes import axes_input, axes_of, axis_of, literal, whole
from .elementwise import Function, Term, of_one
from .pooling import whole_maps

#: Operator -> reduction, what is reduced, and the standard operator over rows.
REDUCTIONS = {
    "ReduceSum": ("+=", "{input}", "row_sum"),
    "ReduceMean": ("+=", "{input} / length", "row_mean"),
    "ReduceMax": ("max=", "{input}", "row_max"),
    "ReduceMin": ("min=", "{input}", None),
    "ReduceSumSquare": ("+=", "{input} * {input}", None),
    "ReduceL1": ("+=", "abs({input})", None),
    "ReduceLogSumExp": ("+=", "exp({input})", None),
}


def reduce(model: Model, node: Node) -> Value:
    """`ReduceSum` and its kin. Over whole maps it is global pooling."""
    data = model.view(node, 0)
    rank = len(data.shape)
    given = axes_input(model, node, 1)
    if not given and whole(node, "noop_with_empty_axes", 0):
        return data
    axes = axes_of(node, given if given else range(rank), rank)
    keep = whole(node, "keepdims", 1) != 0
    if (
        node.op in ("ReduceMean", "ReduceMax")
        and rank in (4, 5)
        and axes == tuple(range(2, rank))
        and data.in_stored_order
    ):
        found = whole_maps(model, node, data, mean=node.op == "ReduceMean")
        return found if keep else replace(found, axes=found.axes[:2], order=found.order[:2])
    name = "ReduceSumSquare" if node.op == "ReduceL2" else node.op
    suffix = "sum" if node.op in ("ReduceL2", "ReduceLogSumExp", "ReduceLogSum") else ""
    found = reduced(model, node, data, axes, "ReduceSum" if node.op == "ReduceLogSum" else name, suffix)
    if node.op == "ReduceL2":
        found = of_one(model, node, Function("sqrt({input})", "square_root", "Square root."), found)
    elif node.op in ("ReduceLogSumExp", "ReduceLogSum"):
        found = of_one(model, node, Function("log({input})", "logarithm", "Natural logarithm."), found)
    return with_ones(found, axes, rank) if keep else found


def with_ones(view: View, axes: Sequence[int], rank: int) -> View:
    """A reduced value with axes of size 1 where it lost some."""
    left = iter(view.axes)
    return replace(view, axes=tuple(() if i in axes else next(left) for i in range(rank)))


def labels_of(rank: int, reduced_axes: Sequence[int]) -> tuple[str, ...]:
    """Labels as the standard operators over rows call them: what is reduced is `n`, what stands before it `m`, `b`."""
    others = [i for i in range(rank) if i not in reduced_axes]
    inner = ["h", "g", "e", "f", "u", "v"]
    names = ["m"] if len(others) == 1 else ["b", *inner[: len(others) - 2], "m"]
    names = names if len(names) == len(others) else [f"x{k}_" for k in range(len(others))]
    found = dict(zip(others, names, strict=True))
    found |= {axis: "n" if k == 0 else ("k", "l", "p", "q", "r", "s")[min(k, 6) - 1] + "_" * max(0, k - 6)
              for k, axis in enumerate(reversed(reduced_axes))}  # fmt: skip
    return tuple(found[i] for i in range(rank))


def reduced(model: Model, node: Node, data: View, axes: Sequence[int], kind: str, suffix: str = "") -> View:
    """One reduction layer over some axes of `data`, which the result lacks."""
    shape = data.shape
    labels = labels_of(len(shape), axes)
    kept = [i for i in range(len(shape)) if i not in axes]
    reduction, body, standard = REDUCTIONS[kind]
    parameters = {"length": ("int", show(product(shape[i] for i in axes)))} if "length" in body else {}
    equation = Equation(
        (Operand("input", data, tuple((label,) for label in labels)),),
        tuple((labels[i],) for i in kept),
        dict(zip(labels, shape, strict=True)),
        body,
        reduction,
        together=_leading(labels, kept, axes, len(shape)),
        parameters=parameters,
    )
    last = tuple(axes) == (len(shape) - 1,)
    local = f"{kind.removeprefix('Reduce').lower()}_over_axes"
    doc = f"{kind.removeprefix('Reduce')} over some axes."
    call = Call(local, doc, (standard,) if standard and last else (), None, suffix)
    return model.emit(node, equation, call)


def _leading(labels: Sequence[str], kept: Sequence[int], axes: Sequence[int], rank: int) -> tuple[tuple[str, ...], ...]:
    """The axes before the rows, which count as one batch, if rows are what is reduced."""
    if tuple(axes) != (rank - 1,) or len(kept) < 3:
        return ()
    return (tuple(labels[i] for i in kept[:-1]),)


def rowwise(
    model: Model, node: Node, function: Function, data: View, row: View, axis: int, suffix: str, *extra: Term
) -> View:
    """A function of `{input}` and of `{row}`, which lacks one axis of it."""
    shape = data.shape
    labels = labels_of(len(shape), (axis,))
    kept = [i for i in range(len(shape)) if i != axis]
    operands = (
        Operand("input", data, tuple((label,) for label in labels)),
        Operand("row", row, tuple((labels[i],) for i in kept), "input"),
        *(Operand(t.name, t.value, ((labels[axis],),), t.role) for t in extra),
    )
    equation = Equation(
        operands,
        tuple((label,) for label in labels),
        dict(zip(labels, shape, strict=True)),
        function.body,
        together=_leading(labels, kept, (axis,), len(shape)),
        parameters={n: _parameter(n, v) for n, v in function.parameters.items()},
    )
    call = Call(function.local, function.doc, function.standard if axis == len(shape) - 1 else (), None, suffix)
    found = model.emit(node, equation, call)
    return found if found.shape == shape else reshaped(found, shape)


def _parameter(name: str, value: float) -> tuple[str, str | None]:
    """A parameter as the standard operators declare it."""
    if name != "epsilon":
        return "real", literal(value)
    return "real = 1e-5", None if abs(value - 1e-5) < 1e-11 else literal(value)


def softmax(model: Model, node: Node) -> Value:
    """`Softmax` and `LogSoftmax`: maximum, exponentials, sum and quotient of every row, four layers."""
    data = model.view(node, 0)
    shape = data.shape
    old = model.graph.opset < 13
    axis = axis_of(node, whole(node, "axis", 1 if old else -1), max(1, len(shape)))
    work = data
    if old and axis != len(shape) - 1:  # older opsets take everything from the axis on as one row
        work = reshaped(data, (product(shape[:axis]), product(shape[axis:])))
        axis = 1
    top = reduced(model, node, work, (axis,), "ReduceMax", "max")
    if node.op == "LogSoftmax":
        return _log_softmax(model, node, work, top, axis, shape)
    difference = Function("exp({input} - {row})", "exp_difference", "exp(input - row).", None, ("exp_diff",))
    above = rowwise(model, node, difference, work, top, axis, "exp")
    total = reduced(model, node, above, (axis,), "ReduceSum", "sum")
    quotient = Function("{input} / {row}", "divide_by_row", "Every row divided by a number.", None, ("row_div",))
    return _as(rowwise(model, node, quotient, above, total, axis, ""), shape)


def _log_softmax(model: Model, node: Node, work: View, top: View, axis: int, shape: tuple[Size, ...]) -> View:
    less = Function("{input} - {row}", "subtract_row", "Every row minus a number.", None, ("row_sub",))
    shifted = rowwise(model, node, less, work, top, axis, "shifted")
    above = of_one(model, node, Function("exp({input})", "exponential", "Exponential."), shifted, "exp")
    total = reduced(model, node, above, (axis,), "ReduceSum", "sum")
    final = Function("{input} - log({row})", "subtract_log_row", "Every row minus the logarithm of a number.")
    return _as(rowwise(model, node, final, shifted, total, axis, ""), shape)


def _as(view: View, shape: tuple[Size, ...]) -> View:
    return view if view.shape == shape else reshaped(view, shape)


def layer_norm(model: Model, node: Node) -> Value:
    """`LayerNormalization`, `RMSNormalization`, `SimplifiedLayerNormalization`: over the axes from `axis` on."""
    if any(model.readers.get(o, 0) for o in node.outputs[1:]):
        raise UnsupportedError("its mean or deviation is used")
    data = model.view(node, 0)
    shape = data.shape
    axis = axis_of(node, whole(node, "axis", -1), len(shape))
    work = data if axis == len(shape) - 1 else reshaped(data, (*shape[:axis], product(shape[axis:])))
    gain = _flat(model, node, 1)
    bias = _flat(model, node, 2) if node.op == "LayerNormalization" and model.has(node, 2) else None
    centred = work
    if node.op == "LayerNormalization":
        mean = reduced(model, node, work, (axis,), "ReduceMean", "mean")
        less = Function("{input} - {row}", "subtract_row", "Every row minus a number.", None, ("row_sub",))
        centred = rowwise(model, node, less, work, mean, axis, "centred")
    square = mean_square(model, node, centred, axis)
    epsilon = {"epsilon": float(node.attributes.get("epsilon", 1e-5))}
    body = "{input} * rsqrt({row} + epsilon) * {gain}"
    terms = [Term("gain", gain)]
    if bias is not None:
        terms.append(Term("bias", bias))
        body += " + {bias}"
    standard = "row_normal" if bias is not None else "row_rms"
    doc = "Every row by the root of its variance, then gain and bias."
    function = Function(body, "normalise_rows", doc, None, (standard,), epsilon)
    return _as(rowwise(model, node, function, centred, square, axis, "", *terms), shape)


def _flat(model: Model, node: Node, position: int) -> Value:
    value = model.value(node, position)
    size = product(value.shape)
    if isinstance(value, Known):
        return replace(value, shape=(size,), data=None if value.data is None else value.data.reshape(-1))
    return reshaped(value, (size,))


def mean_square(model: Model, node: Node, data: View, axis: int) -> View:
    """The mean of the squares of every row."""
    shape = data.shape
    labels = labels_of(len(shape), (axis,))
    kept = [i for i in range(len(shape)) if i != axis]
    equation = Equation(
        (Operand("input", data, tuple((label,) for label in labels)),),
        tuple((labels[i],) for i in kept),
        dict(zip(labels, shape, strict=True)),
        "{input} * {input} / length",
        "+=",
        together=_leading(labels, kept, (axis,), len(shape)),
        parameters={"length": ("int", show(shape[axis]))},
    )
    standard = ("row_square_mean",) if axis == len(shape) - 1 else ()
    doc = "Mean of squares over some axes."
    return model.emit(node, equation, Call("square_mean_over_axes", doc, standard, None, "square"))


HANDLERS: dict[str, Callable[[Model, Node], Value]] = {
    **dict.fromkeys(REDUCTIONS, reduce),
    "ReduceL2": reduce,
    "ReduceLogSum": reduce,
    "Softmax": softmax,
    "LogSoftmax": softmax,
    "LayerNormalization": layer_norm,
    "RMSNormalization": layer_norm,
    "SimplifiedLayerNormalization": layer_norm,
}
