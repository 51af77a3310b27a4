"""The dataflow that admits one mapping only, up to loops of factor 1 and what commutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.source import Span
from .canonical import Stretch, stretches
from .dataflow import Dataflow, FactorRule, PlaceRule, Requirement
from .nest import Loop, Mapping, Node
from .placing import placed


def pinned(
    arch: Arch,
    layer: Layer,
    mapping: Mapping,
    requirements: Iterable[Requirement] = (),
    span: Span | None = None,
) -> Dataflow:
    """A legal `mapping` as a dataflow: every slot and every axis with its loops, optional nodes kept or bypassed."""
    cut = list(stretches(arch, layer, mapping))
    temporal = [
        PlaceRule(
            frozenset(s.nodes),
            None,
            _exact(loops),
            outer=tuple(loop.dim for loop in loops),
            span=span,
            name=", ".join(placed(node) for node in s.nodes),
        )
        for s in cut
        for loops in [[loop for loop in s.loops if not loop.spatial]]
    ]
    spatial = [
        PlaceRule(None, (array.name, axis), _exact(loops), free_order=True, span=span, name=f"{array.name}.{axis}")
        for array in arch.arrays
        for axis, _ in array.axes
        for loops in [[x for s in cut for x in s.loops if (x.array, x.axis) == (array.name, axis)]]
    ]
    nodes = frozenset(node for s in cut for node in s.nodes)
    return Dataflow(
        mapping.name,
        (*temporal, *spatial),
        nodes & optional_nodes(arch, layer),
        optional_nodes(arch, layer) - nodes,
        tuple(requirements),
        mapping,
        span,
    )


def _exact(loops: Sequence[Loop]) -> tuple[FactorRule, ...]:
    return tuple(FactorRule(loop.dim, loop.factor, loop.factor) for loop in loops)


def optional_nodes(arch: Arch, layer: Layer) -> frozenset[Node]:
    """The nodes that a mapping may leave out."""
    return frozenset(
        Node(tensor.name, memory.name)
        for memory in arch.memories
        for tensor in layer.op.tensors
        if (hold := memory.hold(tensor.role)) is not None and hold.optional
    )


def same_nest(arch: Arch, layer: Layer, one: Mapping, other: Mapping) -> bool:
    """Whether two legal mappings mean the same: up to loops of factor 1, to the order of nodes that stand together, of
    loops along one axis, and of loops of different dims along different axes."""
    first, second = (list(stretches(arch, layer, mapping)) for mapping in (one, other))
    return [_essence(s) for s in first] == [_essence(s) for s in second]


def _essence(stretch: Stretch) -> tuple[object, ...]:
    temporal = [loop for loop in stretch.loops if not loop.spatial]
    spatial = [loop for loop in stretch.loops if loop.spatial]
    by_dim = {dim: tuple(loop for loop in spatial if loop.dim == dim) for dim in {loop.dim for loop in spatial}}
    return frozenset(stretch.nodes), tuple(temporal), frozenset(by_dim.items())
