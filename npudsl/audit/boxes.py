"""Bounds on whole blocks of combinations: which pairs of rows of two tables may lie below a value.

The rows of a table are sorted into boxes, halved level by level. Of two boxes, a sum of products is at least what the
least entry of every column gives (the largest, of columns that count against a sum). Pairs of boxes that this shows to
be too much, or not to fit, are dropped with everything in them; the others are split, down to single rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from .rows import Model, Table

#: Pairs that are looked at in one go.
CHUNK = 1 << 14


@dataclass(frozen=True)
class Ceiling:
    """What a combination must stay below to matter. `value`: of (costs by kind, cycles of the steps) arrays."""

    value: Callable[[np.ndarray, np.ndarray], np.ndarray]
    most: float


@dataclass(frozen=True)
class Frame:
    """What a part stands in: `outer`, shape (kinds, vectors of extents), the least costs outside (None: nothing is
    outside); `inside`: costs by kind of what is inside, at least; `pace`: cycles of a step."""

    outer: np.ndarray | None
    inside: np.ndarray
    pace: float
    ceiling: Ceiling


@dataclass(frozen=True)
class Boxes:
    """A table in boxes: per level (one box, two, ... one per row) the bounds of each column and the least costs
    outside. `real`: which rows are not there only to make their number a power of two."""

    table: Table
    real: np.ndarray
    columns: list[np.ndarray]
    outer: list[np.ndarray]

    @property
    def depth(self) -> int:
        return len(self.columns) - 1


def summary(values: np.ndarray, rises: np.ndarray, axis: int) -> np.ndarray:
    """The least of columns that count towards the sums, the largest of the others."""
    if rises.all():
        return np.asarray(values.min(axis=axis))
    return np.where(rises, values.min(axis=axis), values.max(axis=axis))


def _folded(function: Callable[[np.ndarray, np.ndarray], np.ndarray], values: np.ndarray) -> np.ndarray:
    """The least (or most) along axis 1, whose length is a power of two: half with half, which is several times faster
    than a reduction over an axis inside others."""
    while values.shape[1] > 1:
        half = values.shape[1] // 2
        values = function(values[:, :half], values[:, half:])
    return values[:, 0]


def _paired(values: np.ndarray, rises: np.ndarray) -> np.ndarray:
    """`summary` of every two neighbouring rows."""
    one, two = values[0::2], values[1::2]
    least = np.minimum(one, two)
    return least if rises.all() else np.where(rises, least, np.maximum(one, two))


def boxed(table: Table, model: Model, frame: Frame, others: np.ndarray) -> Boxes:
    """Sorts a table's rows so that those of each box are alike in what they add to every sum and limit, if all columns
    are multiplied by `others`. (Alike in every column: three times as many pairs of boxes to look at.)"""
    last = len(table) - 1
    size = 1 << last.bit_length()
    order = np.arange(size)
    with np.errstate(divide="ignore"):
        scale = np.log(np.maximum(table.values @ np.abs(model.weights * others).T, 1e-9))
    scale = scale[np.minimum(order, last)]
    count = 1
    while size // count > 2:
        nodes = scale.reshape(count, -1, scale.shape[1])
        widest = (_folded(np.maximum, nodes) - _folded(np.minimum, nodes)).argmax(axis=1)
        keys = nodes[np.arange(count), :, widest]
        moved = (keys.argsort(axis=1, kind="stable") + (size // count) * np.arange(count)[:, None]).ravel()
        order, scale = order[moved], scale[moved]
        count *= 2
    rows = table.take(np.minimum(order, last))
    columns = [rows.values]
    kinds = len(model.constants)
    outer = [np.zeros((size, kinds)) if frame.outer is None else frame.outer.T[rows.need]]
    while len(columns[0]) > 1:
        columns.insert(0, _paired(columns[0], model.rises))
        outer.insert(0, np.minimum(outer[0][0::2], outer[0][1::2]))
    return Boxes(rows, order <= last, columns, outer)


def boxed_for_each_other(one: Table, two: Table, model: Model, frame: Frame, rest: np.ndarray) -> tuple[Boxes, Boxes]:
    """Two tables that are to be combined; `rest`: what all others contribute."""
    first, second = (table.values.mean(axis=0) * rest for table in (one, two))
    return boxed(one, model, frame, second), boxed(two, model, frame, first)


class Pairs:
    """Pairs of rows of two tables that may lie below the ceiling; `rest`: bounds of all columns of the other groups."""

    def __init__(self, model: Model, frame: Frame, rest: np.ndarray, tick: Callable[[], None]):
        self.model, self.frame, self.tick = model, frame, tick
        self.weights = model.weights * rest
        self.rest = rest
        self.tested = 0

    def surviving(self, one: Boxes, two: Boxes) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Positions in both tables, the costs of the part (kinds, pairs), and cycles of the steps (at least)."""
        zero = np.zeros(1, dtype=np.int64)
        stack = [(0, 0, zero, zero)]
        while stack:
            self.tick()
            i, j, a, b = stack.pop()
            if len(a) > CHUNK:
                stack += [(i, j, a[CHUNK:], b[CHUNK:])]
                a, b = a[:CHUNK], b[:CHUNK]
            single = i == one.depth and j == two.depth
            if single and self.frame.outer is not None:
                outer = self.frame.outer.T[one.table.need[a] + two.table.need[b]]
            else:
                outer = np.maximum(one.outer[i][a], two.outer[j][b])
            both = one.columns[i].take(a, axis=0)
            both *= two.columns[j].take(b, axis=0)
            alive, costs, steps = self.alive(both, outer)
            if single:
                alive &= one.real[a] & two.real[b]
            a, b = a[alive], b[alive]
            if single:
                if len(a):
                    yield a, b, costs[:, alive], steps[alive]
            elif len(a):
                stack.append(_split(i, j, a, b, one.depth, two.depth))

    def alive(self, columns: np.ndarray, outer: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which may lie below the ceiling, with costs of the part and cycles of the steps; columns: shape (n,
        columns)."""
        self.tested += len(columns)
        model, frame = self.model, self.frame
        kinds = len(model.constants)
        sums = self.weights @ columns.T
        fits = (sums[kinds:] <= model.limits[:, None] * (1 + 1e-12)).all(axis=0)
        costs = sums[:kinds] + model.constants[:, None]
        steps = np.zeros(len(columns))
        if model.steps is not None:
            steps = columns[:, model.steps] * self.rest[model.steps] * frame.pace
        whole = costs + outer.T + frame.inside[:, None]
        return fits & (frame.ceiling.value(whole, steps) < frame.ceiling.most), costs, steps


def _split(i: int, j: int, a: np.ndarray, b: np.ndarray, one: int, two: int) -> tuple[int, int, np.ndarray, np.ndarray]:
    """All pairs of halves."""
    if i < one:
        a, b, i = np.concatenate([2 * a, 2 * a + 1]), np.tile(b, 2), i + 1
    if j < two:
        a, b, j = np.tile(a, 2), np.concatenate([2 * b, 2 * b + 1]), j + 1
    return i, j, a, b


def combinations(
    model: Model, frame: Frame, tick: Callable[[], None]
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Every combination of one row per group that may lie below the ceiling: flat indices at the top and at the bottom,
    costs of the part (kinds, n), and cycles of the steps."""
    tables = _sifted(model, frame, model.tables, tick)
    if not len(tables[0]):
        return
    while len(tables) > 2:
        one, two, *others = tables
        rest = reduce(np.multiply, [summary(t.values, model.rises, 0) for t in others])
        tables = _sifted(model, frame, [_merged(model, frame, rest, one, two, tick), *others], tick)
        if not len(tables[0]):
            return
    if len(tables) == 1:
        width = model.weights.shape[1]
        index = np.zeros(1, dtype=np.int64)
        tables.append(Table(np.ones((1, width)), index, index))
    alone = np.ones(model.weights.shape[1])
    first, second = boxed_for_each_other(tables[0], tables[1], model, frame, alone)
    pairs = Pairs(model, frame, alone, tick)
    for a, b, costs, steps in pairs.surviving(first, second):
        x, y = first.table, second.table
        yield x.need[a] + y.need[b], x.leave[a] + y.leave[b], costs, steps


def _sifted(model: Model, frame: Frame, tables: Sequence[Table], tick: Callable[[], None]) -> list[Table]:
    """The tables without rows that lie above the ceiling even if all others are at their least, fewest rows first."""
    found = sorted(tables, key=len)
    for k in range(len(found)):
        if not all(len(t) for t in found):
            break
        others = [summary(t.values, model.rises, 0) for i, t in enumerate(found) if i != k]
        rest = reduce(np.multiply, others, np.ones(model.weights.shape[1]))
        table = found[k]
        outer = np.zeros((len(table), len(model.constants))) if frame.outer is None else frame.outer.T[table.need]
        alive = Pairs(model, frame, rest, tick).alive(table.values, outer)[0]
        found[k] = table.take(np.flatnonzero(alive))
    return sorted(found, key=len)


def _merged(model: Model, frame: Frame, rest: np.ndarray, one: Table, two: Table, tick: Callable[[], None]) -> Table:
    """One table of the groups of two, without rows that no choice for the others brings below the ceiling."""
    first, second = boxed_for_each_other(one, two, model, frame, rest)
    x, y = first.table, second.table
    found = [(a, b) for a, b, _, _ in Pairs(model, frame, rest, tick).surviving(first, second)]
    a, b = (np.concatenate([f[k] for f in found] or [np.zeros(0, np.int64)]) for k in (0, 1))
    return Table(x.values[a] * y.values[b], x.need[a] + y.need[b], x.leave[a] + y.leave[b])
