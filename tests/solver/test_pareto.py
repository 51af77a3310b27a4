"""Rows that others beat: none that is needed goes, and of few rows none that is superfluous stays."""

from __future__ import annotations

import numpy as np
import pytest

from npudsl.solver import pareto
from npudsl.solver.pareto import dominators, undominated


def table(seed: int, most_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Small numbers, so that rows are often equal, under a few or many keys."""
    random = np.random.default_rng(seed)
    rows, columns = int(random.integers(1, most_rows)), int(random.integers(1, 5))
    keys = random.integers(0, int(random.choice([1, 2, 5, 40])), rows)
    return random.integers(0, int(random.choice([2, 5, 50])), (columns, rows)).astype(float), keys


@pytest.mark.parametrize("seed", range(60))
def test_every_row_is_beaten_by_one_that_stays(seed: int) -> None:
    columns, keys = table(seed, 400)
    owner = dominators(columns, keys)
    assert (keys[owner] == keys).all() and (columns[:, owner] <= columns).all()
    assert (owner[owner] == owner).all()
    assert set(undominated(columns, keys)) == set(owner)


@pytest.mark.parametrize("seed", range(60))
def test_of_few_rows_only_those_stay_that_no_other_beats(seed: int) -> None:
    columns, keys = table(seed, 600)
    kept = undominated(columns, keys)
    beats = (columns[:, :, None] <= columns[:, None, :]).all(axis=0) & (keys[:, None] == keys)
    np.fill_diagonal(beats, False)
    assert not beats[np.ix_(kept, kept)].any()


def test_of_very_many_rows_few_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left undone leaves rows that are superfluous, never the other way round."""
    monkeypatch.setattr(pareto, "MANY", 50)
    columns = np.random.default_rng(1).random((6, 2000))
    owner = dominators(columns, np.zeros(2000, np.int64))
    assert (columns[:, owner] <= columns).all() and (owner[owner] == owner).all()
    assert len(set(owner)) >= len(undominated(columns[:, list(set(owner))], np.zeros(len(set(owner)), np.int64)))
