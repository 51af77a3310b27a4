"""What a survey says of a network: depth, filter sizes, channels, strides, weights and operations by kind of layer.

The kind is read off an operator's indices: a multiply-accumulate layer with weights is a convolution if an index of
its input slides (`stride*p + r`), else fully connected (also where each place has its own, as in a transformer);
without weights it multiplies activations with activations.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from .net import Network
from .op import Layer, Operator, Tensor
from .summary import WEIGHT, total_weights

CONVOLUTION, CONNECTED, ACTIVATIONS = "convolution", "fully connected", "activations"


@dataclass(frozen=True)
class Kind:
    """All layers of one kind, repetitions included. `depth`: the most of them on one path through the network.

    `filters`, `channels` (of one filter), `outputs` (filters of a layer) and `strides`: the different values, sorted.
    """

    layers: int
    depth: int
    filters: tuple[tuple[int, ...], ...]
    channels: tuple[int, ...]
    outputs: tuple[int, ...]
    strides: tuple[int, ...]
    weights: int
    macs: int


@dataclass(frozen=True)
class Census:
    """A network in figures, for the parameters that it was elaborated with. `others`: layers that are no
    multiply-accumulate nests, and `ops` their operations."""

    net: str
    inputs: tuple[tuple[int, ...], ...]
    kinds: dict[str, Kind]
    weights: int
    macs: int
    others: int
    ops: int


def census(network: Network) -> Census:
    """Count a network's layers by kind."""
    kinds = {name: _kind(network, name) for name in (CONVOLUTION, CONNECTED, ACTIVATIONS)}
    others = [layer for layer in network.layers if not layer.op.is_mac]
    return Census(
        network.name,
        tuple(tuple(size for _, size in tensor.axes) for tensor in network.tensors),
        kinds,
        total_weights(network),
        sum(kind.macs for kind in kinds.values()),
        sum(layer.repeat for layer in others),
        sum(layer.points * layer.repeat for layer in others),
    )


def kind_of(layer: Layer) -> str | None:
    """The kind of a multiply-accumulate layer, None for any other."""
    if not layer.op.is_mac:
        return None
    weight = filter_of(layer)
    if weight is None:
        return ACTIVATIONS
    return CONVOLUTION if any(_windows(layer.op, weight)) else CONNECTED


def filter_of(layer: Layer) -> Tensor | None:
    """The tensor of role `weight`, unless a layer produces it."""
    produced = {feed.tensor for feed in layer.feeds if feed.from_layer}
    return next((t for t in layer.op.operands if t.role == WEIGHT and t.name not in produced), None)


def _windows(op: Operator, weight: Tensor) -> Iterator[tuple[str, int]]:
    """Dim of the filter and stride for every index of another operand in which a filter slides over an output dim."""
    for tensor in op.operands:
        for rank in tensor.ranks if tensor is not weight else ():
            along = [t.dim for t in rank.terms if t.dim in weight.dims and t.dim not in op.output.dims]
            moves = [t.coefficient for t in rank.terms if t.dim in op.output.dims]
            if along and moves:
                yield along[0], moves[0]


def _kind(network: Network, name: str) -> Kind:
    layers = [layer for layer in network.layers if kind_of(layer) == name]
    sizes: set[tuple[int, ...]] = set()
    channels: set[int] = set()
    outputs: set[int] = set()
    strides: set[int] = set()
    for layer in layers:
        weight = filter_of(layer)
        if weight is None:
            continue
        windows = list(_windows(layer.op, weight))
        slid = [dim for dim, _ in windows]
        sizes.add(tuple(layer.bound[dim] for dim in slid))
        strides.update(stride for _, stride in windows)
        channels.add(prod(layer.bound[d] for d in weight.dims if d not in slid and d not in layer.op.output.dims))
        outputs.add(prod(layer.bound[d] for d in weight.dims if d in layer.op.output.dims))
    return Kind(
        sum(layer.repeat for layer in layers),
        _depth(network, {layer.name for layer in layers}),
        tuple(sorted(size for size in sizes if size)),
        tuple(sorted(channels)),
        tuple(sorted(outputs)),
        tuple(sorted(strides)),
        total_weights(network, layers),
        sum(layer.macs * layer.repeat for layer in layers),
    )


def _depth(network: Network, counted: set[str]) -> int:
    """The most executions of counted layers on one path; layers stand in order of execution. A layer that is repeated
    stands one after another on its path."""
    deepest: dict[str, int] = {}
    for layer in network.layers:
        above = max((deepest.get(feed.producer, 0) for feed in layer.feeds if feed.from_layer), default=0)
        deepest[layer.name] = above + (layer.repeat if layer.name in counted else 0)
    return max(deepest.values(), default=0)
