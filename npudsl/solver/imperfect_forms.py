"""Closed forms of one nest with clipped factors, put to many vectors of factors at once.

Every loop of the nest counts, so factors must be at least 2: a nest without one of its loops is another nest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache, partial
from math import prod
from typing import Any

import numpy as np

from ..mapping.nest import Mapping
from ..mapping.pricing import leakages
from ..model import functions as fn
from ..model import vectorised
from ..model.counts import Ledger
from ..model.formulas import Product
from ..spec.arch import Arch
from ..spec.op import Layer
from .imperfect_counts import Coordinate, Extent, Laid, Piece, Pieces, Settings, Tile
from .imperfect_monomials import Loops
from .latency import Load, charges
from .prices import capacities
from .tensor_forms import price

#: A sum of weight * product.
Sum = dict[Pieces, float]


class Clipped:
    """A nest whose factors are free. Rows of factors are integers as floats, shape (loops, rows)."""

    def __init__(self, arch: Arch, layer: Layer, nest: Mapping):
        self.arch, self.layer, self.nest = arch, layer, nest
        self.laid = Laid(arch, layer, nest)
        ledger = Ledger(self.laid)
        for tensor in layer.op.tensors:
            ledger.tensor(tensor)
        self.energy: Sum = {(): float(layer.points * arch.compute.op_energy)}
        for booking in ledger.bookings:
            self._add(self.energy, booking.count.terms, float(price(arch, booking)))
        self.leakage = float(sum((power for _, power in leakages(arch)), Fraction(0)))
        self.steps: Sum = {self.laid.pieces(self.laid.steps()): float(1 / arch.compute.rate)}
        self.loads: dict[Load, dict[Loops, Sum]] = {}
        for load, booking, toll in charges(arch, layer, ledger.bookings):
            used = tuple(i for i, loop in enumerate(nest.loops) if loop.array in toll.arrays)
            total = self.loads.setdefault(load, {}).setdefault(used, {})
            self._add(total, booking.count.terms, float(toll.cycles))
        self.contents = list(self._contents())
        self.axes = tuple(self._axes())

    def _add(self, total: Sum, terms: Iterable[tuple[int, Product]], weight: float) -> None:
        for times, product in terms:
            pieces = self.laid.pieces(product)
            total[pieces] = total.get(pieces, 0.0) + times * weight

    def _axes(self) -> Iterator[tuple[Loops, int]]:
        """The loops along every axis, and its size."""
        for array in self.arch.arrays:
            for axis, size in array.axes:
                along = ((one.array, one.axis) == (array.name, axis) for one in self.nest.loops)
                yield tuple(i for i, one in enumerate(along) if one), size

    def _contents(self) -> Iterator[tuple[Sum, float]]:
        """What is held, and the limit, in bit, of every limit of a memory; the outermost have none."""
        for memory in self.arch.memories:
            held = {node.tensor: above for node, above in self.nest.placed if node.memory == memory.name}
            if memory not in self.arch.levels[0].memories:
                for capacity in capacities(self.arch, memory, [self.layer.op.tensor(t) for t in held]):
                    total: Sum = {}
                    for tensor, bits in capacity.widths:
                        tile = self.laid.tile(self.layer.op.tensor(tensor), held[tensor])
                        self._add(total, ((1, tile),), float(bits))
                    yield total, float(capacity.bits)

    def costs(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Energy in pJ and cycles of the latency (`latency.py`) of every row; infinite where it is not legal or has a
        factor larger than its bound needs."""
        energy, cycles = np.full(rows.shape[1], np.inf), np.full(rows.shape[1], np.inf)
        kept = np.flatnonzero(self._covers(rows))
        kept = kept[self._fits(Values(rows[:, kept]))]
        if kept.size:
            at = Values(rows[:, kept])
            steps = at(self.steps)
            taken = steps
            for (_, apart), shares in self.loads.items():
                words = sum(at(total) / at.product(used) for used, total in shares.items())
                taken = np.maximum(taken, words + steps if apart else words)
            cycles[kept] = taken
            energy[kept] = at(self.energy) + self.leakage * taken
        return energy, cycles

    def _covers(self, rows: np.ndarray) -> np.ndarray:
        """Whether the factors of every dim reach its bound, and no loop goes on where nothing is left."""
        good = np.asarray((rows >= 2).all(axis=0))
        for dim, bound in self.layer.bounds:
            extent = np.ones(rows.shape[1])
            for index in reversed(self.laid.indices[dim]):
                good &= extent * (rows[index] - 1) < bound
                extent = extent * rows[index]
            good &= extent >= bound
        return good

    def _fits(self, at: Values) -> np.ndarray:
        good = np.ones(at.count, dtype=bool)
        for loops, size in self.axes:
            good &= at.product(loops) <= size
        for content, limit in self.contents:
            good &= at(content) <= limit * (1 + 1e-12)
        return good


class Values:
    """Values of pieces at rows of factors, each piece once."""

    def __init__(self, rows: np.ndarray):
        self.rows, self.count = rows, rows.shape[1]
        self._found: dict[Piece, Any] = {}

    def __call__(self, total: Sum) -> np.ndarray:
        found = np.zeros(self.count)
        for pieces, weight in total.items():
            if weight:
                found += weight * prod(map(self._of, pieces))
        return found

    def product(self, loops: Loops) -> Any:
        return prod(self.rows[i] for i in loops)

    def _of(self, piece: Piece) -> Any:
        found = self._found.get(piece)
        if found is None:
            found = self._found[piece] = self._compute(piece)
        return found

    def _compute(self, piece: Piece) -> Any:
        match piece:
            case Extent(bound, loops):
                return np.minimum(bound, self.product(loops))
            case Settings(code, bound, inside, loops):
                return _positions(code, bound, self.product(inside), tuple(self.rows[i] for i in loops))
            case Tile(coefficients, extents):
                return vectorised.footprint(coefficients, tuple(self._of(e) for e in extents))
            case Coordinate(code, coefficients, bounds, inside, loops):
                factors = [tuple(self.rows[i] for i in one) for one in loops]
                return _coordinate_sum(code, coefficients, bounds, tuple(map(self.product, inside)), *factors)
        return piece


# ---- the functions of clipped closed forms over rows ------------------------------------------------


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
    return vectorised.rows_of(partial(_one_sum, code))(*arguments)


@lru_cache(maxsize=1 << 17)
def _one_sum(code: str, *arguments: Any) -> int:
    """`arguments` as lists of what `functions.exact_coordinate_sum` takes."""
    return fn.exact_coordinate_sum(code, *arguments)
