"""From lark's tree to ours, second half: declarations and statements."""

from __future__ import annotations

from typing import Any

from lark import Token, v_args
from lark.tree import Meta

from ..text.source import Source
from . import tree
from .build_expressions import ExpressionBuilder
from .comments import Comments


@v_args(meta=True)
class TreeBuilder(ExpressionBuilder):
    """Builds the declarations of one text that starts at `offset` in its source, with their documentation."""

    def __init__(self, source: Source, comments: Comments, offset: int = 0):
        super().__init__(source, offset)
        self._comments = comments

    def _doc(self, meta: Meta) -> str | None:
        return self._comments.document(meta.start_pos + self._offset)

    def _statements(self, meta: Meta, children: list[Any]) -> tuple[Any, ...]:
        """What stands between braces; lark gives one None for an empty block."""
        return tuple(child for child in children if child is not None)

    start = rows = block = arch_body = op_body = net_body = map_body = ex_body = params = _statements

    def _keyword(self, meta: Meta, children: list[Token]) -> tree.Name:
        return self._name(children[0])

    kind = action = direction = _keyword

    # ---- shared pieces ------------------------------------------------------------------------------

    def import_(self, meta: Meta, children: list[Any]) -> tree.Import:
        path, alias = children
        return tree.Import(path, self._optional_name(alias), self._span(meta), self._doc(meta))

    def let(self, meta: Meta, children: list[Any]) -> tree.Let:
        name, value = children
        return tree.Let(self._name(name), value, self._span(meta), self._doc(meta))

    def assert_(self, meta: Meta, children: list[Any]) -> tree.Assert:
        condition, message = children
        return tree.Assert(condition, message, self._span(meta))

    def require(self, meta: Meta, children: list[Any]) -> tree.Require:
        condition, message = children
        return tree.Require(condition, message, self._span(meta))

    def attr(self, meta: Meta, children: list[Any]) -> tree.Attribute:
        name, value = children
        return tree.Attribute(self._name(name), value, self._span(meta))

    def param(self, meta: Meta, children: list[Any]) -> tree.Parameter:
        name, kind, default = children
        return tree.Parameter(self._name(name), self._name(kind), default, self._span(meta))

    # ---- technology ---------------------------------------------------------------------------------

    def table(self, meta: Meta, children: list[Any]) -> tree.Table:
        name, key, value_type, mode, rows = children
        names = (self._name(value_type), self._name(mode))
        return tree.Table(self._name(name), key, *names, rows, self._span(meta), self._doc(meta))

    def row(self, meta: Meta, children: list[Any]) -> tree.Row:
        key, value = children
        return tree.Row(key, value, self._span(meta))

    def component(self, meta: Meta, children: list[Any]) -> tree.Component:
        name, parameters, kind, body = children
        return tree.Component(self._name(name), parameters or (), kind, body, self._span(meta), self._doc(meta))

    # ---- architecture -------------------------------------------------------------------------------

    def arch(self, meta: Meta, children: list[Any]) -> tree.ArchDecl:
        name, parameters, body = children
        return tree.ArchDecl(self._name(name), parameters or (), body, self._span(meta), self._doc(meta))

    def _part(self, kind: str, meta: Meta, children: list[Any]) -> tree.Part:
        name, component, body = children
        return tree.Part(kind, self._name(name), component, body or (), self._span(meta), self._doc(meta))

    def memory(self, meta: Meta, children: list[Any]) -> tree.Part:
        return self._part("memory", meta, children)

    def link(self, meta: Meta, children: list[Any]) -> tree.Part:
        return self._part("link", meta, children)

    def compute(self, meta: Meta, children: list[Any]) -> tree.Part:
        return self._part("compute", meta, children)

    def level(self, meta: Meta, children: list[Any]) -> tree.LevelBlock:
        name, *memories = children
        return tree.LevelBlock(self._name(name), tuple(memories), self._span(meta), self._doc(meta))

    def array(self, meta: Meta, children: list[Any]) -> tree.ArrayBlock:
        name, axes, body = children
        return tree.ArrayBlock(self._name(name), axes, body, self._span(meta), self._doc(meta))

    # ---- operators ----------------------------------------------------------------------------------

    def op(self, meta: Meta, children: list[Any]) -> tree.OpDecl:
        name, parameters, body = children
        return tree.OpDecl(self._name(name), parameters or (), body, self._span(meta), self._doc(meta))

    def dims(self, meta: Meta, names: list[Token]) -> tree.Dims:
        return tree.Dims(tuple(self._name(n) for n in names), self._span(meta))

    def role(self, meta: Meta, children: list[Token]) -> tree.RoleOf:
        tensor, role = children
        return tree.RoleOf(self._name(tensor), self._name(role), self._span(meta))

    def equation(self, meta: Meta, children: list[Any]) -> tree.Equation:
        left, reduction, right = children
        return tree.Equation(left, str(reduction), right, self._span(meta))

    # ---- networks -----------------------------------------------------------------------------------

    def network(self, meta: Meta, children: list[Any]) -> tree.NetworkDecl:
        name, parameters, body = children
        return tree.NetworkDecl(self._name(name), parameters or (), body, self._span(meta), self._doc(meta))

    def tensor(self, meta: Meta, children: list[Any]) -> tree.TensorDecl:
        name, axes = children
        return tree.TensorDecl(self._name(name), axes, self._span(meta), self._doc(meta))

    def layer(self, meta: Meta, children: list[Any]) -> tree.LayerDecl:
        name, call, repeat = children
        return tree.LayerDecl(self._name(name), call, repeat, self._span(meta), self._doc(meta))

    # ---- mappings -----------------------------------------------------------------------------------

    def mapping(self, meta: Meta, children: list[Any]) -> tree.MappingDecl:
        name, target, arch, body = children
        return tree.MappingDecl(self._name(name), target, arch, body, self._span(meta), self._doc(meta))

    def target(self, meta: Meta, children: list[Any]) -> tree.Target:
        path, arguments, layer = children
        return tree.Target(path, arguments, layer, self._span(meta))

    def machine(self, meta: Meta, children: list[Any]) -> tree.Reference:
        path, arguments = children
        return tree.Reference(path, None, arguments, self._span(meta))

    def loops(self, meta: Meta, children: list[Any]) -> tree.Loops:
        place, any_order, items = children
        return tree.Loops(place, any_order is not None, items, self._span(meta))

    def choice(self, meta: Meta, children: list[Any]) -> tree.Choice:
        action, place = children
        return tree.Choice(action.text, place, self._span(meta))

    # ---- studies ------------------------------------------------------------------------------------

    def explore(self, meta: Meta, children: list[Any]) -> tree.ExploreDecl:
        name, body = children
        return tree.ExploreDecl(self._name(name), body, self._span(meta), self._doc(meta))

    def vary(self, meta: Meta, children: list[Any]) -> tree.Vary:
        name, values = children
        return tree.Vary(self._name(name), values, self._span(meta))

    def range_(self, meta: Meta, children: list[Any]) -> tree.Range:
        low, high, geometric, step = children
        return tree.Range(low, high, step, geometric is not None, self._span(meta))

    def run(self, meta: Meta, children: list[Any]) -> tree.Run:
        network, arch, using = children
        return tree.Run(network, arch, using, self._span(meta))

    def goal(self, meta: Meta, children: list[Any]) -> tree.Goal:
        direction, *goals = children
        return tree.Goal(direction.text, tuple(goals), self._span(meta))
