"""Full enumeration of the mappings with perfect factors of a small layer on a small machine: the best, and no bound.

Every skeleton (choice of optional bypasses, order of nodes), every split of every bound over all temporal slots and
axes, every order of the loops of a slot, and of the axes of an array, that anything can depend on. No canonical form,
no pruning but capacity.

What leaks is counted for the cycles that the mapping takes at least (`cycles.py`), so energies of machines that leak
are lower bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations
from math import prod

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from .cost import leakage
from .literal import Place, element_count
from .skeletons import AxisSlot, Group, Skeleton, TemporalSlot, even_skeletons, uneven_skeletons
from .traffic import Amounts, Number, Traffic, plus, whole

OBJECTIVES = ("energy", "latency", "edp")


class TooLargeError(Exception):
    """The mapspace has more partial mappings than the caller wants to wait for."""


@dataclass(frozen=True)
class Best:
    """A best mapping: energy in pJ, steps, cycles."""

    energy: Fraction
    steps: int
    cycles: Fraction
    mapping: Mapping

    def rank(self, objective: str) -> tuple[Number, ...]:
        """Smaller is better; ties go to less energy, those of energy to fewer steps."""
        return rank(objective, self.energy, self.steps, self.cycles)

    def value(self, objective: str) -> Number:
        return self.rank(objective)[0]


@dataclass
class Result:
    """The best mapping per objective (none if no mapping is legal), the number of legal mappings looked at, all of
    them, and the least energy for each number of cycles."""

    best: dict[str, Best] = field(default_factory=dict)
    mappings: int = 0
    every: list[Best] = field(default_factory=list)
    energies: dict[Fraction, Fraction] = field(default_factory=dict)

    def add(self, candidate: Best) -> None:
        self.mappings += 1
        self.every.append(candidate)
        self.energies[candidate.cycles] = min(candidate.energy, self.energies.get(candidate.cycles, candidate.energy))
        for objective in OBJECTIVES:
            best = self.best.get(objective)
            if best is None or candidate.rank(objective) < best.rank(objective):
                self.best[objective] = candidate

    def least_reported(self, objective: str, reported: Callable[[Mapping], Number]) -> Number:
        """The least of what is reported of any mapping, which is nowhere below its rank. Mappings of least rank come
        first, so few need to be asked for."""
        least: Number | None = None
        for one in sorted(self.every, key=lambda one: one.value(objective)):
            if least is not None and one.value(objective) >= least:
                break
            found = reported(one.mapping)
            least = found if least is None else min(least, found)
        assert least is not None
        return least

    @property
    def front(self) -> list[tuple[Fraction, Fraction]]:
        """(cycles, energy) that no others beat in one without losing in the other, fewest cycles first."""
        found: list[tuple[Fraction, Fraction]] = []
        for point in sorted(self.energies.items()):
            if not found or point[1] < found[-1][1]:
                found.append(point)
        return found


def rank(objective: str, energy: Number, steps: int, cycles: Number) -> tuple[Number, ...]:
    if objective == "energy":
        return (energy, steps)
    return (cycles, energy) if objective == "latency" else (energy * cycles, energy, cycles)


def enumerate_mappings(
    arch: Arch,
    layer: Layer,
    *,
    uneven: bool = False,
    limit: int = 100_000,
    admits: Callable[[Mapping], bool] | None = None,
    into: Result | None = None,
) -> Result:
    """The best of all mappings, or of those that `admits` accepts (`dataflows.obeying` makes one of a dataflow).
    `into`: a result of a class of the caller's, to which all are added.

    Raises `TooLargeError` beyond `limit` partial ones (about 50 microseconds each, and what `admits` takes).
    """
    search = _Search(arch, layer, limit, admits, into or Result())
    for skeleton in (uneven_skeletons if uneven else even_skeletons)(arch, layer):
        search.run(skeleton)
    return search.result


@dataclass(frozen=True)
class _State:
    """A nest under construction: what stands above, and what is left to place below."""

    items: tuple[Node | Loop, ...]
    loops: tuple[Loop, ...]
    left: dict[str, int]  # per dim the part of its bound that the loops below still have to cover
    places: dict[str, Place]  # per tensor its innermost node so far
    held: dict[str, Number]  # bit per memory, and per (memory, role) that has a cap
    costs: Amounts
    from_zero: int
    steps: int


class _Search:
    def __init__(
        self, arch: Arch, layer: Layer, limit: int, admits: Callable[[Mapping], bool] | None, result: Result
    ) -> None:
        self.arch, self.layer, self.limit, self.admits, self.result = arch, layer, limit, admits, result
        self.traffic = Traffic(arch, layer)
        self.leakage = leakage(arch)
        self.per_word: dict[tuple[str, str], Number] = {}

    def run(self, skeleton: Skeleton) -> None:
        elements = element_count(self.layer.op.output, self.layer.bound)
        costs = (whole(self.layer.points * self.arch.compute.op_energy), *self.traffic.nothing[1:])
        self._descend(skeleton, _State((), (), self.layer.bound, {}, {}, costs, elements, 1))

    def _descend(self, skeleton: Skeleton, state: _State) -> None:
        self.limit -= 1
        if self.limit < 0:
            raise TooLargeError
        if not skeleton:
            self._finish(state)
            return
        item, rest = skeleton[0], skeleton[1:]
        if isinstance(item, Group):
            placed = self._hold(item.nodes, state)
            if placed is not None:
                self._descend(rest, placed)
            return
        below = any(not isinstance(other, Group) for other in rest)
        for loops in _fillings(item, state.left, below, every_order=below or self.admits is not None):
            self._descend(rest, _nested(state, loops))

    def _hold(self, nodes: Iterable[Node], state: _State) -> _State | None:
        """The state below a group of nodes, or nothing if a memory overflows."""
        places, held, costs, from_zero = dict(state.places), dict(state.held), state.costs, state.from_zero
        for node in nodes:
            tensor, place = self.layer.op.tensor(node.tensor), Place(node.memory, len(state.loops))
            if not self._fits(node, state.left, held):
                return None
            if tensor.name in places:
                start = from_zero if tensor.is_output else 0
                more, start = self.traffic.cost(tensor, places[tensor.name], place, state.loops, start)
                costs = plus(costs, more)
                from_zero = start if tensor.is_output else from_zero
            places[tensor.name] = place
        items = (*state.items, *nodes)
        return _State(items, state.loops, state.left, places, held, costs, from_zero, state.steps)

    def _fits(self, node: Node, extents: dict[str, int], held: dict[str, Number]) -> bool:
        """Adds a tile to what is held; whether its memory and its role's share still suffice."""
        tensor, memory = self.layer.op.tensor(node.tensor), self.arch.memory(node.memory)
        if (memory.name, tensor.role) not in self.per_word:
            copies = 2 if tensor.role in memory.double else 1
            self.per_word[memory.name, tensor.role] = whole(copies * self.arch.width(memory.name, tensor.role))
        bits = self.traffic.tile(tensor, extents) * self.per_word[memory.name, tensor.role]
        share = f"{memory.name} {tensor.role}"
        held[memory.name] = held.get(memory.name, 0) + bits
        held[share] = held.get(share, 0) + bits
        hold = memory.hold(tensor.role)
        within = memory.size is None or held[memory.name] <= memory.size
        return within and (hold is None or hold.cap is None or held[share] <= hold.cap)

    def _finish(self, state: _State) -> None:
        if any(n > 1 for n in state.left.values()):
            return
        if self.admits is not None and not self.admits(Mapping(state.items)):
            return
        costs, operation = state.costs, Place(None, len(state.loops))
        for tensor in self.layer.op.tensors:
            start = state.from_zero if tensor.is_output else 0
            costs = plus(costs, self.traffic.cost(tensor, state.places[tensor.name], operation, state.loops, start)[0])
        energy, loads = costs[0], costs[1:]
        cycles = self.traffic.fares.least(state.steps, loads[: len(loads) // 2], loads[len(loads) // 2 :])
        energy = Fraction(energy + self.leakage * cycles)
        self.result.add(Best(energy, state.steps, cycles, Mapping(state.items)))


def _nested(state: _State, loops: tuple[Loop, ...]) -> _State:
    left = dict(state.left)
    for loop in loops:
        left[loop.dim] //= loop.factor
    steps = state.steps * prod(loop.factor for loop in loops if not loop.spatial)
    items, above = (*state.items, *loops), (*state.loops, *loops)
    return _State(items, above, left, state.places, state.held, state.costs, state.from_zero, steps)


def _fillings(
    slot: TemporalSlot | AxisSlot, left: dict[str, int], below: bool, every_order: bool
) -> Iterator[tuple[Loop, ...]]:
    """Every way to fill a slot. Without a slot `below` it takes all that is left. Not `every_order`: in one order."""
    if isinstance(slot, AxisSlot):
        for factors in _splits(tuple(left.items()), slot.size, below):
            yield tuple(Loop(d, f, slot.array, slot.axis) for d, f in factors if f > 1)
        return
    for factors in _splits(tuple(left.items()), None, below):
        loops = [Loop(d, f) for d, f in factors if f > 1]
        if loops or slot.empty:
            yield from permutations(loops) if every_order else [tuple(loops)]


def _splits(left: tuple[tuple[str, int], ...], room: int | None, below: bool) -> Iterator[tuple[tuple[str, int], ...]]:
    """A divisor of every bound, their product at most `room`; the bounds themselves if no slot is `below`."""
    if not left:
        yield ()
        return
    (dim, bound), *rest = left
    for factor in range(1, bound + 1) if below else (bound,):
        if bound % factor == 0 and (room is None or factor <= room):
            for others in _splits(tuple(rest), None if room is None else room // factor, below):
                yield ((dim, factor), *others)
