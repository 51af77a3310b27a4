"""Equations: `output[...] += weight[...] * input[...]` to tensors with ranks and a body for the interpreter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest
from .affine import mentions, rank_of
from .convert import as_bool, as_number
from .evaluate import evaluate
from .limits import MAX_DEPTH, too_deep
from .op import FUNCTIONS, Apply, Constant, Expr, Rank, Read
from .scope import CONSTANTS, Scope

#: Tensors that an equation may have.
MAX_TENSORS = 32


@dataclass
class Indexed:
    """The tensors of an equation as they are met: name -> ranks and where they are first indexed."""

    dims: Collection[str]
    scope: Scope
    ranks: dict[str, tuple[Rank, ...]] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)

    def add(self, reference: tree.Reference) -> str:
        """Note `name[...]`; its name. E314 if it was indexed differently before."""
        if len(reference.path.parts) > 1 or reference.arguments is not None:
            raise _wrong(
                "E317", f"`{reference.path.text}` is not a tensor", reference.span, "a tensor has a plain name"
            )
        name = reference.path.text
        if name in self.dims or name in CONSTANTS or self.scope.own(name) is not None:
            kind = "a dim" if name in self.dims else "defined already"
            raise _wrong("E203", f"`{name}` is {kind}, so it cannot be a tensor", reference.path.span, "indexed here")
        ranks = tuple(rank_of(self._expression(item), self.dims, self.scope) for item in reference.items or ())
        if self.ranks.setdefault(name, ranks) != ranks:
            raise _wrong(
                "E314",
                f"`{name}` is indexed in two ways",
                reference.span,
                "another index",
                Label(self.spans[name], "first indexed here"),
                help="give the second one a name of its own: the same data may be bound to both",
            )
        self.spans.setdefault(name, reference.span)
        if len(self.ranks) > MAX_TENSORS:
            raise _wrong("E105", f"an equation has at most {MAX_TENSORS} tensors", reference.span, "one more")
        return name

    def _expression(self, item: tree.Item) -> tree.Expr:
        if isinstance(item, (tree.NamedItem, tree.OptionalItem, tree.RestItem)):
            raise _wrong("E310", "an index is an expression over dims", item.span, "not an expression")
        return item


def body_of(expr: tree.Expr, indexed: Indexed, depth: int = 0) -> Expr:
    """The right-hand side as data. What reads no tensor is a constant, evaluated here."""
    if depth > 2 * MAX_DEPTH:
        raise too_deep(expr.span)
    if not mentions(expr, indexed.dims, indexed=True):
        return Constant(as_number(evaluate(expr, indexed.scope), expr.span, what="a constant of an equation"))
    match expr:
        case tree.Reference() if expr.items is not None:
            return Read(indexed.add(expr))
        case tree.Reference() if expr.arguments is not None:
            return _call(expr, expr.arguments, indexed, depth)
        case tree.Reference():
            raise _wrong(
                "E317", f"`{expr.path.text}` is a dim, not a value", expr.span, "an equation combines elements"
            )
        case tree.Unary(operator="-"):
            return Apply("neg", (body_of(expr.operand, indexed, depth + 1),))
        case tree.Binary(operator="+" | "-" | "*" | "/"):
            parts = (body_of(expr.left, indexed, depth + 1), body_of(expr.right, indexed, depth + 1))
            return Apply(expr.operator, parts)
        case tree.Conditional() if not mentions(expr.condition, indexed.dims, indexed=True):
            chosen = as_bool(evaluate(expr.condition, indexed.scope), expr.condition.span)
            return body_of(expr.then if chosen else expr.otherwise, indexed, depth + 1)
    raise _wrong(
        "E317",
        "this cannot stand in an equation",
        expr.span,
        "elements are combined by `+ - * /` and functions",
        help=f"functions: {', '.join(FUNCTIONS)}",
    )


def _call(expr: tree.Reference, arguments: tuple[tree.Argument, ...], indexed: Indexed, depth: int) -> Expr:
    name = expr.path.text
    if name not in FUNCTIONS:
        near = nearest(name, FUNCTIONS)
        raise _wrong(
            "E317",
            f"no function `{name}`",
            expr.path.span,
            "not a function of elements",
            help=f"did you mean `{near}`?" if near else f"functions: {', '.join(FUNCTIONS)}",
        )
    if len(arguments) != FUNCTIONS[name] or any(a.name for a in arguments):
        count = FUNCTIONS[name]
        raise _wrong(
            "E317",
            f"`{name}` takes {count} argument{'s' * (count > 1)} by position",
            expr.span,
            f"{len(arguments)} given",
        )
    return Apply(name, tuple(body_of(a.value, indexed, depth + 1) for a in arguments))


def _wrong(code: str, message: str, span: Span, text: str, *secondary: Label, help: str | None = None) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(span, text), secondary, help=help))
