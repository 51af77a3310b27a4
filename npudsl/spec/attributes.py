"""Reading attributes: the text of one attribute to its resolved value, by the form that the schema gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Fix, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest
from .arch import Hold, Ports
from .collect import Collector
from .convert import as_int
from .evaluate import evaluate
from .roles import check_role
from .schema import SCHEMA, Rule, article
from .scope import Scope
from .values import Quantity, Unlimited, Value
from .valuetypes import TYPES, Subject, check_type, plain

#: The width of a word: data, of which the usual unit is the bit.
_WIDTH = replace(TYPES["data"], accepted="in data (`bit`)")

#: No machine has more ports on one memory.
MAX_PORTS = 1024


@dataclass(frozen=True)
class Context:
    """What attributes may refer to beside values: roles, the axes of the enclosing array, the block's label."""

    roles: tuple[str, ...]
    axes: tuple[str, ...] = ()
    label: Label | None = None

    @property
    def labels(self) -> tuple[Label, ...]:
        return (self.label,) if self.label else ()


def unknown_attribute(block: str, name: tree.Name, context: Context | None = None) -> SpecError:
    """E202: the block kind has no such attribute; the near one, else all it has."""
    known = tuple(SCHEMA[block])
    near = nearest(name.text, known)
    return SpecError(
        Diagnostic(
            "E202",
            f"{article(block)} has no attribute `{name.text}`",
            Label(name.span, "not an attribute"),
            context.labels if context else (),
            () if near else (f"{article(block)} has: {', '.join(known)}",),
            f"did you mean `{near}`?" if near else None,
            Fix(name.span, near) if near else None,
        )
    )


