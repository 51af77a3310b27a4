"""The classes of mappings that a search goes through: for certificates, whose reader must not have to make them."""

from __future__ import annotations

from ..spec.arch import Arch
from ..spec.op import Layer
from .groups import live_dims, skeleton
from .hierarchy import hierarchies
from .limits import check_orders, check_size
from .templates import Template, parts, templates


def classes(arch: Arch, layer: Layer, space: str) -> tuple[Template, ...]:
    """Every template of every part of every choice of bypasses, each once; nothing is left out for symmetry.

    Raises `SpecError` for a layer that the search declines.
    """
    dims = live_dims(layer)
    check_size(layer, dims)
    if space != "even":
        check_orders(arch, layer, listed=True)
    op, _ = skeleton(layer)
    found: dict[Template, None] = {}
    for orders in hierarchies(arch, layer, space):
        for hierarchy in orders:
            for part in parts(hierarchy):
                found.update(dict.fromkeys(templates(op, dims, hierarchy, part)))
    return tuple(found)
