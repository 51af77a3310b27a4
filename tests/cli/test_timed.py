"""`run --timed`, and what `eval`, `run` and `solve` tell about time."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import npudsl
from npudsl.cli.main import main
from npudsl.report.figures import percent

FILE = """
import std.nets.alexnet
import std.ops as o
import std.tech.eyeriss65 as t

arch small {
    clock = 100 MHz
    memory dram : t.dram() {
        bandwidth = 24 bit/cycle
        holds     = [input, weight, output]
    }
    memory glb : t.buffer(size = 4 KiB) {
        bandwidth = 64 bit/cycle
        ports     = [read = 1, write = 1]
        holds     = [input, output]
        leakage   = 1 mW
    }
    array pe[x = 4] {
        memory file : t.regfile(size = 512 B) {
            holds  = [input, weight, output]
            double = [input]
        }
        compute mac : t.mac()
    }
}
network tiny {
    tensor image[n = 1, g = 1, c = 2, h = 6, w = 6]
    layer conv = o.conv2d[m = 4, r = 3, s = 3](input = image)
}
mapping one for tiny.conv on small {
    dram [m = 2]
    glb  [c = 2, p = 4]
    pe.x [m = 2]
    file [q = 4, r = 3, s = 3]
}
mapping large for alexnet.fc8 on small {
    dram [n = 1000, k = 4096]
    glb  []
    pe.x []
    file []
}
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "small.npu"
    file.write_text(FILE)
    return str(file)


def record(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main([*arguments, "--json", "-"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_eval_run_and_timed_run_agree(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    evaluated = record(capsys, "eval", path, "--mapping", "one")
    executed = record(capsys, "run", path, "--mapping", "one")
    timed = record(capsys, "run", path, "--mapping", "one", "--timed")
    assert executed.pop("output_equal") is True
    assert executed == evaluated
    differing = {k for k in timed if timed[k] != evaluated.get(k)}
    assert differing <= {"output_equal", "timed_cycles", "stalls", "stalled", "offload", "bottleneck"} | {
        "energy_pj",
        "energy_parts_pj",
    }
    assert evaluated["cycles_low"] <= timed["timed_cycles"] <= evaluated["cycles_high"]
    assert timed["stalled"] == pytest.approx(sum(timed["stalls"].values()))
    for found, cycles in ((evaluated, evaluated["cycles"]), (timed, timed["timed_cycles"])):
        assert cycles == pytest.approx(found["onload"] + found["steps"] + found["stalled"] + found["offload"])
        assert cycles >= max(found["busy_cycles"].values())
        # 1 mW at 100 MHz: 10 pJ per cycle
        assert found["energy_parts_pj"]["glb"]["leakage"] == pytest.approx(10 * cycles)


def test_from_python(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    mapped = npudsl.load(path).mapping("one")
    assert float(mapped.timed().cycles) == record(capsys, "run", path, "--mapping", "one", "--timed")["timed_cycles"]


def test_where_cycles_go_in_words(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", path, "--mapping", "one"]) == 0
    lines = capsys.readouterr().out.splitlines()
    start = next(i for i, line in enumerate(lines) if " cycles = " in line)
    assert "576 steps" in lines[start]
    assert lines[start + 1].startswith("waits most for dram, busy ")
    assert lines[start + 2].startswith("between ")
    assert main(["run", path, "--mapping", "one", "--timed"]) == 0
    assert " cycles, executed = " in capsys.readouterr().out


def test_too_large_for_a_timed_run(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", path, "--mapping", "large", "--timed"]) == 1
    said = capsys.readouterr().err
    assert "error[E653]" in said
    assert "walks every change of tiles, here 4.09e6 changes of tiles" in said
    assert "without `--timed`" in said


def test_a_memory_that_moves_nothing(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(path).write_text(FILE.replace("24 bit/cycle", "0 bit/cycle"))
    assert main(["run", path, "--mapping", "one", "--timed"]) == 1
    assert "error[E103]: a memory's `bandwidth` must be more than zero" in capsys.readouterr().err


def test_solve_tells_cycles_and_stalls(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = record(capsys, "solve", path, "--net", path, "--space", "even")
    layer = found["layers"][0]
    assert layer["cycles_low"] <= layer["cycles"] <= layer["cycles_high"]
    assert layer["bottleneck"] in layer["busy_cycles"]
    assert layer["stalled"] >= 0
    assert layer["bounded"]
    assert main(["solve", path, "--net", path, "--space", "even"]) == 0
    text = capsys.readouterr().out
    waiting = layer["onload"] + layer["stalled"] + layer["offload"]
    assert "waiting" in text and f" {percent(Fraction(waiting) / Fraction(layer['cycles']))} " in text and waiting > 0
    assert "cycles exact for" in text
