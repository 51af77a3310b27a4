"""Indices of tensors: polynomials over dims, computed symbolically, that must come out affine with whole coefficients.

`stride*p + dilation*r - pad` with its parameters put in becomes a `Rank`. E310: not affine; E311: a negative
coefficient; E312: not whole, or too large.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from fractions import Fraction

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from .convert import as_bool, as_number
from .evaluate import evaluate
from .limits import MAX_DEPTH, too_deep
from .op import Rank, Term
from .scope import Scope, unknown_name
from .values import show_fraction

#: Largest coefficient or constant of an index.
MAX_COEFFICIENT = 10**9


@dataclass(frozen=True)
class Affine:
    """`sum(terms[dim] * dim) + constant`, dims in order of appearance."""

    terms: dict[str, Fraction]
    constant: Fraction

    def plus(self, other: Affine, sign: int) -> Affine:
        """`self + sign * other`."""
        terms = dict(self.terms)
        for dim, coefficient in other.terms.items():
            terms[dim] = terms.get(dim, Fraction(0)) + sign * coefficient
        return Affine({d: c for d, c in terms.items() if c}, self.constant + sign * other.constant)

    def times(self, factor: Fraction) -> Affine:
        """`factor * self`."""
        return Affine({d: c * factor for d, c in self.terms.items() if factor}, self.constant * factor)


def rank_of(expr: tree.Expr, dims: Collection[str], scope: Scope) -> Rank:
    """The rank that an index expression is. `scope` has the parameters; dims are free."""
    found = _affine(expr, dims, scope, 0)
    for dim, coefficient in found.terms.items():
        if coefficient.denominator != 1:
            raise _wrong(
                "E312", "an index has whole coefficients", expr.span, f"that of `{dim}` is {show_fraction(coefficient)}"
            )
        if coefficient < 0:
            raise _wrong(
                "E311",
                f"this index runs backwards along `{dim}`",
                expr.span,
                f"the coefficient of `{dim}` is {show_fraction(coefficient)}",
                "an index has non-negative coefficients: count the dim the other way round",
            )
    if found.constant.denominator != 1:
        raise _wrong(
            "E312", "an index is a whole number", expr.span, f"its constant is {show_fraction(found.constant)}"
        )
    if max([abs(found.constant), *found.terms.values()]) > MAX_COEFFICIENT:
        raise _wrong("E312", "an index has coefficients up to 10^9", expr.span, "too large")
    return Rank(tuple(Term(d, int(c)) for d, c in found.terms.items()), int(found.constant))


def mentions(expr: tree.Expr, names: Collection[str], indexed: bool = False) -> bool:
    """Whether one of `names` occurs in an expression (`indexed`: whether any tensor does), without recursion."""
    pending: list[tree.Expr] = [expr]
    while pending:
        node = pending.pop()
        match node:
            case tree.Reference():
                if (indexed and node.items is not None) or (node.items is None and node.path.text in names):
                    return True
                pending.extend(a.value for a in node.arguments or ())
            case tree.Binary():
                pending.extend((node.left, node.right))
            case tree.Unary():
                pending.append(node.operand)
            case tree.Conditional():
                pending.extend((node.condition, node.then, node.otherwise))
    return False


def _affine(expr: tree.Expr, dims: Collection[str], scope: Scope, depth: int) -> Affine:
    if depth > 2 * MAX_DEPTH:
        raise too_deep(expr.span)
    if not mentions(expr, dims):
        return Affine({}, _plain(expr, dims, scope))

    def below(part: tree.Expr) -> Affine:
        return _affine(part, dims, scope, depth + 1)

    match expr:
        case tree.Reference() if expr.arguments is None:
            return Affine({expr.path.text: Fraction(1)}, Fraction(0))
        case tree.Unary(operator="-"):
            return below(expr.operand).times(Fraction(-1))
        case tree.Conditional() if not mentions(expr.condition, dims):
            chosen = as_bool(evaluate(expr.condition, scope), expr.condition.span)
            return below(expr.then if chosen else expr.otherwise)
        case tree.Binary(operator="+" | "-" | "*" | "/"):
            return _binary(expr, below)
    raise _not_affine(expr.span, "not a sum of dims times numbers")


def _binary(expr: tree.Binary, below: Callable[[tree.Expr], Affine]) -> Affine:
    left, right = below(expr.left), below(expr.right)
    if expr.operator in "+-":
        return left.plus(right, 1 if expr.operator == "+" else -1)
    if expr.operator == "*":
        if left.terms and right.terms:
            raise _not_affine(expr.span, "a dim times a dim")
        return right.times(left.constant) if right.terms else left.times(right.constant)
    if right.terms:
        raise _not_affine(expr.span, "divided by a dim")
    if right.constant == 0:
        raise _wrong("E104", "division by zero", expr.right.span, "this is 0")
    return left.times(1 / right.constant)


def _plain(expr: tree.Expr, dims: Collection[str], scope: Scope) -> Fraction:
    """The value of an expression without dims. An unknown name may be a misspelt dim."""
    if isinstance(expr, tree.Reference) and expr.arguments is None and expr.items is None:
        first = expr.path.parts[0]
        if scope.lookup(first.text) is None:
            raise unknown_name(first, scope.child(dict.fromkeys(dims, True)), "dim or parameter")
    return as_number(evaluate(expr, scope), expr.span, what="an index")


def _not_affine(span: Span, text: str) -> SpecError:
    help_ = "an index is a sum of dims times whole numbers, as in `stride*p + dilation*r - pad`"
    return _wrong("E310", "this index is not affine", span, text, help_)


def _wrong(code: str, message: str, span: Span, text: str, help: str | None = None) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(span, text), help=help))
