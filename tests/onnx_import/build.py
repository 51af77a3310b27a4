"""Small ONNX models from lists of nodes, with random weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str | None]


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Shape],
    weights: Mapping[str, np.ndarray | tuple[int, ...]],
    outputs: Sequence[str],
    *,
    opset: int = 17,
    types: Mapping[str, int] | None = None,
) -> onnx.ModelProto:
    """A model; a weight given by its shape is random. The outputs' shapes are left to onnx."""
    random = np.random.default_rng(1)
    arrays = {
        name: w if isinstance(w, np.ndarray) else random.normal(size=w).astype(np.float32)
        for name, w in weights.items()
    }
    kinds = types or {}
    graph = helper.make_graph(
        list(nodes),
        "test",
        [helper.make_tensor_value_info(n, kinds.get(n, TensorProto.FLOAT), list(s)) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, kinds.get(n, TensorProto.FLOAT), None) for n in outputs],
        [numpy_helper.from_array(a, n) for n, a in arrays.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    made.producer_name = "npudsl-tests"
    return made


def node(op: str, inputs: str, output: str, **attributes: object) -> onnx.NodeProto:
    """A node named after its (first) output; names are separated by blanks, `-` is an input that is left out."""
    names = ["" if n == "-" else n for n in inputs.split()]
    domain = str(attributes.pop("domain", ""))
    return helper.make_node(op, names, output.split(), name=f"/{output.split()[0]}/{op}", domain=domain, **attributes)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def attention(batch: int | str, tokens: int | str, width: int = 16, heads: int = 4) -> onnx.ModelProto:
    """A transformer block as exporters write it: projections, heads by reshape and transpose, softmax, residual sums,
    layer normalisation, an MLP with GELU in parts."""
    head = width // heads
    project = []
    for letter in "qkv":
        project += [
            node("MatMul", f"x w{letter}", f"{letter}_p"),
            node("Add", f"{letter}_p b{letter}", f"{letter}_b"),
            node("Reshape", f"{letter}_b split", f"{letter}_s"),
        ]
    nodes = [
        *project,
        node("Transpose", "q_s", "q", perm=[0, 2, 1, 3]),
        node("Transpose", "k_s", "k", perm=[0, 2, 3, 1]),
        node("Transpose", "v_s", "v", perm=[0, 2, 1, 3]),
        node("MatMul", "q k", "scores"),
        node("Div", "scores root", "scaled"),
        node("Softmax", "scaled", "prob", axis=-1),
        node("MatMul", "prob v", "heard"),
        node("Transpose", "heard", "turned", perm=[0, 2, 1, 3]),
        node("Reshape", "turned join", "joined"),
        node("MatMul", "joined wo", "mixed"),
        node("Add", "mixed x", "residual"),
        node("LayerNormalization", "residual gain shift", "normal", axis=-1, epsilon=1e-5),
        node("MatMul", "normal w1", "up"),
        node("Div", "up root2", "g1"),
        node("Erf", "g1", "g2"),
        node("Add", "g2 one", "g3"),
        node("Mul", "up g3", "g4"),
        node("Mul", "g4 half", "gelu"),
        node("MatMul", "gelu w2", "down"),
        node("Add", "down normal", "y"),
    ]
    scalars = {"root": head**0.5, "root2": 2**0.5, "one": 1.0, "half": 0.5}
    weights: dict[str, np.ndarray | tuple[int, ...]] = {n: np.array(v, dtype=np.float32) for n, v in scalars.items()}
    weights |= {f"w{letter}": (width, width) for letter in "qkvo"} | {f"b{letter}": (width,) for letter in "qkv"}
    weights |= {"gain": (width,), "shift": (width,), "w1": (width, 4 * width), "w2": (4 * width, width)}
    weights |= {"split": ints(0, 0, heads, head), "join": ints(0, 0, width)}
    return model(nodes, {"x": [batch, tokens, width]}, weights, ["y"])
