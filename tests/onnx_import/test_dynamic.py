"""Dynamic dimensions: parameters of the network, shapes that the model computes, values that must be given."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from npudsl.onnx_import import OnnxError

from .build import ints, model, node
from .checks import imported, macs, network_of


def computed_shape() -> onnx.ModelProto:
    """Flattening as exporters of dynamic models write it: shapes gathered and joined."""
    nodes = [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "n", axis=0),
        node("Unsqueeze", "n axis", "n1"),
        node("Concat", "n1 rest", "target", axis=0),
        node("Conv", "x w", "c", pads=[1, 1, 1, 1]),
        node("GlobalAveragePool", "c", "p"),
        node("Reshape", "p target", "flat"),
        node("Gemm", "flat v", "y", transB=1),
    ]
    import numpy as np

    weights = {"zero": np.array(0), "axis": ints(0), "rest": ints(-1), "w": (8, 3, 3, 3), "v": (10, 8)}
    return model(nodes, {"x": ("N", 3, "height", "width")}, weights, ["y"])


def test_shapes_are_followed_through_the_graph(tmp_path: Path) -> None:
    found = imported(computed_shape(), tmp_path)
    assert "network model(N: int = 1, height: int, width: int)" in found.text
    assert "dynamic, without a default: height, width" in found.notes[-1]
    for n, h, w in ((1, 8, 8), (3, 16, 9)):
        assert macs(network_of(found, N=n, height=h, width=w)) == n * (h * w * 8 * 27 + 80)


def test_values_become_defaults(tmp_path: Path) -> None:
    found = imported(computed_shape(), tmp_path, settings={"height": 32, "width": 24})
    assert "network model(N: int = 1, height: int = 32, width: int = 24)" in found.text
    assert macs(network_of(found)) == 32 * 24 * 8 * 27 + 80


def test_an_unknown_dimension_is_told(tmp_path: Path) -> None:
    with pytest.raises(OnnxError, match="no dynamic dimension `depth`; it has: N, height, width"):
        imported(computed_shape(), tmp_path, settings={"depth": 3})


def test_axes_without_a_name(tmp_path: Path) -> None:
    made = model([node("MatMul", "x w", "y")], {"x": (None, None, 8)}, {"w": (8, 4)}, ["y"])
    found = imported(made, tmp_path)
    assert "network model(batch: int = 1, x_1: int)" in found.text
    assert macs(network_of(found, x_1=7)) == 7 * 32


def test_names_that_are_expressions_or_reserved(tmp_path: Path) -> None:
    nodes = [node("Concat", "past x", "k", axis=1), node("Add", "k mask", "y")]
    inputs = {"x": (1, "layer", 4), "past": (1, "past len", 4), "mask": (1, "past len + layer", 4)}
    made = model(nodes, inputs, {}, ["y"])
    made.graph.input[2].type.tensor_type.shape.dim[1].dim_param = "past_len + layer"
    made.graph.input[1].type.tensor_type.shape.dim[1].dim_param = "past_len"
    found = imported(made, tmp_path)
    assert "network model(layer_size: int, past_len: int)" in found.text
    assert network_of(found, layer_size=3, past_len=5).layers[-1].points == 32


def test_strided_windows_over_a_dynamic_axis(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w", "c", strides=[2, 2], pads=[1, 1, 1, 1]),
        node("MaxPool", "c", "p", kernel_shape=[3, 3], strides=[2, 2]),
        node("Relu", "p", "r"),
        node("Transpose", "r", "t", perm=[0, 2, 3, 1]),
        node("Reshape", "t shape", "s"),
        node("MatMul", "s v", "y"),
    ]
    weights = {"w": (8, 3, 3, 3), "shape": ints(0, -1, 8), "v": (8, 5)}
    found = imported(model(nodes, {"x": (1, 3, "h", "w_")}, weights, ["y"]), tmp_path)
    for h, w in ((32, 32), (37, 64)):
        network = network_of(found, h=h, w=w)
        tokens = (((h - 1) // 2 + 1 - 3) // 2 + 1) * (((w - 1) // 2 + 1 - 3) // 2 + 1)
        assert network.layers[-1].macs == tokens * 40


def test_a_structure_that_depends_on_a_value_needs_it(tmp_path: Path) -> None:
    nodes = [node("Reshape", "x shape", "r"), node("MatMul", "r w", "y")]
    made = model(nodes, {"x": (1, "tokens")}, {"shape": ints(-1, 8), "w": (8, 4)}, ["y"])
    with pytest.raises(OnnxError, match="give the dynamic dimensions a value"):
        imported(made, tmp_path)
    found = imported(made, tmp_path, settings={"tokens": 24})
    assert "The structure depends on tokens = 24, which is therefore fixed." in found.text
    assert macs(network_of(found)) == 3 * 32
