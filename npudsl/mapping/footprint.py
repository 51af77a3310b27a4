"""How many words a tile has: what the loops below a node touch (`spec/elements.py` counts)."""

from __future__ import annotations

from collections.abc import Mapping

from ..spec.elements import UncountableError, elements, group_elements
from ..spec.op import Layer, Tensor
from .nest import Mapping as Nest

__all__ = ["UncountableError", "group_words", "tile_extents", "tile_words", "words"]


def words(tensor: Tensor, extents: Mapping[str, int]) -> int:
    """Words of `tensor` in a tile with `extents[dim]` points along each of its dims."""
    return elements(tensor, extents)


def group_words(tensor: Tensor, group: tuple[str, ...], extents: Mapping[str, int]) -> int:
    """What one group of dims (`Tensor.groups`) contributes to `words`, which is the product over the groups."""
    return group_elements(tensor, group, extents)


def tile_extents(layer: Layer, factors: Mapping[str, int]) -> dict[str, int]:
    """Points per dim in the largest tile with these products of factors: the first tile, cut at the bounds."""
    return {dim: min(bound, factors.get(dim, 1)) for dim, bound in layer.bounds}


def tile_words(layer: Layer, mapping: Nest, tensor: str, position: int) -> int:
    """Words of the largest tile that the loops from `position` (an index into `mapping.loops`) inwards touch."""
    factors = {dim: mapping.extent(dim, position) for dim in layer.op.dims}
    return words(layer.op.tensor(tensor), tile_extents(layer, factors))
