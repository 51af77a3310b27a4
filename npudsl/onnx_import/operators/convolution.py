"""Convolutions: 1-D to 3-D, grouped, depthwise, dilated, transposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..equations import Equation, Operand, Window
from ..errors import OnnxError
from ..graph import Node
from ..model import Call, Model, UnsupportedError
from ..sizes import Size
from ..values import Value, View
from .attributes import whole, wholes
from .windows import PLACES, TAPS, Sliding, parameters, slidings


def conv(model: Model, node: Node) -> Value:
    """`Conv`: input, weight, bias."""
    return convolution(model, node, model.view(node, 0), model.weight(node, 1), bias=model.has(node, 2))


def convolution(model: Model, node: Node, data: View, weight: Value, *, bias: bool) -> View:
    """A convolution of `data` [N, C, spatial] with `weight` [M, C / groups, window]."""
    groups, channels, filters = _channels(node, data.shape, weight.shape, outputs_first=True)
    axes = slidings(node, data.shape[2:], weight.shape[2:])
    if not all(a.readable for a in axes):
        data, axes = with_padding(model, node, data, axes)
    depthwise = groups > 1 and channels == 1 and filters == 1
    windows, settings, alike = parameters(axes, ("stride", "dilation", "pad"), {})
    places, taps = PLACES[len(axes)], TAPS[len(axes)]
    layout = _Channels.of(groups, channels, filters, plain=data.trailing(len(axes)))
    sizes: dict[str, Size] = {"n": data.shape[0], **layout.sizes}
    sizes |= dict(zip(places, (a.places for a in axes), strict=True))
    sizes |= dict(zip(taps, (a.taps for a in axes), strict=True))
    equation = Equation(
        (
            Operand("weight", weight, (layout.filters, layout.inner, *((t,) for t in taps))),
            Operand("input", data, (("n",), layout.read, *windows)),
        ),
        (("n",), layout.made, *((p,) for p in places)),
        sizes,
        "{weight} * {input}",
        "+=",
        parameters=settings,
    )
    shown = [*(["g"] if groups > 1 and not depthwise else []), *([] if depthwise else ["m"]), *taps]
    shown += [p for p, a in zip(places, axes, strict=True) if not a.even]
    names = _standard(len(axes), depthwise, alike)
    kind = "depthwise" if depthwise else f"conv{len(axes)}d"
    doc = f"{len(axes)}-D {'depthwise ' if depthwise else ''}convolution, with a layout or parameters of its own."
    notes = (f"bias of {groups * filters}",) if bias else ()
    return model.emit(node, equation, Call(f"{kind}_axes", doc, names, tuple(shown), notes=notes))


@dataclass(frozen=True)
class _Channels:
    """Labels of channels: of what is read and made, and of the weight's first two axes."""

    sizes: dict[str, Size]
    read: tuple[str, ...]
    made: tuple[str, ...]
    filters: tuple[str, ...]
    inner: tuple[str, ...]

    @staticmethod
    def of(groups: int, channels: int, filters: int, *, plain: bool) -> _Channels:
        """`plain`: the spatial axes are stored innermost; else a group of 1 would stand in the windows' way."""
        if groups > 1 and channels == 1 and filters == 1:
            return _Channels({"c": groups}, ("c",), ("c",), ("c",), ())
        if groups == 1 and not plain:
            return _Channels({"m": filters, "c": channels}, ("c",), ("m",), ("m",), ("c",))
        sizes: dict[str, Size] = {"g": groups, "m": filters, "c": channels}
        return _Channels(sizes, ("g", "c"), ("g", "m"), ("g", "m"), ("c",))


def _standard(spatial: int, depthwise: bool, alike: bool) -> tuple[str, ...]:
    if depthwise:
        return ("depthwise",) if spatial == 2 and alike else ()
    if spatial == 2:
        return ("conv2d",) if alike else ("conv2d_hw",)
    return (f"conv{spatial}d",) if alike else ()


