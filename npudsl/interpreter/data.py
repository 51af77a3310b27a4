"""Operand data: small random integers, so that sums are exact in floating point in any order.

An operand is stored on the box of rank indices that its points touch; padding (outside the declared extents, or at
negative indices) is zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..spec.op import Layer, Rank, Tensor
from .body import integer_bound
from .limits import MOST_ELEMENTS, check_operations, roughly, too_large

#: Operand values are integers from -LARGEST to LARGEST without 0 (positive where a function needs it).
LARGEST = 7


@dataclass(frozen=True)
class Arithmetic:
    """`dtype` to compute in; `exact`: every sum is an integer that the dtype represents, so results compare equal."""

    dtype: Any
    exact: bool

    @staticmethod
    def of(layer: Layer) -> Arithmetic:
        """The fastest arithmetic that is exact for this layer, or double precision if none is."""
        bound = integer_bound(layer.op.body, LARGEST)
        if bound is None:
            return Arithmetic(np.float64, False)
        if layer.op.reduction in ("+=", "="):
            bound *= layer.points // prod(layer.bound[d] for d in _telling(layer.op.output))
        if bound < 1 << 24:
            return Arithmetic(np.float32, True)
        return Arithmetic(np.float64, bound < 1 << 53)

    def equal(self, mine: np.ndarray, theirs: np.ndarray) -> bool:
        """Equal: exactly if the arithmetic is exact, else within 1e-9 of the larger of the value and 1."""
        if self.exact:
            return bool(np.array_equal(mine, theirs))
        return bool(np.allclose(mine, theirs, rtol=1e-9, atol=1e-9, equal_nan=True))


def _telling(tensor: Tensor) -> frozenset[str]:
    """Dims that an element tells: points of one element agree in them (ranks of one dim)."""
    return frozenset(rank.dims[0] for rank in tensor.ranks if len(rank.terms) == 1)


def _span(rank: Rank, layer: Layer) -> range:
    """The indices from the smallest to the largest that a rank takes, those without a point included."""
    top = sum(t.coefficient * (layer.bound[t.dim] - 1) for t in rank.terms)
    return range(rank.constant, rank.constant + top + 1)


@dataclass(frozen=True)
class Field:
    """A tensor's values: `values[i0 - low[0], i1 - low[1], ...]` at rank indices i."""

    low: tuple[int, ...]
    values: np.ndarray

    def at(self, element: tuple[int, ...]) -> Any:
        return self.values[tuple(i - low for i, low in zip(element, self.low, strict=True))]


def box(tensor: Tensor, layer: Layer) -> tuple[range, ...]:
    """Per rank the range of its indices; raises SpecError (E652) if the box is too large to be stored."""
    spans = tuple(_span(r, layer) for r in tensor.ranks)
    size = prod(s.stop - s.start for s in spans)
    if size > MOST_ELEMENTS:
        raise too_large(
            layer,
            f"the indices of `{tensor.name}` span {roughly(size)} elements",
            f"the interpreter holds at most {MOST_ELEMENTS} elements of a tensor",
        )
    return spans


def check_values(layer: Layer) -> None:
    """Raise SpecError (E652, E653) if the layer is too large for its output to be computed."""
    check_operations(layer)
    for tensor in layer.op.tensors:
        box(tensor, layer)


def operand(tensor: Tensor, layer: Layer, arithmetic: Arithmetic, seed: int) -> Field:
    """Random data of one operand; the same for the same layer, tensor position and seed."""
    spans = box(tensor, layer)
    position = [t.name for t in layer.op.tensors].index(tensor.name)
    random = np.random.default_rng((seed, position))
    choices = [v for v in range(-LARGEST, LARGEST + 1) if v]
    if integer_bound(layer.op.body, LARGEST) is None:  # roots, logarithms and quotients want positive numbers
        choices = [abs(v) for v in choices]
    drawn = random.integers(0, len(choices), size=[s.stop - s.start for s in spans], dtype=np.uint8)
    values = np.array(choices, dtype=arithmetic.dtype)[drawn]
    extents = dict(layer.extents).get(tensor.name)
    for axis, span in enumerate(spans):
        stop = extents[axis] if extents else span.stop
        outside = np.array([not 0 <= i < stop for i in span], dtype=bool)
        if outside.any():
            values[(slice(None),) * axis + (outside,)] = 0
    return Field(tuple(s.start for s in spans), values)


def operands(layer: Layer, arithmetic: Arithmetic, seed: int) -> dict[str, Field]:
    return {t.name: operand(t, layer, arithmetic, seed) for t in layer.op.operands}
