"""The plain executor: every memory instance is a dict, every step is walked, every word is moved by itself.

For tiny nests, and as the reference of the fast executor. Written from semantics.md, Movement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from ..mapping.nest import Mapping
from ..mapping.tally import Tally
from ..spec.arch import Arch
from ..spec.op import Layer, Tensor
from . import structure
from .body import REDUCTIONS, evaluate
from .data import Arithmetic, Field, operands
from .ledger import Ledger
from .nest import Counter, Nest, Site, Transfer

Element = tuple[int, ...]
Instance = tuple[int, ...]  # a setting of the spatial counters above a site, outermost first
Tiles = dict[Instance, set[Element]]


@dataclass
class Held:
    """What a site holds: per instance its tile, and the values of the words that do not start from zero.

    `restored`: words of an output that were read back into the instance when the tile came.
    """

    tiles: Tiles = field(default_factory=dict)
    values: dict[Instance, dict[Element, Any]] = field(default_factory=dict)
    received: dict[Instance, set[Element]] = field(default_factory=dict)

    def tile(self, instance: Instance) -> set[Element]:
        return self.tiles.get(instance, set())


@dataclass(frozen=True)
class Outcome:
    tally: Tally
    output: dict[Element, Any]


def execute(arch: Arch, layer: Layer, mapping: Mapping, seed: int = 0) -> Outcome:
    """Execute a tiny nest word by word: its counts and the output that the memories end up with."""
    structure.check(arch, layer, mapping)
    machine = _Machine(Nest.of(arch, layer, mapping), operands(layer, Arithmetic.of(layer), seed))
    with np.errstate(all="ignore"):  # the logarithm of padding is a value like any other
        machine.run()
    return Outcome(machine.ledger.tally(machine.nest, machine.points, machine.steps), machine.output())


def direct(layer: Layer, seed: int = 0) -> dict[Element, Any]:
    """The operator's output by its definition: point by point, without any mapping."""
    op = layer.op
    fields = operands(layer, Arithmetic.of(layer), seed)
    combine, zero = REDUCTIONS[op.reduction]
    result: dict[Element, Any] = {}
    for position in product(*(range(layer.bound[d]) for d in op.dims)):
        point = dict(zip(op.dims, position, strict=True))
        word = element(op.output, point)
        with np.errstate(all="ignore"):
            value = evaluate(op.body, {t.name: fields[t.name].at(element(t, point)) for t in op.operands})
        result[word] = combine(result.get(word, zero), value)
    return result


def element(tensor: Tensor, point: dict[str, int]) -> Element:
    return tuple(r.constant + sum(t.coefficient * point[t.dim] for t in r.terms) for r in tensor.ranks)


