"""What no mapping with imperfect factors beats: limits of any schedule, and the fewest steps of any unrolling.

`physical_limit` holds however a layer is tiled, so it holds for clipped tiles as well. Steps are bounded exactly
(`imperfect_steps.py`); an energy that includes leakage lasts at least as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf

from ..mapping.pricing import leakages
from ..spec.arch import Arch
from ..spec.op import Layer
from .imperfect_convex import Range
from .imperfect_steps import least_steps
from .pebbles import ROUNDING
from .physical_energy import physical_limit


@dataclass(frozen=True)
class Limit:
    """`energy` in pJ, `cycles`: below those of every mapping."""

    energy: float
    cycles: float

    def value(self, objective: str) -> float:
        """The limit of an objective, in its units: pJ, cycles or pJ * cycles."""
        return {"energy": self.energy, "latency": self.cycles}.get(objective, self.energy * self.cycles)

    def range(self, objective: str, value: float, most_cycles: float = inf) -> Range:
        """What energy and cycles of a mapping that is no worse than one of this value, and takes no more than
        `most_cycles`, lie between."""
        over = value * (1 + 1e-9)
        energy = {"energy": over, "latency": inf}.get(objective, over / self.cycles)
        cycles = {"energy": inf, "latency": over}.get(objective, over / self.energy if self.energy else inf)
        return Range((self.energy, energy), (self.cycles, min(cycles, most_cycles * (1 + 1e-9))))


def limit_of(arch: Arch, layer: Layer) -> Limit:
    """The limit of all mappings of a layer, whatever their factors and wherever their nodes stand."""
    computing = float(least_steps(arch, layer) / arch.compute.rate)
    physical = physical_limit(arch, layer)
    leakage = float(sum((power for _, power in leakages(arch)), Fraction(0)))
    if physical is None:
        return Limit(float(layer.points * arch.compute.op_energy) + leakage * computing * (1 - ROUNDING), computing)
    longer = max(0.0, computing - physical.cycles)
    return Limit(physical.energy + leakage * longer * (1 - ROUNDING), max(physical.cycles, computing))
