"""Cases that random ones seldom meet, found by looking for what notices a mutant."""

from __future__ import annotations

import pytest

from npudsl.interpreter.nest import Nest
from npudsl.interpreter.timed_traffic import traffic as counted
from npudsl.model.latency_traffic import traffic

from ..timing.decorate import timed_case
from .prepared import RARE


@pytest.mark.parametrize("seed", RARE)
def test_sums_that_come_back_one_by_one(seed: int) -> None:
    """To one instance each, also where the instances below a link share nothing."""
    case = timed_case(seed)
    executed = counted(Nest.of(case.arch, case.layer, case.mapping), case.mapping)
    assert traffic(case.arch, case.layer, case.mapping) == executed
