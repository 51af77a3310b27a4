"""The operator's output by its definition, without any mapping: vectorised over boxes of points.

Affine indices make an operand's elements at all points of a box a strided view of its storage.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from string import ascii_letters
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..spec.op import Layer, Operator, Tensor
from .body import REDUCTIONS, evaluate, product_of_two
from .data import Field, box

#: Elements that one array over a box of points may have, about.
BOX_ELEMENTS = 1 << 22
#: With at least so many points for each setting of the dims that all tensors have, one matrix product each is fastest.
WORTH_A_PRODUCT = 1 << 12

Box = dict[str, range]


def output(layer: Layer, fields: dict[str, Field], dtype: np.dtype | type) -> np.ndarray:
    """The output on the box of its rank indices (`data.box`); untouched elements hold the reduction's zero."""
    op = layer.op
    combine, zero = REDUCTIONS[op.reduction]
    result = np.full([s.stop - s.start for s in box(op.output, layer)], zero, dtype=dtype)
    target = Field(tuple(r.constant for r in op.output.ranks), result)
    factors = _factors(op)
    for points in _boxes(layer, factors):
        views = {t.name: _view(fields[t.name], t, points) for t in op.operands}
        values = _products(op, views, factors) if factors else _combined(op, points, views, combine)
        _add(target, op.output, points, values, combine)
    return result


def _factors(op: Operator) -> tuple[Tensor, Tensor] | None:
    """The two operands if the equation sums their product, and every dim occurs in one of them."""
    names = product_of_two(op.body)
    if names is None or op.reduction != "+=":
        return None
    left, right = (op.tensor(n) for n in names)
    return (left, right) if set(left.dims) | set(right.dims) == set(op.dims) else None


def _boxes(layer: Layer, factors: tuple[Tensor, Tensor] | None) -> Iterator[Box]:
    """The iteration space in boxes over which no array becomes too large."""
    op = layer.op
    pieces = dict(layer.bounds)
    arrays = [list(op.dims)]
    if factors is not None:
        arrays = [list(op.output.dims), *([d for d in op.output.dims if d in t.dims] + list(t.dims) for t in factors)]
        arrays = [list(dict.fromkeys(dims)) for dims in arrays]
        common = [d for d in op.output.dims if all(d in t.dims for t in factors)]
        if layer.points >= WORTH_A_PRODUCT * prod(pieces[d] for d in common):
            pieces |= dict.fromkeys(common, 1)
    for dims in arrays:
        while prod(pieces[d] for d in dims) > BOX_ELEMENTS:
            dim = next(d for d in dims if pieces[d] > 1)
            pieces[dim] = -(-pieces[dim] // 2)
    starts = [range(0, layer.bound[d], pieces[d]) for d in op.dims]
    for corner in product(*starts):
        yield {d: range(a, min(a + pieces[d], layer.bound[d])) for d, a in zip(op.dims, corner, strict=True)}


def _view(field: Field, tensor: Tensor, points: Box, *, writeable: bool = False) -> np.ndarray:
    """The tensor's elements at the points of a box, one axis per dim of the tensor."""
    first = [r.constant + sum(t.coefficient * points[t.dim].start for t in r.terms) for r in tensor.ranks]
    corner: tuple[Any, ...] = tuple(slice(i - low, None) for i, low in zip(first, field.low, strict=True))
    start = field.values[(*corner, ...)]  # `...`: a view also of a tensor without ranks
    strides = dict.fromkeys(tensor.dims, 0)
    for rank, stride in zip(tensor.ranks, field.values.strides, strict=True):
        for term in rank.terms:
            strides[term.dim] += term.coefficient * stride
    shape = [len(points[d]) for d in tensor.dims]
    return as_strided(start, shape, list(strides.values()), writeable=writeable)


def _products(op: Operator, views: dict[str, np.ndarray], factors: tuple[Tensor, Tensor]) -> np.ndarray:
    """Sums of products over the dims that the output lacks; one axis per dim of the output."""
    sizes = {d: n for t in factors for d, n in zip(t.dims, views[t.name].shape, strict=True)}
    long = [d for d in op.dims if sizes[d] > 1]
    letter = dict(zip(long, ascii_letters, strict=False))
    kept = [d for d in op.output.dims if d in long]
    names, arrays = [], []
    for tensor in factors:
        dims = [d for d in tensor.dims if d in long]
        names.append("".join(letter[d] for d in dims))
        arrays.append(views[tensor.name].reshape([sizes[d] for d in dims]))
    shared = any(all(d in t.dims for t in factors) for d in kept)  # then it is no matrix product
    equation = f"{names[0]},{names[1]}->{''.join(letter[d] for d in kept)}"
    values = np.einsum(equation, arrays[0], arrays[1], optimize=not shared)
    return values.reshape([sizes[d] for d in op.output.dims])


def _combined(op: Operator, points: Box, views: dict[str, np.ndarray], combine: np.ufunc) -> np.ndarray:
    """Any body, evaluated at every point and combined over the dims that the output lacks; axes: the output's dims."""
    spread = {}
    for tensor in op.operands:
        order = [tensor.dims.index(d) for d in op.dims if d in tensor.dims]
        shape = [len(points[d]) if d in tensor.dims else 1 for d in op.dims]
        spread[tensor.name] = views[tensor.name].transpose(order).reshape(shape)
    with np.errstate(all="ignore"):
        values = np.broadcast_to(evaluate(op.body, spread), [len(points[d]) for d in op.dims])
    values = combine.reduce(values, axis=tuple(i for i, d in enumerate(op.dims) if d not in op.output.dims))
    left = [d for d in op.dims if d in op.output.dims]
    return values.transpose([left.index(d) for d in op.output.dims])


def _add(target: Field, tensor: Tensor, points: Box, values: np.ndarray, combine: np.ufunc) -> None:
    """Combine values at the points of a box with what the output's elements hold."""
    dims = [d for r in tensor.ranks for d in r.dims]
    if len(dims) == len(set(dims)) and all(len(r.terms) <= 1 for r in tensor.ranks):  # one element per point
        elements = _view(target, tensor, points, writeable=True)
        combine(elements, values, out=elements)
        return
    index = []
    for rank, low in zip(tensor.ranks, target.low, strict=True):
        places = np.full((1,) * len(tensor.dims), rank.constant - low)
        for term in rank.terms:
            line = term.coefficient * np.array(points[term.dim])
            places = places + line.reshape([-1 if d == term.dim else 1 for d in tensor.dims])
        index.append(places)
    combine.at(target.values, tuple(np.broadcast_arrays(*index, values)[:-1]), values)
