"""Machines as JSON, schema 1: what `show` prints. Networks: `spec/summary.py`."""

from __future__ import annotations

from ..spec.arch import Arch, Array, Level, Memory
from .records import SCHEMA, Json, number


def architecture(arch: Arch) -> Json:
    """`show` of a machine: its nodes outermost first, sizes in bit, energies in pJ, bandwidths in bit per cycle,
    leakage of each instance in pJ per cycle."""
    return {
        "schema": SCHEMA,
        "arch": arch.name,
        "clock_hz": None if arch.clock is None else number(arch.clock),
        "nodes": [_level(n) if isinstance(n, Level) else _array(n) for n in arch.nodes],
        "compute": {
            "name": arch.compute.name,
            "energy_pj": number(arch.compute.op_energy),
            "rate": number(arch.compute.rate),
            "leakage_pj_per_cycle": number(arch.compute.leakage),
            "precision_bit": {role: number(bits) for role, bits in arch.compute.precision},
        },
    }


def _level(level: Level) -> Json:
    return {"level": level.name, "memories": [_memory(memory) for memory in level.memories]}


def _memory(memory: Memory) -> Json:
    return {
        "name": memory.name,
        "size_bit": None if memory.size is None else number(memory.size),
        "holds": [
            {"role": h.role, "optional": h.optional, "cap_bit": None if h.cap is None else number(h.cap)}
            for h in memory.holds
        ],
        "read_pj_per_bit": number(memory.read_energy),
        "write_pj_per_bit": number(memory.write_energy),
        "bandwidth_bit_per_cycle": None if memory.bandwidth is None else number(memory.bandwidth),
        "leakage_pj_per_cycle": number(memory.leakage),
    }


def _array(array: Array) -> Json:
    return {
        "array": array.name,
        "axes": dict(array.axes),
        "links": [
            {
                "name": link.name,
                "multicast": sorted(link.multicast),
                "reduce": sorted(link.reduce),
                "unicast": sorted(link.unicast),
                "along": list(link.along),
                "hop_pj_per_bit": number(link.hop_energy),
                "bandwidth_bit_per_cycle": None if link.bandwidth is None else number(link.bandwidth),
            }
            for link in array.links
        ],
    }
