"""From lark's tree to ours, first half: expressions, and what stands in brackets.

The methods are named after the rules of `grammar/npu.lark`; each gets lark's positions and the finished children.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from ..text.diagnostics import Diagnostic, Label
from ..text.limits import MAX_EXPRESSION_HEIGHT, MAX_NUMBER_DIGITS, MAX_NUMBER_EXPONENT
from ..text.source import Source, Span
from . import tree

_EXPONENT = re.compile(r"[eE]([+-]?)([0-9]+)$")


@v_args(meta=True)
class ExpressionBuilder(Transformer_NonRecursive):
    """Builds the expressions of one text that starts at `offset` in its source.

    What is refused here (a number of too many digits, an expression that is too high) goes to `refused`; the tree is
    finished all the same, so that everything wrong is found at once.
    """

    def __init__(self, source: Source, offset: int = 0):
        super().__init__(visit_tokens=False)
        self.refused: list[Diagnostic] = []
        self._source = source
        self._offset = offset
        # id of a node -> height of its expression. Every node lives until the tree is finished, so no id is used twice.
        self._height: dict[int, int] = {}
        self._too_high = False

    # ---- helpers ------------------------------------------------------------------------------------

    def _span(self, meta: Meta) -> Span:
        return Span(self._source, meta.start_pos + self._offset, meta.end_pos + self._offset)

    def _token_span(self, token: Token) -> Span:
        start = (token.start_pos or 0) + self._offset
        return Span(self._source, start, start + len(token))

    def _name(self, token: Token) -> tree.Name:
        return tree.Name(str(token), self._token_span(token))

    def _optional_name(self, token: Token | None) -> tree.Name | None:
        return None if token is None else self._name(token)

    def _measured(self, node: Any, *below: Any) -> Any:
        """Note the height of `node`, which stands on `below`, and refuse it when it is the first that is too high."""
        height = 1 + max((self._height.get(id(child), 0) for child in below), default=0)
        self._height[id(node)] = height
        if height > MAX_EXPRESSION_HEIGHT and not self._too_high:
            self._too_high = True
            label = Label(Span(self._source, node.span.start, node.span.start), "starts here")
            message = f"an expression of more than {MAX_EXPRESSION_HEIGHT} nested operations"
            self.refused.append(Diagnostic("E005", message, label, help="give parts of it a name with `let`"))
        return node

    # ---- atoms --------------------------------------------------------------------------------------

    def path(self, meta: Meta, names: list[Token]) -> tree.Path:
        return tree.Path(tuple(self._name(n) for n in names), self._span(meta))

    def number(self, meta: Meta, children: list[Any]) -> tree.Number:
        digits, unit = children
        value = self._value(digits)
        return tree.Number(value, self._optional_name(unit), self._span(meta))

    def _value(self, token: Token) -> Fraction:
        exponent = _EXPONENT.search(token)
        power = exponent[2].lstrip("0") if exponent else ""
        if len(power) > 6 or int(power or 0) > MAX_NUMBER_EXPONENT:
            return self._refuse_number(token, f"an exponent beyond {MAX_NUMBER_EXPONENT}")
        if len(token) - (len(exponent[0]) if exponent else 0) > MAX_NUMBER_DIGITS:
            return self._refuse_number(token, f"more than {MAX_NUMBER_DIGITS} digits")
        return Fraction(token.replace("_", ""))

    def _refuse_number(self, token: Token, reason: str) -> Fraction:
        label = Label(self._token_span(token), reason)
        self.refused.append(Diagnostic("E004", "this number is too large to be meant", label))
        return Fraction(0)

    def string(self, meta: Meta, children: list[Token]) -> tree.Text:
        return tree.Text(str(children[0])[1:-1], self._span(meta))

    # ---- operations ---------------------------------------------------------------------------------

    def unary(self, meta: Meta, children: list[Any]) -> tree.Unary:
        operator, operand = children
        return self._measured(tree.Unary(str(operator), operand, self._span(meta)), operand)

    def binary(self, meta: Meta, children: list[Any]) -> tree.Binary:
        left, operator, right = children
        return self._measured(tree.Binary(str(operator), left, right, self._span(meta)), left, right)

    def cond(self, meta: Meta, children: list[Any]) -> tree.Conditional:
        condition, then, otherwise = children
        return self._measured(tree.Conditional(condition, then, otherwise, self._span(meta)), *children)

    def ref(self, meta: Meta, children: list[Any]) -> tree.Reference:
        path, items, arguments = children
        node = tree.Reference(path, items, arguments, self._span(meta))
        return self._measured(node, *(items or ()), *(arguments or ()))

    def args(self, meta: Meta, children: list[Any]) -> tuple[tree.Argument, ...]:
        return tuple(child for child in children if child is not None)

    def argument(self, meta: Meta, children: list[Any]) -> tree.Argument:
        name, value = children
        return self._measured(tree.Argument(self._optional_name(name), value, self._span(meta)), value)

    def list_(self, meta: Meta, children: list[Any]) -> tree.ListOf:
        return self._measured(tree.ListOf(children[0], self._span(meta)), *children[0])

    # ---- items of brackets --------------------------------------------------------------------------

    def index(self, meta: Meta, children: list[Any]) -> tuple[tree.Item, ...]:
        return children[0]

    def items(self, meta: Meta, children: list[Any]) -> tuple[tree.Item, ...]:
        return tuple(child for child in children if child is not None)

    def named(self, meta: Meta, children: list[Any]) -> tree.NamedItem:
        name, value = children
        return self._measured(tree.NamedItem(self._name(name), value, self._span(meta)), value)

    def optional(self, meta: Meta, children: list[Any]) -> tree.OptionalItem:
        name, operator, limit = children
        comparison = None if operator is None else str(operator)
        return self._measured(tree.OptionalItem(self._name(name), comparison, limit, self._span(meta)), limit)

    def rest(self, meta: Meta, children: list[Any]) -> tree.RestItem:
        return tree.RestItem(self._span(meta))

    def expression(self, meta: Meta, children: list[Any]) -> tree.Expr:
        return children[0]
