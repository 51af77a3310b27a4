"""How many weights a layer has."""

from __future__ import annotations

from ..mapping.footprint import words
from ..spec.op import Layer


def weights(layer: Layer) -> int:
    """Elements of the tensors that no layer and no network input provides, biases aside; of one execution."""
    fed = {feed.tensor for feed in layer.feeds}
    return sum(words(t, layer.bound) for t in layer.op.operands if t.name not in fed and t.role != "bias")
