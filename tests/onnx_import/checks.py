"""What every import must satisfy, and the reference counts."""

from __future__ import annotations

from math import prod
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import onnx.shape_inference
from onnx.reference import ReferenceEvaluator

from npudsl.onnx_import import Imported, import_model, importer
from npudsl.onnx_import.document import Document
from npudsl.spec.loader import load_text
from npudsl.spec.net import Network
from npudsl.syntax import format_text
from npudsl.text.source import Source

from . import numeric


def imported(model: onnx.ModelProto, folder: Path, **options: object) -> Imported:
    """The import of a model, through a file."""
    path = folder / "model.onnx"
    onnx.save(model, path)
    return import_model(path, **options)  # type: ignore[arg-type]


def network_of(found: Imported, **settings: object) -> Network:
    """The network of an import; its text must be clean and in the one style."""
    program = load_text(found.text, name="imported")
    assert program.check() == ()
    assert format_text(Source("imported", found.text)) == found.text
    assert max(len(line) for line in found.text.splitlines()) <= 120
    return program.network(found.network, settings)


def macs(network: Network) -> int:
    return sum(layer.macs * layer.repeat for layer in network.layers)


def reference_macs(model: onnx.ModelProto) -> int:
    """Multiply-accumulate operations of Conv, ConvTranspose, Gemm and MatMul, by the shapes that onnx infers."""
    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    shapes = {
        v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
        for v in (*graph.value_info, *graph.output, *graph.input)
    }
    shapes |= {i.name: list(i.dims) for i in graph.initializer}
    total = 0
    for node in graph.node:
        first = shapes.get(node.input[0], []) if node.input else []
        if node.op_type == "Conv":
            total += prod(shapes[node.output[0]]) * prod(shapes[node.input[1]][1:])
        elif node.op_type == "ConvTranspose":
            total += prod(first) * prod(shapes[node.input[1]][1:])
        elif node.op_type in ("Gemm", "MatMul"):
            turned = any(a.name == "transA" and a.i for a in node.attribute)
            total += prod(shapes[node.output[0]]) * first[-2 if turned else -1]
    return total


def assert_computes_the_same(model: onnx.ModelProto, folder: Path, shapes: dict[str, tuple[int, ...]]) -> Network:
    """Import with every weight followed, compute both, compare what the last layer gives.

    A tensor that stands for part of another (`Slice`) is given what the model computes under that name.
    """
    documents: list[Document] = []

    def remember(document: Document, *rest: object) -> str:
        documents.append(document)
        return checked(document, *rest)  # type: ignore[arg-type]

    checked = importer.checked_text
    with mock.patch.object(importer, "checked_text", remember):
        found = imported(model, folder)
    random = np.random.default_rng(2)
    inputs = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    inner = [o for n in model.graph.node for o in n.output if o]
    results = dict(zip(inner, ReferenceEvaluator(_exposed(model, inner)).run(inner, inputs), strict=True))
    settings = {
        v.dim_param: inputs[i.name].shape[axis]
        for i in model.graph.input
        for axis, v in enumerate(i.type.tensor_type.shape.dim)
        if v.dim_param
    }
    network = network_of(found, **settings)
    known = {name: {o: k.data for o, k in item.known.items()} for name, item in documents[-1].layers.items()}
    given = {t.name: inputs[t.name] if t.name in inputs else results[t.name] for t in network.tensors}
    along = {name: item.along for name, item in documents[-1].layers.items() if item.along}
    computed = numeric.run(network, given, known, along)  # type: ignore[arg-type]
    expected = results[model.graph.output[0].name]
    assert computed.size == expected.size
    np.testing.assert_allclose(computed, expected.reshape(-1), rtol=1e-3, atol=1e-4)
    return network


def _exposed(model: onnx.ModelProto, names: list[str]) -> onnx.ModelProto:
    """The model with all inner values as outputs."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.extend(onnx.helper.make_empty_tensor_value_info(n) for n in names)
    return copy
