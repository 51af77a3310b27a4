"""Fronts of a solved network: energy against latency, layer by layer, equal layers once, several at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ..report.answers import Answers
from ..solver import Options, Stop, executor_for, width_for
from ..solver.executor import Context, Job, Work
from ..solver.spread import Group, different, effort
from ..spec.arch import Arch
from ..spec.op import Layer

if TYPE_CHECKING:
    from ..solver.tradeoff import Tradeoff


def fronts_of(answers: Answers, seconds: float | None, stop: Stop | None = None) -> Mapping[str, Tradeoff]:
    """By the name of each solved layer, in the network's order; `seconds` for each (None: as long as it takes). Layers
    that were not begun when `stop` was asked for are missing."""
    layers = [answer.layer for answer in answers.solved]
    fronts = Fronts(answers.arch, answers.options, seconds)
    groups = different(layers, answers.options)
    if groups:
        with executor_for(width_for(answers.arch, layers, answers.options, None), stop) as executor:
            for group in groups:
                executor.submit(FrontJob(fronts, group), effort(group[0][1]))
            executor.run()
    return {layer.name: fronts.found[layer.name] for layer in layers if layer.name in fronts.found}


@dataclass
class Fronts:
    """What is known so far, by the layer's name."""

    arch: Arch
    options: Options
    seconds: float | None
    found: dict[str, Tradeoff] = field(default_factory=dict)


@dataclass
class FrontJob(Job):
    """The front of the first of some equal layers; the others have the same."""

    fronts: Fronts
    group: Group

    def begin(self) -> tuple[Work, tuple[object, ...], float | None]:
        return front_of, (self.fronts.arch, self.group[0][1], self.fronts.options), self.fronts.seconds

    def told(self, event: object) -> None:
        """Fronts tell nothing."""

    def done(self, result: Tradeoff) -> None:
        for _, layer in self.group:
            self.fronts.found[layer.name] = replace(result, layer=layer)

    def lost(self, reason: str) -> None:
        """The layer has no front."""


def front_of(context: Context, arch: Arch, layer: Layer, options: Options) -> Tradeoff:
    """The work of a `FrontJob`."""
    if options.factors == "imperfect":
        from ..solver.imperfect_front import enclosed_front  # with scipy

        return enclosed_front(arch, layer, options, context.clock())
    from ..solver.tradeoff import pareto_front  # with numpy

    return pareto_front(arch, layer, options, context.clock())
