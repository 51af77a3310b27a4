"""Walks over trees of any node type, without recursion: children, all nodes, equality up to spans."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from ..text.source import Span


def nodes(root: Any) -> Iterator[Any]:
    """Every node of the tree, parents before children, in textual order of the fields."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(list(children(node)))


def children(node: Any) -> Iterator[Any]:
    """The nodes that stand directly in the fields of `node`."""
    for field in fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if is_dataclass(part) and not isinstance(part, Span):
                yield part


def same_tree(a: Any, b: Any) -> bool:
    """Whether two trees (or tuples of them) say the same: equal but for the places where their texts stand."""
    waiting = [(a, b)]
    while waiting:
        x, y = waiting.pop()
        if type(x) is not type(y):
            return False
        if isinstance(x, tuple):
            if len(x) != len(y):
                return False
            waiting += zip(x, y, strict=True)
        elif isinstance(x, Span):
            continue
        elif is_dataclass(x):
            waiting += [(getattr(x, field.name), getattr(y, field.name)) for field in fields(x)]
        elif x != y:
            return False
    return True
