"""Comments: where they stand, and which of them document the statement below them."""

from __future__ import annotations

import re
from functools import cached_property

from ..text.source import Source, Span

# A string cannot hold a line end, so whatever starts with `#` outside of one is a comment up to the end of its line.
_STRING_OR_COMMENT = re.compile(r'"[^"\n]*"|#[^\n]*')


class Comments:
    """The comments of one source.

    Documentation is a run of `##` lines directly above a statement, each alone on its line. Which runs are
    documentation is known only when the statements are: `document` is asked for each of them.
    """

    def __init__(self, source: Source):
        self._source = source
        self._taken: set[int] = set()

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        """Every comment in textual order, without trailing blanks."""
        found = (m for m in _STRING_OR_COMMENT.finditer(self._source.text) if m.group().startswith("#"))
        return tuple(Span(self._source, m.start(), m.start() + len(m.group().rstrip())) for m in found)

    @cached_property
    def _documentation_lines(self) -> dict[int, Span]:
        """Line number -> the `##` comment that stands alone on it."""
        return {s.line: s for s in self.spans if is_documentation(s.text) and self._first_on_line(s.start)}

    def _first_on_line(self, offset: int) -> bool:
        line_start = self._source.text.rfind("\n", 0, offset) + 1
        return not self._source.text[line_start:offset].strip(" \t\r\ufeff")

    def document(self, offset: int) -> str | None:
        """The documentation of the statement that starts at `offset`: its lines joined by newlines, or None."""
        if not self._first_on_line(offset):
            return None
        line = self._source.position(offset)[0] - 1
        lines: list[str] = []
        while (span := self._documentation_lines.get(line)) is not None:
            self._taken.add(span.start)
            lines.append(span.text[2:].removeprefix(" "))
            line -= 1
        return "\n".join(reversed(lines)) if lines else None

    def plain(self) -> tuple[Span, ...]:
        """The comments that document nothing, once every statement has asked for its documentation."""
        return tuple(s for s in self.spans if s.start not in self._taken)


def is_documentation(comment: str) -> bool:
    """Whether a comment is written as documentation: `## text`, but not a rule of `####`."""
    return comment.startswith("##") and not comment.startswith("###")
