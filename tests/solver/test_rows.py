"""Tables of rows: what may be dropped."""

from __future__ import annotations

from npudsl.solver.rows import _splits

from .test_merged import several


def test_rows_of_inner_parts_that_need_different_tiles_are_not_compared() -> None:
    """Whatever a row costs within its part, one that needs less from outside may be the better."""
    compared = 0
    for batch in several("energy"):
        for entry in batch:
            template = entry.task.program.template
            if template.top == 0:
                continue
            for group, table in enumerate(entry.task.tables):
                family = entry.search.problem.rows.families[_splits(entry.task.program, group)]
                assert set(table.above) == set(family.above)
                compared += len(set(family.above)) > 1
    assert compared
