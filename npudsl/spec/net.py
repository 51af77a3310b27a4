"""Networks, resolved: declared tensors and layers in the order of execution, every bound known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ..text.source import Span
from .op import Layer


@dataclass(frozen=True)
class NetTensor:
    """A tensor that the network declares and no layer produces: its name, and its axes outermost first."""

    name: str
    axes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Network:
    """A DAG of layers; `Layer.feeds` are its edges. Layers of a network that is a layer are called `block.query`.

    `spans`: where each layer is written. `arguments`: what its parameters were given, as text of the language that uses
    no names. `constants`: its parameters and constants that are plain numbers (`batch`, a declared `accuracy`).
    """

    name: str
    tensors: tuple[NetTensor, ...]
    layers: tuple[Layer, ...]
    spans: Mapping[str, Span] = field(default_factory=dict, compare=False, repr=False)
    arguments: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)
    constants: tuple[tuple[str, Fraction], ...] = field(default=(), compare=False, repr=False)

    def layer(self, name: str) -> Layer:
        """The layer of that name (`KeyError` if there is none)."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise KeyError(name)
