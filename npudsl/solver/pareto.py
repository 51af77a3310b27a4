"""Rows that another row makes superfluous: no better in any column, and no easier to combine."""

from __future__ import annotations

import numpy as np


def undominated(columns: np.ndarray, keys: np.ndarray, chunk: int = 512) -> np.ndarray:
    """Indices of rows that no other row with the same key beats or equals in every column (smaller is better).

    `columns`: (columns, rows); of equal rows the first stays. Exact; quadratic within a key.
    """
    order = np.lexsort((*columns[::-1], keys))
    sorted_keys, sorted_columns = keys[order], columns[:, order]
    starts = np.flatnonzero(np.r_[True, sorted_keys[1:] != sorted_keys[:-1], True])
    keep = np.ones(len(order), dtype=bool)
    for low, high in zip(starts[:-1], starts[1:], strict=True):
        if high - low > 1:
            keep[low:high] = _front(sorted_columns[:, low:high], chunk)
    return np.sort(order[keep])


def _front(columns: np.ndarray, chunk: int) -> np.ndarray:
    """Rows sorted lexicographically: only an earlier row can beat a later one."""
    keep = np.ones(columns.shape[1], dtype=bool)
    for i in range(columns.shape[1]):
        if not keep[i]:
            continue
        rest = columns[:, i + 1 :]
        if i and i % chunk == 0 and not keep[i + 1 :].any():
            break
        keep[i + 1 :] &= ~(columns[:, i : i + 1] <= rest).all(axis=0)
    return keep
