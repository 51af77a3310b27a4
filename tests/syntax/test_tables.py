"""The parse tables that are shipped."""

from __future__ import annotations

import json
from pathlib import Path

import lark
import pytest

from npudsl.syntax import parse, tables
from npudsl.syntax.generate import generated
from npudsl.syntax.walk import same_tree
from npudsl.text.source import Source

from .sample import SAMPLE

ROOT = Path(__file__).parents[2]


def test_tables_are_fresh() -> None:
    """`python -m npudsl.syntax.generate` was run after the last change of the grammar."""
    saved = tables.TABLES_FILE.read_text(encoding="utf-8")
    assert json.loads(saved)["grammar"] == tables.fingerprint(tables.grammar_text())
    if json.loads(saved)["lark"] == lark.__version__:
        assert generated(tables.grammar_text()) == saved


def test_tables_of_another_lark_are_not_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected, _ = parse(Source("a.npu", SAMPLE))
    for content in ['{"lark": "0.1"}', "{", ""]:
        file = tmp_path / "tables.json"
        file.write_text(content)
        monkeypatch.setattr(tables, "TABLES_FILE", file)
        tables.language.cache_clear()
        found, diagnostics = parse(Source("a.npu", SAMPLE))
        assert not diagnostics and same_tree(found.declarations, expected.declarations)
    monkeypatch.undo()
    tables.language.cache_clear()


def test_the_grammar_is_strict() -> None:
    """No two terminals that are accepted in one place match the same text."""
    pytest.importorskip("interegular")
    tables.build(tables.grammar_text(), strict=True)


def test_loading_runs_nothing_of_pickle() -> None:
    assert tables.TABLES_FILE.read_bytes()[:1] == b"{"


@pytest.mark.parametrize("path", sorted([*ROOT.glob("specs/**/*.npu"), *ROOT.glob("stdlib/**/*.npu")]), ids=str)
def test_every_shipped_file_parses(path: Path) -> None:
    _, diagnostics = parse(Source(path.name, path.read_text(encoding="utf-8")))
    assert not diagnostics
