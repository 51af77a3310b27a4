"""Pooling: max and average over windows, global pooling."""

from __future__ import annotations

from ..equations import Equation, Operand
from ..errors import OnnxError
from ..graph import Node
from ..model import Call, Model, UnsupportedError
from ..sizes import Size, product, show
from ..values import Value, View
from .attributes import whole, wholes
from .convolution import with_padding
from .windows import PLACES, TAPS, Sliding, parameters, slidings


def max_pool(model: Model, node: Node) -> Value:
    """`MaxPool`; the indices of the maxima are not computed."""
    if len(node.outputs) > 1 and model.readers.get(node.outputs[1], 0):
        raise UnsupportedError("the indices of its maxima are used")
    data = _map(model, node)
    return pool(model, node, data, slidings(node, data.shape[2:], _window(node, data)), mean=False)


def average_pool(model: Model, node: Node) -> Value:
    """`AveragePool`; windows at the rim are divided by the whole window's size, which costs the same."""
    data = _map(model, node)
    return pool(model, node, data, slidings(node, data.shape[2:], _window(node, data)), mean=True)


def global_pool(model: Model, node: Node) -> Value:
    """`GlobalAveragePool` and `GlobalMaxPool`."""
    data = _map(model, node)
    return whole_maps(model, node, data, mean=node.op == "GlobalAveragePool")


def whole_maps(model: Model, node: Node, data: View, *, mean: bool) -> View:
    """One number per map."""
    if len(data.shape) - 2 not in PLACES:
        raise UnsupportedError(f"{len(data.shape) - 2} spatial axes")
    return pool(model, node, data, tuple(Sliding(s, s, 1, 1, 0, 0) for s in data.shape[2:]), mean=mean, all_of_it=True)


def _map(model: Model, node: Node) -> View:
    data = model.view(node, 0)
    if len(data.shape) < 3:
        raise OnnxError(f"`{node.title}` ({node.op}) reads {len(data.shape)} axes")
    return data


def _window(node: Node, data: View) -> tuple[int, ...]:
    return wholes(node, "kernel_shape", (), len(data.shape) - 2)


def pool(
    model: Model, node: Node, data: View, axes: tuple[Sliding, ...], *, mean: bool, all_of_it: bool = False
) -> View:
    """A pooling layer over the spatial axes of `data` [N, C, spatial]."""
    if not all(a.readable for a in axes):
        data, axes = with_padding(model, node, data, axes)
    dilated = any(a.dilation != 1 for a in axes)
    names = ("stride", "dilation", "pad") if not mean or dilated else ("stride", "pad")
    windows, settings, alike = parameters(axes, names, {"stride": 1 if mean else 2})
    places, taps = PLACES[len(axes)], TAPS[len(axes)]
    sizes: dict[str, Size] = {"n": data.shape[0], "c": data.shape[1]}
    sizes |= dict(zip(places, (a.places for a in axes), strict=True))
    sizes |= dict(zip(taps, (a.taps for a in axes), strict=True))
    if mean:
        settings["area"] = ("int = 1", show(product(a.taps for a in axes)))
    equation = Equation(
        (Operand("input", data, (("n",), ("c",), *windows)),),
        (("n",), ("c",), *((p,) for p in places)),
        sizes,
        "{input} / area" if mean else "{input}",
        "+=" if mean else "max=",
        parameters=settings,
    )
    kind = "avg_pool" if mean else "max_pool"
    fitting = len(axes) == 2 and alike and not (mean and dilated)
    shown = places if all_of_it else (*(p for p, a in zip(places, axes, strict=True) if not a.even), *taps)
    doc = f"{'Average' if mean else 'Max'} pooling over {len(axes)} axes, with a layout or parameters of its own."
    notes = ("what a window reads outside its map is divided by as well",) if _ragged(node, mean, axes) else ()
    return model.emit(node, equation, Call(f"{kind}_axes", doc, (kind,) if fitting else (), shown, notes=notes))


def _ragged(node: Node, mean: bool, axes: tuple[Sliding, ...]) -> bool:
    """Whether windows at the rim would be divided by fewer elements."""
    return mean and whole(node, "count_include_pad", 0) == 0 and any(a.begin or a.end for a in axes)


HANDLERS = {
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": global_pool,
    "GlobalMaxPool": global_pool,
}
