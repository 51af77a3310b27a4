"""Rows that another row makes superfluous: no better in any column, and no easier to combine.

Of few rows all others that are no worse are told at once, as sets of bits: per column a row has those whose value is no
larger, and what is in the sets of all columns beats it. Columns of products of factors have few different values, so
there are far fewer sets than rows. Of many rows the most promising ones are compared with all others first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

#: So many rows are compared all with each other, or if there is but one key; and so many of those that pivots leave.
FEW, ALONE, LEFT = 1 << 11, 1 << 13, 1 << 12
#: Different values of a column up to which there is a set for each of them, not for each row.
VALUES = 1 << 5
#: Words of sets that are looked at at a time.
WORDS = 1 << 15
ALL = ~np.uint64(0)
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
    if count <= FEW or (count <= ALONE and (keys == keys[0]).all()):
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


def _codes(columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The place of every value among the different ones of its column, and how many these are. Columns that order the
    rows alike are one, and such that do not order them are left out."""
    ascending = np.sort(columns, axis=1)
    rises = ascending[:, 1:] != ascending[:, :-1]
    values = 1 + np.count_nonzero(rises, axis=1)
    varied = np.flatnonzero(values > 1)
    codes = np.empty((len(varied), columns.shape[1]), dtype=np.int16 if values.max() < 1 << 15 else np.int32)
    for code, k in zip(codes, varied, strict=True):
        code[:] = ascending[k, :-1][rises[k]].searchsorted(columns[k])
    different = list({code.tobytes(): k for k, code in enumerate(codes)}.values())
    return codes[different], values[varied[different]]


# ---- few rows --------------------------------------------------------------------------------------


def _all_with_all(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """As `dominators`; none that is superfluous stays."""
    if (keys != keys[0]).any():  # no better and no worse
        columns = np.concatenate([columns, keys[None], -keys[None]])
    codes, values = _codes(columns)
    if not len(codes):  # all are equal
        return np.zeros_like(keys)
    by_sum = np.argsort(codes.sum(axis=0), kind="stable")  # only an earlier row can beat a later one
    beaten_by = np.empty_like(by_sum)
    beaten_by[by_sum] = by_sum[_first(codes[:, by_sum], values)]
    return beaten_by


def _first(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For every row the first that is no worse in any column."""
    rows = codes.shape[1]
    common = _common(codes[values > VALUES])
    narrow = list(_narrow(codes[values <= VALUES], values[values <= VALUES]))
    first = np.empty(rows, np.int64)
    step = max(1, WORDS // _words(rows))
    for low in range(0, rows, step):
        some = slice(low, min(low + step, rows))
        words = _words(some.stop)  # none comes after itself
        found = np.full((some.stop - low, words), ALL) if common is None else common[some, :words]
        for sets, number in narrow:
            found &= sets[number[some], :words]
        word = (found != 0).argmax(axis=1)
        bits = np.take_along_axis(found, word[:, None], axis=1)[:, 0]
        lowest = bits & (~bits + np.uint64(1))
        first[some] = 64 * word + np.log2(lowest.astype(float)).astype(np.int64)  # exact: powers of two
    return first


def _narrow(codes: np.ndarray, values: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Sets of rows, shape (sets, words), and which of them every row has: per column one for every value; of many rows
    one for every two values of two columns."""
    if not len(codes):
        return
    rows, most = codes.shape[1], int(values.max())
    sets = _packed(codes[:, None] <= np.arange(most)[:, None])
    half = len(codes) // 2
    if half and 2 * most**2 <= rows:
        one, two = slice(half), slice(half, 2 * half)
        both = (sets[one, :, None] & sets[two, None]).reshape(half, most**2, -1)
        yield from zip(both, codes[one] * most + codes[two], strict=True)
        sets, codes = sets[2 * half :], codes[2 * half :]
    yield from zip(sets, codes, strict=True)


def _common(codes: np.ndarray) -> np.ndarray | None:
    """For every row those that are no worse in any column, shape (rows, words); None: there is no column."""
    found = None
    for code in codes:  # one at a time: a set for every row is large
        order = np.argsort(code, kind="stable")
        sets = np.zeros((len(code), _words(len(code))), dtype=np.uint64)
        sets[np.arange(len(code)), order >> 6] = np.uint64(1) << (order & 63).astype(np.uint64)
        np.bitwise_or.accumulate(sets, axis=0, out=sets)
        mine = sets[np.bincount(code).cumsum()[code] - 1]
        found = mine if found is None else np.bitwise_and(found, mine, out=found)
    return found


def _words(rows: int) -> int:
    """Of sets of so many rows."""
    return (rows + 63) // 64


def _packed(mask: np.ndarray) -> np.ndarray:
    """Masks as sets of bits, shape (..., words)."""
    found = np.zeros((*mask.shape[:-1], 8 * _words(mask.shape[-1])), np.uint8)
    packed = np.packbits(mask, axis=-1, bitorder="little")
    found[..., : packed.shape[-1]] = packed
    return found.view("<u8")


# ---- many ------------------------------------------------------------------------------------------


def _by_pivots(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """For every row one that beats it, if one of the `PIVOTS` of least rank sum of its key or of its `NEIGHBOURS`
    does; its own if not."""
    ranks = _codes(columns)[0]
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
