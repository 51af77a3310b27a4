"""Operators of two and more values with broadcasting: Add, Sub, Mul, Div, Max, Min, Sum, Mean, Where."""

from __future__ import annotations

from collections.abc import Callable

from ..graph import Node
from ..model import Model
from ..values import Known, Value, View
from .attributes import scalar
from .elementwise import Function, Term, apply, broadcast, of_one

#: Operator -> the sign between its operands, and what its own operators are called.
SIGNS = {"Add": ("+", "add"), "Sub": ("-", "subtract"), "Mul": ("*", "multiply"), "Div": ("/", "divide")}
COMMUTES = ("Add", "Mul")


def arithmetic(model: Model, node: Node) -> Value:
    """`Add`, `Sub`, `Mul`, `Div`."""
    left, right = model.value(node, 0), model.value(node, 1)
    constant = scalar(right)
    if constant is not None and len(right.shape) <= len(left.shape):
        return _with_number(model, node, left, constant, reverse=False)
    constant = scalar(left)
    if constant is not None and len(left.shape) <= len(right.shape):
        return _with_number(model, node, right, constant, reverse=True)
    if isinstance(left, Known) and isinstance(right, View) and node.op in COMMUTES:
        left, right = right, left
    if isinstance(right, Known) or isinstance(left, Known):
        return _with_tensor(model, node, left, right)
    if node.op in COMMUTES and _smaller(left, right):
        left, right = right, left
    return of_two(model, node, left, right)


def of_two(model: Model, node: Node, left: Value, right: Value) -> View:
    """Two computed values."""
    sign, name = SIGNS[node.op]
    same = left.shape == right.shape
    if same or not _smaller(right, left):
        function = Function(
            f"{{left}} {sign} {{right}}", name, f"Element-wise {name}.", {"+": "add", "*": "mul"}.get(sign)
        )
        return apply(model, node, function, (Term("left", left, "input"), Term("right", right, "input")))
    if node.op == "Mul":
        function = Function("{input} * {gate}", "gate_by", "A factor for several elements.", None, ("channel_gate",))
        return apply(model, node, function, (Term("input", left), Term("gate", right, "input")))
    standard = {"Sub": ("row_sub",), "Div": ("row_div",)}.get(node.op, ())
    doc = f"Element-wise {name}, the second operand repeated."
    function = Function(f"{{input}} {sign} {{row}}", f"{name}_rows", doc, None, standard)
    return apply(model, node, function, (Term("input", left), Term("row", right, "input")))


def _smaller(first: Value, second: Value) -> bool:
    """Whether the first is repeated to take the shape of the second."""
    return first.shape != second.shape and broadcast(first.shape, second.shape) == second.shape


def _with_number(model: Model, node: Node, value: Value, constant: float, *, reverse: bool) -> View:
    """A constant on the right, or on the left (`reverse`)."""
    view = model.as_view(value, node.inputs[1 if reverse else 0])
    sign, name = SIGNS[node.op]
    if node.op == "Mul" or (node.op == "Div" and not reverse and constant != 0):
        factor = constant if node.op == "Mul" else 1 / constant
        function = Function(
            "factor * {input}", "scaled", "Every element times a constant.", "scale", (), {"factor": factor}
        )
        return of_one(model, node, function, view)
    body = f"value {sign} {{input}}" if reverse else f"{{input}} {sign} value"
    doc = f"Element-wise {name} with a constant."
    function = Function(body, f"{name}_{'from_' * reverse}constant", doc, parameters={"value": constant})
    return of_one(model, node, function, view)


def _with_tensor(model: Model, node: Node, left: Value, right: Value) -> View:
    """A computed value with numbers known beforehand: a bias, a gain, a position embedding."""
    sign, name = SIGNS[node.op]
    added = node.op in ("Add", "Sub")
    named = "bias" if added else "scale"
    standard = ("channel_bias",) if node.op == "Add" else ()
    doc = f"Element-wise {name} with numbers known beforehand."
    if isinstance(left, Known):
        function = Function(f"{{{named}}} {sign} {{input}}", f"{name}_from_{named}", doc)
        return apply(model, node, function, (Term(named, left), Term("input", right)))
    function = Function(f"{{input}} {sign} {{{named}}}", f"{name}_{named}", doc, None, standard)
    return apply(model, node, function, (Term("input", left), Term(named, right)))


def many(model: Model, node: Node) -> Value:
    """`Sum`, `Mean`, `Max`, `Min` of any number of values, two at a time."""
    values = [model.value(node, i) for i in range(len(node.inputs))]
    values.sort(key=lambda v: isinstance(v, Known))  # the order does not matter; the first must be computed
    result = model.as_view(values[0], node.inputs[0])
    for index, value in enumerate(values[1:]):
        suffix = str(index + 2) if len(values) > 2 else ""
        result = _pair(model, node, result, value, suffix)
    if node.op == "Mean" and len(values) > 1:
        factor = {"factor": 1 / len(values)}
        doc = "Every element times a constant."
        result = of_one(model, node, Function("factor * {input}", "scaled", doc, "scale", (), factor), result, "mean")
    return result


def _pair(model: Model, node: Node, left: View, right: Value, suffix: str) -> View:
    constant = scalar(right)
    if node.op in ("Sum", "Mean"):
        if constant is not None:
            function = Function(
                "{input} + value", "add_constant", "Element-wise add with a constant.", parameters={"value": constant}
            )
            return of_one(model, node, function, left, suffix)
        function = Function("{left} + {right}", "add", "Element-wise add.", "add")
        return apply(model, node, function, (Term("left", left, "input"), Term("right", right, "input")), suffix)
    name = node.op.lower()
    doc = f"Element-wise {name}imum."
    if constant is not None:
        function = Function(f"{name}({{input}}, value)", f"{name}_constant", doc, parameters={"value": constant})
        return of_one(model, node, function, left, suffix)
    function = Function(f"{name}({{left}}, {{right}})", f"{name}imum", doc)
    return apply(model, node, function, (Term("left", left, "input"), Term("right", right, "input")), suffix)


def where(model: Model, node: Node) -> Value:
    """`Where`: the condition is 1 or 0, so the choice is condition * x + (1 - condition) * y."""
    condition, yes, no = (model.value(node, i) for i in range(3))
    terms, parts, parameters = [Term("choose", condition, "input")], [], {}
    for name, value, factor in (("yes", yes, "{choose}"), ("no", no, "(1 - {choose})")):
        constant = scalar(value)
        if constant is not None:
            parameters[f"{name}_value"] = constant
            parts.append(f"{name}_value * {factor}")
        else:
            terms.append(Term(name, value, "input"))
            parts.append(f"{{{name}}} * {factor}")
    if not any(isinstance(t.value, View) for t in terms):
        terms[0] = Term("choose", model.view(node, 0), "input")
    function = Function(
        " + ".join(parts), "choose", "One value or the other, by a condition of 1 or 0.", parameters=parameters
    )
    return apply(model, node, function, terms)


HANDLERS: dict[str, Callable[[Model, Node], Value]] = {
    **dict.fromkeys(SIGNS, arithmetic),
    **dict.fromkeys(("Sum", "Mean", "Max", "Min"), many),
    "Where": where,
}
