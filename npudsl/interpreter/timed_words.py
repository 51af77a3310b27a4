"""The movements and steps of a mapping with the cycles that each takes at every resource: a literal walk.

Per step and instance the sets of words are made and compared as in `literal.py`; here the instance that moves most
counts. docs/latency.md says what moves when.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod

from ..mapping.resources import Loads, add, raise_to
from ..spec.op import Tensor
from .literal import Element, Instance, element
from .nest import Counter, Site, Transfer
from .timed_cost import Tiles, Words, apart, united
from .timed_scope import Scope

NOTHING: Words = frozenset()

FILL, EVICT, RETURN = "fill", "evict", "return"


@dataclass(frozen=True)
class Move:
    """A movement at a boundary. `place`: (memory, tensor) of the node. `repeats`: a return of words that the visit
    before held."""

    kind: str
    place: tuple[str, str]
    visit: int
    load: Loads = field(compare=False)
    repeats: bool = False


@dataclass(frozen=True)
class Boundary:
    """What moves in front of a step, in order of precedence, and what the step's operations take (None: the end).

    `times`: as many steps of that kind, with no movement between them.
    """

    moves: tuple[Move, ...]
    step: Loads | None
    times: int = 1


@dataclass
class _Held:
    """A node at work: its tiles, the words of an output that do not start from zero, its number of visits."""

    tiles: Tiles = field(default_factory=dict)
    begun: dict[Instance, set[Element]] = field(default_factory=dict)
    received: dict[Instance, set[Element]] = field(default_factory=dict)
    visits: int = 0


class Walk:
    """Walks a nest once. `tick` is called with every step.

    Sets are made only for what some resource limits: the rest takes no time, whatever it moves.
    """

    def __init__(self, scope: Scope, tick: Callable[[], None] | None = None) -> None:
        self.nest = nest = scope.nest
        self._tick = tick
        self.ticks = prod(c.trips for c in nest.temporal)
        self._scope = scope
        self._cost, self.inner, self._single = scope.cost, scope.inner, scope.single
        self._held = {site: _Held() for site in nest.sites}
        self._tiles: dict[tuple[Site, tuple[int, ...]], Words] = {}
        offsets = [self._offset(i) for i in product(*(range(c.trips) for c in nest.spatial))]
        self._offsets = offsets if self._single else offsets[:1]  # the first has a point if any has

    def boundaries(self) -> Iterator[Boundary]:
        """Every boundary in order, the end included."""
        waiting: Boundary | None = None
        for found in self._boundaries():
            if waiting is not None and not found.moves and found.step == waiting.step:
                waiting = replace(waiting, times=waiting.times + 1)
                continue
            if waiting is not None:
                yield waiting
            waiting = found
        if waiting is not None:
            yield waiting

    def first_step(self) -> tuple[Loads, Loads]:
        """What the first step takes, and what it would take again: then no result starts from zero."""
        base = dict.fromkeys(self.nest.layer.op.dims, 0)
        operations = [(i, p) for i, offset in self._offsets if (p := self._point(base, offset)) is not None]
        return self._operate(operations), self._operate(operations)

    def _boundaries(self) -> Iterator[Boundary]:
        before: tuple[int, ...] | None = None
        temporal = self.nest.temporal
        for setting in product(*(range(c.trips) for c in temporal)):
            base = self._base(temporal, setting)
            operations = [(i, p) for i, offset in self._offsets if (p := self._point(base, offset)) is not None]
            if not operations:
                continue
            advanced = None
            if before is not None:
                advanced = next(c.index for c, a, b in zip(temporal, before, setting, strict=True) if a != b)
            moves = (*self._leave(advanced), *self._arrive(setting, advanced))
            yield Boundary(moves, self._operate(operations))
            before = setting
            if self._tick is not None:
                self._tick()
        yield Boundary(tuple(self._leave(None, end=True)), None)

    # ---- points and tiles -------------------------------------------------------------------------

    def _base(self, counters: tuple[Counter, ...], setting: tuple[int, ...]) -> dict[str, int]:
        base = dict.fromkeys(self.nest.layer.op.dims, 0)
        for counter, value in zip(counters, setting, strict=True):
            base[counter.dim] += counter.stride * value
        return base

    def _offset(self, instance: Instance) -> tuple[Instance, dict[str, int]]:
        return instance, self._base(self.nest.spatial, instance)

    def _point(self, base: dict[str, int], offset: dict[str, int]) -> dict[str, int] | None:
        point = {d: base[d] + offset[d] for d in base}
        return point if all(point[d] < bound for d, bound in self.nest.layer.bounds) else None

    def _tile(self, transfer: Transfer, setting: tuple[int, ...], instance: Instance) -> Words:
        """The elements touched by the points below the child, with the counters above it fixed."""
        site = transfer.child
        above = [(c, v) for c, v in zip(self.nest.temporal, setting, strict=True) if c.index < site.above]
        above += zip(transfer.instances, instance, strict=True)
        corner = self._base(tuple(c for c, _ in above), tuple(v for _, v in above))
        if any(corner[d] >= bound for d, bound in self.nest.layer.bounds):
            return NOTHING
        key = (site, tuple(corner[d] for d in transfer.tensor.dims))
        found = self._tiles.get(key)
        if found is None:
            found = self._tiles[key] = self._touched(transfer.tensor, site, corner)
        return found

    def _touched(self, tensor: Tensor, site: Site, corner: dict[str, int]) -> Words:
        positions = {d: [corner[d]] for d in tensor.dims}
        for counter in self.nest.counters[site.above :]:
            if counter.dim in positions:
                moves = range(0, counter.trips * counter.stride, counter.stride)
                positions[counter.dim] = [p + m for p in positions[counter.dim] for m in moves]
        inside = [[p for p in found if p < self.nest.layer.bound[d]] for d, found in positions.items()]
        return frozenset(element(tensor, dict(zip(positions, p, strict=True))) for p in product(*inside))

    # ---- movements --------------------------------------------------------------------------------

    def _leave(self, advanced: int | None, end: bool = False) -> Iterator[Move]:
        """Evictions, innermost first."""
        for transfer in reversed(self.inner):
            held = self._held[transfer.child]
            if transfer.tensor.is_output and held.visits and (end or transfer.arrives(advanced)):
                yield self._evict(transfer, held)

    def _arrive(self, setting: tuple[int, ...], advanced: int | None) -> Iterator[Move]:
        """Fills and returns, outer memories first."""
        for transfer in self.inner:
            if not transfer.arrives(advanced):
                continue
            held = self._held[transfer.child]
            held.visits += 1
            if not transfer.tensor.is_output and not self._cost.limits(transfer):
                yield Move(FILL, _place(transfer), held.visits - 1, {})
                continue
            tiles = {
                i: self._tile(transfer, setting, i) for i in product(*(range(c.trips) for c in transfer.instances))
            }
            held = self._held[transfer.child]
            yield (
                self._bring(transfer, held, tiles)
                if transfer.tensor.is_output
                else self._fill(transfer, held, tiles, transfer.slides(advanced))
            )
            held.tiles = tiles

    def _fill(self, transfer: Transfer, held: _Held, tiles: Tiles, slides: bool) -> Move:
        news = {i: tile - held.tiles.get(i, NOTHING) if slides else tile for i, tile in tiles.items()}
        load = self._cost.at_parent(transfer, read=united(transfer, news, transfer.outer, transfer.combining))
        add(load, self._cost.at_child(transfer, write={i: len(w) for i, w in news.items()}))
        add(load, self._cost.at_links(transfer, news))
        return Move(FILL, _place(transfer), held.visits - 1, load)

    def _bring(self, transfer: Transfer, held: _Held, tiles: Tiles) -> Move:
        """Words that the parent instance received before come back, each to the first instance that holds it."""
        back: dict[Instance, set[Element]] = {i: set() for i in tiles}
        received = self._held[transfer.parent].received
        taken: dict[Instance, set[Element]] = {}
        before: dict[Instance, set[Element]] = {}
        for i, tile in held.tiles.items():
            before.setdefault(i[: transfer.outer], set()).update(tile)
        repeats = False
        for i in sorted(tiles):
            above = i[: transfer.outer]
            fresh = tiles[i] & received.get(above, set()) - taken.setdefault(above, set())
            taken[above] |= fresh
            back[i] = set(fresh)
            repeats = repeats or not fresh.isdisjoint(before.get(above, ()))
        held.begun = back
        load = self._cost.at_parent(transfer, read={i: len(w) for i, w in taken.items()})
        add(load, self._cost.at_child(transfer, write={i: len(w) for i, w in back.items()}))
        add(load, self._cost.at_links(transfer, {i: frozenset(w) for i, w in back.items()}))
        return Move(RETURN, _place(transfer), held.visits - 1, load, repeats)

    def _evict(self, transfer: Transfer, held: _Held) -> Move:
        received = self._held[transfer.parent].received
        for i, tile in held.tiles.items():
            received.setdefault(i[: transfer.outer], set()).update(tile)
        everything = frozenset(c.index for c in transfer.between)
        written = united(transfer, held.tiles, transfer.outer, transfer.combining)
        stored = united(transfer, held.tiles, transfer.outer, everything)
        load = self._cost.at_parent(transfer, write=written, read={i: n - stored[i] for i, n in written.items()})
        add(load, self._cost.at_child(transfer, read={i: len(w) for i, w in held.tiles.items()}))
        add(load, self._cost.at_links(transfer, held.tiles))
        return Move(EVICT, _place(transfer), held.visits - 1, load)

    # ---- operations -------------------------------------------------------------------------------

    def _operate(self, operations: list[tuple[Instance, dict[str, int]]]) -> Loads:
        """What a step takes: per memory instance all its tensors together."""
        at_memories: dict[str, dict[Instance, tuple[tuple[str, int, int], ...]]] = {}
        load: Loads = {}
        for transfer in self._single:
            used = {i: frozenset((element(transfer.tensor, p),)) for i, p in operations}
            words = united(transfer, used, transfer.outer, transfer.combining)
            add(load, self._cost.at_links(transfer, used))
            read = words
            if transfer.tensor.is_output:
                fresh, read_back = self._begin(transfer, used)
                read = {i: n - fresh[i] for i, n in words.items()}
                add(load, self._cost.at_links(transfer, read_back))
            memory, role = transfer.parent.memory or "", transfer.tensor.role
            instances = at_memories.setdefault(memory, {})
            for i, n in words.items():
                instances[i] = (*instances.get(i, ()), (role, read[i], n if transfer.tensor.is_output else 0))
        for memory, instances in at_memories.items():
            most: Loads = {}
            for kind in set(instances.values()):
                one: Loads = {}
                for role, reads, writes in kind:
                    add(one, self._cost.meter.memory(memory, role, read=reads, write=writes))
                raise_to(most, one)
            add(load, most)
        add(load, self._scope.one_word_each(operations[0][0]))
        return load

    def _begin(self, transfer: Transfer, used: Tiles) -> tuple[dict[Instance, int], Tiles]:
        """Per memory instance how many words start from zero with these operations; per compute unit those that do
        not: of units whose results meet in the memory only the first starts from zero."""
        held, rest = self._held[transfer.parent].begun, {}
        starting: dict[Instance, dict[Element, Instance]] = {}  # word -> the units that are added up on the way
        for i, words in used.items():
            inside = i[: transfer.outer]
            together = apart(transfer, i, transfer.combining)
            begun = starting.setdefault(inside, {})
            for word in words - held.setdefault(inside, set()):
                begun.setdefault(word, together)
            rest[i] = frozenset(w for w in words if begun.get(w) != together)
        for inside, begun in starting.items():
            held[inside].update(begun)
        return {inside: len(begun) for inside, begun in starting.items()}, rest


def _place(transfer: Transfer) -> tuple[str, str]:
    return transfer.child.memory or "", transfer.tensor.name
