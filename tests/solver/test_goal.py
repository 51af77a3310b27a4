"""What a goal makes of energy and cycles where a machine leaks and where not; and such a search is checked."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from npudsl.solver import Options, solve
from npudsl.solver.goal import Goal, Incumbent
from npudsl.solver.halves import Bounds

from ..report.machine import ARCH, LAYER

LEAKING = replace(ARCH, compute=replace(ARCH.compute, leakage=Fraction(5)))


def test_only_what_leaks_makes_energy_a_matter_of_time() -> None:
    assert not Goal("energy").timed and Goal("energy", leak=0.5).timed
    assert Goal("energy")(10.0, 4.0) == (10.0, 4.0)
    assert Goal("energy", leak=0.5)(10.0, 4.0) == (12.0, 4.0)
    assert Goal("latency", leak=0.5)(10.0, 4.0) == (4.0, 12.0)
    assert Goal("edp", leak=0.5)(10.0, 4.0) == (48.0, 12.0)


def test_limits_are_on_what_leaks_too() -> None:
    energy, cycles = np.array([10.0, 10.0]), np.array([4.0, 6.0])
    assert Goal("latency", most_energy=12.0, leak=0.5).admits(energy, cycles).tolist() == [True, False]
    assert Goal("latency", most_edp=48.0, leak=0.5).admits(energy, cycles).tolist() == [True, False]
    within = Incumbent(Goal("energy", leak=0.5), best=(12.0, 4.0))
    assert within.may_lead(energy, lambda: cycles).tolist() == [True, False]


@pytest.mark.parametrize("objective", ["energy", "edp"])
def test_a_search_that_counts_cycles_wrongly_is_found_out(objective: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = Options(objective, "even")
    assert solve(LEAKING, "net", [LAYER], options).layers[0].failure is None
    right = Bounds.cycles
    monkeypatch.setattr(Bounds, "cycles", lambda self, steps, loads: 0.9 * right(self, steps, loads))
    failure = solve(LEAKING, "net", [LAYER], options).layers[0].failure
    assert failure is not None and failure.code == "E690"
