"""What counts cost: energy and the untimed bound on cycles (semantics.md, Energy and time).

Works on a `Tally` from either side, the closed forms or the interpreter; it counts nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from ..spec.arch import Arch, Memory
from ..spec.op import Layer
from .evaluation import Cost
from .footprint import tile_words
from .nest import Loop, Mapping
from .tally import Access, Tally


def price(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally) -> Cost:
    """Energy in pJ, exact; cycles as the maximum over compute and every port, plus onload and offload.

    A port moves the words of its memory's instances at its bandwidth; the words are shared equally by the instances in
    use, which is exact for perfect factors, where all instances do the same.
    """
    busy = dict(_busy(arch, layer, mapping, tally))
    cycles = max(busy.values()) + _fill_and_drain(arch, layer, mapping)
    parts = _energy_parts(arch, layer, tally, cycles)
    units = prod(size for array in arch.arrays for _, size in array.axes)
    return Cost(
        energy=sum((e for tensors in parts.values() for e in tensors.values()), Fraction(0)),
        parts=parts,
        cycles=cycles,
        busy=busy,
        utilization=Fraction(tally.points, tally.steps * units),
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


def _busy(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally) -> Iterator[tuple[str, Fraction]]:
    """Cycles of every resource: the compute units, then the ports of each memory with a bandwidth."""
    yield arch.compute.name, tally.steps / arch.compute.rate
    for name, tensors in tally.counts.items():
        memory = arch.memory(name)
        if memory.bandwidth is None:
            continue
        used = instances(arch, mapping, name)
        read = _bits(arch, layer, name, {t: a.read for t, a in tensors.items()}) / used
        write = _bits(arch, layer, name, {t: a.write for t, a in tensors.items()}) / used
        for port, bits, count in _ports(memory, read, write):
            yield f"{name} {port}".strip(), bits / (memory.bandwidth * count)


def _ports(memory: Memory, read: Fraction, write: Fraction) -> Iterator[tuple[str, Fraction, int]]:
    """Ports as (name, bits to move, number of them). With read or write ports only, the others share what there is."""
    ports = memory.ports
    if ports.read and ports.write:
        yield "read", read, ports.read
        yield "write", write, ports.write
    else:
        yield "", read + write, max(1, ports.shared + ports.read + ports.write)


def _bits(arch: Arch, layer: Layer, memory: str, words: dict[str, int]) -> Fraction:
    return sum((arch.width(memory, layer.op.tensor(t).role) * n for t, n in words.items()), Fraction(0))


def instances(arch: Arch, mapping: Mapping, memory: str | None) -> int:
    """Instances of a memory (None: of the compute unit) that the mapping uses."""
    outside = {array.name for array in arch.arrays_between(None, memory)}
    return prod(loop.factor for loop in mapping.loops if loop.array in outside)


def _fill_and_drain(arch: Arch, layer: Layer, mapping: Mapping) -> Fraction:
    """Cycles before the first operation and after the last: first tiles on their way in, the last result on its way out.

    Level by level, since nothing overlaps with it: the slowest memory of each level to take in the first tiles of what is
    read, then to give up the last tile of the output.
    """
    total = Fraction(0)
    for level in arch.levels[1:]:
        onload = offload = Fraction(0)
        for memory in level.memories:
            if memory.bandwidth is None:
                continue
            held = {n.tensor: tile_words(layer, mapping, n.tensor, k) for n, k in mapping.placed if n.memory == memory.name}
            output = layer.op.output.name
            read_in = _bits(arch, layer, memory.name, {t: w for t, w in held.items() if t != output})
            onload = max(onload, read_in / memory.bandwidth)
            offload = max(offload, _bits(arch, layer, memory.name, {output: held.get(output, 0)}) / memory.bandwidth)
        total += onload + offload
    return total
