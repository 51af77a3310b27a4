"""The numbers of a machine that a designer may turn: sizes, shares, axes, bandwidths. Prices stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Literal

from ..mapping.footprint import tile_words
from ..mapping.nest import Mapping
from ..spec.arch import Arch, Array, Level, Memory
from ..spec.op import Layer
from .latency import latency

KIB = Fraction(8192)
#: A memory smaller than this is enlarged by words, not by KiB.
SMALL = 4 * KIB
GB = Fraction(8 * 10**9)
#: How closely latencies are compared and bandwidths found out, relative.
CLOSE = Fraction(1, 1000)


@dataclass(frozen=True)
class Knob:
    """`name`: a memory, an array, a link; `part`: the role of a share, the axis of an array. `now` and `step` (what one
    more is) in bit, instances, bit per cycle."""

    kind: Literal["size", "share", "axis", "bandwidth"]
    name: str
    part: str
    now: Fraction
    step: Fraction


def knobs(arch: Arch) -> Iterator[Knob]:
    """All that are limited, but the size of the outermost memories, which hold everything anyway."""
    for level in arch.levels[1:]:
        for memory in level.memories:
            if memory.size is not None:
                yield Knob("size", memory.name, "", memory.size, _more(arch, memory, memory.size))
            for hold in memory.holds:
                if hold.cap is not None:
                    yield Knob("share", memory.name, hold.role, hold.cap, _more(arch, memory, hold.cap))
    for array in arch.arrays:
        for axis, size in array.axes:
            yield Knob("axis", array.name, axis, Fraction(size), Fraction(1))
    step = Fraction(1) if arch.clock is None else GB / arch.clock
    for memory in arch.memories:
        if memory.bandwidth is not None:
            yield Knob("bandwidth", memory.name, "", memory.bandwidth, step)
    for link in (x for array in arch.arrays for x in array.links if x.bandwidth is not None):
        yield Knob("bandwidth", link.name, "", link.bandwidth or step, step)


def _more(arch: Arch, memory: Memory, size: Fraction) -> Fraction:
    """One KiB, or one word where the memory is small."""
    return KIB if size >= SMALL else max(arch.width(memory.name, h.role) for h in memory.holds)


def turned(arch: Arch, knob: Knob, value: Fraction) -> Arch:
    """The machine with another number in the knob's place."""
    return replace(arch, nodes=tuple(_turned(node, knob, value) for node in arch.nodes))


def _turned(node: Level | Array, knob: Knob, value: Fraction) -> Level | Array:
    if isinstance(node, Level):
        return replace(node, memories=tuple(_memory(m, knob, value) for m in node.memories))
    if knob.kind == "axis" and node.name == knob.name:
        return replace(node, axes=tuple((a, int(value) if a == knob.part else n) for a, n in node.axes))
    if knob.kind == "bandwidth":
        links = tuple(replace(x, bandwidth=value) if x.name == knob.name else x for x in node.links)
        return replace(node, links=links)
    return node


def _memory(memory: Memory, knob: Knob, value: Fraction) -> Memory:
    if memory.name != knob.name or knob.kind == "axis":
        return memory
    if knob.kind == "size":
        return replace(memory, size=value)
    if knob.kind == "bandwidth":
        return replace(memory, bandwidth=value)
    return replace(memory, holds=tuple(replace(h, cap=value) if h.role == knob.part else h for h in memory.holds))


# ---- what a mapping needs ---------------------------------------------------------------------------


def needed(arch: Arch, layer: Layer, mapping: Mapping, knob: Knob) -> Fraction:
    """The least value of a knob with which a mapping is legal and costs what it does (of a bandwidth: with which its
    latency, as the search counts it, is within `CLOSE`)."""
    if knob.kind == "axis":
        along = [loop.factor for loop in mapping.loops if (loop.array, loop.axis) == (knob.name, knob.part)]
        return Fraction(prod(along))
    if knob.kind == "bandwidth":
        return _slowest(arch, layer, mapping, knob, knob.now)
    memory, total = arch.memory(knob.name), Fraction(0)
    for node, above in mapping.placed:
        role = layer.op.tensor(node.tensor).role
        if node.memory == memory.name and knob.part in ("", role):
            bits = tile_words(layer, mapping, node.tensor, above) * arch.width(memory.name, role)
            total += bits * (2 if role in memory.double else 1)
    return total


def saturating(arch: Arch, layer: Layer, mapping: Mapping, knob: Knob) -> Fraction:
    """The bandwidth from which on a mapping gets no faster, to within `CLOSE`; that of now if it is enough."""
    ample = knob.now
    best = _cycles(arch, layer, mapping, knob, ample * 2**40)
    while _cycles(arch, layer, mapping, knob, ample) > best * (1 + CLOSE):
        ample *= 2
    return max(knob.now, _slowest(arch, layer, mapping, knob, ample))


def _slowest(arch: Arch, layer: Layer, mapping: Mapping, knob: Knob, enough: Fraction) -> Fraction:
    """The least bandwidth with which a mapping takes as long as with `enough`, both to within `CLOSE`; 0: any."""
    target = _cycles(arch, layer, mapping, knob, enough) * (1 + CLOSE)
    low, high = Fraction(0), enough
    while high - low > high * CLOSE and high > enough / 2**20:
        middle = (low + high) / 2
        fast = _cycles(arch, layer, mapping, knob, middle) <= target
        low, high = (low, middle) if fast else (middle, high)
    return high if low else Fraction(0)


def _cycles(arch: Arch, layer: Layer, mapping: Mapping, knob: Knob, rate: Fraction) -> Fraction:
    return latency(turned(arch, knob, rate), layer, mapping)
