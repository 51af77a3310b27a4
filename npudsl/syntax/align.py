"""Alignment of neighbouring lines: equal statements column by column, and the comments that follow them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

_WIDEST_GAP = 16


@dataclass(frozen=True)
class Row:
    """One line to be written.

    `cells`: its text, cut where lines of the same `kind` are aligned (an empty cell takes no room of its own).
    `comment`: what stands behind the text. `kind` is None for a line that is aligned with no other.
    """

    indent: int
    cells: tuple[str, ...] = ("",)
    kind: str | None = None
    comment: str | None = None
    blank_before: bool = False

    @property
    def has_text(self) -> bool:
        return self.cells != ("",)

    @property
    def text(self) -> str:
        return " " * self.indent + " ".join(cell for cell in self.cells if cell)


def written(rows: Sequence[Row]) -> str:
    """The text of the rows, aligned."""
    lines: list[str] = []
    aligned = [row for run in _runs(rows, _same_kind) for row in _aligned_cells(run)]
    for run in _runs(aligned, _both_commented):
        column = max(len(row.text) for row in run) + 2
        for row in run:
            if row.blank_before:
                lines.append("")
            if row.comment is None:
                lines.append(row.text)
            else:
                lines.append((row.text.ljust(column) if row.has_text else " " * row.indent) + row.comment)
    return "".join(f"{line}\n" for line in lines)


def _runs(rows: Sequence[Row], belong: Callable[[Row, Row], bool]) -> Iterator[list[Row]]:
    """Cut the rows into runs of neighbours that belong together."""
    run = list(rows[:1])
    for above, below in pairwise(rows):
        if below.blank_before or not belong(above, below):
            yield run
            run = []
        run.append(below)
    if run:
        yield run


def _same_kind(above: Row, below: Row) -> bool:
    return above.kind is not None and above.kind == below.kind and above.indent == below.indent


def _both_commented(above: Row, below: Row) -> bool:
    both = all(row.comment is not None and row.has_text for row in (above, below))
    return both and above.indent == below.indent


def _aligned_cells(run: list[Row]) -> list[Row]:
    """Pad each cell that has another behind it to the widest such cell of its column.

    From the first column on whose cells differ too much in width, nothing is padded.
    """
    widths: list[int] = []
    for index in range(max(len(row.cells) for row in run) - 1):
        column = [len(row.cells[index]) for row in run if index < len(row.cells) - 1]
        if max(column) - min(column) > _WIDEST_GAP:
            break
        widths.append(max(column))
    return [replace(row, cells=_padded(row.cells, widths)) for row in run]


def _padded(cells: tuple[str, ...], widths: list[int]) -> tuple[str, ...]:
    most = min(len(cells) - 1, len(widths))
    return (*(cell.ljust(width) for cell, width in zip(cells[:most], widths, strict=False)), *cells[most:])
