"""Closed forms of one nest with clipped factors, put to many vectors of factors at once.

Every loop of the nest counts, so factors must be at least 2: a nest without one of its loops is another nest.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from math import prod
from typing import Any

import numpy as np

from ..mapping.nest import Mapping
from ..model import functions as fn
from ..model.evaluate import Numbers
from ..spec.arch import Arch
from ..spec.op import Layer
from .demands import demands_of
from .forms import Weighted, forms_of


class Clipped:
    """A nest whose factors are free. Rows of factors are integers as floats, shape (loops, rows)."""

    def __init__(self, arch: Arch, layer: Layer, nest: Mapping):
        self.layer, self.nest = layer, nest
        self.forms = forms_of(arch, layer, nest, clipped=True)
        self.limits = {demand: float(limit) for demand, limit in demands_of(arch, layer, None).items()}

    def costs(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Energy in pJ and cycles of the latency (`latency.py`) of every row; infinite where it is not legal or has a
        factor larger than its bound needs."""
        energy, cycles = np.full(rows.shape[1], np.inf), np.full(rows.shape[1], np.inf)
        kept = np.flatnonzero(self._covers(rows))
        kept = kept[self._fits(rows[:, kept])]
        if kept.size:
            at = self._at(rows[:, kept])
            taken = np.max([np.broadcast_to(at(w), kept.shape) for w in self.forms.cycles.values()], axis=0)
            cycles[kept] = taken
            energy[kept] = at(self.forms.energy) + self.forms.leakage * taken
        return energy, cycles

    def _covers(self, rows: np.ndarray) -> np.ndarray:
        """Whether the factors of every dim reach its bound, and no loop goes on where nothing is left."""
        good = np.asarray((rows >= 2).all(axis=0))
        for dim, bound in self.layer.bounds:
            extent = np.ones(rows.shape[1])
            for index in reversed([i for i, loop in enumerate(self.nest.loops) if loop.dim == dim]):
                good &= extent * (rows[index] - 1) < bound
                extent = extent * rows[index]
            good &= extent >= bound
        return good

    def _fits(self, rows: np.ndarray) -> np.ndarray:
        at = self._at(rows)
        good = np.ones(rows.shape[1], dtype=bool)
        for demand, content in self.forms.contents.items():
            good &= at(content) <= self.limits[demand] * (1 + 1e-12)
        return good

    def _at(self, rows: np.ndarray) -> Callable[[Weighted], Any]:
        values = Numbers({**self.forms.known, **dict(zip(self.forms.symbols, rows, strict=True))}, VECTORISED)

        def total(weighted: Weighted) -> Any:
            return sum(weight * values(expression) for expression, weight in weighted.items())

        return total


# ---- the functions of clipped closed forms over rows ------------------------------------------------


def _least(*values: Any) -> Any:
    found = values[0]
    for value in values[1:]:
        found = np.minimum(found, value)
    return found


def _positions(code: str, bound: Any, tile: Any, factors: tuple[Any, ...]) -> Any:
    """`clipped.positions`: below a full counter all settings count, below the last one those of what is left."""
    kinds = fn.loop_kinds(code)
    counted = [kind not in ("zero", "join") for kind in kinds]
    total: Any = 0.0
    left = bound
    for index, (factor, counts) in enumerate(zip(factors, counted, strict=True)):
        rest = factors[index + 1 :]
        move = tile * prod(rest)
        if not counts:
            left = np.minimum(left, move)
            continue
        whole = np.minimum(left // move, factor)
        total = total + whole * prod(f for f, c in zip(rest, counted[index + 1 :], strict=True) if c)
        left = left - whole * move
    return total + (left > 0)


def _coordinate_sum(code: str, *arguments: Any) -> Any:
    return fn.rows_of(partial(_one_sum, code))(*arguments)


@lru_cache(maxsize=262_144)
def _one_sum(code: str, *arguments: Any) -> int:
    """`arguments` as lists of what `functions.exact_coordinate_sum` takes."""
    return fn.exact_coordinate_sum(code, *arguments)


VECTORISED: dict[str, Callable[..., Any]] = {
    **fn.VECTORISED,
    "Min": _least,
    "Positions": _positions,
    "CoordinateSum": _coordinate_sum,
}
