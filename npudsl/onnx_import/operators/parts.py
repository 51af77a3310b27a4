"""Parts of values: Split and Slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..errors import OnnxError
from ..graph import Node
from ..model import Model, UnsupportedError
from ..sizes import Size, known, show
from ..values import Known, Value, View
from .attributes import axes_input, axis_of, sizes, whole, wholes
from .movement import total_of


def split(model: Model, node: Node) -> list[Value]:
    """`Split`: parts along an axis."""
    value = model.value(node, 0)
    axis = axis_of(node, whole(node, "axis", 0), len(value.shape))
    total = value.shape[axis]
    if "split" in node.attributes:
        parts: list[Size] = list(wholes(node, "split", ()))
    elif model.has(node, 1):
        parts = sizes(model, node, 1, "its parts")
    else:
        count = whole(node, "num_outputs", len(node.outputs))
        size = known(total, "the axis that is split")
        each = -(-size // max(1, count))
        parts = [max(0, min(each, size - each * i)) for i in range(count)]
    if len(parts) != len(node.outputs) or total_of(parts) != total:
        raise OnnxError(f"`{node.title}` (Split) makes {[show(p) for p in parts]} of {show(total)}")
    found: list[Value] = []
    begin: Size = 0
    for part, name in zip(parts, node.outputs, strict=True):
        found.append(part_of(model, node, value, {axis: (begin, begin + part, 1)}, name))
        begin = begin + part
    return found


def slice_(model: Model, node: Node) -> Value:
    """`Slice`: from, to and step along some axes."""
    value = model.value(node, 0)
    rank = len(value.shape)
    if "starts" in node.attributes:
        starts: list[Size] = list(wholes(node, "starts", ()))
        ends: list[Size] = list(wholes(node, "ends", ()))
    else:
        starts, ends = sizes(model, node, 1, "its start"), sizes(model, node, 2, "its end")
    given = axes_input(model, node, 3)
    axes = [axis_of(node, a, rank) for a in (given if given is not None else range(len(starts)))]
    steps = sizes(model, node, 4, "its step") if model.has(node, 4) else [1] * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise OnnxError(f"`{node.title}` (Slice) has starts, ends and axes of different numbers")
    ranges = {}
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        ranges[axis] = _range(value.shape[axis], start, end, known(step, "its step"))
    return part_of(model, node, value, ranges, node.outputs[0])


def _range(size: Size, start: Size, end: Size, step: int) -> tuple[Size, Size, int]:
    """A range within an axis, counted from its front. Sizes are at least 1 and far below 2^31."""
    if step == 0:
        raise OnnxError("a step of 0")
    if step < 0:
        raise UnsupportedError("a step backwards")
    return _clipped(size, start), _clipped(size, end), step


def _clipped(size: Size, place: Size) -> Size:
    if isinstance(place, int):
        if place < 0:
            if isinstance(size, int):
                return max(0, size + place)
            return 0 if place <= -(2**31) else size + place
        if isinstance(size, int):
            return min(place, size)
        return size if place >= 2**31 - 1 else place
    return place


def part_of(model: Model, node: Node, value: Value, ranges: dict[int, tuple[Size, Size, int]], wanted: str) -> Value:
    """Part of a value. What layers compute is read as a tensor of its own: the language has no parts of tensors."""
    shape = list(value.shape)
    for axis, (begin, end, step) in ranges.items():
        length = (end - begin + step - 1) // step
        if isinstance(length, int) and length < 1:
            if isinstance(value, View):
                raise UnsupportedError("an empty part")
            length = 0
        shape[axis] = length
    if tuple(shape) == value.shape:
        return value
    if isinstance(value, Known):
        if value.data is None:
            return Known(tuple(shape), None, value.name, value.dtype, value.precision)
        index = tuple(
            slice(*(known(s, "a bound") for s in ranges[i])) if i in ranges else slice(None) for i in range(len(shape))
        )
        return replace(value, shape=tuple(shape), data=value.data[index])
    shown = ", ".join(f"axis {a} from {show(b)} to {show(e)}" for a, (b, e, _) in ranges.items())
    reason = f"part of {', '.join(f'`{s}`' for s in value.sources)} ({shown}): {node.op} `{node.title}`"
    return model.detach(shape, wanted or model.name_of(node), reason, value.precision)


HANDLERS: dict[str, Callable[[Model, Node], Value | list[Value]]] = {"Split": split, "Slice": slice_}
