"""Rows that another row makes superfluous: no better in any column, and no easier to combine.

Of few rows all others that are no worse are told at once, as sets of bits: per column a row has those that come no
later in its order, and what is in the sets of all columns beats it. Of many rows the most promising ones are compared
with all others first.
"""

from __future__ import annotations

import itertools

import numpy as np

#: So many rows are compared all with each other; and so many of those that pivots leave.
FEW, LEFT = 1 << 11, 1 << 12
#: Rows before a row that it is compared with where there are many keys.
NEIGHBOURS = 8
#: Of many rows those per key that others are compared with, most promising first; more cost more time than they save.
PIVOTS = 128
#: So many at a time.
BLOCK = 8
#: Of more rows than this only so many are tried if those leave more than this share: they take long to compare.
MANY, TRIED, SHARE = 1 << 14, 16, 0.9


def undominated(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Indices of rows left when those are dropped that some row with the same key beats or equals in every column.

    `columns`: (columns, rows), smaller is better; of equal rows one stays. Of many rows (`FEW`) some superfluous ones
    may stay; none that is needed goes.
    """
    return np.flatnonzero(dominators(columns, keys) == np.arange(columns.shape[1]))


def dominators(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """For every row the row that `undominated` drops it for: one that stays; its own if it stays itself."""
    count = columns.shape[1]
    if count <= FEW:
        return _all_with_all(columns, keys) if count else np.zeros(0, np.int64)
    beaten_by = _by_pivots(columns, keys)
    left = np.flatnonzero(beaten_by == np.arange(count))
    left = left[np.argsort(keys[left], kind="stable")]
    for low in range(0, len(left), LEFT):
        some = left[low : low + LEFT]
        beaten_by[some] = some[_all_with_all(columns[:, some], keys[some])]
    return _to_the_end(beaten_by)


def _to_the_end(beaten_by: np.ndarray) -> np.ndarray:
    """Who beats a row may be beaten by another."""
    while not np.array_equal(further := beaten_by[beaten_by], beaten_by):
        beaten_by = further
    return beaten_by


def _ranks(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of every value in its column, of equal ones the last; and the rows in the order of every column.
    Columns that order the rows alike are one, and such that do not order them are left out."""
    rows = columns.shape[1]
    order = np.argsort(columns, axis=1)
    ascending = np.take_along_axis(columns, order, axis=1)
    last = np.full(columns.shape, rows - 1, dtype=np.int32)
    np.copyto(last[:, :-1], np.arange(rows - 1, dtype=np.int32), where=ascending[:, 1:] != ascending[:, :-1])
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty_like(last)
    np.put_along_axis(ranks, order, last, axis=1)
    different = {rank.tobytes(): k for k, rank in enumerate(ranks) if last[k, 0] < rows - 1}
    some = list(different.values())
    return ranks[some], order[some]


# ---- few rows --------------------------------------------------------------------------------------


def _all_with_all(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """As `dominators`; none that is superfluous stays."""
    rows = np.arange(columns.shape[1])
    if (keys != keys[0]).any():  # no better and no worse
        columns = np.concatenate([columns, keys[None], -keys[None]])
    ranks, order = _ranks(columns)
    if not len(ranks):  # all are equal
        return np.zeros_like(rows)
    by_sum = np.argsort(ranks.sum(axis=0), kind="stable")  # only an earlier row can beat a later one
    place = np.empty_like(rows)
    place[by_sum] = rows
    beaten_by = np.empty_like(rows)
    beaten_by[by_sum] = by_sum[_first(ranks[:, by_sum], place[order])]
    return beaten_by


def _first(ranks: np.ndarray, order: np.ndarray) -> np.ndarray:
    """For every row the first that is no worse in any column: sets of rows as bits, shape (columns, rows, words)."""
    columns, rows = np.arange(ranks.shape[0])[:, None], np.arange(ranks.shape[1])
    sets = np.zeros((*ranks.shape, (len(rows) + 63) // 64), dtype=np.uint64)
    sets[columns, rows, order >> 6] = np.uint64(1) << (order & 63).astype(np.uint64)
    np.bitwise_or.accumulate(sets, axis=1, out=sets)
    found = np.bitwise_and.reduce(sets[columns, ranks], axis=0)
    word = (found != 0).argmax(axis=1)
    bits = found[rows, word]
    lowest = bits & (~bits + np.uint64(1))
    return 64 * word + np.log2(lowest.astype(float)).astype(np.int64)  # exact: powers of two


# ---- many ------------------------------------------------------------------------------------------


def _by_pivots(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """For every row one that beats it, if one of the `PIVOTS` of least rank sum of its key or of its `NEIGHBOURS`
    does; its own if not."""
    ranks = _ranks(columns)[0]
    order = np.lexsort((ranks.sum(axis=0), keys))
    if columns.shape[1] <= 1 << 16:  # half the memory to go through
        ranks = ranks.astype(np.uint16)
    sorted_keys, ranks = keys[order], ranks[:, order]
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1], True])
    beaten_by = _by_neighbours(ranks, sorted_keys) if len(starts) > 2 else np.arange(columns.shape[1])
    for low, high in itertools.pairwise(starts):
        if high - low > NEIGHBOURS + 1 or len(starts) == 2:
            left = low + np.flatnonzero(beaten_by[low:high] == np.arange(low, high))
            beaten_by[left] = left[_front(ranks[:, left])]
    found = np.empty_like(order)
    found[order] = order[_to_the_end(beaten_by)]
    return found


def _by_neighbours(ranks: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """By which of the last rows before it, with the same key, each row is beaten: of many small keys all at once."""
    beaten_by = np.arange(len(keys))
    for back in range(1, NEIGHBOURS + 1):
        rows = back + np.flatnonzero(keys[back:] == keys[:-back])
        rows = rows[np.all(ranks[:, rows - back] <= ranks[:, rows], axis=0)]
        beaten_by[rows] = rows - back
    return beaten_by


def _front(ranks: np.ndarray) -> np.ndarray:
    """By which row each of some rows sorted by rank sum is beaten: only an earlier row can beat a later one."""
    beaten_by = np.arange(ranks.shape[1])
    left = np.arange(ranks.shape[1])
    worth = SHARE * len(left) if len(left) > MANY else np.inf
    tried = 0
    while len(left) and tried < PIVOTS and (tried < TRIED or len(left) <= worth):
        count = min(BLOCK, len(left), PIVOTS - tried)
        stays = np.any(ranks[:, None, :] < ranks[:, :count, None], axis=0)  # (pivots, rows)
        beaten = ~np.all(stays, axis=0)  # the pivots too, by themselves if by no other
        beaten_by[left[beaten]] = left[stays[:, beaten].argmin(axis=0)]
        ranks, left = ranks[:, ~beaten], left[~beaten]
        tried += count
    return beaten_by