class _Machine:
    """All memories with what they hold, and the counters."""

    def __init__(self, nest: Nest, fields: dict[str, Field]) -> None:
        self.nest = nest
        self.fields = fields
        self.held = {site: Held() for site in nest.sites}
        self.ledger = Ledger()
        self.steps = 0
        self.points = 0
        self._combine, self._zero = REDUCTIONS[nest.layer.op.reduction]

    # ---- the walk ---------------------------------------------------------------------------------

    def run(self) -> None:
        self._set_up_homes()
        before: tuple[int, ...] | None = None
        temporal = self.nest.temporal
        for setting in product(*(range(c.factor) for c in temporal)):
            operations = list(self._operations(setting))
            if not operations:
                continue
            advanced = None
            if before is not None:
                advanced = next(c.index for c, a, b in zip(temporal, before, setting, strict=True) if a != b)
            self._move(setting, advanced)
            self._operate(operations)
            self.steps += 1
            self.points += len(operations)
            before = setting
        for transfer in self._inner_transfers(self.nest.layer.op.output):
            self._evict(transfer)

    def _set_up_homes(self) -> None:
        for tensor in self.nest.layer.op.tensors:
            home = self.nest.home(tensor.name)
            whole = self._tile(tensor, home, {}, ())
            self._hold(home, {(): whole})
            if not tensor.is_output:
                self.held[home].values[()] = {e: self.fields[tensor.name].at(e) for e in whole}

    def _operations(self, setting: tuple[int, ...]) -> Iterator[tuple[Instance, dict[str, int]]]:
        """Instance of the compute unit and point of every operation of a step."""
        for instance in product(*(range(c.factor) for c in self.nest.spatial)):
            at = self._values(setting, self.nest.spatial, instance)
            point = dict.fromkeys(self.nest.layer.op.dims, 0)
            for counter in self.nest.counters:
                point[counter.dim] += counter.stride * at[counter.index]
            if all(point[d] < bound for d, bound in self.nest.layer.bounds):
                yield instance, point

    def _values(self, setting: tuple[int, ...], spatial: Iterable[Counter], instance: Instance) -> dict[int, int]:
        """Counter index -> value."""
        at = {c.index: v for c, v in zip(self.nest.temporal, setting, strict=True)}
        return at | {c.index: v for c, v in zip(spatial, instance, strict=True)}

    def _tile(self, tensor: Tensor, site: Site, at: dict[int, int], instance: Instance) -> set[Element]:
        """The elements touched by the points below a site, with the counters above it fixed."""
        positions: dict[str, list[int]] = {d: [0] for d in self.nest.layer.op.dims}
        for counter in self.nest.counters:
            values = [at[counter.index]] if counter.index < site.above else range(counter.factor)
            positions[counter.dim] = [p + counter.stride * v for p in positions[counter.dim] for v in values]
        inside = {d: [p for p in positions[d] if p < bound] for d, bound in self.nest.layer.bounds}
        if not all(inside.values()):
            return set()
        dims = tensor.dims
        return {element(tensor, dict(zip(dims, p, strict=True))) for p in product(*(inside[d] for d in dims))}

    def _inner_transfers(self, tensor: Tensor) -> tuple[Transfer, ...]:
        """The transfers between memories, innermost first."""
        return tuple(reversed([t for t in self.nest.transfers[tensor.name] if t.child.memory is not None]))

    # ---- movement ---------------------------------------------------------------------------------

    def _move(self, setting: tuple[int, ...], advanced: int | None) -> None:
        output = self.nest.layer.op.output
        if advanced is not None:
            for transfer in self._inner_transfers(output):
                if transfer.arrives(advanced):
                    self._evict(transfer)
        for tensor in self.nest.layer.op.tensors:
            for transfer in reversed(self._inner_transfers(tensor)):
                if transfer.arrives(advanced):
                    tiles = {
                        i: self._tile(tensor, transfer.child, self._values(setting, transfer.instances, i), i)
                        for i in product(*(range(c.factor) for c in transfer.instances))
                    }
                    if tensor.is_output:
                        self._bring_back(transfer, tiles)
                    else:
                        self._fill(transfer, tiles, transfer.slides(advanced))

    def _hold(self, site: Site, tiles: Tiles) -> None:
        self.held[site].tiles = tiles
        self.ledger.hold(site, max(len(t) for t in tiles.values()))

    def _fill(self, transfer: Transfer, tiles: Tiles, slides: bool) -> None:
        """A tile of an operand arrives: what is still there stays, the rest comes from the parent."""
        parent, child = self.held[transfer.parent], self.held[transfer.child]
        news = {i: tile - child.tile(i) if slides else tile for i, tile in tiles.items()}
        values = {}
        for i, tile in tiles.items():
            source = parent.values.get(i[: transfer.outer], {})
            values[i] = {e: source[e] if e in news[i] else child.values[i][e] for e in tile}
        child.values = values
        self._hold(transfer.child, tiles)
        self.ledger.read[transfer.parent] += shared(transfer, news, transfer.combining)
        self.ledger.write[transfer.child] += total(news)
        self._carry(transfer, news)

    def _bring_back(self, transfer: Transfer, tiles: Tiles) -> None:
        """A tile of the output arrives: words that the parent received before come back, to one instance each."""
        parent, child = self.held[transfer.parent], self.held[transfer.child]
        child.values = {i: {} for i in tiles}
        self._hold(transfer.child, tiles)
        restored = 0
        for i in sorted(tiles):
            above = i[: transfer.outer]
            known, source = parent.received.get(above, set()), parent.values.get(above, {})
            for word in sorted(tiles[i]):
                if word not in known or _holder(transfer, tiles, above, word) != i:
                    continue
                child.values[i][word] = source.pop(word, self._zero)  # the parent will be written again
                restored += 1
        self.ledger.read[transfer.parent] += restored
        self.ledger.write[transfer.child] += restored
        for crossing in transfer.crossings:
            self.ledger.carry(transfer, crossing, restored)

    def _evict(self, transfer: Transfer) -> None:
        """The tiles of the output leave: partial sums meet on the way or in the parent."""
        parent, child = self.held[transfer.parent], self.held[transfer.child]
        for i, tile in child.tiles.items():
            above = i[: transfer.outer]
            received = parent.received.setdefault(above, set())
            target = parent.values.setdefault(above, {})
            for word in tile:
                target[word] = self._combine(target.get(word, self._zero), child.values[i].get(word, self._zero))
                received.add(word)
        everything = frozenset(c.index for c in transfer.between)
        written = shared(transfer, child.tiles, transfer.combining)
        self.ledger.read[transfer.child] += total(child.tiles)
        self.ledger.write[transfer.parent] += written
        self.ledger.read[transfer.parent] += written - shared(transfer, child.tiles, everything)
        self._carry(transfer, child.tiles)

    # ---- operations -------------------------------------------------------------------------------

    def _operate(self, operations: list[tuple[Instance, dict[str, int]]]) -> None:
        op = self.nest.layer.op
        last = {name: chain[-1] for name, chain in self.nest.transfers.items()}
        used: dict[str, Tiles] = {t.name: {} for t in op.tensors}
        fresh = 0  # words that start from zero with one of these operations
        for instance, point in operations:
            operand_values = {}
            for tensor in op.tensors:
                word, inside = element(tensor, point), instance[: last[tensor.name].outer]
                used[tensor.name][instance] = {word}
                held = self.held[last[tensor.name].parent]
                if not tensor.is_output:
                    operand_values[tensor.name] = held.values[inside][word]
            sums = held.values.setdefault(inside, {})  # the output stands last among the tensors
            fresh += word not in sums
            sums[word] = self._combine(sums.get(word, self._zero), evaluate(op.body, operand_values))
        for tensor in op.operands:
            transfer = last[tensor.name]
            self.ledger.read[transfer.parent] += shared(transfer, used[tensor.name], transfer.combining)
            self._carry(transfer, used[tensor.name])
        transfer = last[op.output.name]
        written = shared(transfer, used[op.output.name], transfer.combining)
        self.ledger.write[transfer.parent] += written
        self.ledger.read[transfer.parent] += written - fresh
        self._carry(transfer, used[op.output.name])
        for crossing in transfer.crossings:
            self.ledger.carry(transfer, crossing, written - fresh)

    # ---- counters ---------------------------------------------------------------------------------

    def _carry(self, transfer: Transfer, words: Tiles) -> None:
        for crossing in transfer.crossings:
            self.ledger.carry(transfer, crossing, shared(transfer, words, crossing.shared))

    def output(self) -> dict[Element, Any]:
        """What the home of the output holds at the end."""
        return self.held[self.nest.home(self.nest.layer.op.output.name)].values.get((), {})


def _holder(transfer: Transfer, tiles: Tiles, above: Instance, word: Element) -> Instance:
    """The first instance below a parent instance, in order of the spatial counters, whose tile has the word."""
    return min(i for i, tile in tiles.items() if i[: transfer.outer] == above and word in tile)


def total(words: Tiles) -> int:
    return sum(len(w) for w in words.values())


def shared(transfer: Transfer, words: Tiles, combining: frozenset[int]) -> int:
    """Words when instances that differ only in `combining` counters share them: unions over those, summed."""
    unions: dict[Instance, set[Element]] = {}
    for i, w in words.items():
        key = tuple(v for c, v in zip(transfer.instances, i, strict=True) if c.index not in combining)
        unions.setdefault(key, set()).update(w)
    return sum(len(u) for u in unions.values())
