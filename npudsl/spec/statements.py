"""Statements that every block may have: `let` and `assert`."""

from __future__ import annotations

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from .convert import as_bool
from .evaluate import evaluate
from .scope import Broken, Scope
from .values import show


def define_let(let: tree.Let, scope: Scope) -> None:
    """Evaluate a constant and define it in `scope`; if it is wrong, define it as broken and raise."""
    try:
        value = evaluate(let.value, scope)
    except SpecError:
        if scope.own(let.name.text) is None:
            scope.define(let.name, Broken())
        raise
    scope.define(let.name, value)


def check_assert(statement: tree.Assert, scope: Scope, labels: tuple[Label, ...] = ()) -> None:
    """E107 with the user's message and both sides' values if the condition is false."""
    condition = statement.condition
    if as_bool(evaluate(condition, scope), condition.span, what="an assertion"):
        return
    message = statement.message.value if statement.message else "this assertion does not hold"
    raise SpecError(Diagnostic("E107", message, Label(condition.span, _why_false(condition, scope)), labels))


def _why_false(condition: tree.Expr, scope: Scope) -> str:
    """The values of both sides of a comparison, else just that it is false."""
    if isinstance(condition, tree.Binary) and condition.operator in ("==", "!=", "<", "<=", ">", ">="):
        left, right = evaluate(condition.left, scope), evaluate(condition.right, scope)
        return f"{show(left)} {condition.operator} {show(right)} is false"
    return "this is false"
