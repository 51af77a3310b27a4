"""Rows picked by indices, padding, and rearrangements of pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..equations import Equation, Operand, Window
from ..errors import OnnxError
from ..graph import MAX_ELEMENTS, Node
from ..model import Call, Model, UnsupportedError
from ..sizes import Poly, Size, known, product, show
from ..values import Atom, Known, Value, View, transposed
from .attributes import axis_of, ints, text, whole, wholes
from .movement import to_shape
from .parts import part_of


def gather(model: Model, node: Node) -> Value:
    """`Gather`: one place of an axis, or the rows that indices name. Which rows is data, how many is not: they are read
    from a tensor and written once."""
    value, index = model.value(node, 0), model.value(node, 1)
    axis = axis_of(node, whole(node, "axis", 0), max(1, len(value.shape)))
    shape = (*value.shape[:axis], *index.shape, *value.shape[axis + 1 :])
    if isinstance(value, Known) and isinstance(index, Known):
        return _looked_up(node, value, index, axis, shape)
    if isinstance(index, Known) and index.data is not None and index.data.size == 1:
        place = index.data.reshape(-1)[0]
        size = value.shape[axis]
        begin: Size = place if not isinstance(place, int) or place >= 0 else size + place
        if isinstance(size, int) and isinstance(begin, int) and not 0 <= begin < size:
            raise OnnxError(f"`{node.title}` (Gather) picks {begin} of {size}")
        part = part_of(model, node, value, {axis: (begin, begin + 1, 1)}, node.outputs[0])
        return to_shape(model, node, part, shape)
    source = (
        f"`{value.name or node.inputs[0]}`"
        if isinstance(value, Known)
        else " and ".join(f"`{s}`" for s in value.sources)
    )
    named = model.name_of(node)
    rows = model.detach(shape, f"{named}_rows", f"the rows of {source} that `{node.inputs[1]}` names: which is data")
    item = model.document.layer(
        named, "o.copy", {"i": product(shape)}, {"input": rows.sources}, shown=(), comments=model.origin(node)
    )
    return View((item.name,), rows.order, rows.axes, precision=value.precision)


def _looked_up(node: Node, value: Known, index: Known, axis: int, shape: tuple[Size, ...]) -> Known:
    if value.data is None or index.data is None:
        return Known(shape)
    try:
        places = np.array([known(i, "an index") for i in index.data.reshape(-1)], dtype=np.int64).reshape(
            index.data.shape
        )
        found = np.empty(places.shape + value.data.shape[:axis] + value.data.shape[axis + 1 :], dtype=object)
        found[...] = np.take(value.data, places, axis)  # a scalar index gives an element, not an array
        return Known(shape, found.reshape([known(s, "a size") for s in shape]))
    except (IndexError, ValueError, OverflowError):
        raise OnnxError(f"`{node.title}` (Gather) picks what is not there") from None


def pad(model: Model, node: Node) -> Value:
    """`Pad` of data: a tensor that holds its padding. (A convolution's own padding is better.)"""
    value = model.value(node, 0)
    rank = len(value.shape)
    if "pads" in node.attributes or "paddings" in node.attributes:
        pads = list(wholes(node, "pads" if "pads" in node.attributes else "paddings", ()))
    else:
        pads = ints(model, node, 1, "its padding")
    axes = (
        [axis_of(node, a, rank) for a in ints(model, node, 3, "its axes")] if model.has(node, 3) else list(range(rank))
    )
    if len(pads) != 2 * len(axes):
        raise OnnxError(f"`{node.title}` (Pad) has {len(pads)} numbers for {len(axes)} axes")
    shape = list(value.shape)
    for i, axis in enumerate(axes):
        shape[axis] = shape[axis] + pads[i] + pads[i + len(axes)]
    if not any(pads):
        return value
    if isinstance(value, Known):
        return Known(tuple(shape), None, value.name, value.dtype, value.precision)
    if any(isinstance(s, int) and s < 1 for s in shape):
        raise OnnxError(f"`{node.title}` (Pad) leaves nothing")
    around = ", ".join(
        f"axis {a}: {pads[i]} and {pads[i + len(axes)]}" for i, a in enumerate(axes) if pads[i] or pads[i + len(axes)]
    )
    mode = text(node, "mode", "constant")
    reason = f"{', '.join(f'`{s}`' for s in value.sources)} with {mode} padding ({around}): Pad `{node.title}`"
    return model.detach(shape, node.outputs[0], reason, value.precision)


def depth_to_space(model: Model, node: Node) -> Value:
    """`DepthToSpace` and `SpaceToDepth`: a split, an exchange of axes, a merge; no data move."""
    view = model.view(node, 0)
    if len(view.shape) != 4:
        raise OnnxError(f"`{node.title}` ({node.op}) reads {len(view.shape)} axes")
    block = whole(node, "blocksize", 0)
    if block < 1:
        raise OnnxError(f"`{node.title}` ({node.op}): blocks of {block}")
    n, c, h, w = view.shape
    split: tuple[Size, ...]
    merged: tuple[Size, ...]
    if node.op == "SpaceToDepth":
        split = (n, c, _part(node, h, block), block, _part(node, w, block), block)
        order, merged = (0, 3, 5, 1, 2, 4), (n, c * block * block, split[2], split[4])
    elif text(node, "mode", "DCR") == "CRD":
        split = (n, _part(node, c, block * block), block, block, h, w)
        order, merged = (0, 1, 4, 2, 5, 3), (n, split[1], h * block, w * block)
    else:
        split = (n, block, block, _part(node, c, block * block), h, w)
        order, merged = (0, 3, 4, 1, 5, 2), (n, split[3], h * block, w * block)
    inner = to_shape(model, node, view, split)
    assert isinstance(inner, View)
    return to_shape(model, node, transposed(inner, order), merged)


def _part(node: Node, size: Size, block: int) -> Size:
    part = size // block
    if part * block != size:
        raise OnnxError(f"`{node.title}` ({node.op}): {show(size)} is no multiple of {block}")
    return part


def upsample(model: Model, node: Node) -> Value:
    """`Resize` and `Upsample` to the nearest neighbour, by whole factors: one layer that writes every copy."""
    view = model.view(node, 0)
    mode = text(node, "mode", "nearest")
    if mode != "nearest":
        raise UnsupportedError(f"mode {mode}")
    factors = _factors(model, node, view)
    if len(view.shape) != 4 or factors[:2] != [1, 1] or min(factors) < 1:
        raise UnsupportedError(f"factors {', '.join(str(f) for f in factors)} over {len(view.shape)} axes")
    n, c, h, w = view.shape
    high, wide = factors[2:]
    alike = high == wide
    names = ("factor", "factor") if alike else ("factor_h", "factor_w")
    settings = {"factor": ("int = 2", None if high == 2 else str(high))} if alike else {
        "factor_h": ("int", str(high)), "factor_w": ("int", str(wide))}  # fmt: skip
    windows = (Window("p", "a", names[0], size=h * high), Window("q", "b", names[1], size=w * wide))
    sizes: dict[str, Size] = {"n": n, "c": c, "p": h, "q": w, "a": high, "b": wide}
    equation = Equation(
        (Operand("input", view, (("n",), ("c",), ("p",), ("q",))),), (("n",), ("c",), *windows), sizes, "{input}",
        parameters=settings,
    )  # fmt: skip
    call = Call("upsample_axes", "Nearest-neighbour upsampling.", ("upsample",) if alike else (), None)
    return model.emit(node, equation, call)


def _factors(model: Model, node: Node, view: View) -> list[int]:
    """Whole factors per axis, from scales or from the sizes that result."""
    if "scales" in node.attributes:
        scales = [float(s) for s in node.attributes["scales"]]
    else:
        position = 1 if node.op == "Upsample" or len(node.inputs) == 2 else 2
        found = model.value(node, position) if model.has(node, position) else None
        if isinstance(found, Known) and found.shape == (0,):
            found = None
        if found is None and model.has(node, 3):
            return _ratios(model, node, view)
        if not isinstance(found, Known) or found.data is None:
            raise UnsupportedError("factors that are computed")
        if any(isinstance(s, Poly) for s in found.data.reshape(-1)):
            raise UnsupportedError("factors that depend on dynamic dimensions")
        scales = [float(s) for s in found.data.reshape(-1)]
    if any(s != int(s) for s in scales):
        raise UnsupportedError(f"factors {', '.join(f'{s:g}' for s in scales)}")
    return [int(s) for s in scales]


def _ratios(model: Model, node: Node, view: View) -> list[int]:
    wanted = model.value(node, 3)
    if not isinstance(wanted, Known) or wanted.data is None or wanted.data.size != len(view.shape):
        raise UnsupportedError("sizes that are computed")
    factors = []
    for after, before in zip(wanted.data.reshape(-1), view.shape, strict=True):
        factor = after // before
        if factor * before != after or not isinstance(factor, int):
            raise UnsupportedError(f"from {show(before)} to {show(after)}")
        factors.append(factor)
    return factors


def tile(model: Model, node: Node) -> Value:
    """`Tile`: every axis is repeated as a whole."""
    value = model.value(node, 0)
    repeats = ints(model, node, 1, "its repeats")
    if len(repeats) != len(value.shape) or min(repeats, default=1) < 1:
        raise OnnxError(f"`{node.title}` (Tile) repeats {len(repeats)} of {len(value.shape)} axes")
    shape = tuple(s * r for s, r in zip(value.shape, repeats, strict=True))
    if isinstance(value, Known):
        return Known(
            shape,
            np.tile(value.data, repeats) if value.data is not None and product(shape) in range(MAX_ELEMENTS) else None,
        )
    axes = tuple(axis if r == 1 else (Atom(r, False), *axis) for axis, r in zip(value.axes, repeats, strict=True))
    return replace(value, axes=axes)


HANDLERS: dict[str, Callable[[Model, Node], Value | list[Value]]] = {
    "Gather": gather,
    "Pad": pad,
    "DepthToSpace": depth_to_space,
    "SpaceToDepth": depth_to_space,
    "Resize": upsample,
    "Upsample": upsample,
    "Tile": tile,
}
