"""Operators that are not known: all told at once, or kept as tensors that say so."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from npudsl.onnx_import import OnnxError

from .build import model, node
from .checks import imported, macs, network_of


def strange() -> onnx.ModelProto:
    nodes = [
        node("MatMul", "x w", "a"),
        node("Sin", "a", "b"),
        node("Sin", "b", "c"),
        node("Resize", "c - - sizes", "d", mode="linear"),
        node("Wild", "c", "e", domain="com.example"),
        node("Add", "c e", "y"),
    ]
    made = model([nodes[0], nodes[1], nodes[2], nodes[4], nodes[5]], {"x": (2, 3)}, {"w": (3, 4)}, ["y"])
    made.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
    return made


def test_all_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OnnxError) as caught:
        imported(strange(), tmp_path)
    assert str(caught.value).splitlines() == [
        "2 operators are not known:",
        "  Sin: 2 times, first `/b/Sin`",
        "  com.example.Wild: 1 time, first `/e/Wild`",
        "`--skip` keeps them as tensors without cost, each marked in the file",
    ]


def test_skipped_ones_need_a_shape(tmp_path: Path) -> None:
    with pytest.raises(OnnxError, match=r"`/e/Wild` .Wild. cannot be skipped: the model does not say the shape"):
        imported(strange(), tmp_path, skip=True)


def test_skipped_ones_are_marked(tmp_path: Path) -> None:
    made = strange()
    made.graph.value_info.append(onnx.helper.make_tensor_value_info("e", onnx.TensorProto.FLOAT, [2, 4]))
    found = imported(made, tmp_path, skip=True)
    network = network_of(found)
    assert macs(network) == 2 * 3 * 4
    assert [layer.name for layer in network.layers] == ["a", "y"]
    assert "# NOT COSTED: 3 nodes are tensors in their place:" in found.text
    assert "## NOT COSTED: com.example.Wild `/e/Wild`\n    tensor e[m = 2, n = 4]" in found.text
    assert "not costed, tensors in their place: Sin (2), com.example.Wild (1)" in found.notes


def test_forms_that_are_not_known_say_which(tmp_path: Path) -> None:
    import numpy as np

    made = model(
        [node("Resize", "x - scales", "y", mode="linear")],
        {"x": (1, 2, 3, 4)},
        {"scales": np.array([1, 1, 2, 2], np.float32)},
        ["y"],
    )
    with pytest.raises(OnnxError, match=r"1 operator is not known:\n  Resize \(mode linear\): 1 time"):
        imported(made, tmp_path)
    found = imported(model([node("Relu", "x", "r"), *made.graph.node, node("Relu", "y", "z")], {"x": (1, 2, 3, 4)},
                           {"scales": np.array([1, 1, 2, 2], np.float32)}, ["z"]), tmp_path, skip=True)  # fmt: skip
    assert "NOT COSTED: Resize `/y/Resize` (mode linear)" in found.text
    assert network_of(found).layers[-1].points == 2 * 6 * 8
