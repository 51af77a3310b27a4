"""Sizes of windows that slide: convolution and pooling share padding, stride, dilation and rounding.

Formulas: https://onnx.ai/onnx/operators/onnx__Conv.html and onnx__MaxPool.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..equations import Window
from ..errors import OnnxError
from ..graph import Node
from ..model import UnsupportedError
from ..sizes import Size, show
from .attributes import text, whole, wholes

#: Dims by number of spatial axes, as the standard library calls them.
PLACES = {1: ("p",), 2: ("p", "q"), 3: ("o", "p", "q")}
TAPS = {1: ("r",), 2: ("r", "s"), 3: ("t", "r", "s")}
SUFFIXES = {1: ("",), 2: ("_h", "_w"), 3: ("_d", "_h", "_w")}


@dataclass(frozen=True)
class Sliding:
    """One spatial axis: `size` of what is read, `taps` of the window, `places` it is put at."""

    size: Size
    taps: Size
    stride: int
    dilation: int
    begin: int
    end: int
    places: Size = 1

    @property
    def even(self) -> bool:
        """Whether the language infers `places`: the same padding at both ends, rounded down."""
        return self.begin == self.end and self.places == self._down()

    def _down(self) -> Size:
        return (self.size + self.begin + self.end - self.dilation * (self.taps - 1) - 1) // self.stride + 1

    def placed(self, *, up: bool = False) -> Sliding:
        """With its number of places; `up`: a last window that begins inside may reach beyond (`ceil_mode`)."""
        down = self._down()
        if not up or self.stride == 1:
            return replace(self, places=down)
        over = self.size + self.begin + self.end - self.dilation * (self.taps - 1) - 1 + self.stride - 1
        places = over // self.stride + 1
        if isinstance(places, int) and isinstance(self.size, int):
            places -= (places - 1) * self.stride >= self.size + self.begin
        return replace(self, places=places)

    @property
    def readable(self) -> bool:
        """Whether the language takes written `places` for this axis (`npudsl/spec/windows.py`): the window reaches less
        than a step beyond, or stays less than a step inside, the axis padded by `begin` at both ends."""
        if self.even:
            return True
        over = self.stride * (self.places - 1) + self.dilation * (self.taps - 1) - (self.size - 1 + 2 * self.begin)
        inside = self.size - self.stride * (self.places - 1) + self.begin
        if not isinstance(over, int) or not isinstance(inside, int):
            return 0 <= self.end - self.begin < self.stride
        return -self.stride < over <= 0 or (0 < over < self.stride and inside > 0)

    def padded(self) -> Sliding:
        """The same over an axis that holds its padding."""
        return replace(self, size=self.size + self.begin + self.end, begin=0, end=0)


def slidings(node: Node, spatial: Sequence[Size], kernel: Sequence[Size]) -> tuple[Sliding, ...]:
    """The spatial axes of a convolution or pooling, with their places."""
    count = len(spatial)
    if count not in PLACES:
        raise UnsupportedError(f"{count} spatial axes")
    if len(kernel) != count:
        raise OnnxError(f"`{node.title}` ({node.op}): a window of {len(kernel)} axes over {count}")
    strides = wholes(node, "strides", [1] * count, count)
    dilations = wholes(node, "dilations", [1] * count, count)
    if min((*strides, *dilations)) < 1:
        raise OnnxError(f"`{node.title}` ({node.op}): a stride or dilation below 1")
    pads = _pads(node, spatial, kernel, strides, dilations)
    if min(pads) < 0:
        raise UnsupportedError("negative padding")
    up = whole(node, "ceil_mode", 0) != 0
    found = tuple(
        Sliding(spatial[i], kernel[i], strides[i], dilations[i], pads[i], pads[i + count]).placed(up=up)
        for i in range(count)
    )
    for axis in found:
        if isinstance(axis.places, int) and axis.places < 1:
            raise OnnxError(f"`{node.title}` ({node.op}): a window of {show(axis.taps)} over {show(axis.size)}")
    return found


def _pads(
    node: Node, spatial: Sequence[Size], kernel: Sequence[Size], strides: Sequence[int], dilations: Sequence[int]
) -> tuple[int, ...]:
    """Padding of all beginnings, then of all ends. `SAME`: as many places as steps fit, the odd one at one end."""
    mode = text(node, "auto_pad", "NOTSET")
    count = len(spatial)
    if mode == "VALID":
        return (0,) * (2 * count)
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        return wholes(node, "pads", [0] * (2 * count), 2 * count)
    begins, ends = [], []
    for size, taps, stride, dilation in zip(spatial, kernel, strides, dilations, strict=True):
        reach = dilation * (taps - 1) + 1
        if stride == 1 and isinstance(reach, int):
            total = reach - 1
        elif isinstance(size, int) and isinstance(reach, int):
            total = max(0, (-(-size // stride) - 1) * stride + reach - size)
        else:
            raise UnsupportedError(f"auto_pad {mode} over a dynamic axis with stride {stride}")
        less, more = total // 2, total - total // 2
        begins.append(less if mode == "SAME_UPPER" else more)
        ends.append(more if mode == "SAME_UPPER" else less)
    return (*begins, *ends)


def parameters(
    axes: Sequence[Sliding], names: Sequence[str], defaults: dict[str, int]
) -> tuple[tuple[Window, ...], dict[str, tuple[str, str | None]], bool]:
    """Windows, the operator's parameters, and whether the axes are all alike (one parameter for all of them).

    `names`: which of stride, dilation and pad the operator has. A value that is the default is not written.
    """
    rows = [{"stride": a.stride, "dilation": a.dilation, "pad": a.begin} for a in axes]
    alike = all(row == rows[0] for row in rows)
    suffixes = ("",) * len(axes) if alike else SUFFIXES[len(axes)]
    found: dict[str, tuple[str, str | None]] = {}
    for name in names:
        for row, suffix in zip(rows, suffixes, strict=True):
            default = defaults.get(name, 0 if name == "pad" else 1)
            value = None if row[name] == default else str(row[name])
            found[name + suffix] = (f"int = {default}", value)
    windows = []
    for place, tap, suffix, axis in zip(PLACES[len(axes)], TAPS[len(axes)], suffixes, axes, strict=True):
        stride, dilation, pad = (n + suffix if n in names else None for n in ("stride", "dilation", "pad"))
        windows.append(Window(place, tap, stride, dilation, pad, axis.places))
    return tuple(windows), found, alike
