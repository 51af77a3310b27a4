"""What is to be least: energy, latency or their product, with the tie rules, and within which limits.

Latency is that of `latency.py`, in cycles. On machines that leak the search knows the dynamic energy of a mapping, and
what leaks in so many cycles comes on top. What really leaks, leaks in the cycles of the closed forms, which are no
fewer: so an energy here is a lower bound, and the energy itself where the two agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

import numpy as np

from ..mapping import nest

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


@dataclass
class Incumbent:
    """The best so far of everything that searches for one layer: its value and who can tell its mapping.

    `judge` has the last word on a mapping (`limited.py`); `rejected` is the least primary value of those that it
    refused. While `eager` is above 0 every refusal tightens the limits of the goal; after `patience` more of them
    RefusedError ends the search. `past`: of a machine that leaks, the mappings that were the best before.
    """

    goal: Goal
    best: tuple[float, float] = INFINITE
    mapping: Callable[[], nest.Mapping] | None = None
    judge: Callable[[nest.Mapping], Missed] | None = None
    rejected: float = inf
    eager: float = 0.0
    patience: float = inf
    past: list[Callable[[], nest.Mapping]] = field(default_factory=list)

    def may_lead(self, energy: np.ndarray, cycles: Callable[[], np.ndarray]) -> np.ndarray:
        """Mask of lower bounds that leave room for as good a primary value; `cycles` is asked only if they count."""
        if not self.goal.timed:
            return energy <= min(self.best[0], self.goal.most_energy)
        taken = cycles()
        return self.goal.admits(energy, taken) & (self.goal(energy, taken)[0] <= self.best[0])

    def may_improve(self, energy: np.ndarray, cycles: np.ndarray) -> np.ndarray:
        """Mask of lower bounds that leave room for something strictly better."""
        first, second = self.goal(energy, cycles)
        better = (first < self.best[0]) | ((first == self.best[0]) & (second < self.best[1]))
        return better & np.isfinite(first) & np.isfinite(second) & self.goal.admits(energy, cycles)

    def offer(self, value: tuple[float, float], mapping: Callable[[], nest.Mapping]) -> bool:
        """Takes a value if it is better; whether it does. `mapping` makes its nest when it is asked for."""
        if not value < self.best:
            return False
        before = self.mapping
        if self.judge is not None:
            made = mapping()
            missed = self.judge(made)
            if missed:
                self._refuse(value, missed)
                return False
            self.best, self.mapping = value, lambda: made
        else:
            self.best, self.mapping = value, mapping
        if before is not None and self.goal.leak:
            self.past.append(before)
        return True

    def _refuse(self, value: tuple[float, float], missed: Missed) -> None:
        self.rejected = min(self.rejected, value[0])
        if self.eager:
            self.goal = self.goal.tightened(missed, self.eager)
        self.patience -= 1
        if self.patience < 0:
            raise RefusedError
