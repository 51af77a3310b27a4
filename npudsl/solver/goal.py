"""What is to be least: energy, steps (latency) or their product, with the tie rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mapping.nest import Mapping

INFINITE = (float("inf"), float("inf"))


@dataclass(frozen=True)
class Goal:
    """`objective`: energy, then fewer steps; latency: steps, then less energy; edp: energy * steps, then less
    energy."""

    objective: str

    def __call__(self, energy: Any, steps: Any) -> tuple[Any, Any]:
        """Primary and secondary value; both grow with energy and with steps, so bounds go in as values do."""
        if self.objective == "energy":
            return energy, steps
        if self.objective == "latency":
            return steps, energy
        return energy * steps, energy


@dataclass
class Incumbent:
    """The best so far of everything that searches for one layer: its value and who can tell its mapping."""

    goal: Goal
    best: tuple[float, float] = INFINITE
    mapping: Callable[[], Mapping] | None = None

    def may_lead(self, energy: np.ndarray, steps: Callable[[], np.ndarray]) -> np.ndarray:
        """Mask of lower bounds that leave room for as good a primary value; `steps` is asked only if they count."""
        if self.goal.objective == "energy":
            return energy <= self.best[0]
        return self.goal(energy, steps())[0] <= self.best[0]

    def may_improve(self, energy: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Mask of lower bounds that leave room for something strictly better."""
        first, second = self.goal(energy, steps)
        better = (first < self.best[0]) | ((first == self.best[0]) & (second < self.best[1]))
        return better & np.isfinite(first) & np.isfinite(second)

    def offer(self, value: tuple[float, float], mapping: Callable[[], Mapping]) -> None:
        """Takes a value if it is better. `mapping` makes its nest when it is asked for."""
        if value < self.best:
            self.best, self.mapping = value, mapping
