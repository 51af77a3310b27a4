"""What one word on a counter costs (semantics.md, Energy and time)."""

from __future__ import annotations

from fractions import Fraction

from ...spec.arch import Arch


def word_energy(arch: Arch, place: str, role: str, action: str) -> Fraction:
    """pJ per word: `read` or `write` of the memory `place`, or `link` for a word on the link `place`."""
    if action == "link":
        link = next(one for array in arch.arrays for one in array.links if one.name == place)
        return link.hop_energy * arch.width(None, role)
    memory = arch.memory(place)
    return (memory.read_energy if action == "read" else memory.write_energy) * arch.width(place, role)
