"""Several templates searched as one: every column is the least that any of them makes of a row.

Templates of one order of nodes that differ only in which loop makes a window slide count nearly alike. What holds for
the least of all their columns holds for each of them, so one descent excludes almost all mappings of all of them, and
only what it leaves is evaluated template by template.

Rows of different templates are the same row if they split every dim alike over the places. Sums are compared term by
term (`Label`); any other way to match their columns would be a bound too, but a weaker one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from .families import Pooled, Rows, United
from .latency import Load
from .program import Label, Program, Sum, Weights
from .rows import Task
from .sieve import Laid
from .templates import Template
from .wanted import Matched, Wanted, united, wanted

#: Combinations of rows that are evaluated at a time; bounds the memory.
CHUNK = 1 << 15
#: Per group the rows that are worth keeping (`sieve.surviving`), of a task without tables.
Sieve = Callable[[Task, Sequence[Laid]], list[np.ndarray]]


def batches(programs: Iterable[Program]) -> list[tuple[Program, ...]]:
    """Programs that are searched as one."""
    found: dict[object, list[Program]] = {}
    for program in programs:
        ruled = frozenset(pair for splits in program.splits for pair in splits.items() if pair[1].range != (1, None))
        found.setdefault((alike(program.template), ruled), []).append(program)
    return [tuple(members) for members in found.values()]


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


@dataclass(frozen=True)
class Matching:
    """The sums of several programs with the least of their weights, over matched columns."""

    programs: tuple[Program, ...]
    columns: tuple[Matched, ...]
    energy: Weights
    loads: tuple[tuple[Load, Weights], ...]
    limits: tuple[tuple[Weights, float], ...]
    steps: int
    rooms: tuple[tuple[str, Weights], ...]

    def tabulated(self, pools: Sequence[Pooled], rows: Rows) -> Task:
        """Without pools a task of which only the sums are of use."""

        def constant(load: Load) -> float:
            return min(rows.constant(dict(program.loads).get(load, Sum(()))) for program in self.programs)

        return Task(
            self.programs[0],
            tuple(pool.table for pool in pools),
            self.energy,
            min(rows.constant(program.energy) for program in self.programs),
            {load: (weights, constant(load)) for load, weights in self.loads},
            self.limits,
            self.steps,
            frozenset(number for number, (_, falling) in enumerate(self.columns) if falling),
            len(self.columns),
            dict(self.rooms),
        )


class Batch:
    """Programs that are searched as one. Several must be of last parts with the same cut at the top; those may leave
    out what cannot improve (`sieve`), for nothing else is made of them."""

    def __init__(self, programs: tuple[Program, ...], rows: Rows, sieve: Sieve | None = None):
        self.programs, self._rows, self._sieve = programs, rows, sieve
        self._matching = matching(programs)
        self._members: dict[int, _Member | None] = {}

    @cached_property
    def task(self) -> Task | None:
        """Bounds all programs from below; if there is but one, it is its own task. None: nothing fits, or what fits is
        not better than what was known when it was made."""
        return self._task(self._matching, self._pools)

    @property
    def nbytes(self) -> int:
        """What its tables take."""
        return sum(pool.nbytes for pool in self._pools)

    def forget(self) -> None:
        """Drops all tables; they are made again if they are asked for."""
        self._members.clear()
        for name in ("task", "_pools"):
            self.__dict__.pop(name, None)

    @cached_property
    def _pools(self) -> list[Pooled]:
        return self._tables(self._matching)

    def laid(self) -> tuple[Task, list[United]] | None:
        """The sums, as a task without tables, and all rows of every group. None: nothing fits."""
        groups = self._united(self._matching)
        if not all(len(group.rows) for group in groups):
            return None
        return self._matching.tabulated((), self._rows), groups

    def _united(self, matched: Matching) -> list[United]:
        groups = range(len(self.programs[0].groups))
        return [self._rows.united(_wanted(matched.programs, self.programs, group)) for group in groups]

    def _tables(self, matched: Matching) -> list[Pooled]:
        groups = self._united(matched)
        left: Sequence[np.ndarray | None] = [None] * len(groups)
        if self._sieve is not None and all(len(group.rows) for group in groups):
            left = self._sieve(matched.tabulated((), self._rows), [group.laid for group in groups])
        return [self._rows.pooled(group, some) for group, some in zip(groups, left, strict=True)]

    def _task(self, matched: Matching, pools: Sequence[Pooled]) -> Task | None:
        return matched.tabulated(pools, self._rows) if all(pool.table.size for pool in pools) else None

    def own(self, number: int) -> Task | None:
        """The task of one of the programs. None: nothing fits."""
        member = self._member(number)
        return None if member is None else member.task

    def rows(self, picks: np.ndarray) -> Iterator[tuple[Task, np.ndarray]]:
        """What combinations of rows of the merged tables, shape (groups, n), stand for: tasks of programs with rows of
        their tables."""
        for number in range(len(self.programs)):
            member = self._member(number)
            if member is not None:
                for own in member.rows(picks):
                    yield member.task, own

    def _member(self, number: int) -> _Member | None:
        if number not in self._members:
            alone = matching((self.programs[number],))
            pools = self._tables(alone)
            task = self._task(alone, pools)
            self._members[number] = None if task is None else _Member(task, self._pools, pools)
        return self._members[number]


class _Member:
    """One of several programs: per group its rows sorted by the merged row that stands for them; `starts`: those of
    merged row k are starts[k] to starts[k + 1]."""

    def __init__(self, task: Task, merged: Sequence[Pooled], mine: Sequence[Pooled]):
        self.task = task
        self.order: list[np.ndarray] = []
        self.starts: list[np.ndarray] = []
        for whole, own in zip(merged, mine, strict=True):
            owners = whole.owner[own.kept]
            order = np.argsort(owners, kind="stable")
            self.order.append(order)
            self.starts.append(np.searchsorted(owners[order], np.arange(len(whole.kept) + 1)))

    def rows(self, picks: np.ndarray) -> Iterator[np.ndarray]:
        counts = np.array([s[rows + 1] - s[rows] for s, rows in zip(self.starts, picks, strict=True)])
        there = np.flatnonzero(counts.all(axis=0))
        for some in _chunks(there, counts[:, there].prod(axis=0)):
            found = picks[:, some]
            for group, starts in enumerate(self.starts):
                found = _spread(found, group, starts)
            yield np.array([order[rows] for order, rows in zip(self.order, found, strict=True)])


def _chunks(rows: np.ndarray, sizes: np.ndarray) -> Iterator[np.ndarray]:
    """Rows in pieces that are not larger than need be."""
    pieces = np.cumsum(sizes) // CHUNK
    yield from np.split(rows, np.flatnonzero(np.diff(pieces)) + 1) if len(rows) else ()


@lru_cache(maxsize=4096)
def matching(programs: tuple[Program, ...]) -> Matching:
    """Matches the columns of programs that are alike."""
    first = programs[0]
    if len(programs) == 1:
        loads = tuple((load, total.weights) for load, total in first.loads)
        limits = tuple((limit.weights, limit.bound) for limit in first.limits)
        columns: Iterable[Matched] = [((c,), c in first.falling) for c in range(first.count)]
        rooms = tuple((what, total.weights) for what, total in first.rooms)
        return Matching(programs, tuple(columns), first.energy.weights, loads, limits, first.steps, rooms)
    match = _Columns()
    energy = match.sum([_terms(p.energy) for p in programs])
    totals = [dict(p.loads) for p in programs]
    loads = tuple(
        (load, match.sum([_terms(mine.get(load, Sum(()))) for mine in totals]))
        for load in dict.fromkeys(load for mine in totals for load in mine)
        if load not in first.finer
    )
    limits = tuple(
        (match.sum([{(str(k),): column for k, column in enumerate(limit.weights)} for limit in same]), same[0].bound)
        for same in zip(*(p.limits for p in programs), strict=True)
    )
    steps = match.column(tuple(p.steps for p in programs), False)
    taken = [dict(p.rooms) for p in programs]
    rooms = tuple((what, match.sum([_terms(mine[what]) for mine in taken])) for what in taken[0])
    return Matching(programs, tuple(match.columns), energy, loads, limits, steps, rooms)


@lru_cache(maxsize=1 << 14)
def _wanted(programs: tuple[Program, ...], among: tuple[Program, ...], group: int) -> Wanted:
    """What programs want to know of a group, over the splits of all `among` which they are."""
    return wanted(programs, group, matching(programs).columns, united(among, group))


class _Columns:
    """Columns of several programs, and whether the most of them counts."""

    def __init__(self) -> None:
        self.columns: dict[Matched, int] = {}

    def column(self, matched: tuple[int | None, ...], falling: bool) -> int:
        return self.columns.setdefault((matched, falling), len(self.columns))

    def sum(self, terms: Sequence[dict[Label, tuple[int, float]]]) -> Weights:
        """Weights of a sum that is at most that of every program, given the terms of each."""
        weights: dict[tuple[int | None, ...], list[float]] = {}
        for label in dict.fromkeys(label for mine in terms for label in mine):
            found = [mine.get(label) for mine in terms]
            key = tuple(None if f is None else f[0] for f in found)
            here = [0.0 if f is None else f[1] for f in found]
            weights[key] = [a + b for a, b in zip(weights[key], here, strict=True)] if key in weights else here
        return tuple((self.column(key, min(w) < 0), min(w)) for key, w in weights.items() if min(w) != 0)


def _terms(total: Sum) -> dict[Label, tuple[int, float]]:
    """By label; the same label again gets a number of its own."""
    found: dict[Label, tuple[int, float]] = {}
    again: dict[Label, int] = {}
    for label, column, weight in total.terms:
        times = again[label] = again.get(label, -1) + 1
        found[(*label, str(times)) if times else label] = (column, weight)
    return found


def _spread(picks: np.ndarray, group: int, starts: np.ndarray) -> np.ndarray:
    """Combinations with every row of a group replaced by all those that it stands for."""
    first, count = starts[picks[group]], starts[picks[group] + 1] - starts[picks[group]]
    found = np.repeat(picks, count, axis=1)
    ends = np.cumsum(count)
    found[group] = np.arange(found.shape[1]) - np.repeat(ends - count - first, count)
    return found
