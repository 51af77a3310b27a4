"""Trees as text, with as few parentheses as the grammar's precedence allows: the reverse of parsing, for the tests."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from npudsl.syntax import tree

LEVEL = {"or": 1, "and": 2, "not": 3, "+": 5, "-": 5, "*": 6, "/": 6, "//": 6, "%": 6, "^": 8}
COMPARISON, NEGATION, ATOM = 4, 7, 9


def expr(node: tree.Expr, least: int = 0) -> str:
    """The expression, in parentheses if it binds less than `least`."""
    text, level = _expr(node)
    return f"({text})" if level < least else text


def _expr(node: tree.Expr) -> tuple[str, int]:
    match node:
        case tree.Number():
            return decimal(node.value) + (f" {node.unit.text}" if node.unit else ""), ATOM
        case tree.Text():
            return f'"{node.value}"', ATOM
        case tree.ListOf():
            return f"[{items(node.items)}]", ATOM
        case tree.Reference():
            return reference(node), ATOM
        case tree.Conditional():
            return f"if {expr(node.condition, 1)} then {expr(node.then)} else {expr(node.otherwise)}", 0
        case tree.Unary(operator="not"):
            return f"not {expr(node.operand, LEVEL['not'])}", LEVEL["not"]
        case tree.Unary():
            return f"-{expr(node.operand, NEGATION)}", NEGATION
        case tree.Binary(operator="^"):
            return f"{expr(node.left, ATOM)} ^ {expr(node.right, NEGATION)}", LEVEL["^"]
        case tree.Binary():
            level = LEVEL.get(node.operator, COMPARISON)
            left = level + 1 if level == COMPARISON else level
            return f"{expr(node.left, left)} {node.operator} {expr(node.right, level + 1)}", level
    raise AssertionError(node)


def decimal(value: Fraction) -> str:
    """A fraction whose denominator is a power of ten, in decimal notation."""
    places = 0
    while value.denominator != 1:
        value *= 10
        places += 1
    digits = str(value.numerator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def reference(node: tree.Reference) -> str:
    text = node.path.text
    if node.items is not None:
        text += f"[{items(node.items)}]"
    if node.arguments is not None:
        text += f"({', '.join((f'{a.name.text} = ' if a.name else '') + expr(a.value) for a in node.arguments)})"
    return text


def items(found: tuple[tree.Item, ...]) -> str:
    return ", ".join(item(i) for i in found)


def item(node: tree.Item) -> str:
    match node:
        case tree.NamedItem():
            return f"{node.name.text} = {expr(node.value)}"
        case tree.OptionalItem():
            return f"{node.name.text}?" + (f" {node.operator} {expr(node.limit, 5)}" if node.limit else "")
        case tree.RestItem():
            return ".."
    return expr(node)


def file(node: tree.File) -> str:
    return "".join(statement(d) + "\n" for d in node.declarations)


def body(found: tuple[Any, ...]) -> str:
    return "{\n" + "".join(statement(s) + "\n" for s in found) + "}"


def statement(node: Any) -> str:
    """A declaration or statement, below its documentation."""
    doc = getattr(node, "doc", None)
    lines = "" if doc is None else "".join(f"## {line}".rstrip() + "\n" for line in doc.split("\n"))
    return lines + _statement(node)


def _statement(node: Any) -> str:
    match node:
        case tree.Import():
            return f"import {node.path.text}" + (f" as {node.alias.text}" if node.alias else "")
        case tree.Let():
            return f"let {node.name.text} = {expr(node.value)}"
        case tree.Assert() | tree.Require():
            return f"{type(node).__name__.lower()} {expr(node.condition)}" + message(node.message)
        case tree.Attribute():
            return f"{node.name.text} = {expr(node.value)}"
        case tree.Row():
            key = expr(node.key)  # a line that begins with an operator goes on with the line before
            return f"{f'({key})' if key.startswith('-') else key} => {expr(node.value)}"
        case tree.Table():
            head = f"table {node.name.text}({parameter(node.key)}) : {node.value_type.text} {node.mode.text} "
            return head + body(node.rows)
        case tree.Component():
            return f"component {node.name.text}{parameters(node)} : {node.kind.text} {body(node.body)}"
        case tree.ArchDecl():
            return f"arch {node.name.text}{parameters(node)} {body(node.body)}"
        case tree.OpDecl():
            return f"op {node.name.text}{parameters(node)} {body(node.body)}"
        case tree.NetworkDecl():
            return f"network {node.name.text}{parameters(node)} {body(node.body)}"
        case tree.ExploreDecl():
            return f"explore {node.name.text} {body(node.body)}"
        case tree.MappingDecl():
            layer = f" for {target(node.target)}" if node.target else ""
            machine = f" on {reference(node.arch)}" if node.arch else ""
            return f"mapping {node.name.text}{layer}{machine} {body(node.body)}"
    return _inner_statement(node)


def _inner_statement(node: Any) -> str:
    match node:
        case tree.Part():
            inside = f" {body(node.body)}" if node.body else ""
            return f"{node.kind} {node.name.text} : {reference(node.component)}{inside}"
        case tree.LevelBlock():
            return f"level {node.name.text} {body(node.memories)}"
        case tree.ArrayBlock():
            return f"array {node.name.text}[{items(node.axes)}] {body(node.body)}"
        case tree.Dims():
            return f"dims {', '.join(n.text for n in node.names)}"
        case tree.RoleOf():
            return f"{node.tensor.text} as {node.role.text}"
        case tree.Equation():
            return f"{reference(node.left)} {node.reduction} {expr(node.right)}"
        case tree.TensorDecl():
            return f"tensor {node.name.text}[{items(node.axes)}]"
        case tree.LayerDecl():
            repeat = f" repeat {expr(node.repeat)}" if node.repeat else ""
            return f"layer {node.name.text} = {reference(node.call)}{repeat}"
        case tree.Loops():
            return f"{node.place.text} {'any ' if node.any_order else ''}[{items(node.items)}]"
        case tree.Choice():
            return f"{node.action} {node.place.text}"
        case tree.Vary():
            return f"vary {node.name.text} in {values(node.values)}"
        case tree.Run():
            using = f" using {reference(node.using)}" if node.using else ""
            return f"run {reference(node.network)} on {reference(node.arch)}{using}"
        case tree.Goal():
            return f"{node.direction} {', '.join(expr(g) for g in node.goals)}"
    raise AssertionError(node)


def target(node: tree.Target) -> str:
    network = reference(tree.Reference(node.path, None, node.arguments, node.span))
    return f"{network}.{node.layer.text}" if node.layer else network


def message(text: tree.Text | None) -> str:
    return f', "{text.value}"' if text else ""


def parameters(node: Any) -> str:
    return f"({', '.join(parameter(p) for p in node.parameters)})" if node.parameters else ""


def parameter(node: tree.Parameter) -> str:
    return f"{node.name.text}: {node.type.text}" + (f" = {expr(node.default)}" if node.default else "")


def values(node: tree.ListOf | tree.Range) -> str:
    if isinstance(node, tree.ListOf):
        return expr(node)
    step = "" if node.step is None else f" by {'*' if node.geometric else ''}{expr(node.step, 5)}"
    return f"{expr(node.low, 5)} .. {expr(node.high, 5)}{step}"
