"""What a mapping costs, in numbers: the result that the model makes from closed forms and the interpreter from
counters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .tally import Tally


@dataclass(frozen=True)
class Cost:
    """Energy and time of one execution of a layer.

    `energy` in pJ, exact; `parts[component][tensor]` in pJ for memories and links, `parts[compute][""]` for the
    operations.
    `cycles = onload + steady + offload`: in closed form the untimed bound, moved between `at_least` and `at_most`; or
    what an execution in time took. `busy`: cycles of each resource (`mac`, `glb read`, ...); `stalls`: cycles by which
    a resource alone stretches the steady state beyond the steps (executed: for how long it was waited for), where it
    does.
    `utilization`: operations / (steps * all compute instances of the machine); `working`: the part of the cycles in
    which steps would be executed without any stall. Their product is the utilisation over the whole time.
    `at_least`, `at_most`: bounds on what an execution in time takes, and `bounded` why they meet or do not.
    `executed`: cycles, stalls and leakage are those of an execution in time.
    """

    energy: Fraction
    parts: dict[str, dict[str, Fraction]]
    cycles: Fraction
    busy: dict[str, Fraction]
    utilization: Fraction
    onload: Fraction
    steady: Fraction
    offload: Fraction
    stalls: dict[str, Fraction]
    working: Fraction
    at_least: Fraction
    at_most: Fraction
    bounded: str
    executed: bool = False

    @property
    def stalled(self) -> Fraction:
        """Cycles between the onload and the offload in which no step would go on."""
        return self.steady - self.working * self.cycles

    @property
    def exact(self) -> bool:
        """Whether the closed form is what an execution in time takes."""
        return self.at_least == self.at_most

    @property
    def bottleneck(self) -> str:
        """The resource that stretches the steps most; without stalls the busiest one."""
        slowest = self.stalls or self.busy
        return max(slowest, key=lambda name: slowest[name])


@dataclass(frozen=True)
class Evaluation:
    """Counts and cost of one layer under one mapping."""

    tally: Tally
    cost: Cost
