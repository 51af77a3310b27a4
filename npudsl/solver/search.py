"""The exact search of one choice of bypasses: part by part from outside to inside, every template of every part.

A *cut* is known by the nodes outside it. Its table holds, for every vector of tile extents at the cut, the least cost
outside of any mapping with these tiles (infinite: none that fits and can still lead to an improvement). A part from one
cut to the next extends one table to the other; a last part gives whole mappings. Nearly all the work is in the last
parts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, partial

import numpy as np

from ..mapping.nest import Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer
from .goal import Incumbent
from .halves import Bounds, Half, gather, split
from .hierarchy import Hierarchy
from .join import Found, Join
from .lattice import Lattice
from .program import program, skeleton
from .rebuild import assemble, needed
from .rows import Choice, Rows, Task, choice_of, make_task
from .symmetry import distinct, renamings
from .templates import Part, parts, templates
from .unrolling import most_unrolled

Cut = frozenset[Node]


@dataclass(frozen=True)
class Problem:
    """A layer on a machine. `dims`: those with a bound above 1; `unit`: pJ per unit of energy in the search."""

    arch: Arch
    layer: Layer
    dims: tuple[str, ...]
    unit: Fraction

    @cached_property
    def lattice(self) -> Lattice:
        return Lattice(self.dims, tuple(self.layer.bound[d] for d in self.dims))

    @cached_property
    def rows(self) -> Rows:
        return Rows(self.layer, self.lattice)

    @cached_property
    def least_steps(self) -> float:
        """No mapping takes fewer steps."""
        sizes = tuple(size for array in self.arch.arrays for _, size in array.axes)
        return self.layer.points / most_unrolled(self.lattice.bounds, sizes)


@dataclass
class Stage:
    """All tasks from one cut to another (None: to the operations)."""

    top: Cut
    bottom: Cut | None
    tasks: list[Task]


@dataclass
class Search:
    """One choice of bypasses with all its orders of nodes. `examined`: pairs of rows or nodes tested so far."""

    problem: Problem
    orders: tuple[Hierarchy, ...]
    incumbent: Incumbent
    tick: Callable[[], None]
    examined: int = 0
    tables: dict[Cut, np.ndarray] = field(default_factory=dict)
    outers: dict[Cut, np.ndarray] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)

    # ---- what there is to do ----------------------------------------------------------------------

    def prepare(self) -> list[tuple[tuple[float, float], Task, Cut]]:
        """Tabulates the outer parts; returns the tasks of the last parts, each with a bound on all its mappings."""
        self.stages = list(self._stages())
        for stage in self.stages:
            if stage.bottom is not None:
                self._tabulate(stage)
        return [
            (self._root(task, stage.top), task, stage.top)
            for stage in self.stages
            if stage.bottom is None
            for task in stage.tasks
        ]

    def _stages(self) -> Iterator[Stage]:
        """Stages with equal cuts are one; they come outer tops first."""
        found: dict[tuple[Cut, Cut | None], Stage] = {}
        seen: set[object] = set()
        for hierarchy in self.orders:
            for part in parts(hierarchy):
                top, bottom, last = part
                nodes = hierarchy.nodes_to(top)
                below = tuple((t.nodes, t.arrays) for t in hierarchy.tiers[top + 1 : None if last else bottom + 1])
                key = (nodes, below, hierarchy.tiers[top].arrays, last)
                if key not in seen:
                    seen.add(key)
                    end = None if last else hierarchy.nodes_to(bottom)
                    stage = found.setdefault((nodes, end), Stage(nodes, end, []))
                    stage.tasks += self._tasks(hierarchy, part)
        yield from sorted(found.values(), key=lambda s: len(s.top))

    def _tasks(self, hierarchy: Hierarchy, part: Part) -> Iterator[Task]:
        problem = self.problem
        op, shape = skeleton(problem.layer)
        symmetries = renamings(problem.layer, problem.dims) if part[2] else []  # a table needs all its entries
        for template in distinct(templates(op, problem.dims, hierarchy, part), symmetries):
            self.tick()
            one = program(problem.arch, op, problem.dims, hierarchy, template, shape)
            task = make_task(one, problem.layer, problem.rows, problem.unit)
            if task is not None:
                yield task

    def bounds(self, task: Task, top: Cut, inside: float = 0.0) -> Bounds:
        return Bounds(task, self._outer(top), self.problem.least_steps, inside)

    def _outer(self, top: Cut) -> np.ndarray | None:
        """Least cost outside for every vector of extents that a part needs at its top, or None at the outermost
        tier."""
        if top in self.tables and top not in self.outers:
            self.outers[top] = self.problem.lattice.least_above(self.tables[top])
        return self.outers.get(top)

    def _root(self, task: Task, top: Cut) -> tuple[float, float]:
        bounds = self.bounds(task, top)
        first, second = self.incumbent.goal(*(float(x) for x in bounds.root()))
        return float(first), float(second)

    def _inside(self, cut: Cut) -> float:
        """At least this much energy is spent inside a cut."""
        return min(
            (
                float(Bounds(task, None).root()[0]) + (0.0 if stage.bottom is None else self._inside(stage.bottom))
                for stage in self.stages
                if stage.top == cut
                for task in stage.tasks
            ),
            default=float("inf"),
        )

    # ---- parts ------------------------------------------------------------------------------------

    def _tabulate(self, stage: Stage) -> None:
        assert stage.bottom is not None
        table = self.tables.setdefault(stage.bottom, np.full(self.problem.lattice.size, np.inf))
        inside = self._inside(stage.bottom)
        for task in stage.tasks:
            bounds = self.bounds(task, stage.top, inside)
            self._each(bounds, self.incumbent, lambda one, two, found: _lower(table, one, two, found, inside))

    def finish(self, task: Task, top: Cut) -> None:
        """Searches a task of a last part to its end: afterwards none of its mappings is better than the incumbent."""

        def take(one: Half, two: Half, found: Found) -> None:
            first, second = self.incumbent.goal(found.energy, found.steps)
            k = int(np.lexsort((second, first))[0])
            choice = _chosen(task, one, two, found, k)
            self.incumbent.offer((float(first[k]), float(second[k])), partial(self.mapping, choice, top))

        self._each(self.bounds(task, top), self.incumbent, take)

    def _each(self, bounds: Bounds, incumbent: Incumbent, take: Callable[[Half, Half, Found], None]) -> None:
        """Gives every pair of half rows that may improve to `take`."""
        one, two = (gather(bounds, groups, incumbent, self.tick) for groups in split(bounds.task))
        join = Join(bounds, one, two, incumbent, lambda found: take(one, two, found), self.tick)
        join.run()
        self.examined += join.examined

    # ---- back to a nest ---------------------------------------------------------------------------

    def mapping(self, last: Choice, top: Cut) -> Mapping:
        """The cheapest nest with a choice for its last part."""
        chosen = [(last, self._top_of(last, top))]
        while chosen[0][0].template.top:
            choice, top = self._reach(top, chosen[0][1])
            chosen.insert(0, (choice, self._top_of(choice, top)))
        return assemble(self.problem.layer.bound, self.problem.dims, chosen)

    def _top_of(self, choice: Choice, top: Cut) -> dict[str, int]:
        """The extents of the cheapest tiles at the top of a choice that offer what it needs."""
        need = needed(choice, self.problem.layer.bound, self.problem.dims)
        if not choice.template.top:
            return need
        lattice = self.problem.lattice
        return lattice.vector(int(np.where(lattice.multiples_of(need), self.tables[top], np.inf).argmin()))

    def _reach(self, cut: Cut, extents: dict[str, int]) -> tuple[Choice, Cut]:
        """A choice for a part that ends at a cut with these tiles at the cost in its table, and the part's top."""
        best: list[tuple[float, Choice, Cut]] = []

        def take(task: Task, top: Cut, one: Half, two: Half, found: Found) -> None:
            k = int(found.energy.argmin())
            if not best or found.energy[k] < best[0][0]:
                best[:] = [(float(found.energy[k]), _chosen(task, one, two, found, k), top)]

        for stage in self.stages:
            for task in stage.tasks if stage.bottom == cut else ():
                only = self._restricted(task, extents)
                if only is not None:
                    anything = Incumbent(self.incumbent.goal)
                    self._each(self.bounds(only, stage.top), anything, partial(take, only, stage.top))
        return best[0][1], best[0][2]

    def _restricted(self, task: Task, extents: dict[str, int]) -> Task | None:
        """The task with only the rows that leave these extents at the bottom."""
        tables = []
        for group, table in zip(task.program.groups, task.tables, strict=True):
            wanted = sum(int(self.problem.lattice.index_of(d, np.array([extents[d]]))[0]) for d in group)
            tables.append(table.select(np.flatnonzero(table.below == wanted)))
        return replace(task, tables=tuple(tables)) if all(t.size for t in tables) else None


def _lower(table: np.ndarray, one: Half, two: Half, found: Found, inside: float) -> None:
    np.minimum.at(table, one.below[found.first] + two.below[found.second], found.energy - inside)


def _chosen(task: Task, one: Half, two: Half, found: Found, k: int) -> Choice:
    picks = [
        (group, int(row))
        for half, position in ((one, found.first[k]), (two, found.second[k]))
        for group, row in zip(half.groups, half.picks[:, position], strict=True)
    ]
    return choice_of(task, picks)
