"""Convolutions and pooling: MACs equal to the reference, and the same numbers as the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from .build import model, node
from .checks import assert_computes_the_same, imported, macs, network_of, reference_macs

#: Name -> input shape, weight shape, attributes.
CASES: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, object]]] = {
    "plain": ((1, 3, 9, 9), (4, 3, 3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    "grouped": ((2, 6, 7, 7), (4, 3, 3, 3), {"group": 2}),
    "depthwise": ((1, 4, 8, 8), (4, 1, 3, 3), {"group": 4, "pads": [1, 1, 1, 1]}),
    "depthwise_twice": ((1, 4, 8, 8), (8, 1, 3, 3), {"group": 4}),
    "dilated": ((1, 2, 9, 9), (3, 2, 3, 3), {"dilations": [2, 2], "pads": [2, 2, 2, 2]}),
    "unlike_axes": ((1, 2, 9, 6), (3, 2, 5, 1), {"strides": [2, 1], "pads": [2, 0, 2, 0]}),
    "depthwise_unlike_axes": ((1, 3, 9, 6), (3, 1, 5, 1), {"strides": [2, 1], "group": 3}),
    "same_upper": ((1, 2, 8, 8), (3, 2, 3, 3), {"auto_pad": "SAME_UPPER", "strides": [2, 2]}),
    "one_axis": ((2, 3, 10), (4, 3, 3), {"pads": [1, 1], "strides": [3]}),
    "one_axis_grouped": ((1, 4, 10), (4, 2, 3), {"group": 2, "dilations": [2]}),
    "three_axes": ((1, 2, 5, 6, 7), (3, 2, 2, 3, 3), {}),
    "three_unlike_axes": ((1, 2, 5, 6, 7), (3, 2, 1, 3, 3), {"pads": [0, 1, 1, 0, 1, 1], "strides": [1, 2, 2]}),
    "whole_map": ((1, 3, 4, 4), (5, 3, 4, 4), {}),
}


def conv(data: tuple[int, ...], weight: tuple[int, ...], attributes: dict[str, object]) -> onnx.ModelProto:
    return model([node("Conv", "x w", "y", **attributes)], {"x": data}, {"w": weight}, ["y"])


@pytest.mark.parametrize("name", CASES)
def test_convolutions(name: str, tmp_path: Path) -> None:
    data, weight, attributes = CASES[name]
    made = conv(data, weight, attributes)
    network = assert_computes_the_same(made, tmp_path, {"x": data})
    assert macs(network) == reference_macs(made) > 0


def test_standard_operators_are_used_where_they_exist(tmp_path: Path) -> None:
    names = {n: network_of(imported(conv(*case), tmp_path)).layers[0].op.name for n, case in CASES.items()}
    assert names["plain"] == names["grouped"] == names["dilated"] == names["same_upper"] == "conv2d"
    assert names["depthwise"] == "depthwise" and names["unlike_axes"] == "conv2d_hw"
    assert names["one_axis"] == "conv1d" and names["three_axes"] == "conv3d"


@pytest.mark.parametrize(
    ("data", "weight", "attributes"),
    [
        ((1, 3, 5, 5), (3, 4, 4, 4), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        ((1, 4, 5, 5), (4, 3, 3, 3), {"group": 2}),
        ((1, 3, 7), (3, 2, 4), {"strides": [2]}),
        ((1, 2, 3, 4, 5), (2, 3, 2, 2, 2), {"strides": [2, 2, 2]}),
        ((1, 2, 5, 4), (2, 3, 3, 2), {"strides": [3, 1], "dilations": [2, 1]}),
    ],
)
def test_transposed_convolutions(
    data: tuple[int, ...], weight: tuple[int, ...], attributes: dict[str, object], tmp_path: Path
) -> None:
    made = model([node("ConvTranspose", "x w", "y", **attributes)], {"x": data}, {"w": weight}, ["y"])
    if "group" not in attributes:  # which onnx's reference implementation cannot do
        assert_computes_the_same(made, tmp_path, {"x": data})
    assert macs(network_of(imported(made, tmp_path))) == reference_macs(made) > 0


def test_a_transposed_convolution_cropped_unevenly_is_read_through_a_tensor(tmp_path: Path) -> None:
    nodes = [
        node("ConvTranspose", "x w", "t", strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]),
        node("Conv", "t v", "y"),
    ]
    made = model(nodes, {"x": (1, 3, 5, 5)}, {"w": (3, 4, 3, 3), "v": (2, 4, 3, 3)}, ["y"])
    found = imported(made, tmp_path)
    assert macs(network_of(found)) == reference_macs(made)
    assert "cropped by another number of rows" in found.text and "p = 10, q = 10" in found.text


@pytest.mark.parametrize(
    ("op", "data", "attributes"),
    [
        ("MaxPool", (1, 3, 7, 7), {"kernel_shape": [3, 3], "strides": [2, 2]}),
        ("MaxPool", (1, 3, 8, 8), {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}),
        ("MaxPool", (1, 3, 8, 6), {"kernel_shape": [2, 1], "strides": [2, 1]}),
        ("MaxPool", (1, 3, 9), {"kernel_shape": [3]}),
        ("MaxPool", (1, 2, 4, 5, 6), {"kernel_shape": [2, 2, 2], "strides": [2, 2, 2]}),
        ("AveragePool", (1, 3, 8, 8), {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("AveragePool", (1, 3, 8, 8), {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
        ("AveragePool", (1, 3, 9), {"kernel_shape": [3], "strides": [3]}),
        ("GlobalAveragePool", (2, 3, 5, 4), {}),
        ("GlobalMaxPool", (2, 3, 5, 4), {}),
    ],
)
def test_pooling(op: str, data: tuple[int, ...], attributes: dict[str, object], tmp_path: Path) -> None:
    made = model([node("Abs", "x", "a"), node(op, "a", "y", **attributes)], {"x": data}, {}, ["y"])
    assert macs(assert_computes_the_same(made, tmp_path, {"x": data})) == 0


def test_padding_that_no_window_has_is_in_a_tensor(tmp_path: Path) -> None:
    made = conv((1, 3, 10), (4, 3, 3), {"pads": [2, 0]})  # causal: everything at the beginning
    found = imported(made, tmp_path)
    assert macs(network_of(found)) == reference_macs(made)
    assert "with zeros around it (2 and 0)" in found.text and "n = 12" in found.text


def test_channels_last_needs_no_copy(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", "x", "t", perm=[0, 3, 1, 2]),
        node("Conv", "t w", "c", pads=[1, 1, 1, 1]),
        node("Relu", "c", "r"),
        node("Transpose", "r", "y", perm=[0, 2, 3, 1]),
        node("Transpose", "y", "back", perm=[0, 3, 1, 2]),
        node("MaxPool", "back", "z", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    made = model(nodes, {"x": (2, 6, 6, 3)}, {"w": (4, 3, 3, 3)}, ["z"])
    network = assert_computes_the_same(made, tmp_path, {"x": (2, 6, 6, 3)})
    assert [layer.op.name for layer in network.layers] == ["conv2d_axes", "relu", "max_pool"]
    assert macs(network) == reference_macs(made)


def test_pixels_and_channels_are_exchanged_by_the_index(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w", "c"),
        node("DepthToSpace", "c", "d", blocksize=2),
        node("Relu", "d", "r"),
        node("SpaceToDepth", "r", "s", blocksize=2),
        node("Conv", "s v", "y"),
    ]
    made = model(nodes, {"x": (1, 3, 4, 4)}, {"w": (8, 3, 1, 1), "v": (5, 8, 1, 1)}, ["y"])
    found = imported(made, tmp_path)
    assert macs(network_of(found)) == reference_macs(made)


def test_upsampling(tmp_path: Path) -> None:
    nodes = [node("Relu", "x", "r"), node("Resize", "r - scales", "y", mode="nearest")]
    for scales in ([1.0, 1.0, 2.0, 2.0], [1.0, 1.0, 3.0, 2.0]):
        weights = {"scales": np.array(scales, dtype=np.float32)}
        nodes[1] = node("Resize", "r - scales", "y", mode="nearest", nearest_mode="floor",
                        coordinate_transformation_mode="asymmetric")  # fmt: skip
        assert_computes_the_same(model(nodes, {"x": (1, 2, 3, 4)}, weights, ["y"]), tmp_path, {"x": (1, 2, 3, 4)})
