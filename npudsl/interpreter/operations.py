"""The operations of a block: from operand arrays to the partial sums that its visits leave in the innermost memory.

Arrays have one axis per (dim, part): part `KEPT` tells words or partial sums apart, part `SUMMED` is added up in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ..spec.op import Operator
from .body import REDUCTIONS, evaluate, product_of_two

KEPT, SUMMED = 0, 1
Label = tuple[str, int]


@dataclass(frozen=True)
class Labelled:
    """An array with a name for each axis."""

    array: np.ndarray
    labels: tuple[Label, ...]

    def shaped(self, labels: Sequence[Label]) -> np.ndarray:
        """A view with the axes in the order of `labels`, which are all of its own."""
        return self.array.transpose([self.labels.index(label) for label in labels])

    def spread(self, labels: Sequence[Label]) -> np.ndarray:
        """A view that broadcasts against arrays with the axes `labels`."""
        own = [label for label in labels if label in self.labels]
        view = self.shaped(own)
        sizes = iter(view.shape)
        return view.reshape([next(sizes) if label in own else 1 for label in labels])

    @property
    def sizes(self) -> dict[Label, int]:
        return dict(zip(self.labels, self.array.shape, strict=True))


@dataclass(frozen=True)
class Extent:
    """A dim in a block: settings kept apart, settings summed, and which of all settings are points (None: all)."""

    kept: int
    summed: int
    exists: np.ndarray | None


def operate(op: Operator, operands: dict[str, Labelled], extents: dict[str, Extent]) -> Labelled:
    """Execute the operations of a block; the result has the label (d, KEPT) for every dim d.

    `operands` are zero where a dim has no point.
    """
    labels = [(d, part) for d in op.dims for part in (KEPT, SUMMED)]
    factors = product_of_two(op.body)
    if factors is None or op.reduction != "+=":
        return _one_by_one(op, operands, extents, labels)
    left, right = (operands[name] for name in factors)
    ghosts = [d for d in op.dims if (d, KEPT) not in left.labels and (d, KEPT) not in right.labels]
    for dim in ghosts:
        left = _times_presence(left, dim, extents[dim])
    return multiply(left, right)


def _times_presence(factor: Labelled, dim: str, extent: Extent) -> Labelled:
    """A factor repeated for every setting of a dim that no operand has, zero where there is no point."""
    there = np.ones(extent.kept * extent.summed, dtype=factor.array.dtype)
    if extent.exists is not None:
        there = there * extent.exists
    array = factor.array[..., None, None] * there.reshape(extent.kept, extent.summed)
    return Labelled(array, (*factor.labels, (dim, KEPT), (dim, SUMMED)))


def multiply(left: Labelled, right: Labelled) -> Labelled:
    """Sum of products over the SUMMED axes, as one matrix product per setting of the axes that both keep."""
    left, right = _summed_alone(left, right), _summed_alone(right, left)
    sizes = left.sizes | right.sizes
    both = [label for label in left.labels if label in right.labels and label[1] == KEPT]
    inner = [label for label in left.labels if label in right.labels and label[1] == SUMMED]
    rows = [label for label in left.labels if label not in right.labels]
    columns = [label for label in right.labels if label not in left.labels]

    def size(labels: list[Label]) -> int:
        return prod(sizes[label] for label in labels)

    a = left.shaped([*both, *rows, *inner]).reshape(size(both), size(rows), size(inner))
    b = right.shaped([*both, *inner, *columns]).reshape(size(both), size(inner), size(columns))
    product = a * b if size(inner) == 1 else np.matmul(a, b)
    labels = (*both, *rows, *columns)
    return Labelled(product.reshape([sizes[label] for label in labels]), labels)


def _summed_alone(factor: Labelled, other: Labelled) -> Labelled:
    """A factor with those axes added up that only it has."""
    axes = tuple(i for i, label in enumerate(factor.labels) if label[1] == SUMMED and label not in other.labels)
    labels = tuple(label for i, label in enumerate(factor.labels) if i not in axes)
    return Labelled(factor.array.sum(axis=axes) if axes else factor.array, labels)


def _one_by_one(
    op: Operator, operands: dict[str, Labelled], extents: dict[str, Extent], labels: Sequence[Label]
) -> Labelled:
    """Any body: evaluated at every point, then combined."""
    combine, zero = REDUCTIONS[op.reduction]
    dtype = next((x.array.dtype for x in operands.values()), np.dtype(np.float64))
    with np.errstate(all="ignore"):
        values = evaluate(op.body, {name: x.spread(labels) for name, x in operands.items()})
    shape = [n for d in op.dims for n in (extents[d].kept, extents[d].summed)]
    values = np.broadcast_to(np.asarray(values, dtype=dtype), shape)
    for axis, dim in enumerate(op.dims):
        exists = extents[dim].exists
        if exists is not None:
            there = exists.reshape(
                (1,) * (2 * axis) + tuple(shape[2 * axis : 2 * axis + 2]) + (1,) * (len(shape) - 2 * axis - 2)
            )
            values = np.where(there, values, np.asarray(zero, dtype=dtype))
    values = combine.reduce(values, axis=tuple(range(SUMMED, len(shape), 2)))
    return Labelled(values, tuple((d, KEPT) for d in op.dims))
