"""The exact search of one choice of bypasses: part by part from outside to inside, every template of every part.

A *cut* is known by the nodes outside it. Its front holds, for every vector of tile extents at the cut, the least costs
outside of any mapping with these tiles (none: none fits and can still lead to an improvement). A part from one
cut to the next extends one front to the other; a last part gives whole mappings. They are nearly all the work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

import numpy as np

from ..mapping.nest import Mapping
from .across import waited
from .builder import program
from .combinations import combinations, promising
from .fronts import Front
from .goal import Goal, Incumbent
from .groups import outline
from .halves import ROUNDING, Bounds, Found, halves
from .hierarchy import Hierarchy
from .inside import Insides
from .join import Join
from .meets import Inside
from .merged import Batch, batches
from .problem import Problem
from .rebuild import assemble, needed
from .rows import Choice, Task, choice_of
from .sections import Section
from .shared import Shared, shared
from .sieve import surviving
from .stages import Cut, Stage
from .symmetry import distinct
from .templates import Part

#: Costs of combinations of rows with what is outside that are added up at a time; bounds the memory.
MOST_TOGETHER = 1 << 20
#: Combinations of rows that are all valued: trees of so few take longer to make.
FEW = 1 << 12
#: Bytes of tables that are kept until it is their turn; others are made again.
MOST_HELD = 1 << 28


@dataclass
class Search:
    """One choice of bypasses with all its orders of nodes. `examined`: pairs of rows or nodes tested so far."""

    problem: Problem
    sections: Sequence[Section]
    incumbent: Incumbent
    tick: Callable[[], None]
    examined: int = 0
    fronts: dict[Cut, Front] = field(default_factory=dict)
    stages: list[Stage] = field(default_factory=list)

    # ---- what there is to do ----------------------------------------------------------------------

    def prepare(self) -> list[tuple[tuple[float, float], Batch, Cut]]:
        """Tabulates the outer parts; returns the batches of the last parts, each with a bound on all its mappings."""
        self.stages = list(self._stages())
        for stage in self.stages:
            if stage.bottom is not None:
                self._tabulate(stage)
        found, held = [], 0
        for stage in self.stages:
            for batch in stage.batches if stage.bottom is None else ():
                self.tick()
                if batch.task is not None:
                    found.append((self._root(batch.task, stage.top), batch, stage.top))
                    held += batch.nbytes
                    if held > MOST_HELD:
                        batch.forget()
        return found

    def _stages(self) -> Iterator[Stage]:
        """Stages with equal cuts are one; they come outer tops first."""
        found: dict[tuple[Cut, Cut | None], Stage] = {}
        for hierarchy, part in self.sections:
            top, bottom, last = part
            cut, end = hierarchy.nodes_to(top), None if last else hierarchy.nodes_to(bottom)
            stage = found.setdefault((cut, end), Stage(cut, end))
            stage.batches += self._batches(hierarchy, part)
        yield from sorted(found.values(), key=lambda s: len(s.top))

    def _batches(self, hierarchy: Hierarchy, part: Part) -> list[Batch]:
        problem = self.problem
        symmetries = problem.symmetries if part[2] else ()  # a front needs all its entries
        programs = []
        for template in distinct(outline(problem.kind.op), problem.dims, hierarchy, part, symmetries):
            self.tick()
            programs.append(program(problem.kind, hierarchy, template))
        sieve = partial(surviving, partial(self.bounds, top=hierarchy.nodes_to(part[0])), self.incumbent)
        together = [Batch(members, problem.rows, sieve) for members in batches(programs)]
        return together if part[2] else [Batch((one,), problem.rows) for one in programs]

    def bounds(self, task: Task, top: Cut, inside: Inside | None = None) -> Bounds:
        problem = self.problem
        pace, rooms = problem.pace, tuple(room.size for room in self.rooms)
        outer = self.fronts.get(top)
        return Bounds(task, outer, problem.loads, pace, problem.least_steps * pace, inside, rooms)

    def _root(self, task: Task, top: Cut) -> tuple[float, float]:
        return self.incumbent.goal(*self.bounds(task, top).root())

    @cached_property
    def insides(self) -> Insides:
        """What is inside cuts costs at least."""
        return Insides(self.problem, tuple(room.size for room in self.rooms), self.stages, self.tick)

    # ---- parts ------------------------------------------------------------------------------------

    def _tabulate(self, stage: Stage) -> None:
        cut = stage.bottom
        assert cut is not None
        front = self.fronts.setdefault(cut, Front(self.problem.lattice, 1 + len(self.rooms) + len(self.problem.loads)))
        inside = self.insides.of(cut)
        if inside is None:
            return

        def take(bounds: Bounds, found: Found) -> None:
            for pairs, _, costs in self._whole(stage.top, found):
                below = found.below[pairs]
                some = np.flatnonzero(bounds.leads(costs, found.steps[pairs], below, self.incumbent))
                costs = costs[:, some]
                costs[0] -= inside.energy
                costs[self._done(cut)] = 0.0
                front.add(below[some], costs)

        for task in stage.tasks:
            bounds = self.bounds(task, stage.top, inside)
            self._each(bounds, self.incumbent, partial(take, bounds))

    def _done(self, cut: Cut) -> list[int]:
        """The costs that are rooms which nothing further in has a share of."""
        return [k for k, room in enumerate(self.rooms, start=1) if room.nodes <= cut]

    @cached_property
    def rooms(self) -> tuple[Shared, ...]:
        """Capacities that nodes on both sides of a cut may have a share of."""
        return shared(self.problem.arch, self.problem.kind.op, self.sections[0][0]) if self.sections else ()

    def finish(self, batch: Batch, top: Cut) -> None:
        """Searches a batch of last parts to its end: afterwards none of its mappings is better than the incumbent."""
        if batch.task is None:  # its tables were forgotten, and the incumbent has become better since
            return
        if len(batch.programs) == 1:
            return self.finish_one(batch.task, top)

        def take(found: Found) -> None:
            for task, picks in batch.rows(found.picks(np.arange(len(found.steps)))):
                self.tick()
                bounds = self.bounds(task, top)
                self._offer(bounds, top, bounds.combined(picks))

        self._each(self.bounds(batch.task, top), self.incumbent, take)

    def finish_one(self, task: Task, top: Cut) -> None:
        """The same for one template, or for some of its rows."""
        bounds = self.bounds(task, top)
        self._each(bounds, self.incumbent, lambda found: self._offer(bounds, top, found))

    def _offer(self, bounds: Bounds, top: Cut, found: Found) -> None:
        """Offers combinations of rows, best first, as long as they may be better."""
        incumbent = self.incumbent
        for pairs, entries, costs in self._whole(top, found):
            cycles = bounds.cycles(found.steps[pairs], costs[bounds.timed])
            fits = np.flatnonzero(incumbent.may_improve(costs[0], cycles))
            if len(fits) and bounds.task.program.credits:
                cycles[fits] = np.maximum(
                    cycles[fits], waited(self.problem, bounds, found, pairs[fits], costs[:, fits])
                )
                fits = fits[incumbent.may_improve(costs[0, fits], cycles[fits])]
            first, second = incumbent.goal(costs[0, fits], cycles[fits])
            left = np.lexsort((second, first))
            while len(left):
                k, left = left[0], left[1:]
                value = float(first[k]), float(second[k])
                if not value < incumbent.limit:
                    break
                choice = choice_of(bounds.task, found.picks(pairs[fits[[k]]])[:, 0])
                nest = partial(self.mapping, choice, top, None if entries is None else int(entries[fits[k]]))
                if not incumbent.offer(value, nest):
                    self.tick()  # a refusal takes time, and may have tightened the limits
                    left = left[incumbent.goal.admits(costs[0, fits[left]], cycles[fits[left]])]
                elif incumbent.candidates is None:
                    break

    def _each(self, bounds: Bounds, incumbent: Incumbent, take: Callable[[Found], None]) -> None:
        """Gives all combinations of rows that may improve to `take`."""
        count = combinations(bounds)
        if count <= FEW:
            self.examined += count
            found = promising(bounds, incumbent)
            if len(found.steps):
                take(found)
            return
        one, two = halves(bounds, incumbent, self.tick)
        join = Join(bounds, one, two, incumbent, take, self.tick)
        join.run()
        self.examined += join.examined

    def _whole(self, top: Cut, found: Found) -> Iterator[tuple[np.ndarray, np.ndarray | None, np.ndarray]]:
        """Pairs (positions in `found`), entries of the front at the top (None: the only one that offers what the pair
        needs), and their costs together."""
        front = self.fronts.get(top)
        if front is None or front.kinds == 1:
            outer = 0.0 if front is None else front.least[:, found.above]
            yield np.arange(len(found.steps)), None, found.costs + outer
            return
        sizes = np.array([room.size[1] for room in self.rooms])
        order = np.argsort(found.above, kind="stable")
        for alike in np.split(order, np.flatnonzero(np.diff(found.above[order])) + 1) if len(order) else ():
            self.tick()
            offers = front.offers(int(found.above[alike[0]]), len(alike))
            step = max(1, MOST_TOGETHER // max(1, front.kinds * len(offers)))
            for low in range(0, len(alike), step):
                pairs = alike[low : low + step]
                costs = (found.costs[:, pairs, None] + front.costs[:, None, offers]).reshape(front.kinds, -1)
                fits = np.flatnonzero((costs[1 : 1 + len(sizes)] <= sizes[:, None]).all(axis=0))
                yield np.repeat(pairs, len(offers))[fits], np.tile(offers, len(pairs))[fits], costs[:, fits]

    # ---- back to a nest ---------------------------------------------------------------------------

    def mapping(self, last: Choice, top: Cut, entry: int | None = None) -> Mapping:
        """The nest of a choice for its last part, with the part outside that an entry of the front at its top stands
        for."""
        chosen: list[tuple[Choice, dict[str, int]]] = []
        choice = last
        while top in self.fronts:
            need = needed(choice, self.problem.layer.bound, self.problem.dims)
            front, lattice = self.fronts[top], self.problem.lattice
            at = int(front.offers(lattice.flat(need))[0]) if entry is None else entry
            extents = lattice.vector(int(front.flat[at]))
            chosen.insert(0, (choice, extents))
            choice, top, entry = self._reach(top, extents, front.costs[:, at])
        chosen.insert(0, (choice, needed(choice, self.problem.layer.bound, self.problem.dims)))
        return assemble(self.problem.layer.bound, self.problem.dims, chosen)

    def _reach(self, cut: Cut, extents: dict[str, int], costs: np.ndarray) -> tuple[Choice, Cut, int | None]:
        """A choice for a part that ends at a cut with these tiles at these costs, the part's top and the entry
        there."""
        reached: list[tuple[Choice, Cut, int | None]] = []
        most = costs + np.abs(costs) * ROUNDING

        def take(task: Task, top: Cut, found: Found) -> None:
            for pairs, entries, total in self._whole(top, found):
                total[self._done(cut)] = 0.0
                for k in np.flatnonzero((total <= most[:, None]).all(axis=0))[: 1 - len(reached)]:
                    choice = choice_of(task, found.picks(pairs[[k]])[:, 0])
                    reached.append((choice, top, None if entries is None else int(entries[k])))

        for stage in self.stages:
            for task in stage.tasks if stage.bottom == cut else ():
                only = None if reached else self._restricted(task, extents)
                if only is not None:
                    cheap = Incumbent(Goal("energy"), (float(most[0]), np.inf))
                    self._each(self.bounds(only, stage.top), cheap, partial(take, only, stage.top))
        return reached[0]

    def _restricted(self, task: Task, extents: dict[str, int]) -> Task | None:
        """The task with only the rows that leave these extents at the bottom."""
        tables = []
        for group, table in zip(task.program.groups, task.tables, strict=True):
            wanted = sum(int(self.problem.lattice.index_of(d, np.array([extents[d]]))[0]) for d in group)
            tables.append(table.select(np.flatnonzero(table.below == wanted)))
        return replace(task, tables=tuple(tables)) if all(t.size for t in tables) else None
