"""Energy of one tensor between two neighbouring memories, from the literal walk, each distinct situation walked once.

For perfect factors only. Claims, tested against full walks (`test_enumerate.py`): what moves between two places
depends on the loops above the inner one only through
- the loops of the tensor's own dims, each dim's in order, and which of them sweeps;
- the unrolled loops of other dims, per array axis;
- linearly, the number of times that the temporal loops of other dims outside the sweeping loop repeat all of it;
- linearly, the words of an output that started from zero in the parent (operations only).
Operations that share nothing with other instances move one word each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod

from npudsl.mapping.nest import Loop, Mapping
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer, Tensor

from .literal import Counters, Nest, Place, element_count, transfer

Number = int | Fraction
Situation = tuple[object, ...]

#: a dim that no tensor has
AGAIN = "(again)"


@dataclass(frozen=True)
class _Linear:
    """`once + (repeats - 1) * again`, in energy and in words of an output that start from zero."""

    energy: Number
    energy_again: Number
    zero: int
    zero_again: int


class Traffic:
    """Costs of the tensors of one layer on one machine."""

    def __init__(self, arch: Arch, layer: Layer) -> None:
        self.arch, self.layer = arch, layer
        self._op = replace(layer.op, dims=(AGAIN, *layer.op.dims))
        self._known: dict[Situation, _Linear] = {}
        self._tiles: dict[tuple[str, tuple[int, ...]], int] = {}
        self._reads: dict[tuple[str, str | None], Number] = {}

    def tile(self, tensor: Tensor, extents: dict[str, int]) -> int:
        """Words of a tile with these extents."""
        key = (tensor.name, tuple([extents[d] for d in tensor.dims]))
        if key not in self._tiles:
            self._tiles[key] = element_count(tensor, extents)
        return self._tiles[key]

    def cost(
        self, tensor: Tensor, parent: Place, child: Place, loops: tuple[Loop, ...], from_zero: int
    ) -> tuple[Number, int]:
        """Energy in pJ of what moves between two places, and the words of an output that start from zero in `child`.

        `loops` are those above `child`, without factor 1.
        """
        if child.memory is None and not self.arch.arrays_between(parent.memory, None):
            return self._operations(tensor, parent, from_zero), 0
        own, unrolled, repeats = self._relevant(tensor, child, loops)
        situation = (tensor.name, parent.memory, child.memory, own, unrolled)
        known = self._known.get(situation)
        if known is None:
            known = self._known[situation] = self._walk_twice(tensor, parent, child, loops)
        energy = known.energy + (repeats - 1) * known.energy_again
        if child.memory is None:
            return energy - from_zero * self._read(tensor, parent), 0
        return energy, known.zero + (repeats - 1) * known.zero_again

    def _relevant(
        self, tensor: Tensor, child: Place, loops: tuple[Loop, ...]
    ) -> tuple[Situation, frozenset[object], int]:
        """The loops of the tensor's dims and which sweeps, unrolled loops of others, repeats by others."""
        sweep = len(loops)
        if child.memory is not None:  # operations keep nothing: there every loop counts
            sweep = max((i for i, x in enumerate(loops) if x.array is None and x.dim in tensor.dims), default=-1)
        own: dict[str, list[Loop]] = {d: [] for d in tensor.dims}
        unrolled: dict[tuple[str | None, str | None], int] = {}
        repeats = 1
        for i, loop in enumerate(loops):
            if loop.dim in own:
                own[loop.dim].append(loop)
            elif loop.array is not None:
                along = (loop.array, loop.axis)
                unrolled[along] = unrolled.get(along, 1) * loop.factor
            elif i < sweep:
                repeats *= loop.factor
        sweeping = loops[sweep].dim if 0 <= sweep < len(loops) else None
        return (*[tuple(each) for each in own.values()], sweeping), frozenset(unrolled.items()), repeats

    def _walk_twice(self, tensor: Tensor, parent: Place, child: Place, loops: tuple[Loop, ...]) -> _Linear:
        """The costs without and with one repetition, which a loop of two around everything makes."""
        kept = tuple(x for x in loops if x.dim in tensor.dims or x.array is not None)
        outside = sum(1 for x in loops[: parent.above] if x in kept)
        once = self._walk(tensor, Place(parent.memory, outside), Place(child.memory, len(kept)), kept)
        if not tensor.is_output:  # nothing is kept from one repetition to the next
            return _Linear(once[0], once[0], 0, 0)
        kept = (Loop(AGAIN, 2), *kept)
        twice = self._walk(tensor, Place(parent.memory, outside + 1), Place(child.memory, len(kept)), kept)
        return _Linear(once[0], twice[0] - once[0], once[1], twice[1] - once[1])

    def _walk(self, tensor: Tensor, parent: Place, child: Place, loops: tuple[Loop, ...]) -> tuple[Number, int]:
        """One transfer, walked over the dims of the tensor and as much of the other dims as is unrolled or repeated."""
        above = {d: prod(x.factor for x in loops if x.dim == d) for d in (AGAIN, *self.layer.op.dims)}
        bounds = tuple((d, self.layer.bound[d] if d in tensor.dims else n) for d, n in above.items())
        below = tuple(Loop(d, n // above[d]) for d, n in bounds)
        layer = Layer("part", self._op, bounds)
        counters = Counters()
        zero = transfer(Nest(self.arch, layer, Mapping((*loops, *below))), tensor, parent, child, counters, 0)
        return self._price(tensor, counters), zero

    def _read(self, tensor: Tensor, parent: Place) -> Number:
        """What it costs that one operation reads one word."""
        if (tensor.name, parent.memory) not in self._reads:
            counters = Counters()
            counters.reads[str(parent.memory), tensor.name] = 1
            for array in self.arch.arrays_between(parent.memory, None):
                for link in array.links:
                    counters.links[link.name, tensor.name] = 1 if link.carries(tensor.role) else 0
            self._reads[tensor.name, parent.memory] = self._price(tensor, counters)
        return self._reads[tensor.name, parent.memory]

    def _operations(self, tensor: Tensor, parent: Place, from_zero: int) -> Number:
        energy = (self.layer.points - from_zero) * self._read(tensor, parent)
        if tensor.is_output:
            memory = self.arch.memory(str(parent.memory))
            energy += self.layer.points * memory.write_energy * self.arch.width(memory.name, tensor.role)
        return whole(Fraction(energy))

    def _price(self, tensor: Tensor, counters: Counters) -> Number:
        energy = Fraction(0)
        for memory in self.arch.memories:
            at = (memory.name, tensor.name)
            per_bit = counters.reads[at] * memory.read_energy + counters.writes[at] * memory.write_energy
            energy += per_bit * self.arch.width(memory.name, tensor.role)
        for array in self.arch.arrays:
            for link in array.links:
                words = counters.links[link.name, tensor.name]
                energy += words * link.hop_energy * self.arch.width(None, tensor.role)
        return whole(energy)


def whole(number: Fraction) -> Number:
    """An integer where it is one: several times faster to add."""
    return number.numerator if number.denominator == 1 else number
