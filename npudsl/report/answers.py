"""What `solve` answers, as a whole: the solver's layers with the verdict of executing each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from ..mapping.evaluation import Cost, Evaluation
from ..mapping.nest import Mapping
from ..solver.solution import Certificate, LayerSolution, Options
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic

if TYPE_CHECKING:
    from ..verify import Verdict

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """One layer. `verdict` is None if the mapping was not executed: not asked for, no mapping, interrupted, or for the
    reasons in `obstacles`."""

    solution: LayerSolution
    verdict: Verdict | None = None
    obstacles: tuple[Diagnostic, ...] = ()

    @property
    def layer(self) -> Layer:
        return self.solution.layer

    @property
    def solved(self) -> bool:
        return self.solution.mapping is not None

    @property
    def mapping(self) -> Mapping:
        """The best mapping. Raises `LookupError` if there is none."""
        return _there(self.solution.mapping, self.layer)

    @property
    def evaluation(self) -> Evaluation:
        return _there(self.solution.evaluation, self.layer)

    @property
    def certificate(self) -> Certificate:
        return _there(self.solution.certificate, self.layer)

    @property
    def cost(self) -> Cost:
        return self.evaluation.cost

    @property
    def verified(self) -> bool:
        return self.verdict is not None and self.verdict.agreed

    @property
    def refuted(self) -> bool:
        return self.verdict is not None and not self.verdict.agreed


def _there(value: T | None, layer: Layer) -> T:
    if value is None:
        raise LookupError(f"layer `{layer.name}` has no mapping")
    return value


@dataclass(frozen=True)
class Answers:
    """A whole run. `unmapped`: layers that are no multiply-accumulate nests, so not the solver's business.

    `seconds`: wall time of solving and verifying. `interrupted`: somebody asked to stop; `missing` are the layers that
    were not reached then. `net_arguments`: what the network's parameters were given, as text; `net_constants`: its
    parameters and constants that are plain numbers.
    """

    arch: Arch
    net: str
    options: Options
    layers: tuple[Answer, ...]
    unmapped: tuple[Layer, ...] = ()
    seconds: float = 0.0
    interrupted: bool = False
    net_arguments: tuple[tuple[str, str], ...] = ()
    net_constants: tuple[tuple[str, Fraction], ...] = ()
    missing: tuple[Layer, ...] = ()

    def __iter__(self) -> Iterator[Answer]:
        return iter(self.layers)

    @property
    def dataflow(self) -> str | None:
        """The name of the dataflow that was asked for, if one was."""
        return next((dataflow.name for _, dataflow in self.options.dataflows), None)

    def under_dataflow(self, answer: Answer) -> bool:
        """Whether a layer had to obey the dataflow; one that it is not for is solved freely."""
        return answer.layer.name in dict(self.options.dataflows)

    @property
    def solved(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.layers if a.solved)

    @property
    def failed(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.layers if not a.solved)

    @property
    def refuted(self) -> tuple[Answer, ...]:
        return tuple(a for a in self.layers if a.refuted)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of the solved layers, repetitions included."""
        return sum(a.layer.macs * a.layer.repeat for a in self.solved)

    @property
    def energy(self) -> Fraction:
        """In pJ, of the solved layers, repetitions included."""
        return sum((a.cost.energy * a.layer.repeat for a in self.solved), Fraction(0))

    @property
    def cycles(self) -> Fraction:
        """Of the solved layers one after the other, repetitions included."""
        return sum((a.cost.cycles * a.layer.repeat for a in self.solved), Fraction(0))


@dataclass(frozen=True)
class Verifying:
    """An event: the answer of `layer` is about to be executed, number `index` (from 0) of `count`."""

    layer: str
    index: int
    count: int


@dataclass(frozen=True)
class Verified:
    """An event: the answer of `layer` was executed."""

    layer: str
    index: int
    count: int
