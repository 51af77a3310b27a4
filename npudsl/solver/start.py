"""Where the search starts: the continuous relaxation of the most promising templates, rounded to rows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .merged import alike
from .relaxation import near_rows, relax
from .rows import Task
from .search import Cut, Search

#: Templates that are relaxed, and rows per group that are tried: around a relaxed point, and with the best bounds.
RELAXED, NEAR, PROMISING = 2, 4, 64


@dataclass
class Entry:
    """A task with a bound on all its mappings (primary and secondary value of the goal)."""

    search: Search
    task: Task
    top: Cut
    bound: tuple[float, float]
    relaxed: bool = False


def tighten(entries: list[Entry]) -> float:
    """Relaxes the templates with the least bounds; returns the bound on the primary value over all of them.

    As in best-first branch and bound: the template with the least bound is relaxed, which raises its bound, until the
    least is one that has been relaxed or enough have been. The rounded points become the first incumbents.
    """
    for _ in range(RELAXED):
        least = min(entries, key=lambda e: e.bound)
        if least.relaxed:
            break
        least.relaxed = True
        _relax(least)
    return min(e.bound for e in entries)[0]


def batches(entries: list[Entry]) -> list[list[Entry]]:
    """Entries that are searched as one, least bound first, within a batch too."""
    found: dict[object, list[Entry]] = {}
    for entry in sorted(entries, key=lambda e: e.bound):
        found.setdefault((id(entry.search), entry.top, alike(entry.task.program.template)), []).append(entry)
    return list(found.values())


def _relax(entry: Entry) -> None:
    search, task = entry.search, entry.task
    found = relax(task, search.problem.layer)
    if found is None:
        return
    bounds = search.bounds(task, entry.top)
    energy = found.bound + (0.0 if bounds.outer is None else float(bounds.outer[0].min()))
    entry.bound = max(entry.bound, search.incumbent.goal(energy, bounds.root()[1]))
    near = near_rows(task, found.point, NEAR)
    _try(entry, [np.union1d(a, b) for a, b in zip(near, _promising(entry), strict=True)])


def _promising(entry: Entry) -> list[np.ndarray]:
    """Per group the rows that allow the best objective if all other groups were at their best."""
    bounds = entry.search.bounds(entry.task, entry.top)
    found = []
    tables = entry.task.tables
    for group, table in enumerate(tables):
        values = table.values * bounds.rest(g for g in range(len(tables)) if g != group)[:, None]
        costs = bounds.costs(values, table.above)
        first, second = entry.search.incumbent.goal(costs[0], bounds.cycles(values[entry.task.steps], costs[1:]))
        found.append(np.lexsort((second, first))[:PROMISING])
    return found


def _try(entry: Entry, rows: list[np.ndarray]) -> None:
    """Makes the best feasible combination of some rows of each group the incumbent."""
    search, task = entry.search, entry.task
    tables = tuple(t.select(near) for t, near in zip(task.tables, rows, strict=True))
    search.finish([replace(task, tables=tables)], entry.top)
