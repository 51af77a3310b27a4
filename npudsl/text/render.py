"""Diagnostics as text in the style of rustc, and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .diagnostics import Diagnostic, Label
from .excerpt import excerpt, marks_by_source
from .glyphs import clean
from .source import Span
from .style import Style

DEFAULT_WIDTH = 140


def render(diagnostic: Diagnostic, *, color: bool = False, width: int = DEFAULT_WIDTH) -> str:
    """The diagnostic as several lines, without a line end after the last one.

    `color` adds ANSI sequences. Source lines of more than `width` columns are cut around what is marked in them.
    """
    return "\n".join(_lines(diagnostic, Style(color), width))


def _lines(diagnostic: Diagnostic, style: Style, width: int) -> Iterator[str]:
    yield f"{style.error(f'error[{diagnostic.code}]')}{style.message(f': {clean(diagnostic.message)}')}"
    groups = marks_by_source(diagnostic)
    gutter = max((len(str(mark.line)) for _, marks in groups for mark in marks), default=1)
    for index, (source, marks) in enumerate(groups):
        arrow = ":::" if index else "-->"
        yield f"{'':{gutter}}{style.gutter(arrow)} {clean(str(marks[0].label.span))}"
        yield from excerpt(source, marks, gutter, width, style)
    for note in diagnostic.notes:
        yield _remark("note", note, gutter, style.message)
    if diagnostic.help is not None:
        yield _remark("help", diagnostic.help, gutter, style.help)
    for note in diagnostic.listing:
        yield _remark("note", note, gutter, style.message)


def _remark(kind: str, text: str, gutter: int, paint: Callable[[str], str]) -> str:
    """`= note: text`; further lines of the text stand below its first."""
    head = f"{'':{gutter}} = {kind}: "
    first, *rest = clean(text).split("\n")
    painted = f"{'':{gutter}} = {paint(f'{kind}:')} {first}"
    return "\n".join([painted, *(" " * len(head) + line.rstrip() for line in rest)])


def to_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """The diagnostic as JSON data. Lines and columns count from 1, offsets from 0; all count characters."""
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "message": diagnostic.message,
        "primary": _label(diagnostic.primary) if diagnostic.primary else None,
        "secondary": [_label(label) for label in diagnostic.secondary],
        "notes": [*diagnostic.notes, *diagnostic.listing],
        "help": diagnostic.help,
        "fix": {**_position(fix.span), "replacement": fix.replacement} if fix else None,
    }


def _label(label: Label) -> dict[str, Any]:
    return {**_position(label.span), "text": label.text}


def _position(span: Span) -> dict[str, Any]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "start": span.start,
        "end": span.end,
    }
