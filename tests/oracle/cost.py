"""Energy from counts, written out once more, and what leaks."""

from __future__ import annotations

from fractions import Fraction

from npudsl.mapping.tally import Tally
from npudsl.spec.arch import Arch, Array
from npudsl.spec.op import Layer


def energy(arch: Arch, layer: Layer, counted: Tally) -> Fraction:
    """In pJ: words * width * energy per bit in memories and links, and the operations."""
    roles = {t.name: t.role for t in layer.op.tensors}
    total = layer.points * arch.compute.op_energy
    for name, tensors in counted.counts.items():
        memory = arch.memory(name)
        for tensor, words in tensors.items():
            bits = arch.width(name, roles[tensor])
            total += bits * (words.read * memory.read_energy + words.write * memory.write_energy)
    for link in (link for array in arch.arrays for link in array.links):
        for tensor, carried in counted.links[link.name].items():
            total += carried * link.hop_energy * arch.width(None, roles[tensor])
    return total


def leakage(arch: Arch) -> Fraction:
    """In pJ per cycle: of everything that is built, used or not."""
    instances, total = 1, Fraction(0)
    for node in arch.nodes:
        if isinstance(node, Array):
            for _, size in node.axes:
                instances *= size
        else:
            total += instances * sum((memory.leakage for memory in node.memories), Fraction(0))
    return total + instances * arch.compute.leakage
