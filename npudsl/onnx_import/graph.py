"""A model as plain data: nodes in an order of execution, shapes of what comes in, tensors that are known beforehand."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .dimensions import Dimensions
from .errors import OnnxError
from .sizes import Size
from .values import Known
from .wire import read_stripped

if TYPE_CHECKING:
    import onnx

#: Operators that the standard defines by simpler ones and that are read as these.
COMPOSED = frozenset(["Attention", "RotaryEmbedding", "SwiGLU"])
#: Nodes of a model, functions laid out.
MAX_NODES = 50_000
#: Elements of a tensor up to which its values are looked at.
MAX_ELEMENTS = 1 << 13
#: Axes of a tensor.
MAX_RANK = 16


@dataclass(frozen=True)
class Node:
    """One node. `inputs` of optional ones that are left out are empty; `graphs`: it has graphs of its own (`If`)."""

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """How a sentence or comment names the node."""
        return self.name or next((o for o in self.outputs if o), self.op)


@dataclass(frozen=True)
class Graph:
    """`shapes`: what the file says about values that nodes produce (an axis is None where it says nothing)."""

    source: str
    nodes: tuple[Node, ...]
    inputs: Mapping[str, tuple[tuple[Size, ...], str]]
    outputs: tuple[str, ...]
    known: Mapping[str, Known]
    shapes: Mapping[str, tuple[Size | None, ...]]
    opset: int
    producer: str
    inferred: bool = False


def load_graph(path: str | os.PathLike[str], dimensions: Dimensions, *, infer: bool = False) -> Graph:
    """The model in a file. Raises `OnnxError` for whatever is wrong with it.

    `infer`: have onnx infer the shapes of inner values, for those that the importer cannot tell.
    """
    try:
        import onnx
    except ImportError:
        raise OnnxError("reading ONNX needs the package `onnx`: pip install 'npudsl[onnx]'") from None
    content = read_stripped(path)
    try:
        model = onnx.load_model_from_string(content)
        model = _without_functions(model)
    except Exception as error:  # protobuf, and the C++ inside onnx, raise types of their own
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise OnnxError(f"`{os.fspath(path)}` is not an ONNX model: {reason}") from None
    if not model.HasField("graph") or not model.graph.node:
        raise OnnxError(f"`{os.fspath(path)}` has no graph: it is not an ONNX model, or an empty one")
    return _graph(model, Path(path), dimensions, infer)


def _graph(model: onnx.ModelProto, path: Path, dimensions: Dimensions, infer: bool) -> Graph:
    graph = model.graph
    nodes = tuple(_node(n, path.parent) for n in graph.node)
    if len(nodes) > MAX_NODES:
        raise OnnxError(f"the model has {len(nodes)} nodes; at most {MAX_NODES} are read")
    shaped = _with_shapes(model) if infer else graph
    known = {text(t.name): known_of(t, path.parent) for t in graph.initializer}
    known.update(
        (text(t.values.name), Known(tuple(t.dims), None, text(t.values.name))) for t in graph.sparse_initializer
    )
    given = [i for i in graph.input if text(i.name) not in known]
    inputs = {text(i.name): (_input_shape(i, dimensions), type_name(i.type.tensor_type.elem_type)) for i in given}
    shapes = {text(v.name): _loose_shape(v, dimensions) for v in (*shaped.value_info, *shaped.output)}
    default = [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")]
    return Graph(
        source=path.name,
        nodes=_in_order(nodes, {*inputs, *known}),
        inputs=inputs,
        outputs=tuple(text(o.name) for o in graph.output),
        known=known,
        shapes={name: shape for name, shape in shapes.items() if shape is not None},
        opset=default[0] if default else 1,
        producer=" ".join(text(p) for p in (model.producer_name, model.producer_version) if p),
        inferred=infer,
    )


def _without_functions(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with functions laid out: its own, and operators that the standard defines by simpler ones."""
    import onnx.inliner

    if model.functions:
        model = onnx.inliner.inline_local_functions(model)
    composed = sorted({n.op_type for n in model.graph.node if n.domain in ("", "ai.onnx")} & COMPOSED)
    try:
        if composed:
            return onnx.inliner.inline_selected_functions(model, [("", name) for name in composed], False, True)
    except Exception:  # an older onnx cannot, and none can for every form: the operators stay and are told as unknown
        pass
    return model


def _with_shapes(model: onnx.ModelProto) -> onnx.GraphProto:
    """The graph with the shapes that onnx itself infers; as it is if onnx cannot."""
    import onnx.shape_inference

    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    except Exception:  # whatever its C++ says: the shapes that the file has must do
        return model.graph


def _node(node: onnx.NodeProto, folder: Path) -> Node:
    domain = "" if node.domain == "ai.onnx" else text(node.domain)
    attributes = {text(a.name): _attribute(a, folder) for a in node.attribute}
    inputs, outputs = (tuple(text(n) for n in names) for names in (node.input, node.output))
    return Node(text(node.op_type), domain, text(node.name), inputs, outputs, attributes)


def text(value: str | bytes) -> str:
    """A name of the file. (protobuf gives bytes for one that is not UTF-8.)"""
    return value if isinstance(value, str) else bytes(value).decode("utf-8", "replace")


