"""Everything that limits the mappings of a layer on a machine under a dataflow, one by one, so that single limits can
be left out or changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from ..mapping.dataflow import Dataflow
from ..mapping.nest import Node
from ..spec.arch import Arch
from ..spec.op import Layer

Kind = Literal["size", "share", "axis", "least", "most", "kept", "bypassed", "busy", "idle"]


@dataclass(frozen=True)
class Demand:
    """What is limited: the `size` of a memory, the `share` of a role in one, an `axis` of an array (instances); the
    `least` and the `most` of a dim's factor at place number `place` of the dataflow; whether a node is `kept` or
    `bypassed`; `busy` and `idle`: the least and the most utilization, by requirement number `place`."""

    kind: Kind
    memory: str = ""
    role: str = ""
    array: str = ""
    axis: str = ""
    place: int = -1
    dim: str = ""
    node: Node | None = None

    @property
    def from_below(self) -> bool:
        """Whether more is fine and less is not."""
        return self.kind in ("least", "busy")


#: In bit, instances, factors, ratios; 1 for `kept` and `bypassed`.
Demands = Mapping[Demand, Fraction]


def demands_of(arch: Arch, layer: Layer, dataflow: Dataflow | None) -> dict[Demand, Fraction]:
    """All of them, but latency, energy and EDP."""
    return {**_of_machine(arch), **(_of_dataflow(layer, dataflow) if dataflow else {})}


def _of_machine(arch: Arch) -> dict[Demand, Fraction]:
    found: dict[Demand, Fraction] = {}
    for memory in arch.memories:
        if memory.size is not None:
            found[Demand("size", memory.name)] = memory.size
        found |= {Demand("share", memory.name, h.role): h.cap for h in memory.holds if h.cap is not None}
    for array in arch.arrays:
        found |= {Demand("axis", array=array.name, axis=axis): Fraction(size) for axis, size in array.axes}
    return found


def _of_dataflow(layer: Layer, dataflow: Dataflow) -> dict[Demand, Fraction]:
    found: dict[Demand, Fraction] = {}
    for index, rule in enumerate(dataflow.places):
        for dim in layer.op.dims:
            asked = rule.limits(dim)
            if asked.least > 1:
                found[Demand("least", place=index, dim=dim)] = Fraction(asked.least)
            if asked.most is not None and layer.bound[dim] > 1:
                found[Demand("most", place=index, dim=dim)] = Fraction(asked.most)
    found |= {Demand("kept", node=node): Fraction(1) for node in dataflow.kept}
    found |= {Demand("bypassed", node=node): Fraction(1) for node in dataflow.bypassed}
    for index, asks in enumerate(dataflow.requirements):
        if asks.kind == "utilization" and asks.least is not None:
            found[Demand("busy", place=index)] = asks.least
        if asks.kind == "utilization" and asks.most is not None:
            found[Demand("idle", place=index)] = asks.most
    return found
