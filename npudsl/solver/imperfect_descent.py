"""Improving a nest with clipped factors change by change, each judged by the exact closed forms.

Deterministic: the best of all changes of the factors is taken until there is none; then the first nest with a loop
less, more or elsewhere that is better; and so on until nothing helps. What it ends at is no proof of anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..mapping.nest import Mapping
from ..spec.arch import Arch
from ..spec.op import Layer
from .goal import INFINITE, Goal
from .imperfect_forms import Clipped
from .imperfect_moves import neighbours, refitted, variants

Value = tuple[float, float]

#: Nests with other loops that are looked at from one start; rows of a batch that are offered if those before are not
#: accepted.
MOST_VARIANTS, TRIED = 500, 8


@dataclass
class Descent:
    """`accept` has the last word on a mapping (legal, and under a dataflow obedient). `examined`: vectors of factors
    looked at."""

    arch: Arch
    layer: Layer
    goal: Goal
    even: bool
    accept: Callable[[Mapping], bool]
    tick: Callable[[], None]
    examined: int = field(default=0)

    def improve(self, nest: Mapping, tell: Callable[[Mapping, Value], object]) -> None:
        """From a nest downwards; `tell` hears of every better one. Raises OutOfTimeError."""
        current, value = nest.simplified(), INFINITE
        left = MOST_VARIANTS
        while left > 0:
            current, value = self.refactor(current, value, tell)
            found = None
            for changed, rows in variants(self.arch, current, self.layer.bound, even=self.even):
                self.tick()
                left -= 1
                found = self._best(Clipped(self.arch, self.layer, changed), rows, value) if left > 0 else None
                if found is not None or left <= 0:
                    break
            if found is None:
                return
            current, value = found
            tell(current, value)

    def refactor(self, nest: Mapping, value: Value, tell: Callable[[Mapping, Value], object]) -> tuple[Mapping, Value]:
        """The best factors that single and double changes lead to."""
        if not nest.loops:
            return nest, value
        forms = Clipped(self.arch, self.layer, nest)
        while True:
            self.tick()
            found = self._best(forms, neighbours(nest, self.layer.bound), value)
            if found is None:
                return nest, value
            nest, value = found
            tell(nest, value)

    def _best(self, forms: Clipped, rows: np.ndarray, value: Value) -> tuple[Mapping, Value] | None:
        """The best row that is better than `value` and accepted."""
        self.examined += rows.shape[1]
        energy, cycles = forms.costs(rows)
        first, second = self.goal(energy, cycles)
        order = np.lexsort((second, first))[:TRIED]
        for k in order[np.isfinite(first[order])]:
            reached = float(first[k]), float(second[k])
            if not _better(reached, value):
                return None
            nest = refitted(forms.nest, tuple(int(f) for f in rows[:, k]))
            if self.goal.admits(energy[k], cycles[k]) and self.accept(nest):
                return nest, reached
        return None


def _better(one: Value, other: Value) -> bool:
    """By more than rounding, so that a descent ends."""
    if other == INFINITE:
        return True
    close = abs(one[0] - other[0]) <= 1e-12 * abs(other[0])
    return one[1] < other[1] * (1 - 1e-12) if close else one[0] < other[0]
