"""Rows that another row makes superfluous: no better in any column, and no easier to combine."""

from __future__ import annotations

import itertools

import numpy as np

#: Rows before a row that it is compared with where there are many keys.
NEIGHBOURS = 8
#: Rows per key that others are compared with, most promising first; more cost more time than they save.
PIVOTS = 128
#: So many at a time.
BLOCK = 8
#: Of more rows than this only so many are tried if those leave more than this share: they take long to compare.
MANY, TRIED, SHARE = 1 << 14, 16, 0.9


def undominated(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Indices of rows left when those are dropped that some row with the same key beats or equals in every column.

    `columns`: (columns, rows), smaller is better; of equal rows one stays. Rows are compared with the `PIVOTS` of least
    rank sum of their key only, so some superfluous rows may stay; none that is needed goes.
    """
    return np.flatnonzero(dominators(columns, keys) == np.arange(columns.shape[1]))


def dominators(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """For every row the row that `undominated` drops it for: one that stays; its own if it stays itself."""
    if not columns.shape[1]:
        return np.zeros(0, np.int64)
    ranks = _ranks(columns)
    alike = {rank.tobytes(): rank for rank in ranks if rank.max() > 0}
    ranks = np.array(list(alike.values()), dtype=np.int32).reshape(len(alike), columns.shape[1])
    order = np.lexsort((ranks.sum(axis=0), keys))
    if ranks.max(initial=0) < 1 << 16:  # half the memory to go through
        ranks = ranks.astype(np.uint16)
    sorted_keys, ranks = keys[order], ranks[:, order]
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1], True])
    beaten_by = _by_neighbours(ranks, sorted_keys) if len(starts) > 2 else np.arange(columns.shape[1])
    for low, high in itertools.pairwise(starts):
        if high - low > NEIGHBOURS + 1 or len(starts) == 2:
            left = low + np.flatnonzero(beaten_by[low:high] == np.arange(low, high))
            beaten_by[left] = left[_front(ranks[:, left])]
    while not np.array_equal(further := beaten_by[beaten_by], beaten_by):
        beaten_by = further
    found = np.empty_like(order)
    found[order] = order[beaten_by]
    return found


def _ranks(columns: np.ndarray) -> np.ndarray:
    """The place of every value among the different ones of its column."""
    order = np.argsort(columns, axis=1)
    ascending = np.take_along_axis(columns, order, axis=1)
    places = np.zeros(columns.shape, dtype=np.int32)
    np.cumsum(ascending[:, 1:] != ascending[:, :-1], axis=1, out=places[:, 1:])
    ranks = np.empty_like(places)
    np.put_along_axis(ranks, order, places, axis=1)
    return ranks


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
