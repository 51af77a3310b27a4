"""What a mapping must have for the interpreter to be able to execute it.

Less than legality (`mapping/legality.py`): a mapping that overflows a memory or does not cover its layer can be
executed, the counters and the output tell. One whose nodes stand in no order cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError

CODE = "E650"


def check(arch: Arch, layer: Layer, mapping: Mapping) -> None:
    """Raise SpecError with every reason (E650) why `mapping` cannot be executed."""
    wrong = list(_unknown(arch, layer, mapping))
    if not wrong:
        wrong = [m for t in layer.op.tensors for m in _misplaced(arch, mapping.simplified(), t.name)]
    if wrong:
        raise SpecError(Diagnostic(CODE, f"`{mapping.name}` cannot be executed: {m}") for m in wrong)


def _unknown(arch: Arch, layer: Layer, mapping: Mapping) -> Iterator[str]:
    tensors = {t.name for t in layer.op.tensors}
    memories = {m.name for m in arch.memories}
    axes = {(a.name, axis) for a in arch.arrays for axis, _ in a.axes}
    if set(layer.bound) != set(layer.op.dims) or any(b < 1 for b in layer.bound.values()):
        yield f"layer `{layer.name}` does not bind every dim of `{layer.op.name}` to at least 1"
    for item in mapping.items:
        if isinstance(item, Node):
            if item.tensor not in tensors:
                yield f"no tensor `{item.tensor}`"
            if item.memory not in memories:
                yield f"no memory `{item.memory}`"
        else:
            yield from _wrong_loop(item, layer, axes)


def _wrong_loop(loop: Loop, layer: Layer, axes: set[tuple[str, str]]) -> Iterator[str]:
    if loop.dim not in layer.op.dims:
        yield f"no dim `{loop.dim}`"
    if loop.factor < 1:
        yield f"the factor of `{loop.dim}` is {loop.factor}, but a loop runs at least once"
    if loop.spatial and (loop.array, loop.axis) not in axes:
        yield f"no axis `{loop.axis}` of an array `{loop.array}`"


def _misplaced(arch: Arch, mapping: Mapping, tensor: str) -> Iterator[str]:
    """Reasons why the nodes of one tensor do not form a chain from a home outside everything to the compute unit."""
    places = mapping.nodes_of(tensor)
    if not places:
        yield f"tensor `{tensor}` is held nowhere"
        return
    if places[0][1] > 0:
        yield f"the outermost node of `{tensor}` stands below a loop, but the outermost memory holds whole tensors"
    chain: list[tuple[str | None, int]] = [(n.memory, above) for n, above in places]
    chain.append((None, len(mapping.loops)))
    for (outer, start), (inner, stop) in pairwise(chain):
        if inner == outer or (inner and outer and arch.depth[inner] < arch.depth[outer]):
            yield f"`{tensor}` is held in `{inner}` below `{outer}`, against the order of the memories"
            continue
        crossed = {a.name for a in arch.arrays_between(outer, inner)}
        for loop in mapping.loops[start:stop]:
            if loop.spatial and loop.array not in crossed:
                yield (
                    f"`{loop.dim}` is unrolled over `{loop.array}` between `{outer}` and "
                    f"`{inner or arch.compute.name}` of `{tensor}`, but that array does not lie there"
                )
