"""What the README shows is true: its files are clean and do what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from npudsl.api.dataflows import dataflows_for, find_dataflow
from npudsl.api.names import find_network
from npudsl.cli.main import COMMANDS, main
from npudsl.spec.loader import load

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_two_commands_come_first() -> None:
    first, second, *_ = blocks("sh")
    assert first.strip().endswith("npudsl solve specs/eyeriss.npu --net alexnet --batch 4")
    assert second.strip().endswith("pytest -q -n 2")
    assert "\n" not in first.strip() + second.strip()


def test_every_command_is_listed() -> None:
    assert [c for c in COMMANDS if f"`npudsl {c} " not in README] == []


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the README's machine, network and dataflow."""
    for name, text in zip(("mine", "tiny", "flows"), blocks("npu"), strict=True):
        (tmp_path / f"{name}.npu").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_own_machine_and_network(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "mine.npu", "tiny.npu"]) == 0
    assert main(["fmt", "--check", "mine.npu", "tiny.npu"]) == 0
    assert main(["show", "mine.npu"]) == 0
    assert main(["solve", "mine.npu", "--net", "tiny.npu", "--set", "lanes=32"]) == 0
    assert "2 of 2 layers proven optimal; 2 of 2 executed" in capsys.readouterr().out


def test_own_dataflow(own: Path) -> None:
    assert main(["check", "flows.npu"]) == 0
    assert main(["fmt", "--check", "flows.npu"]) == 0
    spec = load("mine.npu")
    nets, name = find_network("tiny.npu")
    found = dataflows_for(
        find_dataflow("flows.npu", [spec]), spec.arch(), nets.network(name), None, space="even", factors="perfect"
    )
    assert [name for name, _ in found] == ["conv1"]
    assert main(["solve", "mine.npu", "--net", "tiny.npu", "--using", "flows.npu", "--no-verify"]) == 0


def test_printed_result_is_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """One layer of it, and without the times."""
    root = Path(__file__).resolve().parent.parent
    spec = str(root / "specs" / "eyeriss.npu")
    assert main(["solve", spec, "--net", "alexnet", "--batch", "4", "--layer", "fc8"]) == 0

    def rows(text: str) -> list[list[str]]:
        return [line.split("yes")[0].split() for line in text.splitlines() if line.startswith("fc8 ")]

    # the last table tells how much the search looked at, which is no promise
    assert rows(capsys.readouterr().out)[:3] == rows(blocks("text")[0])[:3]
