"""The part of a rendered diagnostic that shows source: lines with their numbers, and marks below them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .diagnostics import Diagnostic, Label
from .glyphs import Line, clean
from .source import Source
from .style import Style


@dataclass(frozen=True)
class Mark:
    """A label and whether it is the primary one."""

    label: Label
    primary: bool

    @property
    def line(self) -> int:
        return self.label.span.line


def marks_by_source(diagnostic: Diagnostic) -> list[tuple[Source, list[Mark]]]:
    """The labels grouped by their file: the primary one's first, the others in the order in which they occur."""
    marks = [Mark(diagnostic.primary, True)] if diagnostic.primary else []
    marks += [Mark(label, False) for label in diagnostic.secondary]
    groups: dict[str, list[Mark]] = {}
    for mark in marks:
        groups.setdefault(mark.label.span.source.name, []).append(mark)
    return [(group[0].label.span.source, group) for group in groups.values()]


def excerpt(source: Source, marks: list[Mark], gutter: int, width: int, style: Style) -> Iterator[str]:
    """The marked lines of one file in order, `...` where lines are left out (a single one is shown instead)."""
    bar = style.gutter(f"{'':{gutter}} |")
    yield bar
    previous: int | None = None
    for number in sorted({mark.line for mark in marks}):
        if previous is not None and number - previous == 2:
            yield from _source_line(source, previous + 1, [], gutter, width, style)
        elif previous is not None and number - previous > 2:
            yield style.gutter("...")
        yield from _source_line(source, number, [m for m in marks if m.line == number], gutter, width, style)
        previous = number


def _source_line(
    source: Source, number: int, marks: list[Mark], gutter: int, width: int, style: Style
) -> Iterator[str]:
    """One source line, and below it one row for each of its marks, from left to right."""
    text = source.line(number)
    line = Line.of(text)
    placed = sorted(
        ((*_columns(line, mark, len(text)), mark) for mark in marks), key=lambda p: (p[0], not p[2].primary)
    )
    anchor = next((start for start, _, mark in placed if mark.primary), placed[0][0] if placed else 0)
    shown, left, right = line.clipped(anchor, width - gutter - 3)
    yield f"{style.gutter(f'{number:>{gutter}} |')} {shown}".rstrip()
    margin = style.gutter(f"{'':{gutter}} |")
    for start, end, mark in placed:
        start, end = max(start, left), min(end, right)
        row = ("^" if mark.primary else "-") * max(1, end - start)
        if mark.label.text:
            row += f" {clean(mark.label.text)}"
        indent = " " * max(0, min(start, right - 1) - left)
        yield f"{margin} {indent}{style.primary(row) if mark.primary else style.secondary(row)}"


def _columns(line: Line, mark: Mark, length: int) -> tuple[int, int]:
    """First and last column of a mark; one that goes on in the next line ends with this one."""
    span = mark.label.span
    start = span.column - 1
    return line.column(start), line.column(min(start + span.end - span.start, length))
