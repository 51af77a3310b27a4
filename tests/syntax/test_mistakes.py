"""What the user is told about mistakes, verbatim: `mistakes.txt` holds texts and what they are answered with."""

from __future__ import annotations

from pathlib import Path

import pytest

from npudsl.syntax import parse, parse_expression
from npudsl.text.diagnostics import SpecError
from npudsl.text.render import render
from npudsl.text.source import Source

FILE = Path(__file__).parent / "mistakes.txt"  # `python -m tests.syntax.update_mistakes` rewrites the answers
CASES = FILE.read_text(encoding="utf-8").split("=== ")[1:]


@pytest.mark.parametrize("case", CASES, ids=[case.split("\n", 1)[0] for case in CASES])
def test_mistake(case: str) -> None:
    text, expected = case.split("\n", 1)[1].split("---\n", 1)
    _, diagnostics = parse(Source("a.npu", text))
    assert "\n".join(render(d) for d in diagnostics) == expected.rstrip("\n")


def test_what_is_right_is_parsed_beside_what_is_wrong() -> None:
    text = "import a\nlet b = \n\nop c {\n    dims m\n}\n\nop d {\n    dimes m\n}\nlet e = [\n    1,\n]\n"
    file, diagnostics = parse(Source("a.npu", text))
    assert [type(d).__name__ for d in file.declarations] == ["Import", "OpDecl", "Let"]
    assert [str(d.primary.span) for d in diagnostics if d.primary] == ["a.npu:2:8", "a.npu:9:5"]


def test_a_statement_in_column_0_is_no_declaration() -> None:
    text = "op c {\nlet a = 1\ndims m\n}\nlet b = $\n"
    file, diagnostics = parse(Source("a.npu", text))
    assert len(file.declarations) == 1 and len(diagnostics) == 1


def test_only_so_many_mistakes_are_told() -> None:
    file, diagnostics = parse(Source("a.npu", "let a = $\n" * 5000 + "let b = 1\n"))
    assert [d.code for d in diagnostics] == ["E002"] * 20 + ["E006"]
    assert file.declarations == ()


def test_expressions_alone() -> None:
    with pytest.raises(SpecError) as caught:
        parse_expression(Source("--set", "108 KiB +"))
    assert caught.value.diagnostics[0].message == "unexpected end of the file"
    with pytest.raises(SpecError) as caught:
        parse_expression(Source("--set", "1e999"))
    assert caught.value.diagnostics[0].code == "E004"
