"""The JSON of `solve`, schema 1. Apart from `records.py` because `show` and `eval` need not import the solver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ..mapping.nest import Mapping as Nest
from ..spec.op import Layer
from . import limits, metrics, proofs, sensitivity, tradeoff, whole
from .answers import Answer, Answers
from .records import SCHEMA, Json, bounds, counts, number, parts, phases

if TYPE_CHECKING:  # modules with scipy
    from ..solver.sensitivity import Worth
    from ..solver.tradeoff import Tradeoff

TextOf = Callable[[Answer, Nest], str]


def solved(
    answers: Answers,
    text_of: TextOf,
    worths: Mapping[str, tuple[Worth, ...]] | None = None,
    fronts: Mapping[str, Tradeoff] | None = None,
) -> Json:
    """`solve`. `text_of` gives a mapping of a layer as `.npu` text; `worths`: sensitivities by the layer's name;
    `fronts`: of energy against latency."""
    return {
        "schema": SCHEMA,
        "arch": answers.arch.name,
        "net": answers.net,
        "objective": answers.options.objective,
        "space": answers.options.space,
        "factors": answers.options.factors,
        "dataflow": answers.dataflow,
        "seconds": round(answers.seconds, 3),
        "interrupted": answers.interrupted,
        "missing": [layer.name for layer in answers.missing],
        "layers": [
            {**_answer(answers, answer, text_of), **_worth(answer, worths), **_front(answer, fronts, text_of)}
            for answer in answers.solved
        ],
        "failed": [
            {"name": a.layer.name, "reason": a.solution.failure.message if a.solution.failure else ""}
            for a in answers.failed
        ],
        "unmapped": [_unmapped(layer) for layer in answers.unmapped],
        "stages": [{"name": name, **_sum(stage)} for name, stage in whole.stages(answers).items()],
        "metrics": metrics.record(answers),
        "total": _sum(whole.sum_of(answers.solved)),
    }


def _answer(answers: Answers, answer: Answer, text_of: TextOf) -> Json:
    certificate, cost, verdict = answer.certificate, answer.cost, answer.verdict
    return {
        "name": answer.layer.name,
        "repeat": answer.layer.repeat,
        "macs": answer.layer.macs,
        "dataflow": answers.dataflow if answers.under_dataflow(answer) else None,
        "energy_pj": number(cost.energy),
        "cycles": number(cost.cycles),
        "utilization": number(cost.utilization),
        **bounds(cost),
        **phases(cost),
        "lower_bound": number(certificate.lower_bound),
        "gap": number(certificate.gap),
        "optimal": certificate.optimal,
        "proven": certificate.proven,
        "within": number(proofs.within(answer)),
        "verified": answer.verified,
        "seconds": round(answer.solution.seconds, 3),
        "cached": answer.solution.cached,
        "verify_seconds": None if verdict is None else round(verdict.seconds, 3),
        "value": number(certificate.value),
        "relaxation": None if certificate.relaxation is None else number(certificate.relaxation),
        "start": None if certificate.start is None else number(certificate.start),
        "examined": certificate.examined,
        "physical": limits.record(answers, answer),
        "differences": list(verdict.differences) if verdict else [],
        "counts": counts(answer.evaluation.tally),
        "energy_parts_pj": parts(cost),
        "mapping": text_of(answer, answer.mapping),
    }


def _worth(answer: Answer, worths: Mapping[str, tuple[Worth, ...]] | None) -> Json:
    return {} if worths is None else {"sensitivity": sensitivity.record(worths.get(answer.layer.name, ()))}


def _front(answer: Answer, fronts: Mapping[str, Tradeoff] | None, text_of: TextOf) -> Json:
    if fronts is None:
        return {}
    return tradeoff.record(fronts.get(answer.layer.name), lambda nest: text_of(answer, nest))


def _unmapped(layer: Layer) -> Json:
    """Of one execution; `read` and `written` in elements."""
    read, written = whole.traffic(layer)
    figures = {"ops": layer.points, "read": read, "written": written}
    return {"name": layer.name, "op": layer.op.name, "repeat": layer.repeat, **figures}


def _sum(found: whole.Sum) -> Json:
    return {
        "macs": found.macs,
        "energy_pj": number(found.energy),
        "cycles": number(found.cycles),
        "layers": found.layers,
        "executions": found.executions,
        "utilization": number(found.utilization),
    }
