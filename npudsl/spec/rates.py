"""Rates per time into rates per cycle, through the machine's clock."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..text.diagnostics import Diagnostic, Label, SpecError
from .instances import Setting
from .units import DATA_PER_TIME, OP_PER_TIME, POWER
from .values import Quantity

_PER_TIME = {
    DATA_PER_TIME: "in data per time",
    OP_PER_TIME: "in operations per time",
    POWER: "a power",
}


@dataclass(frozen=True)
class Clock:
    """The machine's clock in Hz; None: not given, then a rate per time is E407."""

    frequency: Fraction | None

    def per_cycle(self, name: str, setting: Setting | None) -> Fraction | None:
        """A rate per cycle in base units (bit/cycle, op/cycle, pJ/cycle); None for `inf` or no value."""
        if setting is None or not isinstance(setting.value, Quantity):
            return None
        quantity = setting.value
        if quantity.dimension not in _PER_TIME:
            return quantity.value
        if self.frequency is None:
            raise SpecError(
                Diagnostic(
                    "E407",
                    f"`{name}` is {_PER_TIME[quantity.dimension]}, but the architecture has no `clock`",
                    Label(setting.span, "needs a clock"),
                    help="write `clock = 200 MHz` in the architecture, or the value per cycle",
                )
            )
        return quantity.value / self.frequency
