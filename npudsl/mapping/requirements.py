"""`require latency <= 5 ms` in a mapping block: what the cost of a mapping must satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..spec.arch import Arch
from ..spec.evaluate import evaluate
from ..spec.scope import Scope
from ..spec.units import CYCLE, ENERGY, NUMBER, TIME, Dimension, name_of
from ..spec.values import Quantity, kind_of, unit_label
from ..syntax import tree
from ..text.suggest import nearest
from .dataflow import Metric, Requirement
from .reading import plain_name, wrong

#: Per metric its dimension, with time in cycles.
_DIMENSIONS: dict[Metric, Dimension] = {
    "latency": CYCLE,
    "energy": ENERGY,
    "edp": ENERGY * CYCLE,
    "utilization": NUMBER,
}
_METRICS: dict[str, Metric] = {name: name for name in _DIMENSIONS}
_MIRRORED = {"<=": ">=", ">=": "<=", "==": "=="}
_HELP = "a requirement is `latency <= 5 ms`, `energy <= 3 mJ`, `edp <= 1 mJ * 5 ms` or `utilization(ARRAY) >= 0.5`"


def read_requirement(statement: tree.Require, arch: Arch, scope: Scope) -> Iterator[Requirement]:
    """What `require` asks for; `a and b` asks for both.

    Raises `SpecError`: E520 if it is no comparison of a metric with a value, E102 for a value of another dimension,
    E501 for an array that the machine does not have, and what `evaluate` raises.
    """
    message = statement.message.value if statement.message else None
    pending: list[tree.Expr] = [statement.condition]
    while pending:
        condition = pending.pop()
        if isinstance(condition, tree.Binary) and condition.operator == "and":
            pending += [condition.right, condition.left]
        else:
            yield _read(condition, message, arch, scope)


def _read(condition: tree.Expr, message: str | None, arch: Arch, scope: Scope) -> Requirement:
    if not isinstance(condition, tree.Binary) or condition.operator not in ("<=", ">=", "==", "<", ">"):
        raise wrong("E520", "this is not a requirement", condition.span, "not a comparison", help=_HELP)
    operator, value = condition.operator, condition.right
    if operator in ("<", ">"):
        raise wrong("E520", f"a requirement says `{operator}=`", condition.span, "the limit itself is allowed")
    measured = _metric(condition.left)
    if measured is None:
        operator, value = _MIRRORED[operator], condition.left
        measured = _metric(condition.right)
    if measured is None:
        raise wrong("E520", "a requirement compares a cost", condition.span, "compares none", help=_HELP)
    kind, of = measured
    array = _array(of, arch) if of is not None else None
    limit = _limit(kind, value, arch, scope)
    least, most = (None if operator == "<=" else limit), (None if operator == ">=" else limit)
    return Requirement(kind, array, least, most, message, condition.span)


def _metric(side: tree.Expr) -> tuple[Metric, tree.Reference | None] | None:
    """The metric that a side of a comparison names, and what its utilization is of."""
    if not isinstance(side, tree.Reference) or side.items is not None or side.path.text not in _METRICS:
        return None
    kind = _METRICS[side.path.text]
    if not side.arguments:
        return kind, None
    argument = side.arguments[0]
    if kind != "utilization" or len(side.arguments) > 1 or argument.name or plain_name(argument.value) is None:
        raise wrong("E520", f"`{side.span.text}` is not a cost", side.span, "not understood", help=_HELP)
    assert isinstance(argument.value, tree.Reference)
    return kind, argument.value


def _array(name: tree.Reference, arch: Arch) -> str:
    names = [array.name for array in arch.arrays]
    if name.path.text in names:
        return name.path.text
    near = nearest(name.path.text, names)
    help_ = f"did you mean `{near}`?" if near else f"arrays of {arch.name}: {', '.join(names) or 'none'}"
    raise wrong("E501", f"`{arch.name}` has no array `{name.path.text}`", name.span, "not an array", help=help_)


def _limit(kind: Metric, value: tree.Expr, arch: Arch, scope: Scope) -> Fraction:
    """The value in cycles, pJ, pJ * cycles or as a ratio."""
    found = evaluate(value, scope)
    wanted = _DIMENSIONS[kind]
    in_time = wanted / CYCLE * TIME
    if isinstance(found, Quantity) and found.dimension == wanted:
        limit = found.value
    elif isinstance(found, Quantity) and found.dimension == in_time and kind in ("latency", "edp"):
        limit = found.value * _clock(kind, value, arch)
    else:
        either = f"{name_of(in_time)} or {name_of(wanted)}" if kind in ("latency", "edp") else name_of(wanted)
        message = f"{kind} is compared with {either}, but this is {kind_of(found)}"
        raise wrong("E102", message, value.span, unit_label(found))
    if limit < 0 or (kind == "utilization" and limit > 1):
        most = " and at most 1" if kind == "utilization" else ""
        raise wrong("E520", f"{kind} is at least 0{most}", value.span, f"this is {found}")
    return limit


def _clock(kind: Metric, value: tree.Expr, arch: Arch) -> Fraction:
    if arch.clock is None:
        help_ = "give the machine a `clock`, or write the limit in `cycle`"
        raise wrong("E520", f"`{arch.name}` has no clock, so its {kind} has no time", value.span, "a time", help=help_)
    return arch.clock
