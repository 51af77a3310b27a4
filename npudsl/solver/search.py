"""The exact search of one hierarchy: part by part from outside to inside, every template of every part.

`costs[t]` holds, for every vector of tile extents at tier t, the least cost outside of any mapping with these tiles (infinite
where they do not fit). A part from tier a to tier b extends `costs[a]` to `costs[b]`; a last part gives whole mappings.
Parts without an array have few rows; those are tabulated in full. The last parts hold nearly all the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial

import numpy as np

from ..mapping.nest import Mapping
from ..model.coordinate import linearised
from ..model.functions import vector_footprint
from ..spec.arch import Arch
from ..spec.op import Layer
from .goal import Incumbent
from .halves import Bounds, Half, gather, split
from .hierarchy import Hierarchy
from .join import Found, Join
from .lattice import Lattice
from .program import Builder, Program, capacities
from .rebuild import assemble, needed
from .rows import Choice, Task, choice_of, make_task
from .templates import Template, parts, templates


@dataclass
class Search:
    """Searches one layer under one choice of bypasses. `best`: what improved the incumbent last, if anything did."""

    arch: Arch
    layer: Layer
    hierarchy: Hierarchy
    dims: tuple[str, ...]
    unit: Fraction
    incumbent: Incumbent
    examined: int = 0
    best: Choice | None = None
    costs: dict[int, np.ndarray] = field(default_factory=dict)
    outers: dict[int, np.ndarray] = field(default_factory=dict)
    tick: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.lattice = Lattice(self.dims, tuple(self.layer.bound[d] for d in self.dims))

    def run(self) -> None:
        ends = [part for part in parts(self.hierarchy) if part[2]]
        for part in parts(self.hierarchy):
            if not part[2]:
                self._tabulate(part)
        tasks = [(self._root(task, top), k, task, top) for k, (task, top) in enumerate(self._last_tasks(ends))]
        for root, _, task, top in sorted(tasks, key=lambda t: t[:2]):
            self.tick()
            if self.incumbent.may_improve(*(np.array([x]) for x in root)).all():
                self._finish(task, top)

    # ---- parts ------------------------------------------------------------------------------------

    def programs(self, part: tuple[int, int, bool]) -> Iterator[Program]:
        for template in templates(self.layer.op, self.dims, self.hierarchy, part):
            yield Builder(self.arch, self.layer, self.hierarchy, template, self.dims).build()

    def _tasks(self, part: tuple[int, int, bool]) -> Iterator[Task]:
        for program in self.programs(part):
            task = make_task(program, self.layer, self.lattice, self.unit)
            if task is not None:
                yield task

    def _last_tasks(self, ends: list[tuple[int, int, bool]]) -> Iterator[tuple[Task, int]]:
        for part in ends:
            for task in self._tasks(part):
                yield task, part[0]

    def outer(self, top: int) -> np.ndarray | None:
        """Least cost outside for every vector of extents that a part needs at its top, or None at the outermost tier."""
        if top and top not in self.outers:
            self.outers[top] = self.lattice.least_above(self.costs[top])
        return self.outers.get(top)

    def _root(self, task: Task, top: int) -> tuple[float, float]:
        bounds = Bounds(task, self.outer(top), 0.0)
        least = bounds.rest(())[:, None]
        energy = bounds.energy(least, np.zeros(1, np.int64))
        return float(energy[0]), float(least[task.steps, 0])

    def _tabulate(self, part: tuple[int, int, bool]) -> None:
        top, bottom, _ = part
        table = self.costs.setdefault(bottom, np.full(self.lattice.size, np.inf))
        for task in self._tasks(part):
            self.tick()
            self._each(task, top, Incumbent(self.incumbent.goal), lambda one, two, found: _lower(table, one, two, found))
        table[~self._fits(bottom)] = np.inf

    def _finish(self, task: Task, top: int) -> None:
        def take(one: Half, two: Half, found: Found) -> None:
            first, second = self.incumbent.goal(found.energy, found.steps)
            k = int(np.lexsort((second, first))[0])
            value = (float(first[k]), float(second[k]))
            if value < self.incumbent.best:
                self.incumbent.best = value
                self.best = _chosen(task, one, two, found, k)

        self._each(task, top, self.incumbent, take)

    # ---- back to a nest ---------------------------------------------------------------------------

    def mapping(self) -> Mapping:
        """The nest of `best`."""
        assert self.best is not None
        chosen = [(self.best, self._top_of(self.best))]
        while chosen[0][0].template.top:
            choice = self._reach(chosen[0][0].template.top, chosen[0][1])
            chosen.insert(0, (choice, self._top_of(choice)))
        return assemble(self.hierarchy, self.layer.bound, self.dims, chosen)

    def _top_of(self, choice: Choice) -> dict[str, int]:
        """The extents of the cheapest tiles at the top of a choice that offer what it needs."""
        need = needed(choice, self.layer.bound, self.dims)
        if not choice.template.top:
            return need
        costs = np.where(self.lattice.multiples_of(need), self.costs[choice.template.top], np.inf)
        return self.lattice.vector(int(costs.argmin()))

    def _reach(self, tier: int, extents: dict[str, int]) -> Choice:
        """A choice for a part that ends at `tier` with these tiles at the cost in `costs`."""
        best: list[tuple[float, Choice]] = []

        def take(task: Task, one: Half, two: Half, found: Found) -> None:
            k = int(found.energy.argmin())
            if not best or found.energy[k] < best[0][0]:
                best[:] = [(float(found.energy[k]), _chosen(task, one, two, found, k))]

        for part in parts(self.hierarchy):
            if not part[2] and part[1] == tier:
                for task in self._tasks(part):
                    only = self._restricted(task, extents)
                    if only is not None:
                        self._each(only, part[0], Incumbent(self.incumbent.goal), partial(take, only))
        return best[0][1]

    def _restricted(self, task: Task, extents: dict[str, int]) -> Task | None:
        """The task with only the rows that leave these extents at the bottom."""
        tables = []
        for group, table in zip(task.program.groups, task.tables, strict=True):
            wanted = sum(int(self.lattice.index_of(d, np.array([extents[d]]))[0]) for d in group)
            tables.append(table.select(np.flatnonzero(table.below == wanted)))
        return replace(task, tables=tuple(tables)) if all(t.size for t in tables) else None

    def _each(self, task: Task, top: int, incumbent: Incumbent, take: Callable[[Half, Half, Found], None]) -> None:
        """Gives every pair of half rows that may improve to `take`."""
        bounds = Bounds(task, self.outer(top), 0.0)
        one, two = (gather(bounds, groups, incumbent) for groups in split(task))
        join = Join(bounds, one, two, incumbent, lambda found: take(one, two, found))
        join.run()
        self.examined += join.examined

    def _fits(self, tier: int) -> np.ndarray:
        """Mask of the vectors of extents whose tiles fit every memory of a tier."""
        mask = np.ones(self.lattice.size, dtype=bool)
        for memory in dict.fromkeys(n.memory for n in self.hierarchy.tiers[tier].nodes):
            for capacity in capacities(self.arch, self.layer, self.hierarchy, tier, self.arch.memory(memory)):
                bits = sum(float(w) * tile_table(self.layer, self.lattice, t) for t, w in capacity.widths)
                mask &= bits <= float(capacity.bits)
        return mask


def tile_table(layer: Layer, lattice: Lattice, tensor: str) -> np.ndarray:
    """Words of the tile of a tensor for every vector of extents."""
    found = layer.op.tensor(tensor)
    grids = dict(zip(lattice.dims, np.meshgrid(*lattice.axes, indexing="ij", sparse=True), strict=True))
    total = np.ones(lattice.shape)
    for group in found.groups:
        live = tuple(d for d in group if d in grids)
        extents = tuple(grids.get(d, np.ones([1] * len(lattice.dims))).astype(float) for d in group)
        if live:
            total = total * vector_footprint(linearised(found, group, layer.bound), extents)
    return total.ravel()


def _lower(table: np.ndarray, one: Half, two: Half, found: Found) -> None:
    np.minimum.at(table, one.below[found.first] + two.below[found.second], found.energy)


def _chosen(task: Task, one: Half, two: Half, found: Found, k: int) -> Choice:
    picks = [
        (group, int(row))
        for half, position in ((one, found.first[k]), (two, found.second[k]))
        for group, row in zip(half.groups, half.picks[:, position], strict=True)
    ]
    return choice_of(task, picks)
