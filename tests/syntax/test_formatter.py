"""The one style."""

from __future__ import annotations

import re

import pytest

from npudsl.syntax import format_text, formatter
from npudsl.text.diagnostics import SpecError
from npudsl.text.source import Source

from .sample import SAMPLE


def formatted(text: str) -> str:
    return format_text(Source("a.npu", text))


def test_what_is_in_the_style_stays() -> None:
    expected = SAMPLE.replace("pJ    # an", "pJ  # an")
    assert formatted(SAMPLE) == expected
    assert formatted(expected) == expected


def test_indents_and_blanks_are_restored() -> None:
    """Every run of blanks is squeezed or dropped, and the text comes back."""
    expected = formatted(SAMPLE)
    flat = re.sub(r"(?m)^ +", "", expected)
    flat = re.sub(r'("[^"\n]*"|#.*)|(?<=\S) +(?=[=:,*(])', lambda m: m[1] or "", flat)
    assert formatted(flat) == expected
    wide = re.sub(r'("[^"\n]*"|#.*)|(?<=[\w\])]) (?=\S)', lambda m: m[1] or "   ", expected)
    assert formatted(wide) == expected


CASES = {
    "nothing": ("", ""),
    "only comments": ("\n\n# a\n\n\n\n# b", "# a\n\n# b\n"),
    "units": ("let a=108KiB+3 GB/s", "let a = 108 KiB + 3 GB/s\n"),
    "signs": ("let a = - 3 - -b ^ - 2", "let a = -3 - -b^-2\n"),
    "products in indices": (
        "op a {\n dims p\n output[p] = input[2 * p - 1, (p + 1) * 3] * (2*p)\n}",
        "op a {\n    dims p\n    output[p] = input[2*p - 1, (p + 1) * 3] * (2 * p)\n}\n",
    ),
    "a block in one line": ("op a {dims p}", "op a { dims p }\n"),
    "a block in two": ("op a { dims p\n}", "op a {\n    dims p\n}\n"),
    "an empty block": ("arch a {\n\n}", "arch a {}\n"),
    "a block with a comment": ("arch a {\n# c\n}", "arch a {\n    # c\n}\n"),
    "empty lines in blocks": ("op a {\n\n\n dims p\n\n\n\n let b = 1\n\n}", "op a {\n    dims p\n\n    let b = 1\n}\n"),
    "brackets over lines": (
        "let a = f(\nx = 1,\n  y = [2,\n 3\n],\n)",
        "let a = f(\n    x = 1,\n    y = [2,\n        3\n    ],\n)\n",
    ),
    "comments in brackets": (
        "let a = [ # one\n1, # two\n# three\n2]",
        "let a = [  # one\n    1,  # two\n    # three\n    2]\n",
    ),
    "an operand in the next line": ("let a = b +\nc\n# x\n- d", "let a = b +\n    c\n    # x\n    - d\n"),
    "aligned comments": ("let a = 1 # x\nlet bcd = 2     # y\n\nlet e = 1 # z", None),
    "slots": ("mapping m { dram any[a]\npe.x[b] }", "mapping m {\n    dram any [a]\n    pe.x     [b]\n}\n"),
    "slots without any": ("mapping m { dram[a]\npe.x[b] }", "mapping m {\n    dram [a]\n    pe.x [b]\n}\n"),
    "no wide gaps": (
        "arch m {\n memory a : t() { w = 1 }\n memory bb : t.buffer(size = KiB) { w = 1 }\n link c : t() { w = 1 }\n}",
        "arch m {\n    memory a  : t() { w = 1 }\n    memory bb : t.buffer(size = KiB) { w = 1 }\n"
        "    link c : t() { w = 1 }\n}\n",
    ),
    "calls": ("let a = f ( x )+ g [ 1 ] ( )", "let a = f(x) + g[1]()\n"),
    "line ends": ("let a = 1\r\n\tlet b = 2\r\n", "let a = 1\nlet b = 2\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_style(name: str) -> None:
    text, expected = CASES[name]
    if expected is None:
        expected = "let a   = 1  # x\nlet bcd = 2  # y\n\nlet e = 1  # z\n"
    assert formatted(text) == expected


def test_a_text_with_mistakes_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        formatted("let a = \nlet b = $\n")
    assert [d.code for d in caught.value.diagnostics] == ["E001", "E002"]


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        ("let a = 2\n# c\n", "the result means something else"),
        ("let a = 1\n", "a comment would get lost"),
        ("let a = \n", "the result has a mistake: unexpected end of the file"),
        ("let a  = 1\n# c\n", "formatting the result again would change it"),
    ],
)
def test_a_wrong_formatter_is_noticed(monkeypatch: pytest.MonkeyPatch, spoilt: str, reason: str) -> None:
    results = iter([spoilt, "something else"])
    monkeypatch.setattr(formatter, "laid_out", lambda *_: next(results))
    with pytest.raises(SpecError) as caught:
        formatted("let a = 1\n# c\n")
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "E007" and diagnostic.notes[0] == reason
