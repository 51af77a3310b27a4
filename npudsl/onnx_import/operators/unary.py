"""Functions of one value: activations and arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..graph import Node
from ..model import Model, UnsupportedError
from ..values import Known, Value
from .attributes import number, scalar, text
from .elementwise import Function, Term, apply, of_one

#: Operator -> its function, if it has no attributes.
FUNCTIONS = {
    "Relu": Function("relu({input})", "rectify", "Rectifier.", "relu"),
    "Sigmoid": Function("sigmoid({input})", "logistic", "Logistic function.", "sigmoid"),
    "Tanh": Function("tanh({input})", "hyperbolic_tangent", "Hyperbolic tangent.", "tanh"),
    "HardSwish": Function("{input} * relu6({input} + 3) / 6", "hard_swish", "Hard swish.", "hard_swish"),
    "Exp": Function("exp({input})", "exponential", "Exponential."),
    "Log": Function("log({input})", "logarithm", "Natural logarithm."),
    "Sqrt": Function("sqrt({input})", "square_root", "Square root."),
    "Reciprocal": Function("1 / {input}", "reciprocal", "One divided by every element."),
    "Abs": Function("abs({input})", "absolute", "Absolute value."),
    "Neg": Function("-{input}", "negative", "Every element negated."),
    "Erf": Function("erf({input})", "error_function", "Gauss error function."),
    "Softplus": Function("log(1 + exp({input}))", "softplus", "Smooth rectifier."),
    "Softsign": Function("{input} / (1 + abs({input}))", "softsign", "x / (1 + |x|)."),
    "Mish": Function("{input} * tanh(log(1 + exp({input})))", "mish", "x tanh(softplus(x)) (Misra, 2019)."),
}  # fmt: skip


def plain(model: Model, node: Node) -> Value:
    """An operator of `FUNCTIONS`."""
    return of_one(model, node, FUNCTIONS[node.op], model.view(node, 0))


def swish(model: Model, node: Node) -> Value:
    """`Swish`: x sigmoid(alpha x)."""
    alpha = number(node, "alpha", 1.0)
    doc = "Sigmoid-weighted linear unit."
    found = Function("{input} * sigmoid({input})", "swish", doc, "silu")
    if alpha != 1:
        found = Function("{input} * sigmoid(slope * {input})", "swish", doc, parameters={"slope": alpha})
    return of_one(model, node, found, model.view(node, 0))


def hard_sigmoid(model: Model, node: Node) -> Value:
    """`HardSigmoid`: max(0, min(1, alpha x + beta))."""
    slope, shift = number(node, "alpha", 0.2), number(node, "beta", 0.5)
    standard = abs(slope - 1 / 6) < 1e-4 and shift == 0.5
    found = Function(
        "max(min(slope * {input} + shift, 1), 0)", "hard_sigmoid_of", "Sigmoid of straight lines.",
        parameters={"slope": slope, "shift": shift},
    )  # fmt: skip
    if standard:
        found = Function("relu6({input} + 3) / 6", "hard_sigmoid", "Hard sigmoid.", "hard_sigmoid")
    return of_one(model, node, found, model.view(node, 0))


def gelu(model: Model, node: Node) -> Value:
    """`Gelu`, exact or by a hyperbolic tangent."""
    if text(node, "approximate", "none") == "tanh":
        body = "{input} * 0.5 * (1 + tanh(0.7978845608 * ({input} + 0.044715 * {input} * {input} * {input})))"
        return of_one(
            model, node, Function(body, "gelu_tanh", "Gaussian error linear unit by tanh."), model.view(node, 0)
        )
    body = "{input} * 0.5 * (1 + erf({input} * sqrt(0.5)))"
    return of_one(model, node, Function(body, "gelu", "Gaussian error linear unit.", "gelu"), model.view(node, 0))


def clip(model: Model, node: Node) -> Value:
    """`Clip`: bounds as attributes (older opsets) or as scalar inputs, each may be missing."""
    low, high = _bound(model, node, "min", 1), _bound(model, node, "max", 2)
    if low == 0 and high == 6:
        return of_one(
            model, node, Function("relu6({input})", "relu6", "Rectifier up to 6.", "relu6"), model.view(node, 0)
        )
    if low is None and high is None:
        return model.view(node, 0)
    body, parameters = "{input}", {}
    if low is not None:
        body, parameters["low"] = f"max({body}, low)", low
    if high is not None:
        body, parameters["high"] = f"min({body}, high)", high
    doc = "Every element within bounds."
    return of_one(model, node, Function(body, "clip", doc, parameters=parameters), model.view(node, 0))


def _bound(model: Model, node: Node, name: str, position: int) -> float | None:
    if name in node.attributes:
        value = number(node, name, 0.0)
        return None if abs(value) > 3e38 else value
    if not model.has(node, position):
        return None
    found = scalar(model.value(node, position))
    if found is None:
        raise UnsupportedError("bounds that are computed")
    return found


def leaky_relu(model: Model, node: Node) -> Value:
    """`LeakyRelu`: x above zero, slope x below."""
    body = "relu({input}) - slope * relu(-{input})"
    parameters = {"slope": number(node, "alpha", 0.01)}
    doc = "Rectifier with a slope below zero."
    return of_one(model, node, Function(body, "leaky_relu", doc, parameters=parameters), model.view(node, 0))


def elu(model: Model, node: Node) -> Value:
    """`Elu`, `Celu` and `Selu`: gain (x above zero, slope (exp(x / width) - 1) below)."""
    defaults = {"Elu": 1.0, "Celu": 1.0, "Selu": 1.67326319217681884765625}
    slope = number(node, "alpha", defaults[node.op])
    parameters = {
        "gain": number(node, "gamma", 1.05070102214813232421875) if node.op == "Selu" else 1.0,
        "slope": slope,
        "width": slope if node.op == "Celu" else 1.0,
    }
    body = "gain * (relu({input}) + slope * (exp(min({input} / width, 0)) - 1))"
    doc = "Exponential below zero, linear above."
    return of_one(model, node, Function(body, "exponential_linear", doc, parameters=parameters), model.view(node, 0))


def prelu(model: Model, node: Node) -> Value:
    """`PRelu`: a slope per channel."""
    view, slope = model.view(node, 0), model.value(node, 1)
    rank = len(view.shape)
    if isinstance(slope, Known) and len(slope.shape) == 1 and rank > 2 and slope.shape[0] == view.shape[1]:
        slope = replace(slope, shape=(*slope.shape, *(1,) * (rank - 2)))  # older opsets: one slope per channel
        slope = replace(slope, data=None if slope.data is None else slope.data.reshape(-1, *(1,) * (rank - 2)))
    function = Function("relu({input}) - {slope} * relu(-{input})", "prelu", "Rectifier with slopes below zero.")
    return apply(model, node, function, (Term("input", view), Term("slope", slope)))


def power_of(model: Model, node: Node) -> Value:
    """`Pow` of a computed value by a constant: products and roots where the exponent allows, else by logarithms."""
    view, exponent = model.view(node, 0), model.value(node, 1)
    power = scalar(exponent)
    if power is None:
        function = Function("exp({exponent} * log(abs({input})))", "power_of", "Every element's magnitude to a power.")
        return apply(model, node, function, (Term("input", view), Term("exponent", exponent, "input")))
    named = {2.0: "{input} * {input}", 3.0: "{input} * {input} * {input}", 0.5: "sqrt({input})", -0.5: "rsqrt({input})",
             1.0: "{input}", -1.0: "1 / {input}"}  # fmt: skip
    if power in named:
        local = {2.0: "square", 3.0: "cube", 0.5: "square_root", -0.5: "inverse_root", 1.0: "same", -1.0: "reciprocal"}
        return of_one(model, node, Function(named[power], local[power], f"Every element to the power {power:g}."), view)
    body = "exp(exponent * log(abs({input})))"
    doc = "Every element's magnitude to a power."
    return of_one(model, node, Function(body, "power", doc, parameters={"exponent": power}), view)


HANDLERS: dict[str, Callable[[Model, Node], Value]] = {
    **dict.fromkeys(FUNCTIONS, plain),
    "Swish": swish,
    "HardSigmoid": hard_sigmoid,
    "Gelu": gelu,
    "Clip": clip,
    "LeakyRelu": leaky_relu,
    "Elu": elu,
    "Celu": elu,
    "Selu": elu,
    "PRelu": prelu,
    "Pow": power_of,
}
