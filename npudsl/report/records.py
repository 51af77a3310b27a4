"""Results as JSON, schema 1: plain dicts, names as in the published interface."""

from __future__ import annotations

from fractions import Fraction
from math import isfinite

from ..mapping.evaluation import Cost, Evaluation
from ..mapping.tally import Tally
from ..spec.op import Layer

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
        "energy_parts_pj": parts(cost),
        "busy_cycles": {resource: number(busy) for resource, busy in cost.busy.items()},
    }


def evaluated(name: str, layer: Layer, evaluation: Evaluation) -> Json:
    """`eval`: by closed forms."""
    return mapped(name, layer, evaluation.tally, evaluation.cost)


def executed(name: str, layer: Layer, tally: Tally, cost: Cost, output_equal: bool | None) -> Json:
    """`run`: by execution; `output_equal` compares the computed output with a direct evaluation of the op."""
    return {**mapped(name, layer, tally, cost), "output_equal": output_equal}


def parts(cost: Cost) -> Json:
    """`{COMPONENT: {TENSOR: pJ}}`"""
    return {
        component: {tensor: number(value) for tensor, value in tensors.items()}
        for component, tensors in cost.parts.items()
    }
