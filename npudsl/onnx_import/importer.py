"""The import: reads the graph node by node, tells all that is not known at once, checks what it wrote."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .check import checked_text
from .dimensions import Dimensions
from .document import Document, clean
from .errors import OnnxError, UndecidedError
from .graph import Graph, Node, load_graph
from .model import LostError, Model, UnsupportedError
from .names import Names, identifier
from .operators.constants import fold
from .operators.registry import handler_of
from .sizes import Size
from .values import Known, NotAViewError, Value, View

#: Operators told in one message.
MOST_TOLD = 40


@dataclass(frozen=True)
class Imported:
    """`text`: the `.npu` file. `notes`: what the user should know of it, one sentence each."""

    text: str
    network: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Unknown:
    """A node that is not read, and why."""

    node: Node
    reason: str

    @property
    def kind(self) -> str:
        name = f"{self.node.domain}.{self.node.op}" if self.node.domain else self.node.op
        return f"{name} ({self.reason})" if self.reason else name


def import_model(
    path: str | os.PathLike[str],
    *,
    name: str | None = None,
    skip: bool = False,
    settings: Mapping[str, int] | None = None,
) -> Imported:
    """The network that the ONNX model at `path` describes.

    `name`: of the network (default: the file's). `skip`: operators that are not known become tensors in their place.
    `settings`: defaults of dynamic dimensions. Where the structure depends on one, and it is given here, it is fixed.
    Raises `OnnxError` for whatever is wrong with the model, `OSError` if it cannot be read.
    """
    given = dict(settings or {})
    try:
        return _with_shapes(path, name, skip, Dimensions(given))
    except UndecidedError:
        if not given:
            raise
    return _with_shapes(path, name, skip, Dimensions(given, fixed=True))


class _ShapelessError(Exception):
    """A node is not known, and the file does not say what shape it produces."""


def _with_shapes(path: str | os.PathLike[str], name: str | None, skip: bool, dimensions: Dimensions) -> Imported:
    """The import; onnx infers shapes only if some are missed."""
    try:
        return _import(load_graph(path, dimensions), path, name, skip, dimensions)
    except _ShapelessError:
        return _import(load_graph(path, dimensions, infer=True), path, name, skip, dimensions)


def _import(
    graph: Graph, path: str | os.PathLike[str], name: str | None, skip: bool, dimensions: Dimensions
) -> Imported:
    dimensions.check_given()
    names = Names()
    network = names.give(name or Path(path).stem, "model_")
    for parameter in dimensions.parameters():
        names.give(parameter, "size_")
    model = Model(graph, Document(names), readers=_readers(graph))
    for title, (shape, dtype) in graph.inputs.items():
        model.values[title] = _input(model, title, shape, dtype)
    model.values.update(graph.known)
    unknown = [u for node in graph.nodes if (u := _read(model, node, skip)) is not None]
    if unknown and not skip:
        raise OnnxError(_told(unknown))
    if not model.document.layers:
        raise OnnxError(f"`{graph.source}` computes nothing that has a cost: no layer is left")
    parameters = dimensions.parameters()
    text = checked_text(model.document, network, parameters, _header(graph, network, unknown, dimensions))
    return Imported(text, network, tuple(_notes(model, unknown, parameters, text)))


def _input(model: Model, title: str, shape: tuple[Size, ...], dtype: str) -> View:
    view = model.tensor(title, shape, (f"input `{title}`, {dtype}",))
    return view if dtype in ("float", "double") else replace(view, precision=None)


def _readers(graph: Graph) -> dict[str, int]:
    """How many nodes read each name, the graph's outputs included."""
    found: Counter[str] = Counter(name for node in graph.nodes for name in set(node.inputs) if name)
    found.update(graph.outputs)
    return dict(found)


def _read(model: Model, node: Node, skip: bool) -> Unknown | None:
    """Note what the outputs of a node stand for; what is not known about it otherwise."""
    try:
        if any(name in model.lost for name in node.inputs):
            raise LostError(node.title)
        _note(model, node, _result(model, node))
    except LostError:
        if skip and _stand_in(model, node, "reads what is not known"):
            return Unknown(node, "reads what is not known")
        model.lost.update(node.outputs)
    except UnsupportedError as error:
        if not _stand_in(model, node, str(error)):
            if not model.graph.inferred:
                raise _ShapelessError from None
            if skip:
                raise OnnxError(
                    f"`{node.title}` ({node.op}) cannot be skipped: the model does not say the shape of its result"
                ) from None
            model.lost.update(node.outputs)
        return Unknown(node, str(error))
    except UndecidedError as error:
        raise UndecidedError(
            f"`{node.title}` ({node.op}): {error}\ngive the dynamic dimensions a value (--set NAME=VALUE)"
        ) from None
    except NotAViewError:
        raise OnnxError(f"`{node.title}` ({node.op}) reads data in an order that no loop nest has") from None
    return None


def _result(model: Model, node: Node) -> Value | list[Value]:
    values = [model.values[n] for n in node.inputs if n]
    if node.inputs and node.domain == "" and all(isinstance(v, Known) for v in values):
        found = fold(node, [v for v in values if isinstance(v, Known)])
        if found is not None:
            return found
    handler = handler_of(node)
    if handler is None:
        raise UnsupportedError("")
    return handler(model, node)


def _note(model: Model, node: Node, result: Value | list[Value]) -> None:
    results = result if isinstance(result, list) else [result]
    for name, value in zip(node.outputs, results, strict=False):
        if name:
            model.values[name] = value
    model.lost.update(o for o in node.outputs[len(results) :] if o)


def _stand_in(model: Model, node: Node, reason: str) -> bool:
    """Put tensors in the place of a node's outputs, if their shapes are known."""
    shapes = {o: model.graph.shapes.get(o) for o in node.outputs if o and model.readers.get(o, 0)}
    if any(shape is None or None in shape for shape in shapes.values()):
        return False
    kind = f"{node.domain}.{node.op}" if node.domain else node.op
    for name, shape in shapes.items():
        comment = f"NOT COSTED: {kind} `{node.title}`" + (f" ({reason})" if reason else "")
        model.values[name] = model.tensor(name, [s for s in shape or () if s is not None], (comment,))
    return True


def _told(unknown: list[Unknown]) -> str:
    """Every operator that is not known: how often, and where first."""
    kinds: dict[str, list[Unknown]] = {}
    for one in unknown:
        kinds.setdefault(one.kind, []).append(one)
    rows = [
        f"  {clean(kind)}: {len(found)} time{'s' * (len(found) > 1)}, first `{clean(found[0].node.title)}`"
        for kind, found in sorted(kinds.items(), key=lambda k: (-len(k[1]), k[0]))
    ]
    more = [f"  ... and {len(rows) - MOST_TOLD} more"] if len(rows) > MOST_TOLD else []
    head = f"{len(kinds)} operator{'s are' if len(kinds) > 1 else ' is'} not known:"
    tail = "`--skip` keeps them as tensors without cost, each marked in the file"
    return "\n".join([head, *rows[:MOST_TOLD], *more, tail])


def _header(graph: Graph, network: str, unknown: list[Unknown], dimensions: Dimensions) -> list[str]:
    """The comment at the top of the file."""
    made = f" (written by {graph.producer})" if graph.producer else ""
    lines = [
        f"{network}.npu -- imported from {graph.source}{made}, opset {graph.opset}, {len(graph.nodes)} nodes.",
        "Each layer names the node that it comes from. Reshapes and transposes are in the order of the indices, not",
        "layers of their own; biases start the sums of their layer.",
    ]
    if dimensions.fixed:
        fixed = ", ".join(f"{n} = {v}" for n, v in dimensions.given.items())
        lines.append(f"The structure depends on {fixed}, which is therefore fixed.")
    if unknown:
        lines.append(f"NOT COSTED: {len(unknown)} nodes are tensors in their place:")
        kinds = Counter(u.kind for u in unknown)
        lines += [f"  {kind}: {count}" for kind, count in sorted(kinds.items())[:MOST_TOLD]]
    return lines


def _notes(model: Model, unknown: list[Unknown], parameters: Mapping[str, int | None], text: str) -> list[str]:
    """What the command says beside the file."""
    notes = [f"{len(model.document.layers)} layers from {len(model.graph.nodes)} nodes"]
    if unknown:
        kinds = Counter(u.kind for u in unknown)
        shown = ", ".join(f"{clean(k)} ({c})" for k, c in sorted(kinds.items())[:MOST_TOLD])
        notes.append(f"not costed, tensors in their place: {shown}")
    apart = [n for n in model.detached if f"tensor {n}[" in text]
    if apart:
        notes.append(f"{len(apart)} tensors stand for parts or padded copies of layers, see their comments")
    missing = [n for n, v in parameters.items() if v is None]
    if missing:
        notes.append(f"dynamic, without a default: {', '.join(missing)} (`--set {missing[0]}=VALUE` gives one)")
    return notes


def network_name(path: str | os.PathLike[str], output: str | None) -> str | None:
    """The name of the network: that of the file it is written to, so that importing the file finds it."""
    return identifier(Path(output).stem) or None if output and output != "-" else None
