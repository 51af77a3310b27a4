"""Is a nest a legal mapping of a layer on a machine? Every reason why not, with both places where it is written."""

from __future__ import annotations

from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic
from .capacity import check_capacity, check_coverage
from .nest import Mapping
from .placing import Spans, View
from .structure import check_axes, check_names, check_order, check_placement

__all__ = ["Spans", "check_mapping"]


def check_mapping(arch: Arch, layer: Layer, mapping: Mapping, spans: Spans | None = None) -> tuple[Diagnostic, ...]:
    """Every reason why `mapping` is not legal (semantics.md), empty if it is. Later stages of the check suppose the
    earlier ones: names, then placement and order, then axes, coverage and capacity."""
    view = View(arch, layer, mapping, spans)
    names = tuple(check_names(view))
    if names:
        return names
    structure = (*check_placement(view), *check_order(view))
    if structure:
        return structure
    return (*check_axes(view), *check_coverage(view), *check_capacity(view))
