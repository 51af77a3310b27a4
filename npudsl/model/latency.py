"""Time in closed form: what a mapping takes, exactly or between bounds (docs/latency.md, In closed form)."""

from __future__ import annotations

from ..mapping import time_bounds
from ..mapping.nest import Mapping
from ..mapping.time_bounds import Latency
from ..spec.arch import Arch
from ..spec.op import Layer
from .evaluate import tally

__all__ = ["Latency", "exactness", "latency"]


def latency(arch: Arch, layer: Layer, mapping: Mapping) -> Latency:
    """Cycles of a legal mapping in closed form, with bounds."""
    return time_bounds.latency(arch, layer, mapping, tally(arch, layer, mapping))


def exactness(arch: Arch, layer: Layer, mapping: Mapping) -> tuple[bool, str]:
    """Whether the closed form equals the timed execution for certain, and why (not)."""
    found = latency(arch, layer, mapping)
    return found.equal, found.reason
