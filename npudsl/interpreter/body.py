"""The right-hand side of an equation on numbers: single values or numpy arrays alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

import numpy as np

from ..spec.op import Apply, Constant, Expr, Read
from ..text.diagnostics import Diagnostic, SpecError


def _erf(x: Any) -> Any:
    from scipy.special import erf  # scipy takes long to import and few operators need it

    return erf(x)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.true_divide, "neg": np.negative, "exp": np.exp,
    "log": np.log, "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.minimum(np.maximum(x, 0), 6), "abs": np.abs, "erf": _erf, "max": np.maximum,
    "min": np.minimum,
}  # fmt: skip

#: Per reduction: the ufunc that combines two values, and the value from which a word starts ("zero").
REDUCTIONS: dict[str, tuple[np.ufunc, float]] = {
    "+=": (np.add, 0.0),
    "max=": (np.maximum, -inf),
    "min=": (np.minimum, inf),
    "=": (np.add, 0.0),  # every word is assigned once, so adding to zero assigns
}

#: Functions that keep integers integers and do not enlarge their largest argument.
_BOUNDED = frozenset({"neg", "relu", "relu6", "abs", "max", "min"})


def evaluate(body: Expr, values: Mapping[str, Any]) -> Any:
    """The value of `body` where `values` gives each tensor's element; arrays broadcast against each other."""
    if isinstance(body, Read):
        return values[body.tensor]
    if isinstance(body, Constant):
        return int(body.value) if body.value.denominator == 1 else float(body.value)
    function = _FUNCTIONS.get(body.function)
    if function is None:
        raise SpecError(Diagnostic("E651", f"the interpreter does not know the function `{body.function}`"))
    return function(*(evaluate(a, values) for a in body.arguments))


def reads(body: Expr) -> tuple[str, ...]:
    """Names of the tensors that `body` reads, in order, with repetitions."""
    if isinstance(body, Read):
        return (body.tensor,)
    if isinstance(body, Apply):
        return tuple(name for a in body.arguments for name in reads(a))
    return ()


def product_of_two(body: Expr) -> tuple[str, str] | None:
    """The two tensors if `body` is their product and nothing else."""
    if isinstance(body, Apply) and body.function == "*" and len(body.arguments) == 2:
        left, right = body.arguments
        if isinstance(left, Read) and isinstance(right, Read) and left.tensor != right.tensor:
            return left.tensor, right.tensor
    return None


def integer_bound(body: Expr, magnitude: int) -> int | None:
    """The largest absolute value of `body` on integers up to `magnitude`; None if it may leave the integers."""
    if isinstance(body, Read):
        return magnitude
    if isinstance(body, Constant):
        return abs(int(body.value)) if body.value.denominator == 1 else None
    parts = [integer_bound(a, magnitude) for a in body.arguments]
    bounds = [p for p in parts if p is not None]
    if len(bounds) < len(parts):
        return None
    if body.function in ("+", "-"):
        return sum(bounds)
    if body.function == "*":
        return int(np.prod(np.array(bounds, dtype=object)))
    return max(bounds) if body.function in _BOUNDED else None
