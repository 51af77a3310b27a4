"""What a machine charges a search: energy per word, leakage, and the room of its memories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from ..mapping.pricing import leakages
from ..spec.arch import Arch, Level, Memory
from ..spec.op import Layer, Tensor


def energies(arch: Arch, layer: Layer) -> list[Fraction]:
    """Every price, in pJ, that an energy of this layer on this machine may be a combination of, but for what leaks."""
    found = [arch.compute.op_energy]
    for role in dict.fromkeys(t.role for t in layer.op.tensors):
        for memory in arch.memories:
            width = arch.width(memory.name, role)
            found += [memory.read_energy * width, memory.write_energy * width]
        found += [link.hop_energy * arch.width(None, role) for array in arch.arrays for link in array.links]
    return found


def leakage(arch: Arch) -> Fraction:
    """Leakage of the whole machine in pJ per cycle."""
    return sum((power for _, power in leakages(arch)), Fraction(0))


def without_leakage(arch: Arch) -> Arch:
    """The same machine, but time costs no energy."""
    nodes = tuple(
        replace(node, memories=tuple(replace(m, leakage=Fraction(0)) for m in node.memories))
        if isinstance(node, Level)
        else node
        for node in arch.nodes
    )
    return replace(arch, nodes=nodes, compute=replace(arch.compute, leakage=Fraction(0)))


@dataclass(frozen=True)
class Capacity:
    """`sum bits per word * words of the tile <= bits`, over the tensors in `widths`."""

    what: str
    bits: Fraction
    widths: tuple[tuple[str, Fraction], ...]


def capacities(arch: Arch, memory: Memory, held: list[Tensor]) -> Iterator[Capacity]:
    """What must fit a memory: the tiles of all tensors held (twice where double-buffered), and each capped share."""
    widths = tuple((t, arch.width(memory.name, t.role) * (2 if t.role in memory.double else 1)) for t in held)
    if memory.size is not None:
        yield Capacity(memory.name, memory.size, tuple((t.name, bits) for t, bits in widths))
    for hold in memory.holds:
        share = tuple((t.name, bits) for t, bits in widths if t.role == hold.role)
        if hold.cap is not None and share:
            yield Capacity(f"{memory.name} ({hold.role})", hold.cap, share)


def rounded_up(bound: Fraction) -> float:
    """A limit that sums of floats that meet it exactly keep: sizes are far coarser than that."""
    return float(bound) + abs(float(bound)) * 1e-12
