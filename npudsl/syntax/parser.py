"""From text to tree, with recovery: a mistake costs the declaration it stands in, the others are still parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lark import Token, Tree

from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.files import too_large
from ..text.limits import MAX_FILE_BYTES, MAX_SYNTAX_ERRORS, MAX_TOKENS
from ..text.source import Source, Span
from . import tree
from .build_tree import TreeBuilder
from .comments import Comments
from .mistakes import explain
from .scan import TOKENS, Scan, scan
from .tables import EXPRESSION

_CONTINUING = r"(?:and|or|then|else)\b"
_LANDMARK = re.compile(
    r'"[^"\n]*"|#[^\n]*|(?P<brace>[{}])'
    r"|^(?P<keyword>import|table|component|arch|op|network|mapping|explore)(?=[ \t])"
    rf"|^(?!{_CONTINUING})(?P<word>[A-Za-z_]\w*)(?=[ \t]+[A-Za-z_])",
    re.MULTILINE,
)


def parse(source: Source) -> tuple[tree.File, tuple[Diagnostic, ...]]:
    """The tree of what could be parsed, and every mistake that was found (none: the tree is the whole file)."""
    file, diagnostics, _ = parse_with_tokens(source)
    return file, diagnostics


def parse_with_tokens(source: Source) -> tuple[tree.File, tuple[Diagnostic, ...], list[Token]]:
    """Like `parse`, with lark's tokens, which are all of them if there is no mistake."""
    comments = Comments(source)
    whole = Span(source, 0, len(source.text))
    if len(source.text) > MAX_FILE_BYTES:
        return tree.File((), (), whole), (too_large(source.name),), []
    found = scan(source.text)
    if found.tree is not None:
        declarations, diagnostics = _build(source, comments, found.tree, 0)
    elif found.exceeded == TOKENS:
        declarations, diagnostics = [], [explain(source, found, 0)]
    else:
        declarations, diagnostics = _parse_pieces(source, comments, found)
    return tree.File(tuple(declarations), comments.plain(), whole), tuple(diagnostics), found.tokens


def parse_expression(source: Source) -> tree.Expr:
    """The expression that is the whole text (`--set NAME=VALUE`). Raises SpecError."""
    if len(source.text) > MAX_FILE_BYTES:
        raise SpecError(too_large(source.name))
    found = scan(source.text, EXPRESSION)
    if found.tree is None:
        raise SpecError(explain(source, found, 0))
    builder = TreeBuilder(source, Comments(source))
    expression = builder.transform(found.tree)
    if builder.refused:
        raise SpecError(builder.refused)
    return expression


def _build(source: Source, comments: Comments, found: Tree, offset: int) -> tuple[list[Any], list[Diagnostic]]:
    """The declarations of a text that fitted the grammar; none of them if the builder refused something."""
    builder = TreeBuilder(source, comments, offset)
    declarations = builder.transform(found)
    return ([], builder.refused) if builder.refused else (list(declarations), [])


def _parse_pieces(source: Source, comments: Comments, whole: Scan) -> tuple[list[Any], list[Diagnostic]]:
    """Parse each declaration alone: the text as a whole did not fit the grammar."""
    declarations: list[Any] = []
    diagnostics: list[Diagnostic] = []
    tokens = 0
    for start, end in _pieces(source.text):
        if len(diagnostics) >= MAX_SYNTAX_ERRORS or tokens > MAX_TOKENS:
            diagnostics.append(_given_up(Span(source, start, start), len(diagnostics)))
            break
        found = scan(source.text[start:end])
        tokens += len(found.tokens)
        if found.tree is None:
            diagnostics.append(explain(source, found, start))
        else:
            more, refused = _build(source, comments, found.tree, start)
            declarations += more
            diagnostics += refused
    return declarations, diagnostics or [explain(source, whole, 0)]


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Cut the text where a declaration seems to begin: a keyword in column 0, or any word there outside of braces."""
    depth = start = 0
    for landmark in _LANDMARK.finditer(text):
        if (brace := landmark["brace"]) is not None:
            depth = max(0, depth + (1 if brace == "{" else -1))
        elif landmark["keyword"] or (landmark["word"] and depth == 0):
            yield start, landmark.start()
            start, depth = landmark.start(), 0
    yield start, len(text)


def _given_up(span: Span, mistakes: int) -> Diagnostic:
    several = mistakes >= MAX_SYNTAX_ERRORS
    message = f"more than {MAX_SYNTAX_ERRORS} mistakes in this file" if several else TOKENS
    return Diagnostic("E006" if several else "E005", message, Label(span, "not looked at from here on"))
