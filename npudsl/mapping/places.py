"""What a slot's name means on a machine: nodes of a level, a memory or one tensor, or an axis of an array."""

from __future__ import annotations

from dataclasses import dataclass

from ..spec.arch import Arch, Array, Memory
from ..spec.op import Layer, Tensor
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.suggest import nearest
from .nest import Node
from .positions import by_position


@dataclass(frozen=True)
class Axis:
    """`pe.x`"""

    array: str
    axis: str


@dataclass(frozen=True)
class Held:
    """`spad`, `filter` or `spad.weight`: the nodes it can mean, in the order of memories and tensors. `whole`: no
    tensor is named, so it means those that still have no place."""

    nodes: tuple[Node, ...]
    whole: bool


def find_place(arch: Arch, layer: Layer, path: tree.Path) -> Axis | Held:
    """What a slot's name means. E501: nothing of that name; E505: a memory that does not hold the tensor."""
    path = by_position(arch, path)
    first, *rest = path.parts
    array = next((a for a in arch.arrays if a.name == first.text), None)
    memories = _memories(arch, first.text)
    if array is None and not memories:
        raise SpecError(_unknown(arch, layer, path, first))
    if len(rest) > 1:
        raise _error("E501", f"`{path.text}` has too many parts", rest[1], "a slot is `MEMORY.TENSOR` or `ARRAY.AXIS`")
    if array is not None:
        return _axis(array, first, rest[0] if rest else None)
    tensors = _tensors(layer, rest[0].text) if rest else layer.op.tensors
    if not tensors:
        raise SpecError(_unknown(arch, layer, path, rest[0]))
    nodes = tuple(Node(t.name, m.name) for m in memories for t in tensors if m.hold(t.role) is not None)
    if not nodes:
        held = ", ".join(dict.fromkeys(h.role for m in memories for h in m.holds))
        what = f"`{rest[0].text}`" if rest else f"any tensor of `{layer.op.name}`"
        raise SpecError(
            Diagnostic(
                "E505",
                f"`{first.text}` does not hold {what}",
                Label(rest[0].span if rest else first.span, "no place for it here"),
                _held_at(memories),
                (f"{first.text} holds {held}",),
            )
        )
    return Held(nodes, not rest)


def _memories(arch: Arch, name: str) -> tuple[Memory, ...]:
    for level in arch.levels:
        if level.name == name:
            return level.memories
    return tuple(m for m in arch.memories if m.name == name)


def _tensors(layer: Layer, name: str) -> tuple[Tensor, ...]:
    """The tensor of that name, else the tensors of that role."""
    named = tuple(t for t in layer.op.tensors if t.name == name)
    return named or tuple(t for t in layer.op.tensors if t.role == name)


def _axis(array: Array, name: tree.Name, axis: tree.Name | None) -> Axis:
    axes = [a for a, _ in array.axes]
    if axis is None:
        example = f"write `{array.name}.{axes[0]} [...]`" if axes else None
        raise _error(
            "E501", f"`{array.name}` is an array: a slot names one of its axes", name, "no axis named", example
        )
    if axis.text not in axes:
        near = nearest(axis.text, axes)
        shown = f"axes of {array.name}: {', '.join(axes) or 'none'}"
        help_ = f"did you mean `{array.name}.{near}`?" if near else shown
        machine = (Label(array.span, "this array"),) if array.span else ()
        raise _error("E501", f"array `{array.name}` has no axis `{axis.text}`", axis, "not an axis", help_, machine)
    return Axis(array.name, axis.text)


def _held_at(memories: tuple[Memory, ...]) -> tuple[Label, ...]:
    return tuple(Label(m.span, f"holds {', '.join(h.role for h in m.holds)}") for m in memories if m.span)


def _unknown(arch: Arch, layer: Layer, path: tree.Path, part: tree.Name) -> Diagnostic:
    if part is path.parts[0]:
        levels = [level.name for level in arch.levels]
        inner = [m.name for level in arch.levels for m in level.memories if m.name != level.name]
        names = [*levels, *inner, *(f"{a.name}.{axis}" for a in arch.arrays for axis, _ in a.axes)]
        message = f"`{arch.name}` has no slot `{part.text}`"
    else:
        names = [t.name for t in layer.op.tensors]
        message = f"`{layer.name}` has no tensor `{part.text}`"
    near = nearest(part.text, names)
    return Diagnostic(
        "E501",
        message,
        Label(part.span, "no such place"),
        notes=() if near else (f"there are {', '.join(names)}",),
        help=f"did you mean `{near}`?" if near else None,
    )


def _error(
    code: str, message: str, at: tree.Name, text: str, help: str | None = None, secondary: tuple[Label, ...] = ()
) -> SpecError:
    return SpecError(Diagnostic(code, message, Label(at.span, text), secondary, help=help))
