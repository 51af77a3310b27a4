"""Executing a mapping at full size and comparing every counter and the output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

from ..interpreter import run
from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..spec.arch import Arch
from ..spec.op import Layer


class Disagreement(Exception):
    """The closed forms and the execution of one mapping differ: one of the two is wrong."""


@dataclass(frozen=True)
class Verdict:
    """`differences`: a sentence for each counter that differs, and one for a wrong output. `seconds`: wall clock."""

    layer: str
    mapping: str
    differences: tuple[str, ...]
    seconds: float

    @property
    def agreed(self) -> bool:
        return not self.differences

    def raise_if_different(self) -> None:
        """Raises Disagreement with every difference."""
        if self.differences:
            raise Disagreement(f"`{self.mapping}` of `{self.layer}`: " + "; ".join(self.differences))


def verify(
    arch: Arch,
    layer: Layer,
    mapping: Mapping,
    evaluation: Evaluation | None = None,
    *,
    seed: int = 0,
    tick: Callable[[], None] | None = None,
) -> Verdict:
    """Execute a mapping on random data and compare with `evaluation` (None: evaluate the closed forms here).

    `tick` is called now and then. Raises SpecError (E650 to E653) if the mapping cannot be executed.
    """
    started = perf_counter()
    if evaluation is None:
        from ..model.evaluate import evaluate  # imports numpy, and the answers of a solver do not need it

        evaluation = evaluate(arch, layer, mapping)
    execution = run(arch, layer, mapping, seed=seed, tick=tick)
    named = (f"closed forms against execution: {text}" for text in evaluation.tally.differences(execution.tally))
    differences = tuple(named)
    if not execution.output_equal:
        differences += ("the memories do not end up with the output of the operator",)
    return Verdict(layer.name, mapping.name, differences, perf_counter() - started)
