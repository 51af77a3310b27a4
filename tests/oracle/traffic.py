"""What one tensor costs between two neighbouring memories, from the literal walk, each distinct situation walked once:
energy, and the cycles of ports and links.

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

from .cycles import Fares
from .literal import Counters, Nest, Place, element_count, transfer

Number = int | Fraction
#: pJ; per resource its cycles; per resource those of them that no step overlaps.
Amounts = tuple[Number, ...]
Situation = tuple[object, ...]

#: a dim that no tensor has
AGAIN = "(again)"


@dataclass(frozen=True)
class _Linear:
    """`once + (repeats - 1) * again`, in costs and in words of an output that start from zero."""

    once: Amounts
    again: Amounts
    zero: int
    zero_again: int


class Traffic:
    """Costs of the tensors of one layer on one machine."""

    def __init__(self, arch: Arch, layer: Layer) -> None:
        self.arch, self.layer = arch, layer
        self._op = replace(layer.op, dims=(AGAIN, *layer.op.dims))
        self._known: dict[Situation, _Linear] = {}
        self._tiles: dict[tuple[str, tuple[int, ...]], int] = {}
        self._reads: dict[Situation, Amounts] = {}
        self.fares = Fares(arch)
        self.nothing: Amounts = (0,) * (1 + 2 * len(self.fares.resources))

    def tile(self, tensor: Tensor, extents: dict[str, int]) -> int:
        """Words of a tile with these extents."""
        key = (tensor.name, tuple([extents[d] for d in tensor.dims]))
        if key not in self._tiles:
            self._tiles[key] = element_count(tensor, extents)
        return self._tiles[key]

    def cost(
        self, tensor: Tensor, parent: Place, child: Place, loops: tuple[Loop, ...], from_zero: int
    ) -> tuple[Amounts, int]:
        """What moves between two places costs so much, and so many words of an output start from zero in `child`.

        `loops` are those above `child`, without factor 1.
        """
        if child.memory is None and not self.arch.arrays_between(parent.memory, None):
            return self._operations(tensor, parent, loops, from_zero), 0
        own, unrolled, repeats = self._relevant(tensor, child, loops)
        situation = (tensor.name, parent.memory, child.memory, own, unrolled)
        known = self._known.get(situation)
        if known is None:
            known = self._known[situation] = self._walk_twice(tensor, parent, child, loops)
        costs = plus(known.once, known.again, repeats - 1)
        if child.memory is None:
            return plus(costs, self._read(tensor, parent, loops), -from_zero), 0
        return costs, known.zero + (repeats - 1) * known.zero_again

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
        return _Linear(once[0], plus(twice[0], once[0], -1), once[1], twice[1] - once[1])

    def _walk(self, tensor: Tensor, parent: Place, child: Place, loops: tuple[Loop, ...]) -> tuple[Amounts, int]:
        """One transfer, walked over the dims of the tensor and as much of the other dims as is unrolled or repeated."""
        above = {d: prod(x.factor for x in loops if x.dim == d) for d in (AGAIN, *self.layer.op.dims)}
        bounds = tuple((d, self.layer.bound[d] if d in tensor.dims else n) for d, n in above.items())
        below = tuple(Loop(d, n // above[d]) for d, n in bounds)
        layer = Layer("part", self._op, bounds)
        counters = Counters()
        zero = transfer(Nest(self.arch, layer, Mapping((*loops, *below))), tensor, parent, child, counters, 0)
        return self._price(tensor, counters, child, loops), zero

    def _read(self, tensor: Tensor, parent: Place, loops: tuple[Loop, ...]) -> Amounts:
        """What it costs that one operation reads one word."""
        key = (tensor.name, parent.memory, self._unrolled(loops))
        if key not in self._reads:
            counters = Counters()
            counters.reads[str(parent.memory), tensor.name] = 1
            for array in self.arch.arrays_between(parent.memory, None):
                for link in array.links:
                    counters.links[link.name, tensor.name] = 1 if link.carries(tensor.role) else 0
            self._reads[key] = self._price(tensor, counters, Place(None, len(loops)), loops)
        return self._reads[key]

    def _unrolled(self, loops: tuple[Loop, ...]) -> Situation:
        """What the shares of the instances depend on."""
        return tuple((x.array, x.factor) for x in loops if x.spatial) if self.fares.resources else ()

    def _operations(self, tensor: Tensor, parent: Place, loops: tuple[Loop, ...], from_zero: int) -> Amounts:
        """Each operation moves one word, to and from a memory right above it."""
        key = (tensor.name, parent.memory, self._unrolled(loops), from_zero)
        if key not in self._reads:
            counters, at = Counters(), (str(parent.memory), tensor.name)
            counters.reads[at] = self.layer.points - from_zero
            counters.writes[at] = self.layer.points if tensor.is_output else 0
            self._reads[key] = self._price(tensor, counters, Place(None, len(loops)), loops)
        return self._reads[key]

    def _price(self, tensor: Tensor, counters: Counters, child: Place, loops: tuple[Loop, ...]) -> Amounts:
        busy = [whole(cycles) for cycles in self.fares.cycles(tensor, counters, loops).values()]
        apart = busy if self.fares.apart(tensor, child) else [0] * len(busy)
        return (self._energy(tensor, counters), *busy, *apart)

    def _energy(self, tensor: Tensor, counters: Counters) -> Number:
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


def plus(some: Amounts, more: Amounts, times: int = 1) -> Amounts:
    """`some + times * more`."""
    return tuple([a + times * b for a, b in zip(some, more, strict=True)])


def whole(number: Fraction) -> Number:
    """An integer where it is one: several times faster to add."""
    return number.numerator if number.denominator == 1 else number
