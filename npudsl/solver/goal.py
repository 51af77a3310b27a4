"""What is to be least: energy, steps (latency) or their product, with the tie rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

INFINITE = (float("inf"), float("inf"))


@dataclass(frozen=True)
class Goal:
    """`objective`: energy, then fewer steps; latency: steps, then less energy; edp: energy * steps, then less energy."""

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
    """The best value so far, shared by everything that searches for one layer."""

    goal: Goal
    best: tuple[float, float] = INFINITE

    def may_improve(self, energy: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Mask of lower bounds that leave room for something strictly better."""
        first, second = self.goal(energy, steps)
        return (first < self.best[0]) | ((first == self.best[0]) & (second < self.best[1]))