def read_attribute(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> object:
    """The resolved value of an attribute: a `Value` for a quantity, else what the form's reader returns."""
    return _READERS[rule.form](rule, expr, scope, context)


def check_quantity(rule: Rule, value: Value, span: Span, context: Context, expr: tree.Expr | None = None) -> Value:
    """A value against a `quantity` rule: dimension (E102), sign and `inf` (E103)."""
    owner = f"{article(rule.block)}'s `{rule.name}`"
    value = check_type(value, rule.value_type, span, Subject(f"`{rule.name}`", owner, context.labels), expr)
    if isinstance(value, Unlimited):
        if not rule.unlimited:
            raise _out_of_range(f"{owner} cannot be unlimited", span, "this is `inf`", context)
    elif isinstance(value, Quantity) and (value.value < 0 or (rule.positive and value.value == 0)):
        wanted = "must be more than zero" if rule.positive else "cannot be negative"
        raise _out_of_range(f"{owner} {wanted}", span, f"this is {value}", context)
    return value


def _out_of_range(message: str, span: Span, label: str, context: Context) -> SpecError:
    return SpecError(Diagnostic("E103", message, Label(span, label), context.labels))


def _quantity(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> Value:
    return check_quantity(rule, evaluate(expr, scope), expr.span, context, expr)


def _items(rule: Rule, expr: tree.Expr) -> tuple[tree.Item, ...]:
    """The items of a list; E102 if it is none."""
    if isinstance(expr, tree.ListOf):
        return expr.items
    raise SpecError(
        Diagnostic("E102", f"`{rule.name}` is a list", Label(expr.span, "not a list"), help=f"write `{rule.example}`")
    )


def _bare_name(item: tree.Item) -> tree.Name | None:
    """The name of an item that is a name and nothing else."""
    if isinstance(item, tree.Reference) and item.items is None and item.arguments is None and len(item.path.parts) == 1:
        return item.path.parts[0]
    return None


def _expected(rule: Rule, item: tree.Item, what: str) -> SpecError:
    return SpecError(
        Diagnostic(
            "E102", f"`{rule.name}` takes {what}", Label(item.span, "something else"), help=f"write `{rule.example}`"
        )
    )


def _repeated(name: str, span: Span, earlier: Span) -> SpecError:
    return SpecError(
        Diagnostic(
            "E203", f"`{name}` is listed twice", Label(span, "listed again"), (Label(earlier, "first listed here"),)
        )
    )


def _roles(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> frozenset[str]:
    found: dict[str, Span] = {}
    collector = Collector()
    for item in _items(rule, expr):
        with collector.guard():
            name = _bare_name(item)
            if name is None:
                raise _expected(rule, item, "names of tensor roles")
            role = check_role(name, context.roles)
            if role in found:
                raise _repeated(role, item.span, found[role])
            found[role] = item.span
    collector.raise_if_failed()
    return frozenset(found)


def _holds(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> tuple[Hold, ...]:
    found: dict[str, Hold] = {}
    collector = Collector()
    for item in _items(rule, expr):
        with collector.guard():
            hold = _hold(rule, item, scope, context)
            if hold.role in found:
                raise _repeated(hold.role, item.span, found[hold.role].span or item.span)
            found[hold.role] = hold
    collector.raise_if_failed()
    return tuple(found.values())


def _hold(rule: Rule, item: tree.Item, scope: Scope, context: Context) -> Hold:
    """`input`, `input <= 64 KiB`, `weight?` or `weight? <= 8 KiB`."""
    name, optional, operator, limit = _bare_name(item), False, None, None
    if isinstance(item, tree.OptionalItem):
        name, optional, operator, limit = item.name, True, item.operator, item.limit
    elif isinstance(item, tree.Binary):
        name, operator, limit = _bare_name(item.left), item.operator, item.right
    if name is None or operator not in (None, "<="):
        raise _expected(rule, item, "names of tensor roles, each with `?` and `<= SIZE` if needed")
    role = check_role(name, context.roles)
    cap: Fraction | None = None
    if limit is not None:
        subject = Subject(f"the share of `{role}`", "a share", context.labels)
        value = check_type(evaluate(limit, scope), TYPES["data"], limit.span, subject, limit)
        if isinstance(value, Quantity):
            cap = value.value
            if cap <= 0:
                message = f"the share of `{role}` must be more than zero"
                raise _out_of_range(message, limit.span, f"this is {value}", context)
    return Hold(role, optional, cap, item.span)


def _ports(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> Ports:
    found: dict[str, int] = {}
    for item in _items(rule, expr):
        if not isinstance(item, tree.NamedItem) or item.name.text not in ("read", "write", "shared"):
            raise _expected(rule, item, "`read`, `write` and `shared`, each with a number")
        if item.name.text in found:
            raise _repeated(item.name.text, item.span, expr.span)
        count = as_int(evaluate(item.value, scope), item.value.span, what="a number of ports")
        if not 0 <= count <= MAX_PORTS:
            raise _out_of_range(
                f"a memory has between 0 and {MAX_PORTS} ports of a kind", item.value.span, "not so many", context
            )
        found[item.name.text] = count
    ports = Ports(found.get("read", 0), found.get("write", 0), found.get("shared", 0))
    if not ports.shared and not (ports.read and ports.write):
        missing = "a `write` or a `shared` port" if ports.read else "a `read` or a `shared` port"
        missing = missing if ports.read or ports.write else "a port"
        raise _out_of_range(f"a memory needs {missing}", expr.span, "words cannot come in and go out", context)
    return ports


def _axes(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> tuple[str, ...]:
    items = expr.items if isinstance(expr, tree.ListOf) else (expr,)
    found: dict[str, None] = {}
    for item in items:
        name = _bare_name(item)
        if name is None:
            raise _expected(rule, item, "an axis of the array, or a list of axes")
        if name.text not in context.axes:
            near = nearest(name.text, context.axes)
            raise SpecError(
                Diagnostic(
                    "E201",
                    f"no axis `{name.text}`",
                    Label(name.span, "not an axis of this array"),
                    context.labels,
                    (f"axes: {', '.join(context.axes) or 'none'}",),
                    f"did you mean `{near}`?" if near else None,
                )
            )
        found[name.text] = None
    return tuple(found)


def _choice(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> str:
    name = _bare_name(expr)
    if name is None or name.text not in rule.choices:
        near = nearest(name.text, rule.choices) if name else None
        raise SpecError(
            Diagnostic(
                "E201",
                f"`{rule.name}` is {' or '.join(f'`{c}`' for c in rule.choices)}",
                Label(expr.span, "neither"),
                context.labels,
                help=f"did you mean `{near}`?" if near else None,
            )
        )
    return name.text


def _widths(rule: Rule, expr: tree.Expr, scope: Scope, context: Context) -> tuple[tuple[str, Fraction], ...]:
    found: dict[str, Fraction] = {}
    collector = Collector()
    for item in _items(rule, expr):
        with collector.guard():
            if not isinstance(item, tree.NamedItem):
                raise _expected(rule, item, "a width for each role")
            role = check_role(item.name, context.roles)
            if role in found:
                raise _repeated(role, item.span, expr.span)
            found[role] = _width(role, item.value, scope, context)
    collector.raise_if_failed()
    return tuple(found.items())


def _width(role: str, expr: tree.Expr, scope: Scope, context: Context) -> Fraction:
    subject = Subject(f"the width of `{role}`", "a width", context.labels)
    value = check_type(evaluate(expr, scope), _WIDTH, expr.span, subject, expr)
    if isinstance(value, Unlimited) or plain(value) <= 0:
        message = f"the width of `{role}` must be more than zero and limited"
        raise _out_of_range(message, expr.span, f"this is {value}", context)
    return plain(value)


_READERS: dict[str, Callable[[Rule, tree.Expr, Scope, Context], object]] = {
    "quantity": _quantity,
    "roles": _roles,
    "holds": _holds,
    "ports": _ports,
    "axes": _axes,
    "choice": _choice,
    "widths": _widths,
}
