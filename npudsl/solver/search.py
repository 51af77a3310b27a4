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
from .program import capacities, programs, skeleton
from .rebuild import assemble, needed
from .rows import Choice, Task, choice_of, make_task
from .symmetry import distinct, renamings
from .templates import Part, parts
from .unrolling import most_unrolled


@dataclass(frozen=True)
class Problem:
    """A layer on a machine. `dims`: those with a bound above 1; `unit`: pJ per unit of energy in the search."""

    arch: Arch
    layer: Layer
    dims: tuple[str, ...]
    unit: Fraction


@dataclass
class Search:
    """One choice of bypasses. `examined`: pairs of rows or nodes tested so far."""

    problem: Problem
    hierarchy: Hierarchy
    incumbent: Incumbent
    tick: Callable[[], None]
    examined: int = 0
    costs: dict[int, np.ndarray] = field(default_factory=dict)
    outers: dict[int, np.ndarray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bounds = self.problem.layer.bound
        self.lattice = Lattice(self.problem.dims, tuple(bounds[d] for d in self.problem.dims))
        sizes = tuple(size for tier in self.hierarchy.tiers for array in tier.arrays for _, size in array.axes)
        self.least_steps = self.problem.layer.points / most_unrolled(self.lattice.bounds, sizes)

    # ---- what there is to do ----------------------------------------------------------------------

    def prepare(self) -> list[tuple[tuple[float, float], Task]]:
        """Tabulates the outer parts; returns the tasks of the last parts, each with a bound on all its mappings."""
        ends = []
        for part in parts(self.hierarchy):
            if part[2]:
                ends.append(part)
            else:
                self._tabulate(part)
        return [(self._root(task), task) for part in ends for task in self._tasks(part)]

    def _tasks(self, part: Part) -> Iterator[Task]:
        problem = self.problem
        op, shape = skeleton(problem.layer)
        symmetries = renamings(problem.layer, problem.dims) if part[2] else []  # a table needs all its entries
        known = {p.template: p for p in programs(problem.arch, op, problem.dims, self.hierarchy, part, shape)}
        for template in distinct(known, symmetries):
            self.tick()
            task = make_task(known[template], problem.layer, self.lattice, problem.unit)
            if task is not None:
                yield task

    def bounds(self, task: Task) -> Bounds:
        return Bounds(task, self._outer(task.program.template.top), self.least_steps)

    def _outer(self, top: int) -> np.ndarray | None:
        """Least cost outside for every vector of extents that a part needs at its top, or None at the outermost tier."""
        if top and top not in self.outers:
            self.outers[top] = self.lattice.least_above(self.costs[top])
        return self.outers.get(top)

    def _root(self, task: Task) -> tuple[float, float]:
        bounds = self.bounds(task)
        least = bounds.rest(())[:, None]
        energy = bounds.energy(least, np.zeros(1, np.int64))
        first, second = self.incumbent.goal(float(energy[0]), float(bounds.steps(least[task.steps])[0]))
        return float(first), float(second)

    # ---- parts ------------------------------------------------------------------------------------

    def _tabulate(self, part: Part) -> None:
        bottom = part[1]
        table = self.costs.setdefault(bottom, np.full(self.lattice.size, np.inf))
        for task in self._tasks(part):
            self._each(task, Incumbent(self.incumbent.goal), lambda one, two, found: _lower(table, one, two, found))
        table[~self._fits(bottom)] = np.inf

    def finish(self, task: Task) -> None:
        """Searches a task of a last part to its end: afterwards none of its mappings is better than the incumbent."""

        def take(one: Half, two: Half, found: Found) -> None:
            first, second = self.incumbent.goal(found.energy, found.steps)
            k = int(np.lexsort((second, first))[0])
            choice = _chosen(task, one, two, found, k)
            self.incumbent.offer((float(first[k]), float(second[k])), partial(self.mapping, choice))

        self._each(task, self.incumbent, take)

    def _each(self, task: Task, incumbent: Incumbent, take: Callable[[Half, Half, Found], None]) -> None:
        """Gives every pair of half rows that may improve to `take`."""
        bounds = self.bounds(task)
        one, two = (gather(bounds, groups, incumbent) for groups in split(task))
        join = Join(bounds, one, two, incumbent, lambda found: take(one, two, found), self.tick)
        join.run()
        self.examined += join.examined

    def _fits(self, tier: int) -> np.ndarray:
        """Mask of the vectors of extents whose tiles fit every memory of a tier."""
        arch, layer = self.problem.arch, self.problem.layer
        mask = np.ones(self.lattice.size, dtype=bool)
        for memory in dict.fromkeys(n.memory for n in self.hierarchy.tiers[tier].nodes):
            for capacity in capacities(arch, layer, self.hierarchy, tier, arch.memory(memory)):
                bits = sum(float(w) * tile_table(layer, self.lattice, t) for t, w in capacity.widths)
                mask &= bits <= float(capacity.bits)
        return mask

    # ---- back to a nest ---------------------------------------------------------------------------

    def mapping(self, last: Choice) -> Mapping:
        """The cheapest nest with a choice for its last part."""
        chosen = [(last, self._top_of(last))]
        while chosen[0][0].template.top:
            choice = self._reach(chosen[0][0].template.top, chosen[0][1])
            chosen.insert(0, (choice, self._top_of(choice)))
        return assemble(self.hierarchy, self.problem.layer.bound, self.problem.dims, chosen)

    def _top_of(self, choice: Choice) -> dict[str, int]:
        """The extents of the cheapest tiles at the top of a choice that offer what it needs."""
        need = needed(choice, self.problem.layer.bound, self.problem.dims)
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
                        self._each(only, Incumbent(self.incumbent.goal), partial(take, only))
        return best[0][1]

    def _restricted(self, task: Task, extents: dict[str, int]) -> Task | None:
        """The task with only the rows that leave these extents at the bottom."""
        tables = []
        for group, table in zip(task.program.groups, task.tables, strict=True):
            wanted = sum(int(self.lattice.index_of(d, np.array([extents[d]]))[0]) for d in group)
            tables.append(table.select(np.flatnonzero(table.below == wanted)))
        return replace(task, tables=tuple(tables)) if all(t.size for t in tables) else None


def tile_table(layer: Layer, lattice: Lattice, tensor: str) -> np.ndarray:
    """Words of the tile of a tensor for every vector of extents."""
    found = layer.op.tensor(tensor)
    grids = dict(zip(lattice.dims, np.meshgrid(*lattice.axes, indexing="ij", sparse=True), strict=True))
    total = np.ones(lattice.shape)
    for group in found.groups:
        extents = tuple(grids.get(d, np.ones([1] * len(lattice.dims))).astype(float) for d in group)
        if any(d in grids for d in group):
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
