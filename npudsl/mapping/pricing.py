"""What counts cost: energy and the untimed bound on cycles (semantics.md, Energy and time).

Works on a `Tally` from either side, the closed forms or the interpreter; it counts nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from ..spec.arch import Arch
from ..spec.op import Layer
from .evaluation import Cost
from .footprint import tile_words
from .nest import Mapping
from .resources import Loads, Meter, add, longest, resources
from .tally import Tally
from .time_bounds import latency
from .timing import Timing


def price(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally, *, cycles: Fraction | None = None) -> Cost:
    """Energy in pJ, exact; cycles as the untimed bound: steps and all ports, plus onload and offload.

    `cycles`: what a timed execution took, if leakage is to be paid for that instead. Without `tally.traffic` the words
    of a memory are taken to be shared equally by the instances in use, and to overlap the steps.
    """
    found = None if tally.traffic is None else latency(arch, layer, mapping, tally.traffic)
    timing = _shared_equally(arch, layer, mapping, tally) if found is None else found.timing
    taken = timing.cycles if cycles is None else cycles
    parts = _energy_parts(arch, layer, tally, taken)
    units = prod(size for array in arch.arrays for _, size in array.axes)
    return Cost(
        energy=sum((e for tensors in parts.values() for e in tensors.values()), Fraction(0)),
        parts=parts,
        cycles=taken,
        busy=timing.busy,
        utilization=Fraction(tally.points, tally.steps * units),
        onload=timing.onload,
        steady=taken - timing.onload - timing.offload,
        offload=timing.offload,
        stalls=timing.stalls,
        working=tally.steps / arch.compute.rate / taken,
        at_least=None if found is None else found.low,
        at_most=None if found is None else found.high,
        bounded="" if found is None else found.reason,
    )


def _energy_parts(arch: Arch, layer: Layer, tally: Tally, cycles: Fraction) -> dict[str, dict[str, Fraction]]:
    roles = {t.name: t.role for t in layer.op.tensors}
    parts: dict[str, dict[str, Fraction]] = {}
    for name, tensors in tally.counts.items():
        memory = arch.memory(name)
        parts[name] = {
            tensor: arch.width(name, roles[tensor])
            * (access.read * memory.read_energy + access.write * memory.write_energy)
            for tensor, access in tensors.items()
        }
    for array in arch.arrays:
        for link in array.links:
            parts[link.name] = {
                tensor: words * link.hop_energy * arch.width(None, roles[tensor])
                for tensor, words in tally.links.get(link.name, {}).items()
            }
    parts[arch.compute.name] = {"": tally.points * arch.compute.op_energy}
    for name, power in leakages(arch):
        if power:
            parts.setdefault(name, {})["leakage"] = power * cycles
    return parts


def leakages(arch: Arch) -> Iterator[tuple[str, Fraction]]:
    """Leakage of all instances built (idle ones leak too), in pJ per cycle."""
    for memory in arch.memories:
        yield memory.name, memory.leakage * _built(arch, memory.name)
    yield arch.compute.name, arch.compute.leakage * _built(arch, None)


def _built(arch: Arch, memory: str | None) -> int:
    return prod(size for array in arch.arrays_between(None, memory) for _, size in array.axes)


def _shared_equally(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally) -> Timing:
    """The bound from totals alone: all movement overlaps the steps, all instances in use move the same."""
    busy: Loads = dict.fromkeys(resources(arch), Fraction(0))
    steps = busy[arch.compute.name] = tally.steps / arch.compute.rate
    meter = Meter(arch)
    for name, tensors in tally.counts.items():
        used = instances(arch, mapping, name)
        for tensor, access in tensors.items():
            role = layer.op.tensor(tensor).role
            for resource, spent in meter.memory(name, role, read=access.read, write=access.write).items():
                busy[resource] += spent / used
    steady = max(busy.values())
    onload, offload = _ends(arch, layer, mapping, meter)
    stalls = {r: c - steps for r, c in busy.items() if c > steps}
    return Timing(onload, steady, offload, busy, stalls, max(busy, key=lambda r: busy[r]))


def instances(arch: Arch, mapping: Mapping, memory: str | None) -> int:
    """Instances of a memory (None: of the compute unit) that the mapping uses."""
    outside = {array.name for array in arch.arrays_between(None, memory)}
    return prod(loop.factor for loop in mapping.loops if loop.array in outside)


def _ends(arch: Arch, layer: Layer, mapping: Mapping, meter: Meter) -> tuple[Fraction, Fraction]:
    """Cycles in which the first tiles are written, memory inside memory, and the last tiles of the output read."""
    onload = offload = Fraction(0)
    for level in arch.levels[1:]:
        arriving: Loads = {}
        leaving: Loads = {}
        for node, above in mapping.placed:
            if node.memory in {m.name for m in level.memories}:
                tensor = layer.op.tensor(node.tensor)
                words = tile_words(layer, mapping, node.tensor, above)
                if tensor.is_output:
                    add(leaving, meter.memory(node.memory, tensor.role, read=words))
                else:
                    add(arriving, meter.memory(node.memory, tensor.role, write=words))
        onload, offload = onload + longest(arriving), offload + longest(leaving)
    return onload, offload
