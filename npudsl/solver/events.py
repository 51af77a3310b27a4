"""What the solver tells while it works."""

from __future__ import annotations

from dataclasses import dataclass

from .solution import LayerSolution


@dataclass(frozen=True)
class LayerStarted:
    """Layer number `index` (from 0) of `count` is being solved."""

    layer: str
    index: int
    count: int


@dataclass(frozen=True)
class LayerImproved:
    """A better mapping (`value`) or a better bound, both in units of the objective; None: none yet."""

    layer: str
    index: int
    count: int
    value: float | None
    bound: float | None


@dataclass(frozen=True)
class LayerSolved:
    """The answer of a layer, final."""

    layer: str
    index: int
    count: int
    solution: LayerSolution


Event = LayerStarted | LayerImproved | LayerSolved
