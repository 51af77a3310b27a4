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
        **bounds(cost),
        **phases(cost),
        "counts": counts(tally),
        "links": {link: dict(words) for link, words in tally.links.items()},
        "used": dict(tally.used),
        "energy_parts_pj": parts(cost),
    }


def bounds(cost: Cost) -> Json:
    """Between which cycles an execution in time lies, and why; `exact`: the two meet."""
    return {
        "cycles_low": number(cost.at_least),
        "cycles_high": number(cost.at_most),
        "exact": cost.exact,
        "bounded": cost.bounded,
    }


def phases(cost: Cost) -> Json:
    """Where the cycles go: `cycles = onload + steps / rate + stalled + offload`; `stalls` by resource."""
    return {
        "onload": number(cost.onload),
        "stalled": number(cost.stalled),
        "offload": number(cost.offload),
        "stalls": by_resource(cost.stalls),
        "bottleneck": cost.bottleneck,
        "busy_cycles": by_resource(cost.busy),
    }


def by_resource(cycles: dict[str, Fraction]) -> Json:
    """`{RESOURCE: cycles}`, JSON numbers."""
    return {resource: number(value) for resource, value in cycles.items()}


def evaluated(name: str, layer: Layer, evaluation: Evaluation) -> Json:
    """`eval`: by closed forms."""
    return mapped(name, layer, evaluation.tally, evaluation.cost)


def executed(
    name: str, layer: Layer, tally: Tally, cost: Cost, output_equal: bool | None, in_time: Cost | None = None
) -> Json:
    """`run`: by execution; `output_equal` compares the computed output with a direct evaluation of the op.

    `in_time`: what an execution in time took. `cycles` and their bounds stay the closed form's then; phases, stalls and
    energy are those of the execution.
    """
    record = {**mapped(name, layer, tally, cost), "output_equal": output_equal}
    if in_time is not None:
        record |= {"timed_cycles": number(in_time.cycles), **phases(in_time)}
        record |= {"energy_pj": number(in_time.energy), "energy_parts_pj": parts(in_time)}
    return record


def parts(cost: Cost) -> Json:
    """`{COMPONENT: {TENSOR: pJ}}`"""
    return {
        component: {tensor: number(value) for tensor, value in tensors.items()}
        for component, tensors in cost.parts.items()
    }
