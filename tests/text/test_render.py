"""The eight diagnostics of the design, verbatim, and what a renderer has to survive."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npudsl.text.diagnostics import Diagnostic, Fix, Label
from npudsl.text.render import render, to_json
from npudsl.text.source import Source, Span

RENDERED = (Path(__file__).parent / "rendered.txt").read_text(encoding="utf-8")


def golden(number: int) -> str:
    """The diagnostic under heading `number` of `rendered.txt`."""
    parts = re.split(r"^\d\. .*\n\n", RENDERED, flags=re.MULTILINE)
    return parts[number].rstrip("\n")


def source(name: str, lines: dict[int, str]) -> Source:
    """A source that has the given lines, and empty ones before and between them."""
    return Source(name, "\n".join(lines.get(n, "") for n in range(1, max(lines) + 1)) + "\n")


def mark(src: Source, line: int, text: str, label: str = "", nth: int = 0) -> Label:
    """A label on the occurrence number `nth` of `text` in a line."""
    start = sum(len(src.line(n)) + 1 for n in range(1, line))
    at = [m.start() for m in re.finditer(re.escape(text), src.line(line))][nth]
    return Label(Span(src, start + at, start + at + len(text)), label)


EYERISS = {
    8: "        bandwidth = 1.6 GB",
    20: "        link bus   : t.wire(length = 1.5 mm) { multicast = [input, weights] }",
    27: "        level spad {",
    32: "        compute mac : t.mac(bits = 16) {",
    4: "arch eyeriss(rows: int = 12, cols: int = 14, glb_size: data = 108 Kib, word: data = 16 bit) {",
}


def missing_colon() -> Diagnostic:
    src = source("specs/eyeriss.npu", {7: "    memory dram t.dram(width = 64 bit) {"})
    help = "an instance is written `memory NAME : COMPONENT(...)`"
    return Diagnostic("E001", "unexpected `t`", mark(src, 7, "t", "expected `:`"), help=help)


def unknown_unit() -> Diagnostic:
    src = source("specs/eyeriss.npu", EYERISS)
    help = "did you mean `KiB` (1024 byte) or `Kibit` (1024 bit)?"
    return Diagnostic("E101", "unknown unit `Kib`", mark(src, 4, "Kib", "not a unit"), help=help)


def wrong_dimension() -> Diagnostic:
    src = source("specs/eyeriss.npu", {**EYERISS, 7: "    memory dram : t.dram(width = 64 bit) {"})
    return Diagnostic(
        "E102",
        "`bandwidth` is a data rate, but this is an amount of data",
        mark(src, 8, "1.6 GB", "data, in bit"),
        (mark(src, 7, "memory dram", "in this memory"),),
        ("a memory's `bandwidth` is in data per time (`GB/s`) or data per cycle (`bit/cycle`)",),
        "write `1.6 GB/s`",
    )


def unknown_tensor() -> Diagnostic:
    src = source("specs/eyeriss.npu", EYERISS)
    return Diagnostic(
        "E201",
        "no tensor `weights`",
        mark(src, 20, "weights", "not a tensor of any operator this architecture runs"),
        help="did you mean `weight`?",
        listing=("tensors in scope: input, weight, output",),
    )


def shapes() -> Diagnostic:
    pool = "    layer pool1 = o.max_pool[n = batch, c = 96, p = 27, q = 27, r = 3, s = 3](input = conv1)"
    conv = "    layer conv2 = o.conv2d[n = batch, g = 2, m = 128, c = 64, p = 27, q = 27, r = 5, s = 5]"
    conv += "(pad = 2, input = pool1)"
    src = source("specs/alexnet.npu", {9: pool, 10: conv})
    return Diagnostic(
        "E301",
        "`conv2` reads 128 channels, but `pool1` produces 96",
        mark(src, 10, "c = 64", "g * c = 2 * 64 = 128 input channels"),
        (mark(src, 10, "input = pool1", "read here"), mark(src, 9, "c = 96", "96 channels produced here")),
        help="with g = 2, `c = 48` would fit",
    )


def no_path() -> Diagnostic:
    src = source("specs/eyeriss.npu", EYERISS)
    return Diagnostic(
        "E401",
        "`weight` never reaches `mac`: no memory of level `spad` holds it",
        mark(src, 27, "level spad", "holds input, output"),
        (mark(src, 32, "compute mac", "needs input, weight, output"),),
        help="add a memory with `holds = [weight]` to `spad`, or add `weight` to a `holds` there",
        listing=("`weight` is held by dram; glb (may be bypassed)",),
    )


def not_covering() -> Diagnostic:
    src = source("specs/row_stationary.npu", {20: "    dram [m = 4, p = 5]", 24: "    spad [m = 16, s = 11]"})
    return Diagnostic(
        "E502",
        "`conv1_fixed` covers 64 of 96 values of `m`",
        mark(src, 20, "m = 4", "4 here"),
        (mark(src, 24, "m = 16", "x 16 here = 64"),),
        ("conv1 has m = 96 (specs/alexnet.npu:8)",),
        "the factors of `m` must multiply to at least 96: `m = 6` here, or leave one `m` without a factor",
    )


def no_mapping() -> Diagnostic:
    flow = source("specs/row_stationary.npu", {14: "    spad     [m >= 32, c, s = full]"})
    memory = "            memory filter : t.regfile(size = 224 * word) { holds = [weight] }"
    arch = source("specs/eyeriss.npu", {29: memory})
    conflict = "these three are a smallest conflicting set: dropping any one of them gives a solution"
    return Diagnostic(
        "E601",
        "no mapping of `conv1` satisfies `row_stationary`",
        mark(flow, 14, "m >= 32", "at least 32 filters per PE"),
        (
            mark(arch, 29, "224 * word", "but only 224 words"),
            mark(flow, 14, "s = full", "x 11 weights per filter row"),
        ),
        (f"{conflict}\ntile(filter) = m * c * s >= 32 * 1 * 11 = 352 words > 224 words",),
        "`npudsl explain E601` tells how the conflict was found",
    )


CASES = [
    missing_colon,
    unknown_unit,
    wrong_dimension,
    unknown_tensor,
    shapes,
    no_path,
    not_covering,
    no_mapping,
]


@pytest.mark.parametrize("number", range(1, 9))
def test_design(number: int) -> None:
    assert render(CASES[number - 1]()) == golden(number)


def test_without_a_place() -> None:
    shown = render(Diagnostic("E701", "no file `a.npu`", notes=("looked for it here",), help="write it"))
    assert shown == "error[E701]: no file `a.npu`\n  = note: looked for it here\n  = help: write it"


def test_one_line_between_is_shown_and_several_are_left_out() -> None:
    src = Source("a", "one\ntwo\nthree\nfour\nfive\nsix\nseven")
    shown = render(Diagnostic("E1", "x", mark(src, 1, "one"), (mark(src, 3, "three"), mark(src, 7, "seven", "here"))))
    assert shown.splitlines()[2:] == [
        "  |",
        "1 | one",
        "  | ^^^",
        "2 | two",
        "3 | three",
        "  | -----",
        "...",
        "7 | seven",
        "  | ----- here",
    ]


def test_tabs_and_wide_and_combining_characters_keep_marks_in_place() -> None:
    src = Source("a", "\tx = 日本e\u0301 bad")
    shown = render(Diagnostic("E1", "x", mark(src, 1, "bad", "here"))).splitlines()
    assert shown[3:] == ["1 |     x = 日本e\u0301 bad", "  |               ^^^ here"]


def test_control_characters_never_reach_the_terminal() -> None:
    src = Source("a\x1b[31m", "x = \x1b[2J\x00\u202e")
    shown = render(Diagnostic("E1", "a \x1b[2J", mark(src, 1, "x"), notes=("\x07",)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", shown)
    assert "␛[2J␀�" in shown


def test_long_lines_are_cut_around_what_is_marked() -> None:
    text = "a = [" + ", ".join(str(i) for i in range(400)) + "]"
    src = Source("a", text)
    lines = render(Diagnostic("E1", "x", mark(src, 1, " 222,", "this")), width=80).splitlines()
    assert lines[3].startswith("1 | ...") and lines[3].endswith("...") and len(lines[3]) <= 80
    at = lines[4].index("^")
    assert lines[3][at : at + 5] == " 222," and lines[4].endswith("^^^^^ this")


def test_marks_that_are_cut_off_stay_in_the_line() -> None:
    src = Source("a", "first " + "x" * 500 + " last")
    lines = render(Diagnostic("E1", "x", mark(src, 1, "last"), (mark(src, 1, "first", "f"),)), width=60).splitlines()
    assert lines[3].startswith("1 | ...xxx") and lines[3].endswith(" last")
    assert lines[4:] == ["  | - f", f"  | {'^^^^':>56}"]


def test_spans_of_several_lines_end_with_the_first_and_empty_ones_have_one_caret() -> None:
    src = Source("a", "abc {\n}\n")
    several = Label(Span(src, 4, 7), "block")
    end = Label(Span(src, 8, 8), "end")
    lines = render(Diagnostic("E1", "x", several, (end,))).splitlines()
    assert lines[3:] == ["1 | abc {", "  |     ^ block", "2 | }", "3 |", "  | - end"]


def test_colour_changes_nothing_but_colour() -> None:
    for case in CASES:
        painted = render(case(), color=True)
        assert "\x1b[" in painted
        assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == render(case())


def test_json_holds_the_same() -> None:
    src = Source("a.npu", "let a = 1\nlet bb = $\n")
    label = mark(src, 2, "bb", "this")
    found = to_json(Diagnostic("E1", "m", label, (), ("n",), "h", Fix(label.span, "c"), ("l",)))
    place = {"file": "a.npu", "line": 2, "column": 5, "end_line": 2, "end_column": 7, "start": 14, "end": 16}
    assert found == {
        "code": "E1",
        "message": "m",
        "primary": {**place, "text": "this"},
        "secondary": [],
        "notes": ["n", "l"],
        "help": "h",
        "fix": {**place, "replacement": "c"},
    }


@given(st.text(max_size=60), st.data(), st.integers(0, 90))
def test_every_span_of_every_text_can_be_shown(text: str, data: st.DataObject, width: int) -> None:
    src = Source("x", text)
    labels = []
    for _ in range(3):
        start = data.draw(st.integers(0, len(text)))
        labels.append(Label(Span(src, start, data.draw(st.integers(start, len(text)))), "here"))
    shown = render(Diagnostic("E1", text, labels[0], tuple(labels[1:])), width=width)
    assert shown.count("^") >= 1
    assert shown.count(" here") >= 3
