"""Tables: rows evaluated, checked and sorted."""

from __future__ import annotations

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.suggest import nearest
from .evaluate import evaluate
from .scope import Scope, TableValue
from .units import Dimension
from .values import Quantity, kind_of, unit_label
from .valuetypes import Subject, ValueType, check_type, find_type

#: How a table fills the gaps between rows (`functions.interpolate`).
MODES = ("linear", "loglog")


def elaborate_table(table: tree.Table, scope: Scope) -> TableValue:
    """A table's value. Rows may stand in any order; keys differ, and every row has one dimension.

    Errors: E201 for types and mode, E102 for rows of another dimension, E103 for rows that a power law cannot join.
    """
    if table.mode.text not in MODES:
        near = nearest(table.mode.text, MODES)
        raise SpecError(
            Diagnostic(
                "E201",
                f"a table is {' or '.join(f'`{m}`' for m in MODES)}",
                Label(table.mode.span, "neither"),
                help=f"did you mean `{near}`?" if near else None,
            )
        )
    key_type, value_type = find_type(table.key.type), find_type(table.value_type)
    if not table.rows:
        raise SpecError(Diagnostic("E103", f"table `{table.name.text}` has no rows", Label(table.name.span, "empty")))
    rows: dict[Quantity, tuple[Quantity, tree.Row]] = {}
    for row in table.rows:
        key = _side(row.key, key_type, scope, table, "key")
        value = _side(row.value, value_type, scope, table, "value")
        if key in rows:
            label = Label(rows[key][1].key.span, "first row for it")
            raise SpecError(
                Diagnostic(
                    "E203", f"table `{table.name.text}` has two rows for {key}", Label(row.key.span, "again"), (label,)
                )
            )
        rows[key] = (value, row)
    dimensions = _one_dimension(table, rows)
    ordered = sorted(((k, v) for k, (v, _) in rows.items()), key=lambda r: r[0].value)
    return TableValue(table.name.text, table.key.name.text, *dimensions, table.mode.text, tuple(ordered))


def _side(expr: tree.Expr, wanted: ValueType, scope: Scope, table: tree.Table, side: str) -> Quantity:
    subject = Subject(f"a {side} of table `{table.name.text}`")
    value = check_type(evaluate(expr, scope), wanted, expr.span, subject, expr)
    if not isinstance(value, Quantity):
        raise SpecError(
            Diagnostic(
                "E102",
                f"{subject.name} is a quantity, but this is {kind_of(value)}",
                Label(expr.span, unit_label(value)),
            )
        )
    if table.mode.text == "loglog" and value.value <= 0:
        raise SpecError(
            Diagnostic(
                "E103", f"{subject.name} must be more than zero: it is loglog", Label(expr.span, f"this is {value}")
            )
        )
    return value


def _one_dimension(table: tree.Table, rows: dict[Quantity, tuple[Quantity, tree.Row]]) -> tuple[Dimension, Dimension]:
    """The dimension of all keys and of all values (a type such as `bandwidth` allows two)."""
    (first_key, (first_value, _)), *others = rows.items()
    for key, (value, row) in others:
        for one, first, expr in ((key, first_key, row.key), (value, first_value, row.value)):
            if one.dimension != first.dimension:
                raise SpecError(
                    Diagnostic(
                        "E102",
                        f"the rows of table `{table.name.text}` have different dimensions",
                        Label(expr.span, f"{unit_label(one)}, the first row in {first.dimension.unit}"),
                    )
                )
    return first_key.dimension, first_value.dimension
