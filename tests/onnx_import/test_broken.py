"""Hostile and broken models: one clear message, never a traceback, never the weights in memory."""

from __future__ import annotations

import contextlib
import random
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from npudsl.onnx_import import OnnxError, import_model

from .build import ints, model, node
from .checks import imported, macs, network_of
from .test_light import LIGHT


def refused(path: Path, **options: object) -> str:
    """The message for a file."""
    with pytest.raises(OnnxError) as caught:
        import_model(path, **options)  # type: ignore[arg-type]
    return str(caught.value)


def refused_model(made: onnx.ModelProto, folder: Path, **options: object) -> str:
    onnx.save(made, folder / "m.onnx")
    return refused(folder / "m.onnx", **options)


def test_what_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    for content in (
        b"",
        b"hello, this is text\n",
        b"\x00" * 100,
        b"\xff" * 100,
        bytes(range(256)) * 10,
        b"\x0a\xff\xff\xff\xff\x7f",
    ):
        path.write_bytes(content)
        assert str(path) in refused(path)
    assert "no file" in refused(tmp_path / "missing.onnx")
    assert "folder" in refused(tmp_path)


def test_cut_files(tmp_path: Path) -> None:
    whole = (LIGHT / "light_squeezenet.onnx").read_bytes()
    path = tmp_path / "m.onnx"
    for length in range(1, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        refused(path)


def test_changed_bytes_are_told_or_read(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "c"), node("Reshape", "c s", "r"), node("MatMul", "r v", "m"), node("Add", "m b", "y")]
    weights = {"w": (2, 3, 1, 1), "s": ints(1, -1, 4), "v": (4, 2), "b": (2,)}
    whole = model(nodes, {"x": ("batch", 3, 4, 2)}, weights, ["y"]).SerializeToString()
    path = tmp_path / "m.onnx"
    rng = random.Random(3)
    for _ in range(100):
        content = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        path.write_bytes(bytes(content))
        with contextlib.suppress(OnnxError):
            import_model(path)


def test_graphs_that_make_no_sense(tmp_path: Path) -> None:
    shape = {"x": (2, 3)}
    cycle = model([node("Add", "x b", "a"), node("Relu", "a", "b")], shape, {}, ["b"])
    assert "cycle through" in refused_model(cycle, tmp_path)
    nowhere = model([node("Add", "x z", "y")], shape, {}, ["y"])
    assert "reads `z`, which nothing produces" in refused_model(nowhere, tmp_path)
    twice = model([node("Relu", "x", "y"), node("Neg", "x", "y")], shape, {}, ["y"])
    assert "two nodes produce `y`" in refused_model(twice, tmp_path)
    empty = model([node("Identity", "x", "y")], shape, {}, ["y"])
    assert "no layer is left" in refused_model(empty, tmp_path)
    unfit = model([node("MatMul", "x w", "y")], shape, {"w": (4, 5)}, ["y"])
    assert "multiplies 3 by 4" in refused_model(unfit, tmp_path)
    channels = model([node("Conv", "x w", "y")], {"x": (1, 3, 8, 8)}, {"w": (4, 5, 3, 3)}, ["y"])
    assert "reads 3 channels, but its weight has 1 x 5" in refused_model(channels, tmp_path)
    window = model([node("Conv", "x w", "y")], {"x": (1, 3, 2, 2)}, {"w": (4, 3, 5, 5)}, ["y"])
    assert "a window of 5 over 2" in refused_model(window, tmp_path)
    rows = model([node("Reshape", "x s", "y")], shape, {"s": ints(4, -1)}, ["y"])
    assert "no multiple of 4" in refused_model(rows, tmp_path)


def test_nodes_in_any_order(tmp_path: Path) -> None:
    made = model([node("Relu", "a", "y"), node("MatMul", "x w", "a")], {"x": (2, 3)}, {"w": (3, 4)}, ["y"])
    assert [layer.name for layer in network_of(imported(made, tmp_path)).layers] == ["a", "y"]


def test_inputs_without_a_shape(tmp_path: Path) -> None:
    made = model([node("Relu", "x", "y")], {"x": (2, 3)}, {}, ["y"])
    made.graph.input[0].type.tensor_type.ClearField("shape")
    assert "input `x` has no shape" in refused_model(made, tmp_path)
    made.graph.input[0].type.Clear()
    assert "input `x` is no tensor" in refused_model(made, tmp_path)


