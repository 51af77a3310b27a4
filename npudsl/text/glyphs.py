"""How text looks in a terminal: what each character is shown as, and in which column it stands."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_TAB = "    "
_UNSHOWABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_ELLIPSIS = "..."


def visible(character: str) -> str:
    """The character as it is shown: a tab as four blanks, a control character (also one that would turn the
    direction of the text) as a picture, everything else as itself."""
    if character.isprintable():
        return character
    if character == "\t":
        return _TAB
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    return "�" if unicodedata.category(character) in _UNSHOWABLE else character


def clean(text: str) -> str:
    """A text of our own that quotes the user's: control characters as pictures, line ends kept."""
    return text if text.isprintable() else "".join(c if c == "\n" else visible(c) for c in text)


def _cells(shown: str) -> int:
    """Terminal columns that a shown character takes: 0 for combining ones, 2 for wide ones."""
    if shown.isascii():
        return len(shown)
    if unicodedata.combining(shown):
        return 0
    return 2 if unicodedata.east_asian_width(shown) in "WF" else 1


@dataclass(frozen=True)
class Line:
    """A line as it is shown. `columns[i]` is the column (from 0) at which character i of the source line stands, the
    last entry the width of the whole. `shown[i]` is what character i is shown as."""

    shown: tuple[str, ...]
    columns: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Line:
        shown = tuple(visible(c) for c in text)
        columns = [0]
        for piece in shown:
            columns.append(columns[-1] + _cells(piece))
        return cls(shown, tuple(columns))

    def column(self, index: int) -> int:
        """Column of character `index` of the source line; beyond its end: the end."""
        return self.columns[min(index, len(self.shown))]

    def clipped(self, anchor: int, width: int) -> tuple[str, int, int]:
        """The line, cut to `width` columns around column `anchor` if it is wider.

        Returns the text, the column of the line at which it begins, and the one at which it ends (both count what is
        shown, dots aside).
        """
        whole = self.columns[-1]
        if whole <= width:
            return "".join(self.shown), 0, whole
        room = max(width, 4 * len(_ELLIPSIS))
        left = max(0, min(anchor - room // 3, whole - room))
        right = left + room
        first = left + len(_ELLIPSIS) if left > 0 else 0
        last = right - len(_ELLIPSIS) if right < whole else whole
        kept = "".join(
            piece
            for piece, start, end in zip(self.shown, self.columns, self.columns[1:], strict=False)
            if first <= start and end <= last
        )
        return (_ELLIPSIS if left else "") + kept + (_ELLIPSIS if right < whole else ""), left, right
