"""Rows that another row makes superfluous: no better in any column, and no easier to combine."""

from __future__ import annotations

import itertools

import numpy as np

#: Rows per key that others are compared with, most promising first; more cost more time than they save.
PIVOTS = 128


def undominated(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Indices of rows left when those are dropped that some row with the same key beats or equals in every column.

    `columns`: (columns, rows), smaller is better; of equal rows one stays. Rows are compared with the `PIVOTS` of least
    rank sum of their key only, so some superfluous rows may stay; none that is needed goes.
    """
    if not columns.shape[1]:
        return np.zeros(0, np.int64)
    ranks = np.array([np.unique(c, return_inverse=True)[1] for c in columns], dtype=np.int32)
    alike = {rank.tobytes(): rank for rank in ranks if rank.max() > 0}
    ranks = np.array(list(alike.values())).reshape(len(alike), columns.shape[1])
    order = np.lexsort((*ranks[::-1], ranks.sum(axis=0), keys))
    sorted_keys, ranks = keys[order], ranks[:, order]
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1], True])
    keep = [
        low + (_front(ranks[:, low:high]) if high - low > 1 else np.zeros(1, np.int64))
        for low, high in itertools.pairwise(starts)
    ]
    return np.sort(order[np.concatenate(keep)])


def _front(ranks: np.ndarray) -> np.ndarray:
    """Positions left among rows sorted by rank sum: only an earlier row can beat a later one."""
    kept: list[int] = []
    left = np.arange(ranks.shape[1])
    while len(left) and len(kept) < PIVOTS:
        kept.append(int(left[0]))
        stays = np.flatnonzero((ranks < ranks[:, :1]).any(axis=0))
        ranks, left = ranks[:, stays], left[stays]
    return np.concatenate([np.array(kept, dtype=np.int64), left])


def dominators(columns: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """For every row a row that `undominated` keeps and that beats or equals it in every column; its own if kept."""
    kept = undominated(columns, keys)
    found = np.full(columns.shape[1], -1)
    found[kept] = kept
    for row in np.flatnonzero(found < 0):
        beats = (columns[:, kept] <= columns[:, [row]]).all(axis=0) & (keys[kept] == keys[row])
        found[row] = kept[beats.argmax()]
    return found