def test_external_weights_need_not_be_there(tmp_path: Path) -> None:
    made = model([node("MatMul", "x w", "y")], {"x": (2, 64)}, {"w": (64, 512)}, ["y"])
    onnx.save(made, tmp_path / "m.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    before = import_model(tmp_path / "m.onnx")
    (tmp_path / "w.bin").unlink()
    assert import_model(tmp_path / "m.onnx") == before
    assert macs(network_of(before)) == 2 * 64 * 512


def test_a_shape_that_is_elsewhere_is_missed(tmp_path: Path) -> None:
    made = model([node("Reshape", "x s", "r"), node("Relu", "r", "y")], {"x": (2, 6)}, {"s": ints(3, 4)}, ["y"])
    onnx.save(made, tmp_path / "m.onnx", save_as_external_data=True, location="w.bin", size_threshold=0)
    import_model(tmp_path / "m.onnx")
    (tmp_path / "w.bin").unlink()
    assert "its shape is not in the file" in refused(tmp_path / "m.onnx")


def test_large_weights_are_not_read(tmp_path: Path) -> None:
    """400 MB of weights in the file; a process with 300 MB more than Python and numpy take imports it."""
    weights = {f"w{i}": np.zeros((5000, 5000), np.float32) for i in range(4)}
    nodes = [node("MatMul", f"{'x' if i == 0 else f'y{i - 1}'} w{i}", f"y{i}") for i in range(4)]
    onnx.save(model(nodes, {"x": (1, 5000)}, weights, ["y3"]), tmp_path / "m.onnx")
    assert (tmp_path / "m.onnx").stat().st_size > 400_000_000
    code = (
        "import resource, sys; from npudsl.onnx_import import import_model; import numpy, onnx\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "file = 401 << 20  # mapped, not read\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + file + (150 << 20),) * 2)\n"
        f"print(len(import_model({str(tmp_path / 'm.onnx')!r}).text))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert resource.getpagesize() > 0 and int(done.stdout) > 100


def test_text_of_the_model_cannot_leave_its_comment(tmp_path: Path) -> None:
    evil = 'a"\n}\nimport std.ops as p\nnetwork other {\n\u2028x'
    nodes = [helper.make_node("Relu", [evil], [evil + "y"], name=evil)]
    made = model(nodes, {evil: (2, 3)}, {}, [evil + "y"])
    made.producer_name = "one\nnetwork evil {"
    found = imported(made, tmp_path)
    assert len(network_of(found).layers) == 1
    assert sum(line.startswith(("network", "import")) for line in found.text.splitlines()) == 2


def test_names_are_legal_and_unique(tmp_path: Path) -> None:
    titles = ["for", "1", "layer", "o", "batch", "x", "x", "é", "inf", "a.b", "a/b", "", "op", "a" * 300]
    nodes = [helper.make_node("Relu", [f"v{i}"], [f"v{i + 1}"], name=t) for i, t in enumerate(titles)]
    made = model(nodes, {"v0": ("batch", 3)}, {}, [f"v{len(titles)}"])
    names = [layer.name for layer in network_of(imported(made, tmp_path)).layers]
    assert len(set(names)) == len(titles)


def test_an_impossible_tensor(tmp_path: Path) -> None:
    made = model([node("MatMul", "x w", "y")], {"x": (2, 3)}, {"w": (3, 4)}, ["y"])
    made.graph.initializer[0].dims[0] = -3
    assert "impossible shape" in refused_model(made, tmp_path)
    made.graph.initializer[0].dims[0] = 10**15
    refused_model(made, tmp_path)


def test_graphs_inside_nodes_are_not_known(tmp_path: Path) -> None:
    inner = helper.make_graph(
        [node("Relu", "x", "z")], "inner", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)]
    )
    branch = helper.make_node("If", ["c"], ["y"], name="choice", then_branch=inner, else_branch=inner)
    made = model([branch], {"x": (2, 3), "c": ()}, {}, ["y"], types={"c": TensorProto.BOOL})
    assert "If: 1 time, first `choice`" in refused_model(made, tmp_path)


def test_functions_of_the_model_are_laid_out(tmp_path: Path) -> None:
    made = model([node("Twice", "x", "y", domain="my")], {"x": (2, 3)}, {}, ["y"])
    body = [helper.make_node("Add", ["a", "a"], ["b"]), helper.make_node("Relu", ["b"], ["c"])]
    function = helper.make_function("my", "Twice", ["a"], ["c"], body, [helper.make_opsetid("", 17)])
    made.functions.append(function)
    made.opset_import.append(helper.make_opsetid("my", 1))
    assert [layer.op.name for layer in network_of(imported(made, tmp_path)).layers] == ["add", "relu"]
