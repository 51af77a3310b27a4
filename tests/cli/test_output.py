"""Results reach the user whatever happens to files and streams."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from npudsl.cli import output
from npudsl.cli.guard import guarded
from npudsl.cli.main import main
from npudsl.text.diagnostics import Diagnostic, SpecError


def test_file_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    target.write_text("old")
    target.chmod(0o640)
    output.write_file(target, "new")
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["out.json"]


def test_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    output.write_file(tmp_path / "link", "text")
    assert (tmp_path / "real").read_text() == "text"
    assert (tmp_path / "link").is_symlink()


def test_result_goes_to_stdout_if_the_file_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(output.Failed, match=r"standard output"):
        output.write_json({"schema": 1}, "/dev/full")
    assert json.loads(capsys.readouterr().out) == {"schema": 1}


@pytest.mark.parametrize(("target", "reason"), [("/nowhere/x.json", "no folder"), ("/tmp", "a folder")])
def test_unwritable_targets_are_found_before_work(target: str, reason: str) -> None:
    with pytest.raises(output.Failed, match=reason) as caught:
        output.check_writable(target)
    assert caught.value.status == 2


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 1, "interrupted"),
        (MemoryError(), 1, "out of memory"),
        (OSError(28, "No space left on device"), 1, "No space left"),
        (RuntimeError("odd"), 1, "npudsl made a mistake"),
        (output.Failed("wrong", 2), 2, "error: wrong"),
        (SpecError(Diagnostic("E101", "unknown unit `Kib`")), 1, "error[E101]: unknown unit `Kib`"),
    ],
)
def test_every_failure_is_one_message(
    error: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> int:
        raise error

    assert guarded(fail) == status
    captured = capsys.readouterr()
    assert said in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_diagnostics_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise SpecError(Diagnostic("E101", "unknown unit `Kib`"))

    assert guarded(fail, json_target="-") == 1
    record = json.loads(capsys.readouterr().out)
    assert record["schema"] == 1
    assert [d["code"] for d in record["diagnostics"]] == ["E101"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "usage: npudsl"),
        (["chekc"], "did you mean `check`?"),
        (["check"], "FILE"),
        (["solve", "x.npu"], "--net"),
        (["solve", "x.npu", "--net", "y", "--batch", "0"], "between 1 and"),
        (["solve", "x.npu", "--net", "y", "--batch", "1e9"], "not a whole number"),
        (["solve", "x.npu", "--net", "y", "--batch", "9" * 5000], "between 1 and"),
        (["solve", "x.npu", "--net", "y", "--set", "glb_size"], "NAME=VALUE"),
        (["solve", "x.npu", "--net", "y", "--time-limit", "nan"], "above zero"),
        (["solve", "x.npu", "--net", "y", "--jobs", "-1"], "between 1 and"),
        (["solve", "x.npu", "--net", "y", "--objective", "area"], "invalid choice"),
        (["solve", "x.npu", "--net", "y", "--json", "/nowhere/x"], "no folder"),
        (["eval", "x.npu"], "--mapping"),
    ],
)
def test_wrong_usage_has_status_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert said in captured.err + captured.out
    assert "Traceback" not in captured.err
