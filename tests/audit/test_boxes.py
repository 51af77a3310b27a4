"""Blocks of combinations against all combinations one by one, with columns that count against the sums."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from npudsl.audit.boxes import Ceiling, Frame, combinations
from npudsl.audit.rows import Model, Table


def nothing() -> None:
    """A tick."""


@pytest.mark.parametrize("groups", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(6))
def test_exactly_what_lies_below_is_found(seed: int, groups: int) -> None:
    random = np.random.default_rng([seed, groups])
    columns, kinds = 5, 1
    rises = np.array([True, True, True, False, True])
    weights = np.zeros((2, columns))
    weights[0] = random.integers(1, 5, columns) * np.where(rises, 1, -1)
    weights[1, 4] = 1.0  # a limit
    tables = tuple(
        Table(random.integers(1, 9, (n, columns)).astype(float), np.arange(n) * 50**k, np.zeros(n, dtype=np.int64))
        for k, n in enumerate(random.integers(1, 12, groups))
    )
    chosen = list(product(*(range(len(t)) for t in tables)))
    values = np.array([np.prod([t.values[r] for t, r in zip(tables, rows, strict=True)], axis=0) for rows in chosen])
    sums = values @ weights.T
    most, limit = float(np.quantile(sums[:, 0], 0.3)), float(np.quantile(sums[:, 1], 0.7))
    needs = [sum(int(t.need[r]) for t, r in zip(tables, rows, strict=True)) for rows in chosen]
    expected = {n: s[0] for n, s in zip(needs, sums, strict=True) if s[0] < most and s[1] <= limit}
    model = Model(tables, weights, np.zeros(kinds), np.array([limit]), rises, None)
    frame = Frame(None, np.zeros(kinds), 1.0, Ceiling(lambda costs, steps: costs[0], most))
    found: list[tuple[int, float]] = []
    for need, _, costs, _ in combinations(model, frame, nothing):
        found += zip(need.tolist(), costs[0].tolist(), strict=True)
    assert dict(found) == expected and len(found) == len(expected)
