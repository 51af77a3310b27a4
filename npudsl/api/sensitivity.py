"""Sensitivities of a solved network: what one more of anything is worth, layer by layer."""

from __future__ import annotations

from ..report.answers import Answers
from ..solver.clock import Clock, Stop
from ..solver.sensitivity import Worth, sensitivities


def sensitivities_of(answers: Answers, seconds: float | None, stop: Stop | None = None) -> dict[str, tuple[Worth, ...]]:
    """By the layer's name; `seconds` for each layer (None: as long as it takes). Equal layers are studied once."""
    found: dict[str, tuple[Worth, ...]] = {}
    known: dict[object, tuple[Worth, ...]] = {}
    for answer in answers.solved:
        asked = dict(answers.options.dataflows).get(answer.layer.name)
        key = (answer.layer.problem, asked)
        if key not in known:
            clock = Clock.lasting(seconds, stop or Stop())
            known[key] = sensitivities(answers.arch, answer.solution, answers.options, clock)
        found[answer.layer.name] = known[key]
    return found
