"""What is to be least: energy, latency or their product, with the tie rules, and within which limits.

Latency is that of `latency.py`, in cycles.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np

from ..mapping.nest import Mapping

INFINITE = (inf, inf)


@dataclass(frozen=True)
class Goal:
    """`objective`: energy, then fewer cycles; latency: cycles, then less energy; edp: energy * cycles, then less energy.

    `most_energy`, `most_cycles`: what no answer may exceed, in the units of the search.
    """

    objective: str
    most_energy: float = inf
    most_cycles: float = inf

    @property
    def timed(self) -> bool:
        """Whether the time that ports and links take matters; if not, cycles are those of compute."""
        return self.objective != "energy" or self.most_cycles < inf

    def __call__(self, energy: Any, cycles: Any) -> tuple[Any, Any]:
        """Primary and secondary value; both grow with energy and with cycles, so bounds go in as values do."""
        if self.objective == "energy":
            return energy, cycles
        if self.objective == "latency":
            return cycles, energy
        return energy * cycles, energy


@dataclass
class Incumbent:
    """The best so far of everything that searches for one layer: its value and who can tell its mapping."""

    goal: Goal
    best: tuple[float, float] = INFINITE
    mapping: Callable[[], Mapping] | None = None

    def may_lead(self, energy: np.ndarray, cycles: Callable[[], np.ndarray]) -> np.ndarray:
        """Mask of lower bounds that leave room for as good a primary value; `cycles` is asked only if they count."""
        if not self.goal.timed:
            return energy <= min(self.best[0], self.goal.most_energy)
        return self._within(energy, taken := cycles()) & (self.goal(energy, taken)[0] <= self.best[0])

    def may_improve(self, energy: np.ndarray, cycles: np.ndarray) -> np.ndarray:
        """Mask of lower bounds that leave room for something strictly better."""
        first, second = self.goal(energy, cycles)
        better = (first < self.best[0]) | ((first == self.best[0]) & (second < self.best[1]))
        return better & np.isfinite(first) & np.isfinite(second) & self._within(energy, cycles)

    def _within(self, energy: np.ndarray, cycles: np.ndarray) -> np.ndarray:
        return (energy <= self.goal.most_energy) & (cycles <= self.goal.most_cycles)

    def offer(self, value: tuple[float, float], mapping: Callable[[], Mapping]) -> None:
        """Takes a value if it is better. `mapping` makes its nest when it is asked for."""
        if value < self.best:
            self.best, self.mapping = value, mapping
