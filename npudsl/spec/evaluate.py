"""The evaluator of expressions: syntax tree and scope to exact values, bounded in time, depth and number size.

Every rule is here or in `functions.py`; nothing ever reaches Python's own evaluation. Wrong input raises `SpecError`:
E101 unit, E102 dimension or kind, E104 undefined (division by zero), E105 too large or too deep, E201 unknown name.
"""

from __future__ import annotations

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .arithmetic import arithmetic, compare, unlimited_arithmetic
from .convert import as_bool, as_int, as_number
from .functions import FUNCTIONS, call_function, interpolate
from .limits import MAX_DEPTH, bounded, too_deep
from .scope import Binding, Broken, Declared, Scope, TableValue, describe_binding, unknown_name
from .units import UNITS, Unit, find_unit, name_of, near_units
from .values import Entry, ListValue, Quantity, Value, kind_of, unit_label

__all__ = ["Quantity", "Scope", "Value", "as_bool", "as_int", "as_number", "evaluate", "evaluate_int"]


def evaluate(expr: tree.Expr, scope: Scope) -> Value:
    """The value of an expression. Exact rationals throughout; see `functions.py` for what is rounded."""
    return _evaluate(expr, scope, 0)


def evaluate_int(expr: tree.Expr, scope: Scope, *, what: str = "this") -> int:
    """`as_int(evaluate(expr, scope))` with the expression's span."""
    return as_int(evaluate(expr, scope), expr.span, what=what)


# ---- one function for each form ------------------------------------------------------------------


def _evaluate(expr: tree.Expr, scope: Scope, depth: int) -> Value:
    if depth > MAX_DEPTH:
        raise too_deep(expr.span)
    match expr:
        case tree.Number():
            return _number(expr)
        case tree.Text():
            return expr.value
        case tree.Binary():
            return _binary_chain(expr, scope, depth)
        case tree.Unary():
            return _unary(expr, scope, depth)
        case tree.Conditional():
            condition = as_bool(_evaluate(expr.condition, scope, depth + 1), expr.condition.span)
            return _evaluate(expr.then if condition else expr.otherwise, scope, depth + 1)
        case tree.Reference():
            return _reference(expr, scope, depth)
        case tree.ListOf():
            return ListValue(tuple(_entry(item, scope, depth) for item in expr.items))
    raise TypeError(f"not an expression: {expr!r}")


def _number(expr: tree.Number) -> Quantity:
    bounded(expr.value, expr.span)
    if expr.unit is None:
        return Quantity(expr.value)
    unit = find_unit(expr.unit.text)
    if unit is None:
        raise unknown_unit(expr.unit)
    return Quantity(bounded(expr.value * unit.scale, expr.span), unit.dimension)


def unknown_unit(name: tree.Name) -> SpecError:
    """E101 with units that may be meant, else the simple units that exist."""
    near = near_units(name.text)
    described = " or ".join(f"`{u.name}` ({u.doc})" for u in near)
    return SpecError(
        Diagnostic(
            "E101",
            f"unknown unit `{name.text}`",
            Label(name.span, "not a unit"),
            notes=() if near else (f"units: {', '.join(sorted(_common_units()))}",),
            help=f"did you mean {described}?" if near else None,
        )
    )


def _common_units() -> list[str]:
    def common(unit: Unit) -> bool:
        return unit.name.isascii() and not unit.name.startswith(("P", "T"))

    return [u.name for u in UNITS.values() if common(u)]


def _entry(item: tree.Item, scope: Scope, depth: int) -> Entry:
    if isinstance(item, tree.NamedItem):
        return Entry(item.name.text, _evaluate(item.value, scope, depth + 1), item.span)
    if isinstance(item, (tree.OptionalItem, tree.RestItem)):
        shown = "`..`" if isinstance(item, tree.RestItem) else "`?`"
        raise SpecError(
            Diagnostic("E102", f"{shown} has no meaning in a list of values", Label(item.span, "not a value"))
        )
    return Entry(None, _evaluate(item, scope, depth + 1), item.span)


def _unary(expr: tree.Unary, scope: Scope, depth: int) -> Value:
    value = _evaluate(expr.operand, scope, depth + 1)
    if expr.operator == "not":
        return not as_bool(value, expr.operand.span, what="the operand of `not`")
    if not isinstance(value, Quantity):
        raise SpecError(
            Diagnostic(
                "E102",
                f"`-` needs a quantity, but this is {kind_of(value)}",
                Label(expr.operand.span, unit_label(value)),
            )
        )
    return Quantity(-value.value, value.dimension)