def _channels(
    node: Node, data: tuple[Size, ...], weight: tuple[Size, ...], *, outputs_first: bool
) -> tuple[int, int, int]:
    """Groups, and the input and output channels of one group."""
    groups = whole(node, "group", 1)
    if len(data) < 3 or len(weight) != len(data):
        raise OnnxError(f"`{node.title}` ({node.op}): {len(data)} axes are read with a weight of {len(weight)}")
    first, second = weight[:2]
    if not isinstance(first, int) or not isinstance(second, int):
        raise UnsupportedError("a weight of dynamic size")
    if groups < 1 or first % groups:
        raise OnnxError(f"`{node.title}` ({node.op}): {first} channels in {groups} groups")
    channels, filters = (second, first // groups) if outputs_first else (first // groups, second)
    if isinstance(data[1], int) and data[1] != channels * groups:
        raise OnnxError(
            f"`{node.title}` ({node.op}) reads {data[1]} channels, but its weight has {groups} x {channels}"
        )
    return groups, channels, filters


def with_padding(model: Model, node: Node, data: View, axes: Sequence[Sliding]) -> tuple[View, tuple[Sliding, ...]]:
    """A tensor that holds its padding, where the language cannot say how much stands at which end."""
    padded = tuple(a.padded() for a in axes)
    shape = (*data.shape[:2], *(a.size for a in padded))
    around = ", ".join(f"{a.begin} and {a.end}" for a in axes)
    name = model.name_of(node)
    reason = f"what `{name}` reads of {', '.join(f'`{s}`' for s in data.sources)}, with zeros around it ({around})"
    return model.detach(shape, f"{name}_padded", reason, data.precision), padded


def conv_transposed(model: Model, node: Node) -> Value:
    """`ConvTranspose`: input [N, C, spatial], weight [C, M / groups, window], bias."""
    data, weight = model.view(node, 0), model.weight(node, 1)
    groups, channels, filters = _channels(node, data.shape, weight.shape, outputs_first=False)
    count = len(data.shape) - 2
    if count not in PLACES:
        raise UnsupportedError(f"{count} spatial axes")
    strides = wholes(node, "strides", [1] * count, count)
    dilations = wholes(node, "dilations", [1] * count, count)
    extra = wholes(node, "output_padding", [0] * count, count)
    whole_sizes = [
        strides[i] * (data.shape[2 + i] - 1) + dilations[i] * (weight.shape[2 + i] - 1) + 1 for i in range(count)
    ]
    begins, results = _cropped(node, data.shape[2:], whole_sizes, strides, extra)
    axes = [
        Sliding(data.shape[2 + i], weight.shape[2 + i], strides[i], dilations[i], begins[i], 0, data.shape[2 + i])
        for i in range(count)
    ]
    names = ("stride", "dilation", "pad") if any(d != 1 for d in dilations) else ("stride", "pad")
    windows, settings, alike = parameters(axes, names, {"stride": 2})
    stored = [full - 2 * crop for full, crop in zip(whole_sizes, begins, strict=True)]
    made = tuple(
        Window(w.place, w.tap, w.stride, w.dilation, w.pad, size) for w, size in zip(windows, stored, strict=True)
    )
    places, taps = PLACES[count], TAPS[count]
    sizes: dict[str, Size] = {"n": data.shape[0], "g": groups, "m": filters, "c": channels}
    sizes |= dict(zip(places, data.shape[2:], strict=True)) | dict(zip(taps, weight.shape[2:], strict=True))
    equation = Equation(
        (
            Operand("weight", weight, (("g", "c"), ("m",), *((t,) for t in taps))),
            Operand("input", data, (("n",), ("g", "c"), *((p,) for p in places))),
        ),
        (("n",), ("g", "m"), *made),
        sizes,
        "{weight} * {input}",
        "+=",
        parameters=settings,
    )
    standard = ("conv2d_transposed",) if count == 2 and alike and len(names) == 2 else ()
    notes = (f"bias of {groups * filters}",) if model.has(node, 2) else ()
    call = Call(f"conv{count}d_transposed_axes", f"{count}-D transposed convolution.", standard, notes=notes)
    result = model.emit(node, equation, call)
    if list(stored) == list(results):
        return result
    shape = (data.shape[0], groups * filters, *results)
    reason = f"`{result.sources[0]}`, cropped by another number of rows or columns at its far end"
    return model.detach(shape, f"{model.name_of(node)}_cropped", reason)


def _cropped(
    node: Node, spatial: Sequence[Size], full: Sequence[Size], strides: Sequence[int], extra: Sequence[int]
) -> tuple[list[int], list[Size]]:
    """How much is cropped at the beginning of every axis, and the sizes that result."""
    count = len(spatial)
    mode = node.attributes.get("auto_pad", "NOTSET")
    if "output_shape" in node.attributes:
        wanted: list[Size] = list(wholes(node, "output_shape", (), count))
    elif mode in ("SAME_UPPER", "SAME_LOWER"):
        wanted = [size * stride for size, stride in zip(spatial, strides, strict=True)]
    else:
        pads = wholes(node, "pads", [0] * (2 * count), 2 * count)
        if min(pads) < 0:
            raise UnsupportedError("negative padding")
        sizes = [f + e - pads[i] - pads[i + count] for i, (f, e) in enumerate(zip(full, extra, strict=True))]
        return list(pads[:count]), sizes
    begins = []
    for size, result, more in zip(full, wanted, extra, strict=True):
        total = size + more - result
        if not isinstance(total, int):
            raise UnsupportedError("an output shape that depends on dynamic dimensions")
        begins.append(max(0, total) // 2 if mode != "SAME_LOWER" else (max(0, total) + 1) // 2)
    return begins, wanted


HANDLERS = {"Conv": conv, "ConvTranspose": conv_transposed}
