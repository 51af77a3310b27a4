"""Shapes of tensors in a network: axes with a name, a size and the place where the size was fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from ..text.source import Span
from .op import Operator, Rank


@dataclass(frozen=True)
class Origin:
    """What a tensor comes from: a layer, or a tensor that the network declares."""

    name: str
    from_layer: bool


@dataclass(frozen=True)
class Axis:
    """One axis of a stored tensor. `span`: where its size is written, as near as is known."""

    name: str
    size: int
    span: Span | None = None


@dataclass(frozen=True)
class Shape:
    """A stored tensor, axes outermost first. Several origins: they stand one after another along one axis."""

    origins: tuple[Origin, ...]
    axes: tuple[Axis, ...]
    span: Span | None = None

    @property
    def title(self) -> str:
        """How a sentence names the tensor."""
        return " and ".join(f"`{o.name}`" for o in self.origins)

    @property
    def from_layer(self) -> bool:
        return any(o.from_layer for o in self.origins)

    @property
    def size(self) -> int:
        """Elements."""
        return prod(a.size for a in self.axes)


@dataclass(frozen=True)
class Fixed:
    """The bound of a dim: its value, where it stands, and whether the layer writes it itself."""

    value: int
    span: Span | None
    written: bool


def is_plain(rank: Rank) -> bool:
    """A rank that is one dim and nothing else. Others are windows."""
    return len(rank.terms) == 1 and rank.terms[0].coefficient == 1 and rank.constant == 0


def output_shape(origin: Origin, op: Operator, fixed: Mapping[str, Fixed], span: Span) -> Shape:
    """The shape that a layer writes, one axis per rank of the output, called after the rank's first dim.

    A rank with several terms spans 0 to its last index; a negative constant crops as much at the far end
    (`stride*h + r - pad`, a transposed convolution).
    """
    axes = []
    for position, rank in enumerate(op.output.ranks):
        last = sum(t.coefficient * (fixed[t.dim].value - 1) for t in rank.terms) + rank.constant
        size = max(1, last + 1 + min(rank.constant, 0))
        where = fixed[rank.dims[0]].span if rank.dims else None
        axes.append(Axis(rank.dims[0] if rank.dims else f"axis{position}", size, where))
    return Shape((origin,), tuple(axes), span)


def is_pointwise(op: Operator) -> bool:
    """One dim, and every tensor is indexed by it alone: the operator works on tensors of any shape and keeps it."""
    return len(op.dims) == 1 and all(len(t.ranks) == 1 and is_plain(t.ranks[0]) for t in op.tensors)


def same_order(first: tuple[Axis, ...], second: tuple[Axis, ...]) -> bool:
    """Whether two shapes are one up to axes of size 1 and merged axes: `[n, 1, 256, h, w]` and `[n, 256, h * w]`."""
    left, right = [a.size for a in first if a.size != 1], [a.size for a in second if a.size != 1]
    while left and right:
        if left[0] == right[0]:
            del left[0], right[0]
        elif left[0] > right[0] and left[0] % right[0] == 0:
            left[0] //= right.pop(0)
        elif right[0] > left[0] and right[0] % left[0] == 0:
            right[0] //= left.pop(0)
        else:
            return False
    return not left and not right