def _attribute(attribute: onnx.AttributeProto, folder: Path) -> Any:
    """An attribute as a Python value: texts are `str`, a tensor is `Known`, a graph is None."""
    from onnx import AttributeProto, helper

    if attribute.type == AttributeProto.TENSOR:
        return known_of(attribute.t, folder)
    if attribute.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
        return None
    try:
        value = helper.get_attribute_value(attribute)
    except ValueError:
        return None
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return list(value) if isinstance(value, Sequence) or hasattr(value, "_values") else value


def known_of(tensor: onnx.TensorProto, folder: Path) -> Known:
    """A tensor of the file; its elements only if they are few and there."""
    shape = tuple(int(d) for d in tensor.dims)
    if len(shape) > MAX_RANK or any(d < 0 for d in shape):
        raise OnnxError(f"tensor `{text(tensor.name)}` has an impossible shape, {list(shape)}")
    dtype = type_name(tensor.data_type)
    data = _elements(tensor, folder) if prod(shape) <= MAX_ELEMENTS else None
    return Known(shape, data, text(tensor.name) or None, dtype)


def _elements(tensor: onnx.TensorProto, folder: Path) -> np.ndarray | None:
    """The elements as Python numbers in an object array; None if they were cut, are elsewhere, or are no numbers."""
    from onnx import TensorProto, numpy_helper
    from onnx.external_data_helper import load_external_data_for_tensor

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if tensor.data_location == TensorProto.EXTERNAL:
                load_external_data_for_tensor(tensor, str(folder))
            found = numpy_helper.to_array(tensor)
            if found.dtype.kind not in "biuf":
                found = found.astype(np.float32)  # bfloat16 and the 8-bit floats of ml_dtypes
            return np.array(found.tolist(), dtype=object).reshape(found.shape)
    except Exception:  # the element types' own conversions raise what they like; such data stay unknown
        return None


def type_name(code: int) -> str:
    """`int8` for 3: an element type as onnx.proto calls it."""
    from onnx import TensorProto

    try:
        return str(TensorProto.DataType.Name(code)).lower()
    except ValueError:
        return "unknown"


def _input_shape(value: onnx.ValueInfoProto, dimensions: Dimensions) -> tuple[Size, ...]:
    """The shape of an input; each axis that the file leaves open is a dynamic dimension."""
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        raise OnnxError(
            f"input `{text(value.name)}` is no tensor, but {'a ' + kind[:-5] if kind else 'nothing that is said'}"
        )
    if not value.type.tensor_type.HasField("shape"):
        raise OnnxError(f"input `{text(value.name)}` has no shape in the file")
    axes = value.type.tensor_type.shape.dim
    if len(axes) > MAX_RANK:
        raise OnnxError(f"input `{text(value.name)}` has {len(axes)} axes; at most {MAX_RANK} are read")
    found = []
    for position, axis in enumerate(axes):
        if axis.WhichOneof("value") == "dim_value" and axis.dim_value >= 1:
            found.append(axis.dim_value)
        elif axis.dim_value < 0 or (axis.WhichOneof("value") == "dim_value" and axis.dim_value == 0):
            found.append(dimensions.unnamed(text(value.name), position))  # 0 and -1 are how old exporters wrote "any"
        elif axis.dim_param:
            found.append(dimensions.named(text(axis.dim_param), first=position == 0))
        else:
            found.append(dimensions.unnamed(text(value.name), position))
    return tuple(found)


def _loose_shape(value: onnx.ValueInfoProto, dimensions: Dimensions) -> tuple[Size | None, ...] | None:
    """What the file says of the shape of an inner value: None per axis that it does not."""
    if value.type.WhichOneof("value") != "tensor_type" or not value.type.tensor_type.HasField("shape"):
        return None
    axes = value.type.tensor_type.shape.dim
    return tuple(
        a.dim_value
        if a.WhichOneof("value") == "dim_value" and a.dim_value >= 1
        else dimensions.existing(text(a.dim_param))
        for a in axes[:MAX_RANK]
    )


def _in_order(nodes: tuple[Node, ...], given: set[str]) -> tuple[Node, ...]:
    """The nodes so that each stands after what it reads. Raises `OnnxError` for cycles and values from nowhere."""
    producer: dict[str, int] = {}
    for index, node in enumerate(nodes):
        for name in (o for o in node.outputs if o):
            if name in producer or name in given:
                raise OnnxError(f"two nodes produce `{name}`: `{node.title}` is the second")
            producer[name] = index
    readers: dict[int, list[int]] = {}
    waiting = [0] * len(nodes)
    for index, node in enumerate(nodes):
        for name in {i for i in node.inputs if i and i not in given}:
            if name not in producer:
                raise OnnxError(f"`{node.title}` ({node.op}) reads `{name}`, which nothing produces")
            readers.setdefault(producer[name], []).append(index)
            waiting[index] += 1
    ready = [i for i, count in enumerate(waiting) if not count]
    order: list[int] = []
    for index in ready:  # grows while it is walked
        order.append(index)
        for reader in readers.get(index, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(order) < len(nodes):
        stuck = [nodes[i].title for i in range(len(nodes)) if waiting[i]]
        raise OnnxError(f"the graph has a cycle through {', '.join(f'`{t}`' for t in stuck[:5])}")
    return nodes if all(_is_sorted(nodes, producer)) else tuple(nodes[i] for i in order)


def _is_sorted(nodes: tuple[Node, ...], producer: Mapping[str, int]) -> list[bool]:
    return [producer.get(name, -1) < index for index, node in enumerate(nodes) for name in node.inputs]
