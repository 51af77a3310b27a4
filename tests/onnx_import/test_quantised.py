"""Quantised models: precisions in the comments, the same counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .build import model, node
from .checks import imported, macs, network_of

SCALE = np.array(0.1, np.float32)
SIGNED, UNSIGNED = np.array(0, np.int8), np.array(0, np.uint8)


def test_pairs_of_quantize_and_dequantize_are_precisions(tmp_path: Path) -> None:
    nodes = [
        node("QuantizeLinear", "x s u", "xq"), node("DequantizeLinear", "xq s u", "xd"),
        node("DequantizeLinear", "w s i", "wd"),
        node("Conv", "xd wd", "c", pads=[1, 1, 1, 1]),
        node("Relu", "c", "r"),
        node("QuantizeLinear", "r s u", "rq"), node("DequantizeLinear", "rq s u", "rd"),
        node("GlobalAveragePool", "rd", "y"),
    ]  # fmt: skip
    weights = {"s": SCALE, "u": UNSIGNED, "i": SIGNED, "w": np.zeros((4, 3, 3, 3), np.int8)}
    found = imported(model(nodes, {"x": (1, 3, 8, 8)}, weights, ["y"]), tmp_path)
    network = network_of(found)
    assert [layer.op.name for layer in network.layers] == ["conv2d", "relu", "avg_pool"]
    assert macs(network) == 4 * 64 * 27
    assert "## precision: weight int8, input uint8\n    layer c = " in found.text
    assert "## precision: output uint8\n    layer r = " in found.text
    assert "## precision: input uint8\n    layer y = " in found.text


def test_integer_operators(tmp_path: Path) -> None:
    weights = {
        "s": SCALE, "u": UNSIGNED, "i": SIGNED, "w": np.zeros((4, 3, 3, 3), np.int8), "v": np.zeros((4, 5), np.int8)
    }  # fmt: skip
    nodes = [
        node("QuantizeLinear", "x s u", "xq"),
        node("QLinearConv", "xq s u w s i s u", "c"),
        node("GlobalMaxPool", "c", "p"),
        node("Flatten", "p", "f"),
        node("QLinearMatMul", "f s u v s i s u", "y"),
    ]
    found = imported(model(nodes, {"x": (1, 3, 8, 8)}, weights, ["y"]), tmp_path)
    assert macs(network_of(found)) == 4 * 36 * 27 + 4 * 5
    assert "## precision: weight int8, input uint8, output uint8\n    layer c = " in found.text


def test_dynamic_quantisation(tmp_path: Path) -> None:
    nodes = [
        node("DynamicQuantizeLinear", "x", "q scale zero"),
        node("MatMulInteger", "q w zero i", "p"),
        node("Cast", "p", "f", to=1),
        node("Mul", "f scale", "y"),
    ]
    found = imported(model(nodes, {"x": (2, 3)}, {"w": np.zeros((3, 4), np.int8), "i": SIGNED}, ["y"]), tmp_path)
    assert macs(network_of(found)) == 2 * 3 * 4
    assert "## precision: input uint8, weight int8, output int32" in found.text
