"""The one style of `.npu` text: where lines break, how far they are indented, where blanks stand.

The layout is made from the tokens and comments of a text, so that nothing can get lost. Line breaks inside of brackets
and between operands are kept; a block stands in one line or has a line for each statement.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lark import Token

from ..text.source import Source
from . import tree
from .align import Row, written
from .comments import Comments
from .newlines import NEWLINE
from .shapes import Shapes, shapes

INDENT = 4
COMMENT = "COMMENT"

_GLUED_TO_NEXT = frozenset({"LPAR", "LSQB", "DOT", "MINUS", "POWER", "GEOMETRIC"})
_GLUED_TO_PREVIOUS = frozenset({"RPAR", "RSQB", "COMMA", "DOT", "POWER", "QUESTION"})
_CALLED = frozenset({"NAME", "RSQB"})


@dataclass(frozen=True)
class Piece:
    """A token or comment: its kind, its text, where it begins in the source, and in which line."""

    kind: str
    text: str
    start: int
    line: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def laid_out(source: Source, file: tree.File, tokens: list[Token]) -> str:
    """The text of a file in the one style, from what parsing it gave."""
    layout = _Layout(shapes(file))
    pieces = _pieces(source, tokens)
    tall = _tall_braces(pieces)
    for piece in pieces:
        layout.add(piece, piece.start in tall)
    return written(layout.rows())


def _pieces(source: Source, tokens: list[Token]) -> list[Piece]:
    places = [(t.type, str(t), t.start_pos or 0) for t in tokens]
    places += [(COMMENT, s.text, s.start) for s in Comments(source).spans]
    places.sort(key=lambda place: place[2])
    return [Piece(*place, source.position(place[2])[0]) for place in places]


def _tall_braces(pieces: list[Piece]) -> set[int]:
    """Where the braces stand whose blocks take several lines: there is something in them, and a line break."""
    tall: set[int] = set()
    opened: list[tuple[Piece, int]] = []
    for index, piece in enumerate(pieces):
        if piece.kind == "LBRACE":
            opened.append((piece, index))
        elif piece.kind == "RBRACE":
            brace, at = opened.pop()
            if brace.line < piece.line and index > at + 1:
                tall |= {brace.start, piece.start}
    return tall


@dataclass
class _Line:
    """A line that is being written; `start` is where its first piece stood in the source."""

    indent: int
    blank_before: bool
    start: int
    cells: list[str] = field(default_factory=lambda: [""])
    kind: str | None = None
    comment: str | None = None


class _Layout:
    """One pass over the pieces of a text."""

    def __init__(self, facts: Shapes):
        self._facts = facts
        self._lines: list[_Line] = []
        self._indent = 0  # of the statement
        self._brackets: list[int] = []  # the indent of the line in which each open ( or [ stands
        self._previous: Piece | None = None
        self._between = True  # between statements: at the start, after a line end, after a tall {
        self._tight = False  # the previous piece is an operator without blanks

    def rows(self) -> list[Row]:
        return [Row(x.indent, tuple(x.cells), x.kind, x.comment, x.blank_before) for x in self._lines]

    def add(self, piece: Piece, tall: bool) -> None:
        """Put the next piece where it belongs; `tall`: it is a brace of a block of several lines."""
        if piece.kind == NEWLINE:
            self._between = True
            return
        if tall and piece.kind == "RBRACE":
            self._indent -= INDENT
            self._between = True
        if self._begins_line(piece):
            self._lines.append(_Line(self._indent_of(piece), self._blank_before(piece), piece.start))
        self._write(piece)
        self._between = (tall and piece.kind == "LBRACE") or (self._between and piece.kind == COMMENT)
        if tall and piece.kind == "LBRACE":
            self._indent += INDENT
        elif piece.kind in ("LPAR", "LSQB"):
            self._brackets.append(self._lines[-1].indent)
        elif piece.kind in ("RPAR", "RSQB"):
            self._brackets.pop()
        self._previous = piece

    # ---- lines --------------------------------------------------------------------------------------

    def _begins_line(self, piece: Piece) -> bool:
        before = self._previous
        if before is None or before.kind == COMMENT:
            return True
        if piece.kind == COMMENT:
            return piece.line > before.line
        if before.kind == "LBRACE" and piece.kind == "RBRACE":
            return False
        return self._between or piece.line > before.line

    def _indent_of(self, piece: Piece) -> int:
        if self._between:
            return self._indent
        if not self._brackets:
            return self._indent + INDENT
        return self._brackets[-1] + (0 if piece.kind in ("RPAR", "RSQB") else INDENT)

    def _blank_before(self, piece: Piece) -> bool:
        """One empty line is kept between statements, none behind `{` or before `}`."""
        before = self._previous
        if before is None or before.kind == "LBRACE" or piece.kind == "RBRACE":
            return False
        return self._between and piece.line > before.line + 1

    # ---- pieces in a line ---------------------------------------------------------------------------

    def _write(self, piece: Piece) -> None:
        line = self._lines[-1]
        if piece.kind == COMMENT:
            line.comment = piece.text
            return
        first = piece.start == line.start
        if not first and self._begins_cell(line, piece):
            if line.kind == "Loops" and piece.kind == "LSQB" and len(line.cells) == 1:
                line.cells.append("")  # the place of `any`
            line.cells.append(piece.text)
        else:
            line.cells[-1] += ("" if first else self._gap(piece)) + piece.text
        self._tight = piece.kind == "MULOP" and self._before(piece) in self._facts.tight

    def _before(self, piece: Piece) -> int:
        """Where the previous piece ends (before the first one: nowhere)."""
        return self._previous.end if self._previous is not None else -1

    def _begins_cell(self, line: _Line, piece: Piece) -> bool:
        """Whether lines are aligned at this piece."""
        if self._brackets:
            return False
        kind, start = self._facts.pivots.get(self._before(piece), (None, -1))
        if piece.kind == "ARROW":
            kind, start = "Row", line.start
        if kind is None and line.kind == "Loops" and len(line.cells) == 2:
            return True  # behind `any`
        if kind is None or start != line.start or line.kind not in (None, kind):
            return False
        line.kind = kind
        return True

    def _gap(self, piece: Piece) -> str:
        """The blank, or nothing, between the previous piece and this one of the same line."""
        before = self._previous
        if before is None or self._tight or piece.kind in _GLUED_TO_PREVIOUS or before.kind in _GLUED_TO_NEXT:
            return ""
        match piece.kind:
            case "LPAR":
                return "" if before.kind in _CALLED else " "
            case "LSQB":
                return "" if before.kind == "NAME" and before.end not in self._facts.slots else " "
            case "COLON":
                return "" if self._brackets else " "
            case "MULOP":
                return "" if before.end in self._facts.tight else " "
            case "RBRACE":
                return "" if before.kind == "LBRACE" else " "
        return " "
