"""Computes an imported network with numpy, from its operators alone, to compare it with what the model computes."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from npudsl.spec.net import Network
from npudsl.spec.op import Apply, Constant, Expr, Layer, Operator, Read, Tensor

FUNCTIONS = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "neg": np.negative, "exp": np.exp, "log": np.log,
    "sqrt": np.sqrt, "rsqrt": lambda x: 1 / np.sqrt(x), "tanh": np.tanh, "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: np.maximum(x, 0), "relu6": lambda x: np.clip(x, 0, 6), "abs": np.abs, "max": np.maximum,
    "min": np.minimum, "erf": np.vectorize(math.erf, otypes=[float]),
}  # fmt: skip


def run(
    network: Network,
    inputs: Mapping[str, np.ndarray],
    known: Mapping[str, Mapping[str, np.ndarray | None]],
    along: Mapping[str, str],
) -> np.ndarray:
    """What the last layer computes, flat in its stored order. `known`: layer -> operand -> numbers, in index order;
    `along`: layer -> the dim along which operands of several parts are joined."""
    stored = {name: array.reshape(-1).astype(float) for name, array in inputs.items()}
    result = np.zeros(0)
    for layer in network.layers:
        result = stored[layer.name] = _layer(layer, stored, known.get(layer.name, {}), along.get(layer.name))
    return result


def _layer(
    layer: Layer, stored: Mapping[str, np.ndarray], known: Mapping[str, np.ndarray | None], along: str | None
) -> np.ndarray:
    op, bound = layer.op, layer.bound
    points = np.indices([bound[d] for d in op.dims]).reshape(len(op.dims), -1)
    place = dict(zip(op.dims, points, strict=True))
    extents = dict(layer.extents)
    values = {}
    for tensor in op.operands:
        parts = [stored[f.producer] for f in layer.feeds if f.tensor == tensor.name]
        shape = extents.get(tensor.name) or _touched(tensor, bound)
        if not parts:
            numbers = known[tensor.name]  # None: not followed, such as a mask that is computed; the tests have no mask
            array = np.zeros(shape) if numbers is None else np.asarray(numbers, dtype=float).reshape(shape)
        elif len(parts) == 1:
            array = parts[0].reshape(shape)
        else:
            array = _joined(tensor, parts, shape, along)
        values[tensor.name] = _read(array, _index(tensor, place))
    computed = np.broadcast_to(_value(op.body, values), points.shape[1:])
    return _written(op, bound, place, computed)


def _joined(tensor: Tensor, parts: list[np.ndarray], shape: tuple[int, ...], along: str | None) -> np.ndarray:
    axis = next(i for i, rank in enumerate(tensor.ranks) if rank.dims == (along,))
    rest = math.prod(shape) // shape[axis]
    sized = [p.reshape(*shape[:axis], p.size // rest, *shape[axis + 1 :]) for p in parts]
    return np.concatenate(sized, axis)


def _touched(tensor: Tensor, bound: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(sum(t.coefficient * (bound[t.dim] - 1) for t in r.terms) + r.constant + 1 for r in tensor.ranks)


def _index(tensor: Tensor, place: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    count = next(iter(place.values())).shape
    return [sum((t.coefficient * place[t.dim] for t in r.terms), np.full(count, r.constant)) for r in tensor.ranks]


def _read(array: np.ndarray, index: list[np.ndarray]) -> np.ndarray:
    inside = np.ones(index[0].shape, bool)
    for axis, i in enumerate(index):
        inside &= (i >= 0) & (i < array.shape[axis])
    safe = tuple(np.where(inside, i, 0) for i in index)
    return np.where(inside, array[safe], 0.0)


def _value(body: Expr, values: Mapping[str, np.ndarray]) -> np.ndarray:
    match body:
        case Read():
            return values[body.tensor]
        case Constant():
            return np.array(float(body.value))
        case Apply():
            return FUNCTIONS[body.function](*(_value(a, values) for a in body.arguments))


def _written(
    op: Operator, bound: Mapping[str, int], place: Mapping[str, np.ndarray], computed: np.ndarray
) -> np.ndarray:
    ranks = op.output.ranks
    shape = tuple(max(1, n + min(r.constant, 0)) for n, r in zip(_touched(op.output, bound), ranks, strict=True))
    index = _index(op.output, place)
    inside = np.ones(computed.shape, bool)
    for i, size in zip(index, shape, strict=True):
        inside &= (i >= 0) & (i < size)
    where = tuple(i[inside] for i in index)
    start = {"max=": -np.inf, "min=": np.inf}.get(op.reduction, 0.0)
    result = np.full(shape, start)
    combine = {"+=": np.add, "max=": np.maximum, "min=": np.minimum, "=": np.add}[op.reduction]
    combine.at(result, where, computed[inside])
    return result.reshape(-1)
