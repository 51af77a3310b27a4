"""What a mapping costs, in numbers: the result that the model makes from closed forms and the interpreter from
counters."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from .tally import Tally


@dataclass(frozen=True)
class Cost:
    """Energy and time of one execution of a layer.

    `energy` in pJ, exact; `parts[component][tensor]` in pJ for memories and links, `parts[compute][""]` for the
    operations;
    `cycles`: the untimed bound of semantics.md, `onload + steady + offload`, or what a timed execution took (then
    `steady` is what lies between); `busy`: cycles of each resource (`mac`, `glb read`, ...); `stalls`: cycles by which
    a resource alone stretches the steady state beyond the steps (timed: for how long it was waited for), where it does.
    `utilization`: operations / (steps * all compute instances of the machine); `working`: the part of the cycles in
    which steps would be executed without any stall. Their product is the utilisation over the whole time.
    `at_least`, `at_most`: bounds on what a timed execution takes, and `bounded` why they meet or do not (None: not
    known).
    """

    energy: Fraction
    parts: dict[str, dict[str, Fraction]]
    cycles: Fraction
    busy: dict[str, Fraction]
    utilization: Fraction
    onload: Fraction = Fraction(0)
    steady: Fraction = Fraction(0)
    offload: Fraction = Fraction(0)
    stalls: dict[str, Fraction] = field(default_factory=dict)
    working: Fraction = Fraction(1)
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    bounded: str = ""

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
