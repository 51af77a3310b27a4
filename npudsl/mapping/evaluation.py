"""What a mapping costs, in numbers: the result that the model makes from closed forms and the interpreter from counters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .tally import Tally


@dataclass(frozen=True)
class Cost:
    """Energy and time of one execution of a layer.

    `energy` in pJ, exact; `parts[component][tensor]` in pJ for memories and links, `parts[compute][""]` for the operations;
    `cycles`: the untimed bound of semantics.md (maximum over compute and every port, plus onload and offload);
    `busy`: cycles of each resource (`compute`, `glb read`, ...), the largest is the `bottleneck`;
    `utilization`: operations / (steps * rate * all compute instances of the machine).
    """

    energy: Fraction
    parts: dict[str, dict[str, Fraction]]
    cycles: Fraction
    busy: dict[str, Fraction]
    utilization: Fraction

    @property
    def bottleneck(self) -> str:
        return max(self.busy, key=lambda name: self.busy[name])


@dataclass(frozen=True)
class Evaluation:
    """Counts and cost of one layer under one mapping."""

    tally: Tally
    cost: Cost
