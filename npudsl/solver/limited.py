"""Searches under requirements on costs, which ask for more than a search knows.

A search counts cycles that no schedule undercuts (`latency.py`); a requirement on latency, EDP or, where machines leak,
energy goes by the cycles of the closed forms, which may be more. So a mapping that keeps the limits of the search may
be refused, and cheap ones that only seem to obey may be many. First the limits are tightened by as much as refused
mappings miss them, which finds good mappings that obey after few refusals; they are then what the search under the
limits themselves has to improve on.

Whatever is refused, or never looked at, is below the bound: a row or a nest is left out for another one that is no
worse in anything that the search counts, and if that one is refused, its value is where the bound ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..mapping.dataflow import Dataflow
from ..mapping.nest import Mapping
from ..mapping.violations import violations
from ..model.evaluate import evaluate
from ..spec.arch import Arch
from ..spec.op import Layer
from .goal import COSTS, Incumbent, Missed, RefusedError

#: How eagerly refusals tighten the limits, search after search: the power of the factor by which they are missed.
EAGER = (1.0, 0.5, 0.25)
#: Mappings that may be refused while limits are tightened, and under the limits themselves (5 to 10 ms each).
MOST_EARLY, MOST_REFUSED = 50, 1_000


@dataclass
class Judge:
    """Tells of a mapping of what it misses of a dataflow, its requirements on what it really takes included."""

    arch: Arch
    layer: Layer
    dataflow: Dataflow
    even: bool
    known: dict[Mapping, Missed] = field(default_factory=dict)

    def __call__(self, mapping: Mapping) -> Missed:
        """Per cost that is too high how many times as much as allowed it is; `rules` for anything else. Empty: the
        mapping obeys."""
        if mapping not in self.known:
            self.known[mapping] = self._missed(mapping)
        return self.known[mapping]

    def _missed(self, mapping: Mapping) -> Missed:
        if violations(self.dataflow, self.arch, self.layer, mapping, None, even=self.even):
            return {"rules": 1.0}
        limits = [(r.kind, r.most) for r in self.dataflow.requirements if r.kind in COSTS and r.most is not None]
        if not limits:
            return {}
        cost = evaluate(self.arch, self.layer, mapping).cost
        taken = {"energy": cost.energy, "latency": cost.cycles, "edp": cost.energy * cost.cycles}
        return {kind: float(taken[kind] / most) if most else 2.0 for kind, most in limits if taken[kind] > most}


def search_early(incumbent: Incumbent, search: Callable[[], None]) -> bool:
    """Searches with limits that every refusal tightens, until something obeys. Whether nothing was refused: then the
    search was complete. Otherwise its end says nothing about what it left out."""
    goal = incumbent.goal
    for eager in EAGER:
        try:
            incumbent.eager, incumbent.patience = eager, MOST_EARLY
            search()
        except RefusedError:
            pass
        finally:
            untouched, incumbent.goal, incumbent.eager = incumbent.goal is goal, goal, 0.0
            incumbent.patience = MOST_REFUSED
        if untouched or incumbent.mapping is not None:
            return untouched
    return False
