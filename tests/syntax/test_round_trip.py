"""Every tree can be written, and what is written parses to the same tree, formatted or not."""

from __future__ import annotations

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from npudsl.syntax import format_text, parse, parse_expression, tree
from npudsl.syntax.walk import nodes, same_tree
from npudsl.text.source import Source

from . import printing, trees

PATIENT = settings(suppress_health_check=list(HealthCheck), deadline=None, max_examples=60)


def parsed(text: str) -> tree.File:
    file, diagnostics = parse(Source("generated", text))
    assert not diagnostics, (text, diagnostics[0].message, str(diagnostics[0].primary))
    return file


@PATIENT
@given(trees.EXPR)
def test_expressions(expression: tree.Expr) -> None:
    text = printing.expr(expression)
    assert same_tree(parse_expression(Source("generated", text)), expression), text


@PATIENT
@given(trees.FILE)
def test_files(file: tree.File) -> None:
    text = printing.file(file)
    assert same_tree(parsed(text).declarations, file.declarations), text


@PATIENT
@given(trees.FILE)
def test_formatting(file: tree.File) -> None:
    formatted = format_text(Source("generated", printing.file(file)))
    assert same_tree(parsed(formatted).declarations, file.declarations), formatted


@PATIENT
@given(trees.FILE)
def test_spans_hold_the_text_of_their_nodes(file: tree.File) -> None:
    found = parsed(printing.file(file))
    for node in nodes(found):
        if isinstance(node, tree.Name):
            assert node.span.text == node.text
        elif isinstance(node, tree.Reference | tree.Number | tree.ListOf | tree.Text):
            assert same_tree(parse_expression(Source("part", node.span.text)), node)


MESS = st.sampled_from([" ", "\t", "  \r", "\n", "\n\n\n", "\n # note\n", " # note\n", "\n ## doc\n\n", "\n#\n#\n"])


@PATIENT
@given(trees.FILE, st.data())
def test_formatting_keeps_comments_wherever_they_stand(file: tree.File, data: st.DataObject) -> None:
    """`format_text` itself checks that tree and comments stay and that the result is stable; it must not refuse."""
    parts = re.split(r'("[^"\n]*"|##[^\n]*|[,({[\n])', printing.file(file))
    messy = "".join(p + (data.draw(MESS) if p in (",", "(", "{", "[", "\n") else "") for p in parts)
    expected = parsed(messy)
    formatted = format_text(Source("generated", messy))
    assert same_tree(parsed(formatted).declarations, expected.declarations)
    assert not re.search(r"[ \t\r]$|\n\n\n|\t", re.sub(r'"[^"\n]*"', "text", formatted), re.MULTILINE)
