"""What counts cost: energy and cycles (semantics.md, Energy and time).

Works on a `Tally` from either side, the closed forms or the interpreter; it counts nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from ..spec.arch import Arch
from ..spec.op import Layer
from .evaluation import Cost
from .nest import Mapping
from .tally import Tally
from .time_bounds import latency
from .timing import Timing


def price(arch: Arch, layer: Layer, mapping: Mapping, tally: Tally, *, executed: Timing | None = None) -> Cost:
    """Energy in pJ, exact; cycles in closed form with bounds (docs/latency.md).

    `executed`: what an execution in time took, if cycles, stalls and leakage are to be those. `tally` must hold its
    `traffic`.
    """
    found = latency(arch, layer, mapping, tally)
    timing = found.timing if executed is None else executed
    cycles = found.cycles if executed is None else executed.cycles
    parts = _energy_parts(arch, layer, tally, cycles)
    units = prod(size for array in arch.arrays for _, size in array.axes)
    return Cost(
        energy=sum((e for tensors in parts.values() for e in tensors.values()), Fraction(0)),
        parts=parts,
        cycles=cycles,
        busy=timing.busy,
        utilization=Fraction(tally.points, tally.steps * units),
        onload=timing.onload,
        steady=cycles - timing.onload - timing.offload,
        offload=timing.offload,
        stalls=timing.stalls,
        working=tally.steps / arch.compute.rate / cycles,
        at_least=found.low,
        at_most=found.high,
        bounded=found.reason,
        executed=executed is not None,
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