def _reference(expr: tree.Reference, scope: Scope, depth: int) -> Value:
    if expr.items is not None:
        raise SpecError(
            Diagnostic(
                "E102",
                f"`{expr.path.text}` has no index in an expression",
                Label(expr.span, "a tensor's index stands in an equation"),
            )
        )
    if expr.arguments is not None:
        return _call(expr, expr.arguments, scope, depth)
    found = scope.resolve(expr.path)
    if isinstance(found, (TableValue, Declared, Scope, Broken)):
        help_ = f"write `{expr.path.text}(...)`" if isinstance(found, TableValue) else None
        raise SpecError(
            Diagnostic(
                "E102",
                f"`{expr.path.text}` is {describe_binding(found)}, not a value",
                Label(expr.span, "a value is needed"),
                help=help_,
            )
        )
    return found


def _call(expr: tree.Reference, arguments: tuple[tree.Argument, ...], scope: Scope, depth: int) -> Value:
    name = expr.path.text
    is_function = len(expr.path.parts) == 1 and scope.lookup(name) is None and name in FUNCTIONS
    if is_function:
        named = next((a for a in arguments if a.name is not None), None)
        if named is not None:
            raise SpecError(
                Diagnostic("E204", f"`{name}` takes its arguments by position", Label(named.span, "given by name"))
            )
        values = [_evaluate(a.value, scope, depth + 1) for a in arguments]
        return call_function(name, values, [a.value.span for a in arguments], expr.span)
    if len(expr.path.parts) == 1 and scope.lookup(name) is None:
        raise unknown_name(expr.path.parts[0], scope, "table or function", _is_table, FUNCTIONS)
    found = scope.resolve(expr.path, wanted="table or function", fits=_is_table)
    if not isinstance(found, TableValue):
        raise SpecError(
            Diagnostic(
                "E102",
                f"`{name}` is {describe_binding(found)}, it cannot be called",
                Label(expr.path.span, "not a table"),
            )
        )
    return _look_up(found, arguments, scope, expr.span, depth)


def _is_table(binding: Binding) -> bool:
    return isinstance(binding, TableValue)


def _look_up(table: TableValue, arguments: tuple[tree.Argument, ...], scope: Scope, span: Span, depth: int) -> Quantity:
    fits = len(arguments) == 1 and (arguments[0].name is None or arguments[0].name.text == table.key)
    if not fits:
        raise SpecError(
            Diagnostic(
                "E204",
                f"table `{table.name}` takes one argument, `{table.key}`",
                Label(span, f"{len(arguments)} given"),
            )
        )
    key = _evaluate(arguments[0].value, scope, depth + 1)
    if not isinstance(key, Quantity) or key.dimension != table.key_dimension:
        raise SpecError(
            Diagnostic(
                "E102",
                f"table `{table.name}` takes {name_of(table.key_dimension)}, but this is {kind_of(key)}",
                Label(arguments[0].value.span, unit_label(key)),
            )
        )
    return interpolate(table, key, span)


# ---- operators -----------------------------------------------------------------------------------


def _binary_chain(expr: tree.Binary, scope: Scope, depth: int) -> Value:
    """A binary operator. The left spine (`a + b + c ...` nests to the left) is walked, not descended."""
    spine: list[tree.Binary] = []
    left: tree.Expr = expr
    while isinstance(left, tree.Binary):
        spine.append(left)
        left = left.left
    value = _evaluate(left, scope, depth + 1)
    for node in reversed(spine):
        value = _binary(node, value, scope, depth)
    return value


def _binary(expr: tree.Binary, left: Value, scope: Scope, depth: int) -> Value:
    if expr.operator in ("and", "or"):
        first = as_bool(left, expr.left.span, what=f"the left side of `{expr.operator}`")
        if first == (expr.operator == "or"):
            return first
        right = _evaluate(expr.right, scope, depth + 1)
        return as_bool(right, expr.right.span, what=f"the right side of `{expr.operator}`")
    right = _evaluate(expr.right, scope, depth + 1)
    if expr.operator in ("==", "!=", "<", "<=", ">", ">="):
        return compare(expr, left, right)
    if isinstance(left, Quantity) and isinstance(right, Quantity):
        return arithmetic(expr, left, right)
    return unlimited_arithmetic(expr, left, right)
