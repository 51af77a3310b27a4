"""Attributes and small constant inputs of nodes, checked."""

from __future__ import annotations

from collections.abc import Sequence

from ..errors import OnnxError, UndecidedError
from ..graph import MAX_RANK, Node
from ..model import Model, UnsupportedError
from ..sizes import Poly, Size, known
from ..values import Known


def number(node: Node, name: str, default: float) -> float:
    """A numeric attribute."""
    value = node.attributes.get(name, default)
    if not isinstance(value, int | float):
        raise OnnxError(f"`{node.title}` ({node.op}): `{name}` is not a number")
    return float(value)


def whole(node: Node, name: str, default: int) -> int:
    """A whole attribute."""
    value = node.attributes.get(name, default)
    if not isinstance(value, int):
        raise OnnxError(f"`{node.title}` ({node.op}): `{name}` is not a whole number")
    return value


def wholes(node: Node, name: str, default: Sequence[int], count: int | None = None) -> tuple[int, ...]:
    """A list of whole numbers; `count`: how many there must be."""
    value = node.attributes.get(name, list(default))
    if not isinstance(value, list | tuple) or not all(isinstance(v, int) for v in value):
        raise OnnxError(f"`{node.title}` ({node.op}): `{name}` is not a list of whole numbers")
    if count is not None and len(value) != count:
        raise OnnxError(f"`{node.title}` ({node.op}): `{name}` has {len(value)} numbers, not {count}")
    return tuple(value)


def text(node: Node, name: str, default: str) -> str:
    """A textual attribute."""
    value = node.attributes.get(name, default)
    return value if isinstance(value, str) else default


def axis_of(node: Node, axis: int, rank: int) -> int:
    """An axis counted from the front."""
    if not -rank <= axis < rank:
        raise OnnxError(f"`{node.title}` ({node.op}): there is no axis {axis} among {rank}")
    return axis % rank


def axes_of(node: Node, axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Axes counted from the front, sorted, each once."""
    if len(axes) > MAX_RANK:
        raise OnnxError(f"`{node.title}` ({node.op}): {len(axes)} axes")
    return tuple(sorted({axis_of(node, a, rank) for a in axes}))


def sizes(model: Model, node: Node, position: int, what: str) -> list[Size]:
    """The whole numbers of a small input that is known beforehand (they may depend on dynamic dimensions)."""
    value = model.value(node, position)
    if not isinstance(value, Known):
        raise UnsupportedError(f"{what} depends on data")
    if value.data is None:
        raise UndecidedError(f"{what} is not in the file, or depends on a value that is not known")
    found = [int(v) if isinstance(v, float) and v.is_integer() else v for v in value.data.reshape(-1).tolist()]
    if len(found) > MAX_RANK * 4 or not all(isinstance(v, int | Poly) for v in found):
        raise OnnxError(f"`{node.title}` ({node.op}): {what} is not a short list of whole numbers")
    return found


def ints(model: Model, node: Node, position: int, what: str) -> list[int]:
    """The same, if the numbers must not depend on dynamic dimensions."""
    return [known(s, what) for s in sizes(model, node, position, what)]


def axes_input(model: Model, node: Node, position: int, name: str = "axes") -> list[int] | None:
    """Axes as an attribute (older opsets) or as an input; None if they are not given."""
    if name in node.attributes:
        return list(wholes(node, name, ()))
    return ints(model, node, position, f"`{name}`") if model.has(node, position) else None


def scalar(value: object) -> float | None:
    """The number that a value with one known element is."""
    if not isinstance(value, Known) or value.data is None or value.data.size != 1:
        return None
    element = value.data.reshape(-1)[0]
    return float(element) if isinstance(element, int | float) else None


def literal(value: float) -> str:
    """A number as the language writes it; infinities are the largest float of 32 bits."""
    largest = 3.4028235e38
    if value != value:
        raise UnsupportedError("a constant that is not a number")
    clamped = max(-largest, min(largest, value))
    shown = f"{clamped:.9g}"
    return shown.replace("e+", "e")
