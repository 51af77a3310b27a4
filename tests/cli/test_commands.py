"""The commands on real files: what they print, as tables and as JSON, and how they fail."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from npudsl.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent
EYERISS = str(ROOT / "specs" / "eyeriss.npu")

MAPPING = """
import std.nets.alexnet
import eyeriss

mapping fixed for alexnet.conv1 on eyeriss {
    bypass prefetch.weight
    dram [m = 6, p = 5]
    glb  [c = 3, q = 55]
    pe.x [p = 11]
    pe.y [r = 11]
    spad [m = 16, s = 11]
}
"""


@pytest.fixture
def mapping_file(tmp_path: Path) -> str:
    path = tmp_path / "fixed.npu"
    path.write_text(MAPPING)
    return str(path)


def output(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(str(p) for p in (ROOT / "specs").glob("*.npu")))
def test_shipped_specs_are_clean(path: str) -> None:
    assert main(["check", path]) == 0
    assert main(["fmt", "--check", path]) == 0


@pytest.mark.parametrize("path", sorted(str(p) for p in (ROOT / "stdlib").rglob("*.npu")))
def test_library_is_clean(path: str) -> None:
    assert main(["check", path]) == 0
    assert main(["fmt", "--check", path]) == 0


def test_check_tells_every_mistake_of_every_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = tmp_path / "one.npu", tmp_path / "two.npu"
    one.write_text("let a = 1 Kib\nlet b = 1 GB + 1 pJ\n")
    two.write_text("let c = a\n")
    assert main(["check", str(one), str(two), "--json", "-"]) == 1
    captured = capsys.readouterr()
    found = json.loads(captured.out)["diagnostics"]
    assert [(Path(d["primary"]["file"]).name, d["primary"]["line"], d["code"]) for d in found] == [
        ("one.npu", 1, "E101"),
        ("one.npu", 2, "E102"),
        ("two.npu", 1, "E201"),
    ]
    assert "2 files: 3 mistakes" in captured.err


def test_check_is_quick() -> None:
    """Half a second of processor time; wall-clock time would measure the other work of the machine."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "npudsl", "check", EYERISS]
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < 0.5


def test_fmt_changes_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.npu"
    path.write_text("let   a=1 KiB # one\n")
    assert main(["fmt", "--check", str(path)]) == 1
    assert path.read_text() == "let   a=1 KiB # one\n"
    assert main(["fmt", str(path)]) == 0
    assert path.read_text().startswith("let a = 1 KiB")
    assert main(["fmt", "--check", str(path)]) == 0


def test_fmt_leaves_a_broken_file_alone_and_does_the_others(tmp_path: Path) -> None:
    broken, good = tmp_path / "broken.npu", tmp_path / "good.npu"
    broken.write_text("let a = = 1\n")
    good.write_text("let   a=1\n")
    assert main(["fmt", str(broken), str(good)]) == 1
    assert broken.read_text() == "let a = = 1\n"
    assert good.read_text() == "let a = 1\n"


def test_show_network_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "alexnet", "--batch", "4", "--json", "-"]) == 0
    record = json.loads(output(capsys))
    assert (record["schema"], record["net"]) == (1, "alexnet")
    assert record["total"] == {"macs": 2_897_627_264, "weights": 60_954_656, "ops": 4_408_704}  # ops: three poolings
    first = record["layers"][0]
    assert (first["name"], first["op"], first["repeat"]) == ("conv1", "conv2d", 1)
    assert (first["macs"], first["weights"]) == (421_660_800, 34_848)
    dims = {"n": 4, "g": 1, "m": 96, "c": 3, "p": 55, "q": 55, "r": 11, "s": 11}
    assert first["dims"] == dims


def test_show_machine_with_a_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", EYERISS, "--set", "glb_size=216 KiB"]) == 0
    text = output(capsys)
    assert "pe[x = 14, y = 12]" in text
    assert "208 KiB" in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "alexnett"], "E710"),
        (["show", EYERISS, "--set", "glb_sise=1 KiB"], "E204"),
        (["show", EYERISS, "--set", "glb_size=1 GB/s"], "E102"),
        (["show", EYERISS, "--set", "rows=" + "9" * 50], "E403"),
        (["show", "alexnet", "--set", "batch=10^30"], "E305"),
        (["check", "nowhere.npu"], "E701"),
        (["solve", EYERISS, "--net", "alexnet", "--layer", "conv9"], "E201"),
        (["solve", EYERISS, "--net", "alexnet", "--set", "nothing=1"], "E204"),
    ],
)
def test_mistakes_have_status_1(arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert f"error[{code}]" in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_setting_twice_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "alexnet", "--batch", "2", "--set", "batch=3"]) == 2
    assert "set twice" in capsys.readouterr().err


def test_eval_and_run_agree(mapping_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    common = ["--mapping", "fixed", "--search", str(ROOT / "specs"), "--json", "-"]
    assert main(["eval", mapping_file, *common]) == 0
    evaluated = json.loads(output(capsys))
    assert main(["run", mapping_file, *common]) == 0
    executed = json.loads(output(capsys))
    assert executed.pop("output_equal") is True
    assert evaluated == executed
    assert evaluated["macs"] == 105_415_200
    assert evaluated["mapping"] == "fixed"
    assert set(evaluated["counts"]) == {"dram", "glb", "ifmap", "filter", "psum"}


def test_eval_draws_the_nest(mapping_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", mapping_file, "--mapping", "fixed", "--search", str(ROOT / "specs")]) == 0
    text = output(capsys)
    assert "for p in 11" in text
    assert "pe.x" in text
    assert "words moved" in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_batch_changes_the_layer_that_a_mapping_is_for(mapping_file: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", mapping_file, "--mapping", "fixed", "--search", str(ROOT / "specs"), "--batch", "4"]
    assert main(arguments) == 1
    assert "E502" in capsys.readouterr().err
