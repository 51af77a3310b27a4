"""Executing the answers of a network: each different one once, as jobs beside the searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..report.answers import Answer, Verified, Verifying
from ..solver.clock import OutOfTimeError
from ..solver.executor import Context, Executor, Job, Work
from ..solver.solution import LayerSolution
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError

if TYPE_CHECKING:
    from ..verify import Verdict

#: Searches go first: what they find out is what was asked for.
LAST = float("-inf")


@dataclass(frozen=True)
class Outcome:
    """Of one execution. Neither a verdict nor obstacles: it was told to stop."""

    verdict: Verdict | None = None
    obstacles: tuple[Diagnostic, ...] = ()


@dataclass
class Executions:
    """What became of executing answers. Layers that are the same to the last constant and extent, under the same
    mapping, are executed once."""

    arch: Arch
    executor: Executor
    count: int
    tell: Callable[[object], None]
    outcomes: dict[object, Outcome] = field(default_factory=dict)
    submitted: set[object] = field(default_factory=set)

    def add(self, index: int, solution: LayerSolution) -> None:
        """Submits the execution of the answer of layer number `index` (from 0), if it has one."""
        mapping, evaluation = solution.mapping, solution.evaluation
        if mapping is None or evaluation is None or (key := _key(solution.layer, mapping)) in self.submitted:
            return
        self.submitted.add(key)
        self.executor.submit(ExecutionJob(self, key, index, solution.layer, mapping, evaluation), LAST)

    def answer(self, solution: LayerSolution) -> Answer:
        """A layer's solution with what became of executing it."""
        key = None if solution.mapping is None else _key(solution.layer, solution.mapping)
        outcome = self.outcomes.get(key, Outcome())
        return Answer(solution, outcome.verdict, outcome.obstacles)


def _key(layer: Layer, mapping: Mapping) -> object:
    return layer.op, layer.bounds, layer.extents, mapping.items


@dataclass
class ExecutionJob(Job):
    """The execution of one mapping on one layer."""

    executions: Executions
    key: object
    index: int
    layer: Layer
    mapping: Mapping
    evaluation: Evaluation

    def begin(self) -> tuple[Work, tuple[object, ...], float | None]:
        self.executions.tell(Verifying(self.layer.name, self.index, self.executions.count))
        return execute_one, (self.executions.arch, self.layer, self.mapping, self.evaluation), None

    def told(self, event: object) -> None:
        """Executions tell nothing."""

    def done(self, result: Outcome) -> None:
        self.executions.outcomes[self.key] = result
        self.executions.tell(Verified(self.layer.name, self.index, self.executions.count))

    def lost(self, reason: str) -> None:
        self.done(Outcome(obstacles=(_ended(self.layer, f"its process {reason}"),)))


def execute_one(context: Context, arch: Arch, layer: Layer, mapping: Mapping, evaluation: Evaluation) -> Outcome:
    """The work of an `ExecutionJob`."""
    from ..verify import verify

    try:
        return Outcome(verify(arch, layer, mapping, evaluation, tick=context.clock().tick))
    except SpecError as error:  # too large to execute: told, and not called verified
        return Outcome(obstacles=error.diagnostics)
    except OutOfTimeError:
        return Outcome()
    except MemoryError:
        return Outcome(obstacles=(_ended(layer, "there is no memory left"),))


def _ended(layer: Layer, why: str) -> Diagnostic:
    return Diagnostic(
        "E691",
        f"the execution of the mapping of `{layer.name}` did not come to its end: {why}",
        help="fewer layers at a time need less memory: `--jobs 1`",
    )
