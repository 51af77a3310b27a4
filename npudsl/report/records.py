"""Results as JSON, schema 1: plain dicts, names as in the published interface."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING

from ..mapping.evaluation import Cost, Evaluation
from ..mapping.tally import Tally
from ..spec.op import Layer

if TYPE_CHECKING:  # only `solve` has answers; `show` and `eval` need not import the solver for them
    from .answers import Answer, Answers

SCHEMA = 1

Json = dict[str, object]


def number(value: Fraction | int | float) -> int | float | None:
    """An integer if it is one, else a float; None for what JSON cannot say (an infinite gap)."""
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else float(value)
    return value if isfinite(value) else None


def counts(tally: Tally) -> Json:
    """`{MEMORY: {TENSOR: {"read": words, "write": words}}}`"""
    return {
        memory: {tensor: {"read": access.read, "write": access.write} for tensor, access in tensors.items()}
        for memory, tensors in tally.counts.items()
    }


def mapped(name: str, layer: Layer, tally: Tally, cost: Cost) -> Json:
    """What `eval` and `run` print for one mapping of one layer."""
    return {
        "schema": SCHEMA,
        "mapping": name,
        "layer": layer.name,
        "macs": layer.macs,
        "steps": tally.steps,
        "cycles": number(cost.cycles),
        "energy_pj": number(cost.energy),
        "utilization": number(cost.utilization),
        "counts": counts(tally),
        "links": {link: dict(words) for link, words in tally.links.items()},
        "used": dict(tally.used),
        "energy_parts_pj": _parts(cost),
        "busy_cycles": {resource: number(busy) for resource, busy in cost.busy.items()},
    }


def evaluated(name: str, layer: Layer, evaluation: Evaluation) -> Json:
    """`eval`: by closed forms."""
    return mapped(name, layer, evaluation.tally, evaluation.cost)


def executed(name: str, layer: Layer, tally: Tally, cost: Cost, output_equal: bool | None) -> Json:
    """`run`: by execution; `output_equal` compares the computed output with a direct evaluation of the op."""
    return {**mapped(name, layer, tally, cost), "output_equal": output_equal}


def solved(answers: Answers, text_of: Callable[[Answer], str]) -> Json:
    """`solve`. `text_of` gives a layer's mapping as `.npu` text."""
    return {
        "schema": SCHEMA,
        "arch": answers.arch.name,
        "net": answers.net,
        "objective": answers.options.objective,
        "space": answers.options.space,
        "factors": answers.options.factors,
        "seconds": round(answers.seconds, 3),
        "interrupted": answers.interrupted,
        "layers": [_answer(answer, text_of) for answer in answers.solved],
        "failed": [
            {"name": a.layer.name, "reason": a.solution.failure.message if a.solution.failure else ""}
            for a in answers.failed
        ],
        "unmapped": [{"name": x.name, "op": x.op.name, "ops": x.points, "repeat": x.repeat} for x in answers.unmapped],
        "total": {"macs": answers.macs, "energy_pj": number(answers.energy), "cycles": number(answers.cycles)},
    }


def _answer(answer: Answer, text_of: Callable[[Answer], str]) -> Json:
    certificate, cost, verdict = answer.certificate, answer.cost, answer.verdict
    return {
        "name": answer.layer.name,
        "repeat": answer.layer.repeat,
        "macs": answer.layer.macs,
        "energy_pj": number(cost.energy),
        "cycles": number(cost.cycles),
        "utilization": number(cost.utilization),
        "lower_bound": number(certificate.lower_bound),
        "gap": number(certificate.gap),
        "optimal": certificate.optimal,
        "verified": answer.verified,
        "seconds": round(answer.solution.seconds, 3),
        "verify_seconds": None if verdict is None else round(verdict.seconds, 3),
        "value": number(certificate.value),
        "relaxation": None if certificate.relaxation is None else number(certificate.relaxation),
        "start": None if certificate.start is None else number(certificate.start),
        "examined": certificate.examined,
        "differences": list(verdict.differences) if verdict else [],
        "counts": counts(answer.evaluation.tally),
        "energy_parts_pj": _parts(cost),
        "mapping": text_of(answer),
    }


def _parts(cost: Cost) -> Json:
    return {
        component: {tensor: number(value) for tensor, value in tensors.items()}
        for component, tensors in cost.parts.items()
    }
