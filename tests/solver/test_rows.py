"""Tables of rows: what may be dropped."""

from __future__ import annotations

import numpy as np

from npudsl.solver.merged import Batch
from npudsl.solver.wanted import united

from .test_merged import several


def test_rows_of_inner_parts_that_need_different_tiles_are_not_compared() -> None:
    """Whatever a row costs within its part, one that needs less from outside may be the better."""
    compared = 0
    for entry in several("energy"):
        batch = Batch(entry.batch.programs, entry.search.problem.rows)  # with all rows, whatever they are bounded by
        for number, program in enumerate(batch.programs):
            task = batch.own(number)
            if task is None or program.template.top == 0:
                continue
            for group, table in enumerate(task.tables):
                splits = united(batch.programs, group)
                dims = tuple(dict.fromkeys(split.dim for split in splits.values()))
                family = entry.search.problem.rows._family(dims, tuple(splits.values()))
                lacking = [k for k, spot in enumerate(splits) if not any(spot in s for s in program.splits)]
                own = (family.factors[lacking] == 1).all(axis=0)
                assert set(table.above) == set(family.above[own])
                compared += len(np.unique(family.above)) > 1
    assert compared
