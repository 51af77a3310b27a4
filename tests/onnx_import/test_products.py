"""Matrix products and attention: MACs equal to the reference, and the same numbers as the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from .build import attention, ints, model, node
from .checks import assert_computes_the_same, imported, macs, network_of, reference_macs


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((5, 6), (6, 7)),
        ((2, 5, 6), (6, 7)),
        ((2, 5, 6), (2, 6, 7)),
        ((2, 3, 5, 6), (2, 3, 6, 7)),
        ((2, 3, 5, 6), (3, 6, 7)),
        ((2, 1, 5, 6), (1, 3, 6, 7)),
        ((2, 3, 1, 6), (2, 3, 6, 1)),
        ((6,), (6, 7)),
        ((2, 5, 6), (6,)),
    ],
)
@pytest.mark.parametrize("known", ["", "left", "right"])
def test_products(left: tuple[int, ...], right: tuple[int, ...], known: str, tmp_path: Path) -> None:
    inputs = {n: s for n, s in {"a": left, "b": right}.items() if known != {"a": "left", "b": "right"}[n]}
    weights = {n: s for n, s in {"a": left, "b": right}.items() if n not in inputs}
    made = model([node("MatMul", "a b", "y")], inputs, weights, ["y"])
    network = assert_computes_the_same(made, tmp_path, inputs)
    assert macs(network) == reference_macs(made) > 0


@pytest.mark.parametrize(("turn_a", "turn_b"), [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_gemm(turn_a: int, turn_b: int, tmp_path: Path) -> None:
    a, b = ((6, 5) if turn_a else (5, 6)), ((7, 6) if turn_b else (6, 7))
    made = model([node("Gemm", "x w", "y", transA=turn_a, transB=turn_b)], {"x": a}, {"w": b}, ["y"])
    network = assert_computes_the_same(made, tmp_path, {"x": a})
    assert macs(network) == reference_macs(made) == 5 * 6 * 7
    assert turn_a or network.layers[0].op.name == "gemm"


def test_a_classifier_behind_a_convolution(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w", "c"),
        node("Relu", "c", "r"),
        node("Flatten", "r", "f"),
        node("Gemm", "f v b", "g", transB=1),
        node("Softmax", "g", "y"),
    ]
    made = model(nodes, {"x": ("N", 3, 4, 4)}, {"w": (5, 3, 3, 3), "v": (10, 20), "b": np.zeros(10, np.float32)}, ["y"])
    network = assert_computes_the_same(made, tmp_path, {"x": (2, 3, 4, 4)})
    assert macs(network) == 2 * (5 * 4 * 27 + 10 * 20)
    assert "bias of 10" in imported(made, tmp_path).text


def test_einsum(tmp_path: Path) -> None:
    for equation, a, b in (("bshd,bthd->bhst", (2, 3, 4, 5), (2, 6, 4, 5)), ("ij,jk", (3, 4), (4, 5))):
        made = model([node("Einsum", "a b", "y", equation=equation)], {"a": a, "b": b}, {}, ["y"])
        assert macs(assert_computes_the_same(made, tmp_path, {"a": a, "b": b})) > 0


def test_a_summand_that_layers_compute(tmp_path: Path) -> None:
    nodes = [node("Relu", "x", "r"), node("Gemm", "x w r", "y")]
    network = assert_computes_the_same(model(nodes, {"x": (4, 4)}, {"w": (4, 4)}, ["y"]), tmp_path, {"x": (4, 4)})
    assert [layer.op.name for layer in network.layers] == ["relu", "gemm", "add"]


@pytest.mark.parametrize("batch", [1, 2])
def test_attention(batch: int, tmp_path: Path) -> None:
    made = attention(batch, 5)
    network = assert_computes_the_same(made, tmp_path, {"x": (batch, 5, 16)})
    assert macs(network) == reference_macs(made) == batch * (4 * 5 * 16 * 16 + 2 * 5 * 5 * 16 + 2 * 5 * 16 * 64)
    assert not [layer for layer in network.layers if layer.op.name in ("concat", "reorder", "copy")]
    names = [layer.op.name for layer in network.layers]
    assert [n for n in names if n.startswith(("row", "exp"))][:4] == ["row_max", "exp_diff", "row_sum", "row_div"]


def test_attention_of_any_size(tmp_path: Path) -> None:
    found = imported(attention("batch", "tokens"), tmp_path)
    assert "network model(batch: int = 1, tokens: int)" in found.text
    for batch, tokens in ((1, 1), (2, 5), (3, 8)):
        network = network_of(found, batch=batch, tokens=tokens)
        assert macs(network) == reference_macs(attention(batch, tokens))
    assert_computes_the_same(attention("batch", "tokens"), tmp_path, {"x": (2, 3, 16)})


@pytest.mark.skipif(onnx.defs.onnx_opset_version() < 23, reason="this onnx has no Attention")
@pytest.mark.parametrize("causal", [0, 1])
def test_the_operator_attention(causal: int, tmp_path: Path) -> None:
    heads = {"q": (2, 4, 5, 8), "k": (2, 4, 6, 8), "v": (2, 4, 6, 8)}
    made = model([node("Attention", "q k v", "y", is_causal=causal)], heads, {}, ["y"], opset=23)
    if causal:  # the mask's numbers are not followed, its shape is
        assert macs(network_of(imported(made, tmp_path))) == 2 * 4 * 2 * 5 * 6 * 8
        return
    assert macs(assert_computes_the_same(made, tmp_path, heads)) == 2 * 4 * 2 * 5 * 6 * 8
    rows = {"q": (1, 5, 32), "k": (1, 6, 16), "v": (1, 6, 16)}  # two query heads share a key head
    nodes = [node("Attention", "q k v", "h", q_num_heads=4, kv_num_heads=2), node("MatMul", "h w", "y")]
    made = model(nodes, rows, {"w": (32, 4)}, ["y"], opset=23)
    assert macs(assert_computes_the_same(made, tmp_path, rows)) == 4 * 2 * 5 * 6 * 8 + 5 * 32 * 4


def test_heads_that_share_keys_are_not_copied(tmp_path: Path) -> None:
    nodes = [
        node("Reshape", "k apart", "k1"),
        node("Transpose", "k1", "k2", perm=[0, 2, 1, 3]),
        node("Unsqueeze", "k2 two", "k3"),
        node("Expand", "k3 many", "k4"),
        node("Reshape", "k4 heads", "k5"),
        node("Transpose", "k5", "k6", perm=[0, 1, 3, 2]),
        node("MatMul", "q k6", "y"),
    ]
    weights = {"apart": ints(1, 6, 2, 8), "two": ints(2), "many": ints(1, 2, 3, 6, 8), "heads": ints(1, 6, 6, 8)}
    inputs = {"q": (1, 6, 5, 8), "k": (1, 6, 16)}
    network = assert_computes_the_same(model(nodes, inputs, weights, ["y"]), tmp_path, inputs)
    assert [layer.op.tensor("right").dims for layer in network.layers] == [("n", "h", "k")]


def test_a_key_value_cache_is_joined_without_a_copy(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w", "new"),
        node("Concat", "past new", "keys", axis=1),
        node("Transpose", "keys", "turned", perm=[0, 2, 1]),
        node("MatMul", "x turned", "y"),
    ]
    made = model(nodes, {"x": (1, 1, 8), "past": (1, 6, 8)}, {"w": (8, 8)}, ["y"])
    network = assert_computes_the_same(made, tmp_path, {"x": (1, 1, 8), "past": (1, 6, 8)})
    assert [layer.op.name for layer in network.layers] == ["gemm", "matmul_nt"]
    assert len(network.layers[1].feeds) == 3
    assert macs(network) == 8 * 8 + 7 * 8


def test_weights_that_layers_share_are_one_tensor(tmp_path: Path) -> None:
    from npudsl.spec.summary import total_weights

    nodes = [node("MatMul", "x w", "a"), node("Relu", "a", "r"), node("MatMul", "r w", "y")]
    network = network_of(imported(model(nodes, {"x": (4, 8)}, {"w": (8, 8)}, ["y"]), tmp_path))
    assert total_weights(network) == 64


def test_parts_are_tensors_that_say_what_they_are(tmp_path: Path) -> None:
    nodes = [
        node("MatMul", "x w", "qkv"),
        node("Split", "qkv parts", "q k v", axis=-1),
        node("Transpose", "k", "turned", perm=[0, 2, 1]),
        node("MatMul", "q turned", "s"),
        node("MatMul", "s v", "y"),
    ]
    made = model(nodes, {"x": (1, 5, 8)}, {"w": (8, 24), "parts": ints(8, 8, 8)}, ["y"])
    network = assert_computes_the_same(made, tmp_path, {"x": (1, 5, 8)})
    assert macs(network) == reference_macs(made)
    text = imported(made, tmp_path).text
    assert "part of `qkv` (axis 2 from 8 to 16): Split `/q/Split`" in text
