"""What the solver answers: for each layer a mapping with its cost and the evidence that nothing is better."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf

from ..mapping.dataflow import Dataflow
from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic

#: Relative differences up to this are none.
CLOSED = 1e-9


@dataclass(frozen=True)
class Options:
    """What to look for. `time_limit` in seconds for the whole run (None: until it is proven). `dataflows`: by name of
    the layer what its mappings must obey; layers without one are free. `most_cycles`: no answer's latency
    (`latency.py`) is above it. `jobs`: processes (None: as many as help). `reported`: whether answers are the best in
    what is reported of them; else, and under requirements on costs, in the cycles of `latency.py`, in which a search is
    exact."""

    objective: str = "edp"  # edp | energy | latency
    space: str = "uneven"
    factors: str = "perfect"
    time_limit: float | None = None
    jobs: int | None = 1
    dataflows: tuple[tuple[str, Dataflow], ...] = ()
    most_cycles: Fraction | None = None
    reported: bool = True


@dataclass(frozen=True)
class Certificate:
    """The evidence: `lower_bound` holds for every mapping of the space, in units of the objective.

    energy in pJ, latency in cycles, edp in pJ * cycles. `relaxation` is the bound of the continuous relaxation (None:
    not computed), `start` the objective of the mapping that the search began with, `examined` the number of partial
    configurations that the exact search looked at. `complete`: the search ended, though its bound, of what it knows of
    mappings (`latency.py`, `waits.py`), is below the value, in the cycles that are reported.
    """

    objective: str
    value: float
    lower_bound: float
    relaxation: float | None = None
    start: float | None = None
    examined: int = 0
    complete: bool = False

    @property
    def gap(self) -> float:
        """How far the value may be above the best, relative; infinite as long as there is no bound above zero."""
        if self.value <= self.lower_bound:
            return 0.0
        return self.value / self.lower_bound - 1.0 if self.lower_bound > 0 else inf

    @property
    def optimal(self) -> bool:
        return self.gap <= CLOSED

    @property
    def proven(self) -> bool:
        """Whether the search came to its end: the gap, if there is one, is that of the cycles that it knows."""
        return self.optimal or self.complete


def least(certificate: Certificate) -> float:
    """What the best takes in the cycles that a search knows: what is reported may be more, but optima are compared."""
    return certificate.lower_bound if certificate.proven else certificate.value


@dataclass(frozen=True)
class LayerSolution:
    """One layer's answer, or the reason why there is none (`failure`). `same_as`: solved as that layer (equal
    problem). `cached`: proven by an earlier run and kept since; `seconds` is what it took now."""

    layer: Layer
    mapping: Mapping | None
    evaluation: Evaluation | None
    certificate: Certificate | None
    seconds: float
    failure: Diagnostic | None = None
    same_as: str | None = None
    cached: bool = False


@dataclass(frozen=True)
class Solution:
    arch: Arch
    net: str
    options: Options
    layers: tuple[LayerSolution, ...]
    seconds: float
