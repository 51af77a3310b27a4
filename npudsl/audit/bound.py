"""Is there a combination below the claimed bound? Part by part from outside to inside, as the classes are cut.

What stands outside a cut matters inside only through the extents of the tiles there (a part's frame is always walked,
and a tile may be a multiple of what the part needs: the rest are loops of its first slot). So the costs of everything
outside are tabulated by these extents, the least first, and every part is closed off by the table at its top.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import prod

import numpy as np

from .boxes import Ceiling, Frame, combinations, summary
from .parts import Cut, Part
from .refused import Refused
from .rows import Model, Problem, tabulate

#: Costs gathered at a cut before those that others undercut in everything are dropped.
BATCH = 1 << 17
#: Vectors of tile extents in a table at a cut.
MOST_VECTORS = 20_000_000
#: What is told of parts in which nothing below the ceiling was left out.
SEARCHED = "classes searched"


@dataclass(frozen=True)
class Goal:
    """What a bound is about: energy in pJ, latency in cycles, or their product. `leakage` in pJ per cycle; energies are
    given without it."""

    objective: str
    leakage: float = 0.0

    @property
    def timed(self) -> bool:
        return self.objective != "energy" or self.leakage > 0

    def __call__(self, energy: np.ndarray, cycles: np.ndarray) -> np.ndarray:
        if self.leakage:
            energy = energy + self.leakage * cycles
        return energy if self.objective == "energy" else cycles if self.objective == "latency" else energy * cycles


@dataclass
class Outside:
    """Costs outside a cut by the flat index of the extents there. `least`: for what a part needs (any tile that is a
    multiple), by kind, shape (kinds, vectors)."""

    problem: Problem
    flat: np.ndarray
    costs: np.ndarray
    known: dict[int, np.ndarray] = field(default_factory=dict)

    def least(self) -> np.ndarray:
        kinds, size = len(self.costs), prod(self.problem.shape)
        table = np.full((kinds, size), np.inf)
        for row, costs in zip(table, self.costs, strict=True):
            np.minimum.at(row, self.flat, costs)
        table = table.reshape(kinds, *self.problem.shape)
        for axis, extents in enumerate(self.problem.extents):
            moved = np.moveaxis(table, axis + 1, 0)
            best = [moved[[j for j, e in enumerate(extents) if e % d == 0]].min(axis=0) for d in extents]
            table = np.moveaxis(np.array(best), 0, axis + 1)
        return table.reshape(kinds, size)

    def offers(self, need: int) -> np.ndarray:
        """Costs, shape (kinds, n), of all entries whose tiles are a multiple of what is needed."""
        if need not in self.known:
            wanted = np.unravel_index(need, self.problem.shape)
            found = np.unravel_index(self.flat, self.problem.shape)
            fits = np.ones(len(self.flat), dtype=bool)
            for extents, w, f in zip(self.problem.extents, wanted, found, strict=True):
                fits &= np.array(extents)[f] % extents[int(w)] == 0
            mine = self.costs[:, fits]
            self.known[need] = mine[:, undercut(mine, np.zeros(mine.shape[1], np.int64))]
        return self.known[need]


def undercut(costs: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Positions of the costs, shape (kinds, n), that no other with the same key equals or undercuts in every kind."""
    order = np.lexsort((*costs[::-1], keys))
    kept: list[np.ndarray] = []
    for rows in np.split(order, np.flatnonzero(np.diff(keys[order])) + 1):
        while len(rows):
            head, rest = rows[0], rows[1:]
            kept.append(rows[:1])
            rows = rest[(costs[:, rest] < costs[:, head, None]).any(axis=0)]
    return np.concatenate(kept) if kept else np.zeros(0, np.int64)


@dataclass
class Found:
    """The least value that was met below the ceiling (infinite: none), and the combinations looked at one by one."""

    least: float = np.inf
    looked: int = 0


