"""Every small edit of a module's code that a test should notice."""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OPERATORS: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add,),
    ast.FloorDiv: (ast.Mult,),
    ast.Div: (ast.Mult,),
    ast.Mod: (ast.FloorDiv,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
}
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum",
          "Min": "Max", "Max": "Min"}  # fmt: skip
#: binary operators of which one operand can be dropped: a missing term or factor
_DROPPABLE = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.BitAnd, ast.BitOr)
#: parts of the tree that say nothing about values
_SILENT = ("annotation", "returns", "decorator_list", "exc", "msg")


@dataclass(frozen=True)
class Mutant:
    """`place`: number of the node in a walk of the module, and of the edit among those of the node.

    `edit`: what was put for what, with a number if the same is done to the line more than once.
    """

    path: Path
    module: str
    place: tuple[int, int]
    line: int
    function: str
    code: str
    edit: str

    def __str__(self) -> str:
        return f"{self.module}.py:{self.line}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Stays the same when lines move: module, function, first line of the code, edit."""
        return (self.module, self.function, self.code, self.edit)

    def tree(self) -> ast.Module:
        module = ast.parse(self.path.read_text())
        node = list(_nodes(module))[self.place[0]][0]
        edited = list(_edits(node))[self.place[1]]
        return ast.fix_missing_locations(_Replace(node, edited).visit(module))


class _Replace(ast.NodeTransformer):
    def __init__(self, node: ast.AST, by: ast.AST) -> None:
        self._node, self._by = node, by

    def visit(self, node: ast.AST) -> ast.AST:
        return ast.copy_location(self._by, node) if node is self._node else self.generic_visit(node)


def mutants_of(path: Path, module: str) -> Iterator[Mutant]:
    """Every mutant of a file, in the order of its code; `module`: what it is called."""
    text = path.read_text()
    lines = text.splitlines()
    seen: Counter[tuple[str, str, str]] = Counter()
    for number, (node, function) in enumerate(_nodes(ast.parse(text))):
        for edit, edited in enumerate(_edits(node)):
            line = getattr(node.target if isinstance(node, ast.comprehension) else node, "lineno", 0)
            code = lines[line - 1].strip() if line else ""
            what = _describe(node, edited)
            seen[function, code, what] += 1
            times = seen[function, code, what]
            what += f" (number {times})" if times > 1 else ""
            yield Mutant(path, module, (number, edit), line, function, code, what)


def _describe(node: ast.AST, edited: ast.AST) -> str:
    if isinstance(node, ast.If):
        return "condition negated"
    if isinstance(node, ast.comprehension):
        return f"without {' '.join('if ' + ast.unparse(test) for test in node.ifs)}"
    return f"{ast.unparse(node)} -> {ast.unparse(ast.fix_missing_locations(edited))}"


def _nodes(tree: ast.AST, function: str = "", inside: bool = False) -> Iterator[tuple[ast.AST, str]]:
    """Nodes of function bodies, with the dotted name of the function, always in the same order."""
    for name, value in ast.iter_fields(tree):
        if name in _SILENT:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr | ast.Raise):
                continue
            if isinstance(child, ast.keyword) and child.arg == "strict":
                continue
            inner, below = function, inside
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = f"{function}.{child.name}".lstrip(".")
                below = inside or isinstance(child, ast.FunctionDef)
            elif inside:
                yield child, function
            yield from _nodes(child, inner, below)


def _edits(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node; the node itself is left as it is."""
    match node:
        case ast.BinOp():
            for other in _OPERATORS.get(type(node.op), ()):
                yield ast.BinOp(node.left, other(), node.right)
            if isinstance(node.op, _DROPPABLE):
                yield node.left
                yield node.right
        case ast.AugAssign():
            for other in _OPERATORS.get(type(node.op), ()):
                yield ast.AugAssign(node.target, other(), node.value)
            yield ast.Assign([node.target], node.value)
        case ast.Compare(ops=[operator]):
            yield ast.Compare(node.left, [_COMPARISONS[type(operator)]()], node.comparators)
        case ast.BoolOp():
            yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
            yield from node.values
        case ast.UnaryOp(op=ast.USub() | ast.Not() | ast.Invert()):
            yield node.operand
        case ast.Constant(value=int()) if not isinstance(node.value, bool):
            yield ast.Constant(node.value + 1)
            yield ast.Constant(node.value - 1)
        case ast.Constant(value=bool()):
            yield ast.Constant(not node.value)
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _NAMES and isinstance(node.ctx, ast.Load):
            renamed = copy.copy(node)
            setattr(renamed, "id" if isinstance(node, ast.Name) else "attr", _NAMES[name])
            yield renamed
        case ast.IfExp():
            yield ast.IfExp(node.test, node.orelse, node.body)
        case ast.If():
            yield ast.If(ast.UnaryOp(ast.Not(), node.test), node.body, node.orelse)
        case ast.comprehension(ifs=[_, *_]):
            yield ast.comprehension(node.target, node.iter, [], node.is_async)
