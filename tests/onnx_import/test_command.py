"""`npudsl import` as a command."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from npudsl.cli import main

from .build import attention, model, node
from .test_light import LIGHT


def test_it_writes_a_file_that_other_commands_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "my net.npu"
    assert main(["import", str(LIGHT / "light_squeezenet.onnx"), "-o", str(target)]) == 0
    told = capsys.readouterr()
    assert told.out == "" and "network `my_net`" in told.err
    assert main(["check", str(target)]) == 0
    assert main(["fmt", "--check", str(target)]) == 0
    capsys.readouterr()
    assert main(["show", str(target), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["macs"] == 349_151_936


def test_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    onnx.save(attention("batch", "tokens"), tmp_path / "block.onnx")
    assert main(["import", str(tmp_path / "block.onnx"), "--set", "tokens=64"]) == 0
    assert "network block(batch: int = 1, tokens: int = 64) {" in capsys.readouterr().out


def test_mistakes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    onnx.save(model([node("Sin", "x", "y")], {"x": (2, 3)}, {}, ["y"]), tmp_path / "m.onnx")
    cases = [
        (["import", str(tmp_path / "none.onnx")], 1, "no file"),
        (["import", str(tmp_path / "m.onnx")], 1, "Sin: 1 time"),
        (["import", str(tmp_path / "m.onnx"), "--set", "a=0"], 2, "not between 1"),
        (["import", str(tmp_path / "m.onnx"), "--set", "a=1", "--set", "a=2"], 2, "set twice"),
        (["import", str(tmp_path / "m.onnx"), "-o", str(tmp_path / "no" / "x.npu")], 2, "no folder"),
        (["import"], 2, "required"),
    ]
    for arguments, status, said in cases:
        assert main(arguments) == status, arguments
        told = capsys.readouterr().err
        assert said in told and "Traceback" not in told


def test_without_the_package(tmp_path: Path) -> None:
    onnx.save(model([node("Relu", "x", "y")], {"x": (2, 3)}, {}, ["y"]), tmp_path / "m.onnx")
    code = (
        "import sys; sys.modules['onnx'] = None\n"
        f"from npudsl.cli import main; sys.exit(main(['import', {str(tmp_path / 'm.onnx')!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: reading ONNX needs the package `onnx`: pip install 'npudsl[onnx]'\n"
