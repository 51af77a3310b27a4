"""Broken and hostile texts: an answer, quickly, and never an exception."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npudsl.syntax import format_text, parse, parser, scan
from npudsl.syntax.words import spelled
from npudsl.text.diagnostics import SpecError
from npudsl.text.limits import MAX_EXPRESSION_HEIGHT, MAX_FILE_BYTES, MAX_NESTING
from npudsl.text.render import render
from npudsl.text.source import Source

from .sample import SAMPLE

DEEP = 10_000
SECONDS = 2.0  # what any of the texts below may take on a busy machine; most take some milliseconds


def codes(text: str) -> list[str]:
    """The codes of the diagnostics, each of which can be rendered."""
    _, diagnostics = parse(Source("hostile.npu", text))
    for diagnostic in diagnostics:
        assert render(diagnostic)
    return [d.code for d in diagnostics]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("let a = " + "(" * DEEP, ["E005"]),
        ("let a = " + "[" * DEEP + "]" * DEEP, ["E005"]),
        ("let a = " + "f(" * DEEP + ")" * DEEP, ["E005"]),
        ("arch x " + "{ array a[x = 2] " * DEEP, ["E005"]),
        ("{" * DEEP, ["E001"]),
        ("(" * DEEP, ["E001"]),
        ("let a = " + "-" * DEEP + "1", ["E005"]),
        ("let a = " + "not " * DEEP + "x", ["E005"]),
        ("let a = " + "2^" * DEEP + "2", ["E005"]),
        ("let a = " + "1 + " * DEEP + "1", ["E005"]),
        ("let a = " + "if a then b else " * DEEP + "1", ["E005"]),
        ("let a = " + "1 + " * (MAX_EXPRESSION_HEIGHT + 1) + "1", ["E005"]),
        ("let a = " + "9" * 1_000_00, ["E004"]),
        ("let a = 1e" + "9" * 1_000_00, ["E004"]),
        ("let a = 1e-101", ["E004"]),
        ("let a = 10^30", []),
        ("let a = 1e30", []),
        ("\0" * DEEP, ["E002"]),
        ("let a = \0", ["E002"]),
        ('let a = "' + "x" * 100_000, ["E003"]),
        ("#" + "x" * (MAX_FILE_BYTES + 1), ["E704"]),
        ("x" * 100_000, ["E001"]),
        ("\n" * 100_000, []),
        ("# c\n" * 50_000, []),
        ("\ufefflet a = 1\r\nlet b = 2\r\n", []),
        ("let\ta\t=\t1\t\n", []),
        ("let a = 1\r\n    + 2\r\n# c\r\n    - 3\r\n", []),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_hostile(text: str, expected: list[str]) -> None:
    codes("let a = 1")  # the tables are loaded
    start = time.perf_counter()
    assert codes(text) == expected
    assert time.perf_counter() - start < SECONDS


def test_files_of_too_many_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops in time, whether the file is right or wrong."""
    monkeypatch.setattr(scan, "MAX_TOKENS", 1000)
    monkeypatch.setattr(parser, "MAX_TOKENS", 1000)
    assert codes("let a = 1\n" * 200) == []
    assert codes("let a = 1\n" * 201) == ["E005"]
    assert codes("let a = $\n" + "let a = 1\n" * 300) == ["E002", "E005"]


def test_what_is_allowed_is_not_too_much_for_later_stages() -> None:
    nested = "let a = " + "[" * MAX_NESTING + "]" * MAX_NESTING
    chain = "let b = " + "1 + " * (MAX_EXPRESSION_HEIGHT - 1) + "1"
    file, diagnostics = parse(Source("a.npu", f"{nested}\n{chain}\n"))
    assert not diagnostics
    assert hash(file) == hash(file) and repr(file)


@given(st.text())
def test_any_text(text: str) -> None:
    codes(text)


WORDS = st.sampled_from(
    [*sorted(spelled().values()), "name", "3", "2.5 KiB", '"text"', "\n", "# c\n", "## d\n", "$", '"']
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_any_tokens(text: str) -> None:
    codes(text)


@settings(deadline=None)
@given(st.integers(0, len(SAMPLE)), st.integers(0, 60), st.integers(0, len(SAMPLE)), st.integers(0, 60), WORDS)
def test_any_damage(at: int, length: int, source: int, copied: int, word: str) -> None:
    """A piece of a right file is replaced by another one: the formatter refuses it or formats it."""
    damaged = SAMPLE[:at] + SAMPLE[source : source + copied] + word + SAMPLE[at + length :]
    found = codes(damaged)
    try:
        format_text(Source("hostile.npu", damaged))
    except SpecError as error:
        assert [d.code for d in error.diagnostics] == found
