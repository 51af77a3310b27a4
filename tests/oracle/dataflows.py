"""Whether a mapping obeys a dataflow, for the enumeration."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod

from npudsl.mapping.dataflow import Dataflow, Requirement
from npudsl.mapping.nest import Mapping
from npudsl.mapping.pinned import same_nest
from npudsl.model.evaluate import evaluate
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..mapping.literal_dataflow import admitted


def obeying(dataflow: Dataflow, arch: Arch, layer: Layer, *, uneven: bool = False) -> Callable[[Mapping], bool]:
    """Whether a mapping with perfect factors obeys, read to the letter; what it costs comes from the closed forms."""

    def admits(mapping: Mapping) -> bool:
        if not admitted(dataflow, arch, mapping, even=not uneven):
            return False
        if dataflow.complete is not None and not same_nest(arch, layer, dataflow.complete, mapping):
            return False  # the axes of an array in another order
        return all(_met(rule, arch, layer, mapping) for rule in dataflow.requirements)

    return admits


def _met(rule: Requirement, arch: Arch, layer: Layer, mapping: Mapping) -> bool:
    value = _share(arch, mapping, rule.array) if rule.kind == "utilization" else _cost(rule.kind, arch, layer, mapping)
    return (rule.least is None or rule.least <= value) and (rule.most is None or value <= rule.most)


def _share(arch: Arch, mapping: Mapping, name: str | None) -> Fraction:
    """Perfect factors: all instances that any loop unrolls to work in every step."""
    arrays = [array for array in arch.arrays if name in (None, array.name)]
    used = prod(x.factor for x in mapping.loops if x.array in [array.name for array in arrays])
    return Fraction(used, prod(size for array in arrays for _, size in array.axes))


def _cost(kind: str, arch: Arch, layer: Layer, mapping: Mapping) -> Fraction:
    cost = evaluate(arch, layer, mapping).cost
    return {"energy": cost.energy, "latency": cost.cycles, "edp": cost.energy * cost.cycles}[kind]