class Reproof:
    """Searches all combinations of a list of parts for one below `most`. `tick` is called now and then and may raise:
    `found` is what was met until then. `told` gets what is done with the parts, and with how many of them."""

    def __init__(
        self, problem: Problem, goal: Goal, parts: Sequence[Part], most: float, tick: Callable[[], None],
        told: Callable[[str, int], None] = lambda what, done: None,
    ):  # fmt: skip
        self.problem, self.goal, self.parts, self.tick, self.told = problem, goal, parts, tick, told
        self.ceiling = Ceiling(self._value, most)
        self.pace = float(1 / problem.arch.compute.rate)
        self.models: dict[Part, Model] = {}
        self.outside: dict[Cut, Outside] = {}
        self.frames: dict[Cut, np.ndarray] = {}
        self.found = Found()

    def run(self) -> Found:
        vectors = prod(self.problem.shape)
        if vectors > MOST_VECTORS:
            raise Refused(f"{vectors:,} vectors of tile extents are too many to audit", self.problem.layer.name)
        for number, part in enumerate(self.parts):
            self.tick()
            self.told("classes read", number)
            self.models[part] = tabulate(self.problem, part)
        ordered = sorted(self.parts, key=lambda p: (len(p.top[0]), p.last))
        tops = {p.top for p in self.parts}
        done = 0
        for cut in dict.fromkeys(p.bottom for p in sorted(self.parts, key=_inwards) if p.bottom in tops):
            assert cut is not None
            self._tabulate(cut)
            done += sum(p.bottom == cut for p in self.parts)
            self.told(SEARCHED, done)
        for part in ordered:
            if part.last:
                if self._reached(part):
                    self._finish(part)
                done += 1
                self.told(SEARCHED, done)
        return self.found

    def _value(self, costs: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """The objective of costs by kind, shape (kinds, n), and cycles of the steps."""
        cycles = np.where(np.isfinite(costs[0]), np.maximum(steps, self.problem.least_cycles), np.inf)
        bounds = len(self.problem.bounds)
        if bounds > 1:
            cycles = np.maximum(cycles, costs[1:bounds].max(axis=0))
        return self.goal(costs[0], cycles)

    def _waiting(self, costs: np.ndarray) -> np.ndarray:
        """Costs of whole nests, where what steps wait for at two places is known better: with y in place of `most`."""
        places = {kind: number for number, kind in enumerate(self.problem.kinds)}
        costs = costs.copy()
        for wait in self.problem.waits:
            roomy, own, whole, fill = (places[kind] for kind in (*wait.sums, wait.fill))
            share = np.minimum(costs[fill] / float(wait.most), 1.0)
            costs[own] = np.maximum(costs[own], costs[whole] - share * (costs[whole] - costs[roomy]))
        return costs

    def _reached(self, part: Part) -> bool:
        """Whether the part begins at the outermost memory, or where others lead to."""
        depth = self.problem.arch.depth
        return part.top in self.outside or all(depth[n.memory] == 0 for n in part.top[0])

    def _outer(self, part: Part) -> np.ndarray | None:
        """Least costs outside a part; None if its first slot is the outermost."""
        if part.top not in self.outside:
            return None
        if part.top not in self.frames:
            self.frames[part.top] = self.outside[part.top].least()
        return self.frames[part.top]

    def _inside(self, cut: Cut) -> float:
        """At least this much energy is spent inside a cut."""
        return min((self._root(p) + (0.0 if p.bottom is None else self._inside(p.bottom)) for p in self.parts
                    if p.top == cut), default=np.inf)  # fmt: skip

    def _root(self, part: Part) -> float:
        model = self.models[part]
        if not all(len(t) for t in model.tables):
            return np.inf
        least = reduce(np.multiply, [summary(t.values, model.rises, 0) for t in model.tables])
        return float(model.weights[0] @ least + model.constants[0])

    def _frame(self, part: Part) -> Frame:
        inside = np.zeros(len(self.problem.kinds))
        if part.bottom is not None:
            inside[0] = self._inside(part.bottom)
        return Frame(self._outer(part), inside, self.pace, self.ceiling)

    def _tabulate(self, cut: Cut) -> None:
        """Costs of everything outside a cut, from all parts that end there."""
        kinds = len(self.problem.kinds)
        flat, costs = np.zeros(0, np.int64), np.zeros((kinds, 0))
        waiting: list[tuple[np.ndarray, np.ndarray]] = []

        def compress() -> None:
            nonlocal flat, costs
            flat = np.concatenate([flat, *(f for f, _ in waiting)])
            costs = np.concatenate([costs, *(c for _, c in waiting)], axis=1)
            kept = undercut(costs, flat)
            flat, costs = flat[kept], costs[:, kept]
            waiting.clear()

        for part in self.parts:
            if part.bottom != cut or not self._reached(part):
                continue
            for need, leave, own, _ in combinations(self.models[part], self._frame(part), self.tick):
                self.found.looked += len(need)
                waiting += [(leave[rows], whole) for rows, whole in self._whole(part, need, own)]
                if sum(len(f) for f, _ in waiting) > BATCH:
                    compress()
        compress()
        self.outside[cut] = Outside(self.problem, flat, costs)

    def _whole(self, part: Part, need: np.ndarray, own: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Rows with their costs and those of everything outside them, every choice there that may matter."""
        if part.top not in self.outside:
            return [(np.arange(len(need)), own)]
        outer = self._outer(part)
        if len(own) == 1 and outer is not None:
            return [(np.arange(len(need)), own + outer[:, need])]
        found = []
        for one in np.unique(need):
            rows = np.flatnonzero(need == one)
            offers = self.outside[part.top].offers(int(one))
            whole = own[:, rows, None] + offers[:, None, :]
            found.append((np.repeat(rows, offers.shape[1]), whole.reshape(len(own), -1)))
        return found

    def _finish(self, part: Part) -> None:
        """All whole nests that end with a part."""
        for need, _, own, steps in combinations(self.models[part], self._frame(part), self.tick):
            self.found.looked += len(need)
            for rows, whole in self._whole(part, need, own):
                values = self._value(self._waiting(whole), steps[rows])
                if values.size:
                    self.found.least = min(self.found.least, float(values.min()))


def _inwards(part: Part) -> int:
    return len(part.bottom[0]) if part.bottom is not None else 1 << 30
