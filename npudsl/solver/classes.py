"""The classes of mappings that a search goes through: for certificates, whose reader must not have to make them."""

from __future__ import annotations

from ..spec.arch import Arch
from ..spec.op import Layer
from .groups import live_dims, skeleton
from .hierarchy import hierarchies
from .limits import check_orders, check_size
from .prices import leakage
from .templates import Template, parts, templates
from .waits import pinned, waits


def classes(arch: Arch, layer: Layer, space: str, objective: str) -> tuple[Template, ...]:
    """Every template of every part of every choice of bypasses, each once; nothing is left out for symmetry.

    Raises `SpecError` for a layer that the search declines.
    """
    dims = live_dims(layer)
    check_size(layer, dims)
    if space != "even":
        check_orders(arch, layer, listed=True)
    op, _ = skeleton(layer)
    found: dict[Template, None] = {}
    timed = objective != "energy" or leakage(arch) > 0
    held = pinned(waits(arch, layer)) if timed else frozenset()
    for orders in hierarchies(arch, layer, space, None, held):
        for hierarchy in orders:
            for part in parts(hierarchy):
                found.update(dict.fromkeys(templates(op, dims, hierarchy, part)))
    return tuple(found)
