"""Every diagnostic has a page, and its examples behave as the page says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from npudsl.cli.main import main
from npudsl.report.codes import codes, page

PACKAGE = Path(__file__).resolve().parent.parent.parent / "npudsl"


def used_codes() -> set[str]:
    """Every code that the package's source can raise."""
    sources = [p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py")]
    return {code for text in sources for code in re.findall(r'"(E\d{3})"', text)}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert set(codes()) == used_codes()


@pytest.mark.parametrize("code", codes())
def test_page_reads_well(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", code]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"{code}: {page(code).title}\n")
    assert max(len(line) for line in text.splitlines()) <= 124


@pytest.mark.parametrize("code", [c for c in codes() if page(c).blocks("wrong")])
def test_wrong_example_is_wrong(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(code, "wrong", tmp_path, monkeypatch) == 1
    assert f"error[{code}]" in capsys.readouterr().err


@pytest.mark.parametrize("code", [c for c in codes() if page(c).blocks("right")])
def test_right_example_is_right(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(code, "right", tmp_path, monkeypatch) == 0, capsys.readouterr().err


@pytest.mark.parametrize("code", codes())
def test_page_has_both_examples_or_says_why_not(code: str) -> None:
    said = " ".join(str(page(code).parts).replace("\\n", " ").split())
    for kind in ("wrong", "right"):
        assert page(code).blocks(kind) or "example cannot be shown" in said


def run(code: str, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """Write the example's files and run its command among them."""
    for name, text in page(code).example(kind).items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    program, *arguments = shlex.split(page(code).command(kind))
    assert program == "npudsl"
    return main(arguments)


def test_unknown_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E9999"]) == 1
    assert "no diagnostic has the code" in capsys.readouterr().err
