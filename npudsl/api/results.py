"""What a solved network is in Python: a mapping from layer names to results."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..mapping.text import called, to_text
from ..report.answers import Answer, Answers
from ..solver.solution import Certificate
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.suggest import nearest
from .explained import Explained, Explanation
from .mapped import Mapped

if TYPE_CHECKING:
    from ..solver.sensitivity import Worth
    from ..solver.tradeoff import Tradeoff
    from ..verify import Verdict


@dataclass(frozen=True)
class MappingText:
    """A mapping of one layer, as a nest and as text. `target`: `network.layer`, what the text says it is for."""

    arch: Arch
    layer: Layer
    nest: Mapping
    name: str
    target: str

    def text(self) -> str:
        """A complete `mapping` block that `npudsl eval` and `npudsl run` accept."""
        return to_text(self.arch, self.layer, self.nest, name=self.name, target=self.target)

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True)
class LayerResult:
    """The best mapping of one layer, its cost and its proof.

    Everything but `layer` and `answer` raises `LookupError` where no mapping exists.
    """

    arch: Arch
    answer: Answer
    block: str  # what its mapping is called as a block of text
    target: str  # the layer as the block names it: `alexnet(batch = 4).conv1`

    @property
    def layer(self) -> Layer:
        return self.answer.layer

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def mapping(self) -> MappingText:
        return self.as_text(self.answer.mapping)

    def as_text(self, nest: Mapping) -> MappingText:
        """Another mapping of this layer, for example a point of its front (`Best.pareto`)."""
        return MappingText(self.arch, self.layer, nest, self.block, self.target)

    @property
    def evaluation(self) -> Evaluation:
        """Counts and cost."""
        return self.answer.evaluation

    @property
    def certificate(self) -> Certificate:
        """The evidence that nothing is better: `lower_bound`, `gap`, `optimal`."""
        return self.answer.certificate

    @property
    def energy(self) -> float:
        """In pJ, of one execution of the layer."""
        return float(self.answer.cost.energy)

    @property
    def cycles(self) -> float:
        return float(self.answer.cost.cycles)

    @property
    def utilization(self) -> float:
        """The share of the machine's compute units that work, from 0 to 1."""
        return float(self.answer.cost.utilization)

    def explain(self, memory: str, tensor: str, action: str) -> Explanation:
        """The closed form of one counter and its derivation: `.expression` (sympy), `.value`, `.terms`, `.text()`,
        `.latex()`. `action`: `read` or `write`, or `link` where `memory` names a link.

        Raises `LookupError` for a memory or tensor that does not exist, `ValueError` for another action.
        """
        return Explained(self.arch, self.layer, self.answer.mapping).counter(memory, tensor, action)


def _unknown(kind: str, name: str, names: Collection[str]) -> str:
    near = nearest(name, names)
    return f"no {kind} `{name}`; " + (f"did you mean `{near}`?" if near else f"there are: {', '.join(names)}")


class Best(MappingOf[str, LayerResult]):
    """The results of a network's layers by name, in the network's order."""

    def __init__(self, answers: Answers):
        self.answers = answers
        net = called(answers.net, answers.net_arguments)
        blocks = _block_names([a.layer.name for a in answers])
        self._results = {
            a.layer.name: LayerResult(answers.arch, a, block, f"{net}.{a.layer.name}")
            for a, block in zip(answers, blocks, strict=True)
        }

    def __getitem__(self, name: str) -> LayerResult:
        if name not in self._results:
            raise KeyError(_unknown("layer", name, self._results))
        return self._results[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    @property
    def energy(self) -> Fraction:
        """In pJ, all layers with their repetitions."""
        return self.answers.energy

    @property
    def cycles(self) -> Fraction:
        """All layers with their repetitions, one after the other."""
        return self.answers.cycles

    def sensitivity(self, seconds: float | None = 60.0) -> dict[str, tuple[Worth, ...]]:
        """What one more KiB, row, column or GB/s is worth at the optimum of each layer, and for which range that holds.

        Solves changed machines again, for at most `seconds` a layer (None: as long as it takes).
        """
        from .sensitivity import sensitivities_of

        return sensitivities_of(self.answers, seconds)

    def pareto(self, seconds: float | None = None) -> MappingOf[str, Tradeoff]:
        """The exact front of energy against latency of each layer, over the same mapspace: `front.points`, the least
        latency first, and `front.complete`. With imperfect factors it is the best points that were found, each with a
        bound on the energy of all mappings that are as fast; `front.least_cycles` is one on their latency.

        Takes a search for each point, for at most `seconds` a layer (None: as long as it takes).
        """
        from .pareto import fronts_of

        return fronts_of(self.answers, seconds)

    def record(
        self,
        worths: MappingOf[str, tuple[Worth, ...]] | None = None,
        fronts: MappingOf[str, Tradeoff] | None = None,
    ) -> dict[str, object]:
        """The same as `npudsl solve --json`; with `worths` as `--sensitivity` adds them to the layers, with `fronts` as
        `--pareto` does."""
        from ..report.solved_records import solved

        def text_of(answer: Answer, nest: Mapping) -> str:
            return self[answer.layer.name].as_text(nest).text()

        return solved(self.answers, text_of, worths, fronts)

    def __str__(self) -> str:
        """The tables that `npudsl solve` prints, without colour."""
        from ..report.console import as_text
        from ..report.solved import screen

        return as_text(screen(self.answers))


def _block_names(layers: Sequence[str]) -> list[str]:
    """A name for the mapping of each layer: `conv1_best`; for a layer of a sub-network `block_query_best`. Where that
    would name two, the later ones get a number."""
    names: dict[str, None] = {}
    for layer in layers:
        name = base = f"{layer.replace('.', '_')}_best"
        number = 2
        while name in names:
            name, number = f"{base}{number}", number + 1
        names[name] = None
    return list(names)


def verify(result: LayerResult | Mapped) -> Verdict:
    """Execute a mapping on its layer at full size and compare every count and the output with the closed forms.

    Raises `SpecError` (E650 to E653) if it cannot be executed.
    """
    from ..verify import verify as execute

    if isinstance(result, Mapped):
        return execute(result.arch, result.layer, result.mapping)
    return execute(result.arch, result.layer, result.answer.mapping, result.evaluation)
