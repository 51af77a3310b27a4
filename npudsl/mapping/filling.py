"""How much of an array a mapping keeps at work, with clipped factors (semantics.md, Factors).

`W(k)`: the number of settings of the temporal counters and of the spatial counters of the arrays down to `k` for which
some point exists. `W` of no array is the number of steps, and `W(k)` of `W(k - 1) * size of k` instances have work.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod

from ..spec.arch import Arch
from ..spec.op import Layer
from .nest import Loop, Mapping


def utilization(arch: Arch, layer: Layer, mapping: Mapping, array: str | None) -> Fraction:
    """The share of an array's instances that have work, on average over the steps and the instances of the arrays
    around it that have work; None: of all compute units over the steps."""
    names = [a.name for a in arch.arrays]
    end = len(names) if array is None else names.index(array) + 1
    outside = names[: 0 if array is None else end - 1]
    sizes = [prod(size for _, size in a.axes) for a in arch.arrays[len(outside) : end]]
    return Fraction(_settings(layer, mapping, names[:end]), _settings(layer, mapping, outside) * prod(sizes))


def _settings(layer: Layer, mapping: Mapping, arrays: list[str]) -> int:
    def counts(loop: Loop) -> bool:
        return loop.array is None or loop.array in arrays

    loops = mapping.simplified().loops
    return prod(_with_points([x for x in loops if x.dim == dim], bound, counts) for dim, bound in layer.bounds)


def _with_points(loops: list[Loop], bound: int, counts: Callable[[Loop], bool]) -> int:
    """Settings of those loops of a dim that count, for which some setting of the others gives a position < `bound`.

    The others at 0 give the least position. Below a full counter all settings count, below the last one those of what
    is left of the bound.
    """
    found, left = 0, bound
    for index, loop in enumerate(loops):
        rest = loops[index + 1 :]
        stride = prod(x.factor for x in rest)
        if not counts(loop):
            left = min(left, stride)
            continue
        full = min(left // stride, loop.factor)
        found += full * prod(x.factor for x in rest if counts(x))
        left = 0 if full == loop.factor else left - full * stride
        if not left:
            return found
    return found + 1
