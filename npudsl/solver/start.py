"""Where the search starts: the continuous relaxation of the most promising templates, rounded to rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .halves import Bounds
from .merged import Batch
from .relaxation import near_rows, relax
from .rows import Task
from .search import Search
from .stages import Cut

#: Templates that are relaxed, and rows per group that are tried: around a relaxed point, and with the best bounds.
RELAXED, NEAR, PROMISING = 1, 4, 64


@dataclass
class Entry:
    """A batch with a bound on all its mappings (primary and secondary value of the goal)."""

    search: Search
    batch: Batch
    top: Cut
    bound: tuple[float, float]
    relaxed: bool = False


def tighten(entries: list[Entry]) -> float:
    """Relaxes a template of each batch with the least bounds; returns the bound on the primary value over all of them.

    As in best-first branch and bound: the batch with the least bound is relaxed, which raises its bound if it is a
    single template, until the least is one that has been relaxed or enough have been. The rounded points become the
    first incumbents.
    """
    for _ in range(RELAXED):
        first = min(entries, key=lambda e: (e.bound, e.relaxed))
        if first.relaxed:
            break
        first.relaxed = True
        task = first.batch.own(0)
        if task is not None:
            _relax(first, task)
    return least(entries)


def least(entries: list[Entry]) -> float:
    """The bound on the primary value over all entries."""
    return min(e.bound for e in entries)[0]


def _relax(entry: Entry, task: Task) -> None:
    search = entry.search
    found = relax(task, search.problem.layer)
    if found is None:
        return
    bounds = search.bounds(task, entry.top)
    if len(entry.batch.programs) == 1:
        energy = found.bound + (0.0 if bounds.outer is None else float(bounds.outer[0].min()))
        entry.bound = max(entry.bound, search.incumbent.goal(energy, bounds.root()[1]))
    near = near_rows(task, found.point, NEAR)
    rows = [np.concatenate(both) for both in zip(near, _promising(search, task, bounds), strict=True)]
    tables = tuple(t.select(_once(some, t.size)) for t, some in zip(task.tables, rows, strict=True))
    search.finish_one(replace(task, tables=tables), entry.top)


def _once(rows: np.ndarray, count: int) -> np.ndarray:
    """Each of some rows once, in their order. (`np.unique` imports masked arrays: 10 ms.)"""
    chosen = np.zeros(count, dtype=bool)
    chosen[rows] = True
    return np.flatnonzero(chosen)


def _promising(search: Search, task: Task, bounds: Bounds) -> list[np.ndarray]:
    """Per group the rows that allow the best objective if all other groups were at their best."""
    found = []
    for group, table in enumerate(task.tables):
        values = table.values * bounds.rest(g for g in range(len(task.tables)) if g != group)[:, None]
        costs = bounds.costs(values, table.above)
        first, second = search.incumbent.goal(costs[0], bounds.cycles(values[task.steps], costs[bounds.timed]))
        found.append(np.lexsort((second, first))[:PROMISING])
    return found
