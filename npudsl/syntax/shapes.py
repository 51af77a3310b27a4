"""What the formatter has to know about a text that its tokens do not tell: facts from the tree, by place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from . import tree
from .walk import nodes


@dataclass(frozen=True)
class Shapes:
    """Facts by offset of the text.

    `tight`: where the left operand of a product ends that is written without blanks (`stride*p`).
    `pivots`: where a word ends after which statements of one kind are aligned (`name` in `name = value`) -> that kind,
    and where the statement begins.
    `slots`: where the place of a slot ends (`glb.output` in `glb.output any [...]`).
    """

    tight: frozenset[int]
    pivots: dict[int, tuple[str, int]]
    slots: frozenset[int]


def shapes(file: tree.File) -> Shapes:
    """The facts about the text of a tree."""
    tight: set[int] = set()
    pivots: dict[int, tuple[str, int]] = {}
    slots: set[int] = set()
    for node in nodes(file):
        match node:
            case tree.Equation():
                tight.update(_index_products(node))
            case tree.Loops():
                slots.add(node.place.span.end)
                pivots[node.place.span.end] = "Loops", node.span.start
            case tree.Attribute() | tree.Let() | tree.LayerDecl() | tree.Vary():
                pivots[node.name.span.end] = type(node).__name__, node.span.start
            case tree.Part():
                pivots[node.name.span.end] = node.kind, node.span.start
                if "\n" not in node.span.text:
                    pivots[node.component.span.end] = node.kind, node.span.start
    return Shapes(frozenset(tight), pivots, frozenset(slots))


def _index_products(equation: tree.Equation) -> Iterator[int]:
    """The ends of the left operands of the products of two atoms in the indices of an equation."""
    for reference in nodes(equation):
        if isinstance(reference, tree.Reference) and reference.items:
            for item in reference.items:
                for node in nodes(item):
                    if (
                        isinstance(node, tree.Binary)
                        and node.operator == "*"
                        and _atom(node.left)
                        and _atom(node.right)
                    ):
                        yield node.left.span.end


def _atom(node: tree.Expr) -> bool:
    if isinstance(node, tree.Number):
        return node.unit is None
    return isinstance(node, tree.Reference) and node.items is None and node.arguments is None
