"""What is to be least: energy, latency or their product, with the tie rules, and within which limits.

A search knows of a mapping its dynamic energy and cycles that no schedule of it undercuts (`latency.py`); what leaks in
so many cycles comes on top. What is reported are the cycles of the closed forms, and what leaks in those, which is no
less. So where time matters there are two values of a mapping: the *least* that a search knows, by which it leaves
mappings out, and what it is *worth* as it is reported, by which the best is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import inf
from typing import Any

import numpy as np

from ..mapping import nest
from .candidates import Candidates

INFINITE = (inf, inf)
#: What requirements may limit besides utilization.
COSTS = ("energy", "latency", "edp")
#: What a mapping does not keep: per cost how many times as much as allowed it takes; `rules` for anything else.
Missed = Mapping[str, float]


class RefusedError(Exception):
    """So many mappings were refused that a search ends."""


@dataclass(frozen=True)
class Goal:
    """`objective`: energy, then fewer cycles; latency: cycles, then less energy; edp: energy * cycles, then less
    energy.

    `most_energy`, `most_cycles`, `most_edp`: what no answer may exceed, in the units of the search. `leak`: energy per
    cycle. Energies are given without what leaks.
    """

    objective: str
    most_energy: float = inf
    most_cycles: float = inf
    most_edp: float = inf
    leak: float = 0.0

    @property
    def timed(self) -> bool:
        """Whether the time that ports and links take matters; if not, cycles are those of compute."""
        return self.objective != "energy" or self.leak > 0 or min(self.most_cycles, self.most_edp) < inf

    @property
    def limited(self) -> bool:
        """Whether there is something that no answer may exceed."""
        return min(self.most_energy, self.most_cycles, self.most_edp) < inf

    def admits(self, energy: Any, cycles: Any) -> Any:
        """Whether something that takes at least so much may be within the limits."""
        energy = self.with_leakage(energy, cycles)
        within = (energy <= self.most_energy) & (cycles <= self.most_cycles)
        return within if self.most_edp == inf else within & (energy * cycles <= self.most_edp)

    def tightened(self, missed: Missed, power: float) -> Goal:
        """With limits smaller by a power of the factors by which they are missed."""
        found = {kind: factor**-power for kind, factor in missed.items()}
        return replace(
            self,
            most_energy=self.most_energy * found.get("energy", 1.0),
            most_cycles=self.most_cycles * found.get("latency", 1.0),
            most_edp=self.most_edp * found.get("edp", 1.0),
        )

    def with_leakage(self, energy: Any, cycles: Any) -> Any:
        """The whole energy."""
        return energy + self.leak * cycles if self.leak else energy

    def __call__(self, energy: Any, cycles: Any) -> tuple[Any, Any]:
        """Primary and secondary value; both grow with energy and with cycles, so bounds go in as values do."""
        energy = self.with_leakage(energy, cycles)
        if self.objective == "energy":
            return energy, cycles
        if self.objective == "latency":
            return cycles, energy
        return energy * cycles, energy


#: Values nearer than this, relative, are not told apart: sums of floats may differ by as much.
NEAR = 1e-12


@dataclass
class Incumbent:
    """The best so far of everything that searches for one layer: its value and who can tell its mapping.

    `judge` has the last word on a mapping (`limited.py`); `rejected` is the least primary value of those that it
    refused. While `eager` is above 0 every refusal tightens the limits of the goal; after `patience` more of them
    RefusedError ends the search. `candidates`: what a mapping is worth as it is reported, and those that have not been
    asked for it yet (None: the values that a search knows are all there is).
    """

    goal: Goal
    best: tuple[float, float] = INFINITE
    mapping: Callable[[], nest.Mapping] | None = None
    judge: Callable[[nest.Mapping], Missed] | None = None
    rejected: float = inf
    eager: float = 0.0
    patience: float = inf
    candidates: Candidates | None = None

    @property
    def limit(self) -> tuple[float, float]:
        """What a mapping has to be below to be of interest."""
        if self.candidates is None:
            return self.best
        return min((self.best[0] * (1 - NEAR), self.best[1] * (1 - NEAR)), self.candidates.left_out)

    @property
    def bound(self) -> float:
        """What no mapping that was searched or left out so far is below, but for those that were refused."""
        return self.best[0] if self.candidates is None else min(self.best[0], self.candidates.least[0])

    def may_lead(self, energy: np.ndarray, cycles: Callable[[], np.ndarray]) -> np.ndarray:
        """Mask of lower bounds that leave room for as good a primary value; `cycles` is asked only if they count."""
        most = self.limit[0]
        if not self.goal.timed:
            return energy <= min(most, self.goal.most_energy)
        taken = cycles()
        return self.goal.admits(energy, taken) & (self.goal(energy, taken)[0] <= most)

    def may_improve(self, energy: np.ndarray, cycles: np.ndarray) -> np.ndarray:
        """Mask of lower bounds that leave room for something strictly better."""
        first, second = self.goal(energy, cycles)
        limit = self.limit
        better = (first < limit[0]) | ((first == limit[0]) & (second < limit[1]))
        return better & np.isfinite(first) & np.isfinite(second) & self.goal.admits(energy, cycles)

    def offer(self, value: tuple[float, float], mapping: Callable[[], nest.Mapping]) -> bool:
        """Takes a mapping that may be better into account; whether it was not refused. `value`: what the search knows
        of it; `mapping` makes its nest when it is asked for."""
        if not value < self.limit:
            return True
        if self.judge is not None:
            made = mapping()
            missed = self.judge(made)
            if missed:
                self._refuse(value, missed)
                return False
            mapping = partial(_given, made)
        if self.candidates is None:
            self.take(value, mapping)
        elif value < self.candidates.least:
            self._value(value, mapping)
        else:
            self.candidates.keep(value, mapping, self.best)
        return True

    def _refuse(self, value: tuple[float, float], missed: Missed) -> None:
        self.rejected = min(self.rejected, value[0])
        if self.eager:
            self.goal = self.goal.tightened(missed, self.eager)
        self.patience -= 1
        if self.patience < 0:
            raise RefusedError

    def settle(self) -> None:
        """Values candidates, those of the least values first, until no other may be better or enough were."""
        while self.candidates is not None:
            found = self.candidates.next(self.limit)
            if found is None:
                break
            self._value(*found)

    def _value(self, value: tuple[float, float], mapping: Callable[[], nest.Mapping]) -> None:
        assert self.candidates is not None
        made = mapping()
        worth = self.candidates.value(value, made)
        if worth is not None:
            self.take(worth, partial(_given, made))

    def take(self, value: tuple[float, float], mapping: Callable[[], nest.Mapping]) -> None:
        """Takes a mapping that is worth so much if it is better."""
        if value < self.best:
            self.best, self.mapping = value, mapping


def _given(made: nest.Mapping) -> nest.Mapping:
    return made
