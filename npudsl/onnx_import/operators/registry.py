"""Which handler reads which operator."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..graph import Node
from ..model import Model
from ..values import Value
from . import (
    arithmetic,
    constants,
    convolution,
    gathering,
    movement,
    normalisation,
    parts,
    pooling,
    products,
    quantisation,
    reduction,
    unary,
)

Handler = Callable[[Model, Node], Value | list[Value]]

_FAMILIES = (
    arithmetic, constants, convolution, gathering, movement, normalisation, parts, pooling, products, quantisation,
    reduction, unary,
)  # fmt: skip

#: Operator of the standard domain -> what reads it.
HANDLERS: Mapping[str, Handler] = {name: handler for family in _FAMILIES for name, handler in family.HANDLERS.items()}

#: Operators of Microsoft's domain that mean what the standard's of that name mean.
MICROSOFT = frozenset(
    ["Gelu", "QuantizeLinear", "DequantizeLinear", "SimplifiedLayerNormalization", "LayerNormalization"]
)


def handler_of(node: Node) -> Handler | None:
    """What reads a node; None if nothing does."""
    if node.domain == "" or (node.domain == "com.microsoft" and node.op in MICROSOFT):
        return HANDLERS.get(node.op)
    return None
