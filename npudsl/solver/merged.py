"""Several templates searched as one: every column is the least that any of them makes of a row.

Templates of one order of nodes that differ only in which loop makes a window slide count nearly alike. What holds for
the least of all their columns holds for each of them, so one descent excludes almost all mappings of all of them, and
only what it leaves is evaluated template by template.

Rows of different templates are the same row if they split every dim alike over the places. Sums are compared term by
term (`Label`); any other way to match their columns would be a bound too, but a weaker one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..model.functions import distinct_rows
from .pareto import dominators
from .program import Label
from .rows import Table, Task
from .templates import Template

#: Columns of the templates, one each (None: it has no such column), with the least weight.
Matched = tuple[tuple[int | None, ...], float]
#: Pairs that are evaluated at a time; bounds the memory.
CHUNK = 1 << 15


@dataclass(frozen=True)
class Pool:
    """The rows of one group in all templates. `index`: shape (templates, rows), which row of its own a template has for
    it (-1: none). `starts`: the rows that row k of the merged table stands for are starts[k] to starts[k + 1]."""

    index: np.ndarray
    starts: np.ndarray


@dataclass(frozen=True)
class Merged:
    """`task`: bounds all of `members` from below; `pools`: per group."""

    task: Task
    members: tuple[Task, ...]
    pools: tuple[Pool, ...]

    def rows(self, picks: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """What combinations of rows of the merged tables, shape (groups, n), stand for: members and rows of their
        tables."""
        for low in range(0, picks.shape[1], CHUNK):
            pooled = picks[:, low : low + CHUNK]
            for group, pool in enumerate(self.pools):
                pooled = _spread(pooled, group, pool.starts)
            for member in range(len(self.members)):
                own = np.array([pool.index[member, rows] for pool, rows in zip(self.pools, pooled, strict=True)])
                there = (own >= 0).all(axis=0)
                if there.any():
                    yield member, own[:, there]


def alike(template: Template) -> object:
    """Equal for templates that are worth merging: same nodes and arrays in the same order, and in every slot the same
    loops trail for the same tensors."""
    nodes: list[object] = []
    for item in template.nest.items:
        name = getattr(item, "array", None) or (getattr(item, "tensor", None), getattr(item, "memory", None))
        if name != (None, None) and (not nodes or nodes[-1] != name):
            nodes.append(name)
    trailing = tuple((tier, frozenset(order.trailing)) for tier, order in template.orders)
    return template.top, template.bottom, tuple(nodes), trailing


def merge(members: Sequence[Task]) -> Merged:
    """One task for several last parts with the same cut at the top and the same groups of dims."""
    matching = _Matching()
    energy = matching.sum([_terms(t.energy_terms) for t in members])
    loads = {
        load: (matching.sum([_terms(t.load_terms.get(load, ())) for t in members]),
               min(t.loads.get(load, ((), 0.0))[1] for t in members))
        for load in dict.fromkeys(load for t in members for load in t.loads)
    }  # fmt: skip
    limits = tuple(
        (matching.sum([{(str(k),): column for k, column in enumerate(weights)} for weights, _ in same]), same[0][1])
        for same in zip(*(t.limits for t in members), strict=True)
    )
    steps = matching.column(tuple(t.steps for t in members), False)
    pooled = [_pool(members, group, matching) for group in range(len(members[0].tables))]
    task = Task(
        members[0].program,
        tuple(table for table, _ in pooled),
        energy,
        min(t.constant for t in members),
        loads,
        limits,
        steps,
        frozenset(column for (_, falling), column in matching.columns.items() if falling),
    )
    return Merged(task, tuple(members), tuple(pool for _, pool in pooled))


class _Matching:
    """Columns of the merged task: columns of the members, and whether the most of them counts."""

    def __init__(self) -> None:
        self.columns: dict[tuple[tuple[int | None, ...], bool], int] = {}

    def column(self, matched: tuple[int | None, ...], falling: bool) -> int:
        return self.columns.setdefault((matched, falling), len(self.columns))

    def sum(self, terms: Sequence[dict[Label, tuple[int, float]]]) -> tuple[tuple[int, float], ...]:
        """Weights of a sum that is at most that of every member, given the terms of each."""
        weights: dict[tuple[int | None, ...], np.ndarray] = {}
        for label in dict.fromkeys(label for mine in terms for label in mine):
            found = [mine.get(label) for mine in terms]
            key = tuple(None if f is None else f[0] for f in found)
            here = np.array([0.0 if f is None else f[1] for f in found])
            weights[key] = weights.get(key, 0.0) + here
        return tuple(
            (self.column(key, least < 0), least) for key, w in weights.items() if (least := float(w.min())) != 0
        )


def _terms(terms: Iterable[tuple[Label, int, float]]) -> dict[Label, tuple[int, float]]:
    """By label; the same label again gets a number of its own."""
    found: dict[Label, tuple[int, float]] = {}
    for label, column, weight in terms:
        again = sum(1 for other in found if other[: len(label)] == label)
        found[(*label, str(again)) if again else label] = (column, weight)
    return found


def _pool(members: Sequence[Task], group: int, matching: _Matching) -> tuple[Table, Pool]:
    """The merged table of a group: of all rows those that no other beats, each with those that it beats."""
    splits = [_splits(task, group) for task in members]
    places = list(dict.fromkeys(place for split in splits for place in split))
    keys = [np.array([split.get(p, np.ones(t.tables[group].size)) for p in places]).reshape(len(places), -1)
            for t, split in zip(members, splits, strict=True)]  # fmt: skip
    everything = np.concatenate(keys, axis=1)
    first, which = distinct_rows(everything.T.astype(np.int64))
    distinct = everything[:, first]
    index = np.full((len(members), distinct.shape[1]), -1)
    above = np.zeros(distinct.shape[1], np.int64)
    outermost = members[0].program.template.top == 0
    for member, rows in enumerate(np.split(which, np.cumsum([k.shape[1] for k in keys])[:-1])):
        index[member, rows] = np.arange(len(rows))
        if not outermost:  # where it is, nothing is outside that could tell
            above[rows] = members[member].tables[group].above
    values = np.array([
        _least([t.tables[group].values for t in members], index, key, falling) for key, falling in matching.columns
    ])  # fmt: skip
    if distinct.shape[1] == max(k.shape[1] for k in keys):  # few can be beaten
        order = kept = np.arange(distinct.shape[1])
        starts = np.arange(distinct.shape[1] + 1)
    else:
        signs = np.array([-1.0 if falling else 1.0 for _, falling in matching.columns])
        beaten_by = dominators(values * signs[:, None], above)
        kept = np.unique(beaten_by)
        order = np.argsort(beaten_by, kind="stable")
        starts = np.searchsorted(beaten_by[order], np.append(kept, distinct.shape[1]))
    table = Table(distinct[:, kept], values[:, kept], above[kept], np.zeros(len(kept), np.int64))
    return table, Pool(index[:, order], starts)


def _splits(task: Task, group: int) -> dict[tuple[object, ...], np.ndarray]:
    """Per dim and place the factors of the rows of a group; in an outermost part the frame belongs to its slot."""
    program, template = task.program, task.program.template
    found: dict[tuple[object, ...], np.ndarray] = {}
    for k, loop in enumerate(program.loops[group]):
        place = template.places[loop]
        if template.top == 0 and place == ("frame",):
            place = ("slot", 0)
        key = (template.nest.loops[loop].dim, *place)
        found[key] = found.get(key, 1.0) * task.tables[group].factors[k]
    return found


def _least(tables: Sequence[np.ndarray], index: np.ndarray, key: tuple[int | None, ...], falling: bool) -> np.ndarray:
    """The least (most, if falling) that any template makes of every row in the columns that are matched."""
    none = -np.inf if falling else np.inf
    found = np.full(index.shape[1], none)
    for table, rows, column in zip(tables, index, key, strict=True):
        there = rows >= 0
        value = 0.0 if column is None else table[column, rows[there]]
        found[there] = np.maximum(found[there], value) if falling else np.minimum(found[there], value)
    return found


def _spread(picks: np.ndarray, group: int, starts: np.ndarray) -> np.ndarray:
    """Combinations with every row of a group replaced by all those that it stands for."""
    first, count = starts[picks[group]], starts[picks[group] + 1] - starts[picks[group]]
    found = np.repeat(picks, count, axis=1)
    ends = np.cumsum(count)
    found[group] = np.arange(found.shape[1]) - np.repeat(ends - count - first, count)
    return found
