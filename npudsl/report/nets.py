"""The table of models of a survey: networks side by side, by what their layers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..spec.census import ACTIVATIONS, CONNECTED, CONVOLUTION, Census, Kind
from .console import table
from .figures import short
from .records import SCHEMA, Json

NONE = "-"


def screen(found: Sequence[Census]) -> Iterator[RenderableType]:
    """Two tables: convolutions; fully connected layers with the totals."""
    yield _convolutions([one for one in found if one.kinds[CONVOLUTION].layers])
    yield Text()
    yield _rest(found)
    yield Text()
    yield Text("Repetitions included. depth: the most layers of the kind on one path; channels: of one filter.")
    yield Text("weights without biases, shared ones once; ops: operations of layers that are no multiply-accumulates.")


def record(found: Sequence[Census]) -> Json:
    """The same with exact numbers."""
    return {"schema": SCHEMA, "nets": [_net(one) for one in found]}


def _convolutions(found: Sequence[Census]) -> Table:
    shown = table("convolution layers")
    shown.add_column("network", no_wrap=True)
    for header in ("input", "layers", "depth", "filter sizes", "channels", "filters", "strides", "weights", "MACs"):
        shown.add_column(header, justify="right", no_wrap=header != "filter sizes")
    for one in found:
        kind = one.kinds[CONVOLUTION]
        shown.add_row(
            one.net,
            _by(one.inputs[0][1:]) if one.inputs else NONE,
            str(kind.layers),
            str(kind.depth),
            ", ".join(_size(size) for size in kind.filters) or NONE,
            _range(kind.channels),
            _range(kind.outputs),
            ", ".join(map(str, kind.strides)) or NONE,
            *_amounts(kind),
        )
    return shown


def _rest(found: Sequence[Census]) -> Table:
    shown = table("fully connected layers, products of activations, and everything together")
    shown.add_column("network", no_wrap=True)
    connected_layers, products_of = ("layers", "depth", "weights", "MACs"), ("products", "MACs")
    for header in (*connected_layers, *products_of, "others", "ops", "all weights", "all MACs"):
        shown.add_column(header, justify="right", no_wrap=True)
    for one in found:
        connected, products = one.kinds[CONNECTED], one.kinds[ACTIVATIONS]
        shown.add_row(
            one.net,
            _count(connected.layers),
            _count(connected.depth),
            *_amounts(connected),
            _count(products.layers),
            _count(products.macs),
            _count(one.others),
            _count(one.ops),
            short(one.weights),
            short(one.macs),
        )
    return shown


def _amounts(kind: Kind) -> tuple[str, str]:
    return _count(kind.weights), _count(kind.macs)


def _count(value: int) -> str:
    return short(value) if value else NONE


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


def _size(size: tuple[int, ...]) -> str:
    return str(size[0]) if len(set(size)) == 1 else _by(size)


def _range(values: tuple[int, ...]) -> str:
    if not values:
        return NONE
    return str(values[0]) if len(values) == 1 else f"{values[0]}-{values[-1]}"


def _net(one: Census) -> Json:
    return {
        "net": one.net,
        "inputs": [list(sizes) for sizes in one.inputs],
        "convolution": _record(one.kinds[CONVOLUTION]),
        "fully_connected": _record(one.kinds[CONNECTED]),
        "activations": _record(one.kinds[ACTIVATIONS]),
        "other_layers": one.others,
        "total": {"weights": one.weights, "macs": one.macs, "ops": one.ops},
    }


def _record(kind: Kind) -> Json:
    return {
        "layers": kind.layers,
        "depth": kind.depth,
        "filter_sizes": [list(size) for size in kind.filters],
        "channels": list(kind.channels),
        "filters": list(kind.outputs),
        "strides": list(kind.strides),
        "weights": kind.weights,
        "macs": kind.macs,
    }
