"""One slot of a dataflow: `glb any [m = 4, q <= 14, ..]` becomes a rule."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..spec.op import Layer
from ..spec.scope import Scope
from ..syntax import tree
from ..text.diagnostics import Label
from ..text.source import Span
from .dataflow import FactorRule, PlaceRule
from .nest import Node
from .reading import plain_name, read_dim, read_factor, wrong

_HELP = "a slot lists dims: `m`, `m = 4`, `m = full`, `m <= 4`, `m >= 2`, and `..` for all others"
#: What a comparison says, read from right to left.
_MIRRORED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "==", "!=": "!="}


def read_rule(
    loops: tree.Loops, nodes: frozenset[Node] | None, axis: tuple[str, str] | None, layer: Layer, scope: Scope
) -> PlaceRule:
    """The rule of a slot for `nodes` or along `axis`.

    Raises `SpecError`: E509 unknown dims, E510 a dim twice, E512 factors, E518 what is no item of a slot, E519 a range
    that holds no factor.
    """
    reader = _Reader(layer, scope)
    for item in loops.items:
        reader.read(item)
    named, cut = list(reader.found), reader.rest_at
    free = loops.any_order or axis is not None
    outer, inner = (named, []) if cut is None else (named[:cut], named[cut:])
    return PlaceRule(
        nodes,
        axis,
        tuple(reader.found.values()),
        reader.rest is not None,
        () if free else tuple(outer),
        () if free else tuple(inner),
        free,
        loops.span,
        loops.place.text,
    )


@dataclass
class _Reader:
    """The items of a slot, read one after the other. `rest_at`: how many dims are named before `..`; `ends`: the
    comparison (`<=` or `>=`) that gave the rule of a dim, if one did."""

    layer: Layer
    scope: Scope
    found: dict[str, FactorRule] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    rest: Span | None = None
    rest_at: int | None = None

    def read(self, item: tree.Item) -> None:
        """Take one item."""
        if isinstance(item, tree.RestItem):
            if self.rest is not None:
                raise wrong("E518", "`..` stands twice in one slot", item.span, "again", Label(self.rest, "first here"))
            self.rest, self.rest_at = item.span, len(self.found)
            return
        rule, end = self._rule(item)
        earlier = self.found.get(rule.dim)
        if earlier is not None:
            rule = self._range(earlier, rule, end, item.span)
        self.found[rule.dim] = rule
        self.ends[rule.dim] = end if earlier is None else ""

    def _rule(self, item: tree.Item) -> tuple[FactorRule, str]:
        """The rule that an item gives, and its comparison."""
        if isinstance(item, tree.NamedItem):
            dim = read_dim(self.layer, item.name)
            factor = read_factor(dim, item.value, self.layer, self.scope)
            return FactorRule(dim, factor, factor, item.span), ""
        name = None if isinstance(item, tree.OptionalItem | tree.RestItem) else plain_name(item)
        if name is not None:
            return FactorRule(read_dim(self.layer, name), span=item.span), ""
        if isinstance(item, tree.Binary) and item.operator in _MIRRORED:
            left, right = plain_name(item.left), plain_name(item.right)
            if right is not None and (left is None or left.text not in self.layer.bound):
                return self._limit(right, _MIRRORED[item.operator], item.left, item.span)
            if left is not None:
                return self._limit(left, item.operator, item.right, item.span)
        raise wrong("E518", "this does not belong in a slot", item.span, "not a dim with its factor", help=_HELP)

    def _limit(self, name: tree.Name, operator: str, value: tree.Expr, span: Span) -> tuple[FactorRule, str]:
        """A comparison of a dim's factor with a value."""
        dim = read_dim(self.layer, name)
        factor = read_factor(dim, value, self.layer, self.scope)
        match operator:
            case "<=":
                return FactorRule(dim, 1, factor, span), "<="
            case ">=":
                return FactorRule(dim, factor, None, span), ">="
        help_ = f"write `{dim} {operator}= {factor}`, which allows the limit itself" if operator in "<>" else _HELP
        raise wrong("E518", f"a slot does not compare with `{operator}`", span, "not understood", help=help_)

    def _range(self, earlier: FactorRule, later: FactorRule, end: str, span: Span) -> FactorRule:
        """The two ends of a range; anything else is a dim that occurs twice."""
        first = (Label(earlier.span, "with this"),) if earlier.span else ()
        if {self.ends[later.dim], end} != {"<=", ">="}:
            raise wrong("E510", f"`{later.dim}` occurs twice in one slot", span, "again", *first)
        both = replace(earlier, least=max(earlier.least, later.least), most=earlier.most or later.most)
        if both.most is not None and both.least > both.most:
            message = f"no factor of `{both.dim}` is at least {both.least} and at most {both.most}"
            raise wrong("E519", message, span, "leaves none", *first)
        return both
