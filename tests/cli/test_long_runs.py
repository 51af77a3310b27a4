"""`solve` over processes, with answers of earlier runs, and interrupted: the same answers, and never nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from npudsl.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = """
import std.tech.eyeriss65 as t
import std.ops as o

arch small(lanes: int = 4) {
    memory dram : t.dram() { holds = [input, weight, output] }
    memory glb  : t.buffer(size = 4 KiB) { holds = [input, output, weight?] }
    array lane[x = lanes] {
        memory file : t.regfile(size = 64 B) { holds = [input, weight, output] }
        compute mac : t.mac()
    }
}

network tiny() {
    tensor image[n = 1, c = 2, h = 8, w = 8]
    layer conv1 = o.conv2d[m = 4, r = 3, s = 3](pad = 1, input = image)
    layer conv2 = o.conv2d[m = 4, r = 3, s = 3](pad = 1, input = conv1)
    layer conv3 = o.conv2d[m = 4, r = 3, s = 3](pad = 1, input = conv2)
    layer pool  = o.max_pool[r = 2, s = 2](stride = 2, input = conv3)
    layer fc    = o.gemm[m = 1, n = 4](input = pool)
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.npu").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solve(*arguments: str) -> int:
    return main(["solve", "small.npu", "--net", "tiny", "--space", "even", *arguments])


def timeless(record: str) -> str:
    """JSON without what the clock says."""
    return re.sub(r'"(verify_)?seconds": [0-9.e-]+', "", record)


def undrawn(tables: str) -> str:
    """Tables without what the clock says, nor how wide a column that makes."""
    return re.sub(" +", " ", re.sub("─+", "", re.sub(r" +[0-9.]+ m?s$", "", tables, flags=re.MULTILINE)))


# ---- processes -----------------------------------------------------------------------------------


def test_the_same_bytes_whatever_the_number_of_processes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answers(jobs: str) -> list[str]:
        assert solve("--jobs", jobs, "--json", "best.json", "--emit", "best.npu", "--nest", "conv2") == 0
        record, mappings = ((folder / name).read_text() for name in ("best.json", "best.npu"))
        return [undrawn(capsys.readouterr().out), timeless(record), mappings]

    one = answers("1")
    assert "4 of 4 layers proven optimal; 4 of 4 executed" in one[0]
    assert "(as conv2)" in one[0]
    for jobs in ("2", "3"):
        assert answers(jobs) == one


def test_small_problems_start_no_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a process was started")

    monkeypatch.setattr("npudsl.solver.workers.subprocess.Popen", refuse)
    assert solve("--json", "auto.json") == 0


#: Has the process killed that searches for `fc`, as a system does that runs out of memory.
KILLED = """
import os, signal
from npudsl.solver import layer
real = layer.solve_layer
def solve_layer(arch, wanted, *rest):
    if wanted.name == "fc":
        os.kill(os.getpid(), signal.SIGKILL)
    return real(arch, wanted, *rest)
layer.solve_layer = solve_layer
"""


def test_a_killed_process_costs_one_layer(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from npudsl.solver import workers

    monkeypatch.setattr(workers, "COMMAND", KILLED + workers.COMMAND)
    assert solve("--jobs", "2", "--json", "best.json") == 1
    captured = capsys.readouterr()
    assert "error[E691]: the search for a mapping of `fc` did not come to its end" in captured.err
    assert "its process was killed (SIGKILL)" in captured.err
    assert "3 of 3 layers proven optimal; 3 of 3 executed" in captured.out
    record = json.loads((folder / "best.json").read_text())
    assert [layer["name"] for layer in record["layers"]] == ["conv1", "conv2", "conv3"]
    assert [layer["name"] for layer in record["failed"]] == ["fc"]


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "1.5"])
def test_jobs_is_a_number_of_processes(jobs: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve(f"--jobs={jobs}") == 2
    assert "argument --jobs" in capsys.readouterr().err


# ---- answers that are kept -----------------------------------------------------------------------


def test_the_second_run_is_the_same_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NPUDSL_CACHE", str(folder / "kept"))

    def run(*more: str) -> tuple[str, str, list[bool]]:
        assert solve("--json", "best.json", *more) == 0
        captured, record = capsys.readouterr(), (folder / "best.json").read_text()
        assert captured.err == ""
        cached = [layer["cached"] for layer in json.loads(record)["layers"]]
        return captured.out, re.sub(r'"cached": (true|false)', "", timeless(record)), cached

    first, again, without = run(), run(), run("--no-cache")
    assert (first[2], again[2], without[2]) == ([False] * 4, [True] * 4, [False] * 4)
    assert first[1] == again[1] == without[1]
    assert "(cached)" not in first[0] + without[0]
    assert again[0].count("optimal (cached)") == 4
    assert "4 of 4 executed at full size" in again[0]


def test_cache_command(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def told(*arguments: str) -> str:
        assert main(["cache", *arguments]) == 0
        return capsys.readouterr().out

    monkeypatch.setenv("NPUDSL_CACHE", "off")
    assert "no answers are kept" in told()
    monkeypatch.setenv("NPUDSL_CACHE", str(folder / "kept"))
    assert told().startswith("0 answers, 0 KiB of at most 64 MiB, in ")
    assert solve("--layer", "fc", "--no-cache", "--no-verify") == solve("--layer", "fc", "--no-verify") == 0
    capsys.readouterr()
    assert told().startswith("1 answer, ")
    assert told("--clear").startswith("1 answer removed from ")
    assert told().startswith("0 answers, ")


def test_a_cache_that_cannot_be_written_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NPUDSL_CACHE", str(folder / "small.npu"))
    assert solve("--no-verify") == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("note: answers are not kept: cannot write into ")
    assert captured.err.count("\n") == 1
    assert "4 of 4 layers proven optimal" in captured.out


# ---- interruptions -------------------------------------------------------------------------------

#: Makes any search a long one. `DEAF`: and one that does not notice the wish to stop.
SLOW = """
import time
from npudsl.solver import clock
tick = clock.Clock.tick
clock.Clock.tick = lambda self: (time.sleep(0.02), DEAF or tick(self))
"""

#: The command line, telling on standard error when something is found.
TELLING = """
import sys
from contextlib import contextmanager
from npudsl.cli.main import main
from npudsl.report import progress
from npudsl.solver import LayerImproved, workers

def tell(event):
    if isinstance(event, LayerImproved) and event.value is not None:
        print("improved", file=sys.stderr, flush=True)

@contextmanager
def telling():
    yield tell

workers.COMMAND = SLOW + workers.COMMAND
progress.shown_progress = telling
sys.exit(main(sys.argv[1:]))
"""


class Long:
    """A search that takes long, has found something, and is given signals."""

    def __init__(self, folder: Path, *arguments: str, deaf: bool = False):
        self.record = folder / "best.json"
        spec = shutil.copy(ROOT / "specs" / "eyeriss.npu", folder)
        slow = SLOW.replace("DEAF", str(deaf))
        command = [sys.executable, "-c", f"SLOW = {slow!r}\n{slow}{TELLING}", "solve", spec]
        network = ["--net", "alexnet", "--layer", "conv3", "--layer", "fc8", "--space", "even"]
        where = ["--json", str(self.record), "--emit", str(folder / "best.npu")]
        self.process = subprocess.Popen(
            [*command, *network, *where, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.hears("improved")

    def hears(self, text: str) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if text in line:
                return
        pytest.fail(f"nobody said `{text}`")

    def end(self) -> tuple[str, str]:
        """Both streams, when it has come to its end by itself."""
        out, err = self.process.communicate(timeout=60)
        assert "Traceback" not in out + err
        assert self.process.returncode == 1
        return out, err


@pytest.mark.parametrize(("jobs", "number"), [("1", signal.SIGINT), ("2", signal.SIGINT), ("1", signal.SIGTERM)])
def test_a_signal_ends_the_search_with_the_best_so_far(jobs: str, number: int, tmp_path: Path) -> None:
    run = Long(tmp_path, "--jobs", jobs)
    run.process.send_signal(number)
    out, err = run.end()
    assert "interrupted" in err
    record = json.loads(run.record.read_text())
    assert record["interrupted"] is True
    names = [layer["name"] for layer in record["layers"]]
    assert names == ["conv3"] if jobs == "1" else "conv3" in names
    assert record["missing"] == [name for name in ("conv3", "fc8") if name not in names]
    for layer in record["layers"]:
        assert (layer["optimal"], layer["verified"]) == (False, False)
        assert layer["gap"] is None or layer["gap"] > 0
        assert layer["lower_bound"] <= layer["value"]
    assert main(["eval", str(tmp_path / "best.npu"), "--mapping", "conv3_best"]) == 0
    assert "0 of " in out
    assert "interrupted: not " in out


def test_a_signal_to_the_whole_group_is_for_the_process_that_hands_out_work(tmp_path: Path) -> None:
    """As `timeout` and terminals send them: the searches in other processes go on until they are told."""
    run = Long(tmp_path, "--jobs", "2")
    os.killpg(run.process.pid, signal.SIGTERM)
    out, err = run.end()
    assert "interrupted" in err and "was killed" not in out + err
    assert "conv3" in [layer["name"] for layer in json.loads(run.record.read_text())["layers"]]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_second_signal_ends_everything_at_once(jobs: str, tmp_path: Path) -> None:
    run = Long(tmp_path, "--jobs", jobs, deaf=True)
    run.process.send_signal(signal.SIGINT)
    run.hears("stopping")
    started = time.monotonic()
    run.process.send_signal(signal.SIGINT)
    out, _ = run.end()
    assert time.monotonic() - started < 20
    assert "in the totals: 0 of 2 layers" in out
    assert "interrupted: not reached: conv3, fc8" in out
    assert json.loads(run.record.read_text())["missing"] == ["conv3", "fc8"]
