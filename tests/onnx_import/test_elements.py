"""Element-wise operators, normalisations, reductions and movement: the same numbers as the model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from .build import ints, model, node
from .checks import assert_computes_the_same, imported, network_of

MAP = (2, 4, 3, 5)
SIMPLE = (
    "Relu", "Sigmoid", "Tanh", "Exp", "Erf", "HardSwish", "HardSigmoid", "Softplus", "Softsign", "Neg", "Abs", "Selu",
)  # fmt: skip


@pytest.mark.parametrize(
    ("op", "attributes"),
    [(op, {}) for op in SIMPLE]
    + [("LeakyRelu", {"alpha": 0.2}), ("Elu", {"alpha": 0.7}), ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5})],
)  # fmt: skip
def test_activations(op: str, attributes: dict[str, object], tmp_path: Path) -> None:
    assert_computes_the_same(model([node(op, "x", "y", **attributes)], {"x": MAP}, {}, ["y"]), tmp_path, {"x": MAP})


def test_gelu_and_friends(tmp_path: Path) -> None:
    for op, attributes, opset in (("Gelu", {}, 20), ("Gelu", {"approximate": "tanh"}, 20), ("Mish", {}, 18)):
        made = model([node(op, "x", "y", **attributes)], {"x": MAP}, {}, ["y"], opset=opset)
        assert_computes_the_same(made, tmp_path, {"x": MAP})


@pytest.mark.parametrize(("low", "high"), [(0.0, 6.0), (-1.0, 1.0), (0.5, None), (None, 0.5)])
def test_clip(low: float | None, high: float | None, tmp_path: Path) -> None:
    weights = {n: np.array(v, np.float32) for n, v in (("low", low), ("high", high)) if v is not None}
    names = f"x {'low' if low is not None else '-'} {'high' if high is not None else ''}"
    made = model([node("Clip", names, "y")], {"x": MAP}, weights, ["y"])
    network = assert_computes_the_same(made, tmp_path, {"x": MAP})
    assert (network.layers[0].op.name == "relu6") == ((low, high) == (0.0, 6.0))


@pytest.mark.parametrize(
    ("op", "form"),
    [(op, form) for op in ("Add", "Sub", "Mul", "Div") for form in ("xa", "xw")]
    + [(op, form) for op in ("Sub", "Div") for form in ("ax", "wx")]
    + [("Add", "wx"), ("Mul", "ax")],
)
@pytest.mark.parametrize("other", [MAP, (4, 1, 1), (2, 4, 1, 1), (5,), (1, 1, 3, 5), ()])
def test_arithmetic(op: str, form: str, other: tuple[int, ...], tmp_path: Path) -> None:
    inputs: dict[str, tuple[int, ...]] = {"x": MAP} | ({"a": other} if "a" in form else {})
    made = model([node(op, " ".join(form), "y")], inputs, {} if "a" in form else {"w": other}, ["y"])
    assert_computes_the_same(made, tmp_path, inputs)


def test_standard_operators_with_broadcasting(tmp_path: Path) -> None:
    for op, other, name in (("Mul", (2, 4, 1, 1), "channel_gate"), ("Add", MAP, "add"), ("Mul", MAP, "mul")):
        made = model([node(op, "x a", "y")], {"x": MAP, "a": other}, {}, ["y"])
        assert network_of(imported(made, tmp_path)).layers[0].op.name == name
    made = model([node("Add", "x w", "y")], {"x": MAP}, {"w": (4, 1, 1)}, ["y"])
    assert network_of(imported(made, tmp_path)).layers[0].op.name == "channel_bias"


@pytest.mark.parametrize("op", ["Sum", "Mean", "Max", "Min"])
def test_several_values(op: str, tmp_path: Path) -> None:
    inputs = dict.fromkeys("abc", MAP)
    assert_computes_the_same(model([node(op, "a b c", "y")], inputs, {}, ["y"]), tmp_path, inputs)


@pytest.mark.parametrize("exponent", [2.0, 3.0, 0.5, -0.5, -1.0, 1.7])
def test_powers(exponent: float, tmp_path: Path) -> None:
    nodes = [node("Exp", "x", "a"), node("Pow", "a e", "y")]
    made = model(nodes, {"x": MAP}, {"e": np.array(exponent, np.float32)}, ["y"])
    assert_computes_the_same(made, tmp_path, {"x": MAP})


def test_where_and_prelu(tmp_path: Path) -> None:
    inputs = {"x": MAP, "y": (4, 1, 1)}
    made = model([node("PRelu", "x slope", "z")], {"x": MAP}, {"slope": (4, 1, 1)}, ["z"])
    assert_computes_the_same(made, tmp_path, {"x": MAP})
    condition = np.array([True, False, True, True, False])
    made = model([node("Where", "c x y", "z")], inputs, {"c": condition}, ["z"])
    assert_computes_the_same(made, tmp_path, inputs)


@pytest.mark.parametrize("op", ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin", "ReduceL2", "ReduceSumSquare"])
@pytest.mark.parametrize(("axes", "keep"), [((3,), 1), ((2, 3), 0), ((2, 3), 1), ((0, 2), 0), ((0, 1, 2, 3), 0)])
def test_reductions(op: str, axes: tuple[int, ...], keep: int, tmp_path: Path) -> None:
    made = model([node(op, "x axes", "y", keepdims=keep)], {"x": MAP}, {"axes": ints(*axes)}, ["y"], opset=18)
    assert_computes_the_same(made, tmp_path, {"x": MAP})


@pytest.mark.parametrize("axis", [-1, 1, 2])
@pytest.mark.parametrize(("op", "opset"), [("Softmax", 17), ("LogSoftmax", 17)])
def test_softmax(op: str, opset: int, axis: int, tmp_path: Path) -> None:
    made = model([node(op, "x", "y", axis=axis)], {"x": MAP}, {}, ["y"], opset=opset)
    network = assert_computes_the_same(made, tmp_path, {"x": MAP})
    assert len(network.layers) >= 4


def test_softmax_of_older_models_takes_everything_from_its_axis(tmp_path: Path) -> None:
    made = model([node("Softmax", "x", "y")], {"x": MAP}, {}, ["y"], opset=11)
    network = network_of(imported(made, tmp_path))
    assert network.layers[0].bound == {"b": 1, "m": 2, "n": 60}


def test_normalisations(tmp_path: Path) -> None:
    positive = np.array([0.5, 1.0, 1.5, 2.0], np.float32)
    four = {"s": (4,), "b": (4,), "m": (4,), "v": positive}
    made = model([node("BatchNormalization", "x s b m v", "y")], {"x": MAP}, four, ["y"])
    assert network_of(imported(made, tmp_path)).layers[0].op.name == "channel_affine"
    made = model([node("InstanceNormalization", "x s b", "y")], {"x": MAP}, {"s": (4,), "b": (4,)}, ["y"])
    assert_computes_the_same(made, tmp_path, {"x": MAP})
    made = model(
        [node("GroupNormalization", "x s b", "y", num_groups=2)], {"x": MAP}, {"s": (4,), "b": (4,)}, ["y"], opset=21
    )
    assert_computes_the_same(made, tmp_path, {"x": MAP})
    square = (4, 4, 3, 5)  # onnx's reference implementation takes the number of channels from the batch
    made = model([node("LRN", "x", "y", size=3, alpha=0.1, beta=0.75, bias=2.0)], {"x": square}, {}, ["y"])
    assert_computes_the_same(made, tmp_path, {"x": square})


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_layer_normalisation(axis: int, tmp_path: Path) -> None:
    size = MAP[axis:] if axis > 0 else MAP[-1:]
    made = model([node("LayerNormalization", "x g b", "y", axis=axis)], {"x": MAP}, {"g": size, "b": size}, ["y"])
    assert_computes_the_same(made, tmp_path, {"x": MAP})


def test_movement_is_in_the_indices(tmp_path: Path) -> None:
    nodes = [
        node("Relu", "x", "r"),
        node("Reshape", "r shape", "a"),
        node("Transpose", "a", "b", perm=[2, 0, 1]),
        node("Unsqueeze", "b one", "c"),
        node("Squeeze", "c one", "d"),
        node("Softmax", "d", "y", axis=-1),
    ]
    made = model(nodes, {"x": MAP}, {"shape": ints(8, 3, -1), "one": ints(1)}, ["y"])
    network = assert_computes_the_same(made, tmp_path, {"x": MAP})
    assert [layer.op.reduction for layer in network.layers] == ["=", "max=", "=", "+=", "="]


def test_a_reshape_across_a_transpose_is_a_copy(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", "x", "t", perm=[1, 0]),
        node("Reshape", "t shape", "a"),
        node("MatMul", "a w", "y"),
    ]
    made = model(nodes, {"x": (6, 4)}, {"shape": ints(3, 8), "w": (8, 5)}, ["y"])
    network = assert_computes_the_same(made, tmp_path, {"x": (6, 4)})
    assert [layer.op.name for layer in network.layers] == ["reorder", "gemm"]


@pytest.mark.parametrize("axis", [0, 1, 2, 3])
def test_joined_values(axis: int, tmp_path: Path) -> None:
    other = tuple(2 if i == axis else s for i, s in enumerate(MAP))
    nodes = [
        node("Relu", "x", "r"),
        node("Concat", "r a r", "j", axis=axis),
        node("Transpose", "j", "t", perm=[0, 2, 3, 1]),
        node("Concat", "t t", "k", axis=3),
        node("Sigmoid", "k", "y"),
    ]
    assert_computes_the_same(model(nodes, {"x": MAP, "a": other}, {}, ["y"]), tmp_path, {"x": MAP, "a": other})


def test_one_place_and_rows_by_index(tmp_path: Path) -> None:
    nodes = [node("Relu", "x", "r"), node("Gather", "r first", "g", axis=1), node("MatMul", "g w", "y")]
    weights = {"first": np.array(0), "w": (6, 3)}
    assert_computes_the_same(model(nodes, {"x": (2, 5, 6)}, weights, ["y"]), tmp_path, {"x": (2, 5, 6)})
    nodes = [node("Gather", "table ids", "e"), node("MatMul", "e w", "y")]
    made = model(
        nodes, {"ids": (1, "tokens")}, {"table": (100, 6), "w": (6, 3)}, ["y"], types={"ids": onnx.TensorProto.INT64}
    )
    found = imported(made, tmp_path)
    layer = network_of(found, tokens=7).layers[0]
    assert (layer.op.name, layer.points) == ("copy", 7 * 6)
    assert "the rows of `table` that `ids` names: which is data" in found.text


def test_broadcasts(tmp_path: Path) -> None:
    nodes = [
        node("Relu", "x", "r"),
        node("Expand", "r shape", "e"),
        node("Mul", "e a", "m"),
        node("Tile", "b repeats", "t"),
        node("Add", "m t", "s"),
        node("ReduceSum", "e axes", "z"),
        node("Add", "s z", "y"),
    ]
    weights = {"shape": ints(2, 4, 5), "repeats": ints(2, 2, 1), "axes": ints(2)}
    inputs = {"x": (4, 1), "a": (2, 4, 5), "b": (1, 2, 5)}
    assert_computes_the_same(model(nodes, inputs, weights, ["y"]), tmp_path, inputs)
