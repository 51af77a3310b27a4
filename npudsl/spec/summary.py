"""What `show` says of a network: operations and weights, layer by layer and in total."""

from __future__ import annotations

from collections.abc import Iterable

from .elements import elements
from .net import Network
from .op import Layer

#: The role of tensors that are counted as weights. Biases, scales and the like have roles of their own.
WEIGHT = "weight"


def weights(layer: Layer) -> int:
    """Elements of the layer's tensors of role `weight` that no layer produces, for one execution."""
    produced = {feed.tensor for feed in layer.feeds if feed.from_layer}
    return sum(
        elements(tensor, layer.bound)
        for tensor in layer.op.operands
        if tensor.role == WEIGHT and tensor.name not in produced
    )


def total_weights(network: Network, layers: Iterable[Layer] | None = None) -> int:
    """Weights of all layers (or of some of them) and their repetitions; a declared tensor that several of them share
    counts once."""
    total, shared = 0, set()
    for layer in network.layers if layers is None else layers:
        declared = {f.tensor: f.producer for f in layer.feeds if not f.from_layer}
        for tensor in layer.op.operands:
            if tensor.role != WEIGHT or any(f.tensor == tensor.name and f.from_layer for f in layer.feeds):
                continue
            name = declared.get(tensor.name)
            if name is None:
                total += elements(tensor, layer.bound) * layer.repeat
            elif name not in shared:
                shared.add(name)
                total += elements(tensor, layer.bound)
    return total


def network_summary(network: Network) -> dict[str, object]:
    """The JSON of `show` (schema 1). `macs`, `ops` and `weights` of a layer are of one execution, the totals of all.

    `macs` counts multiply-accumulate operations only; the points of every other layer are `ops`.
    """
    layers = network.layers
    return {
        "schema": 1,
        "net": network.name,
        "layers": [
            {
                "name": layer.name,
                "op": layer.op.name,
                "repeat": layer.repeat,
                "macs": layer.macs,
                "ops": layer.points - layer.macs,
                "weights": weights(layer),
                "dims": dict(layer.bounds),
            }
            for layer in layers
        ],
        "total": {
            "macs": sum(layer.macs * layer.repeat for layer in layers),
            "ops": sum((layer.points - layer.macs) * layer.repeat for layer in layers),
            "weights": total_weights(network),
        },
    }
