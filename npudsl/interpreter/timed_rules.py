"""What waits for what in a timed execution (docs/latency.md, When a movement may start)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

from ..mapping.resources import Loads
from .nest import Nest
from .timed_words import EVICT, Boundary, Move

Place = tuple[str, str]  # memory, tensor


@dataclass(frozen=True)
class Task:
    """A movement, or `times` equal steps one after the other (`move` None), each with this `load`.

    `after`: numbers of the tasks that must be complete before it starts.
    """

    move: Move | None
    load: Loads = field(compare=False)
    after: tuple[int, ...]
    times: int = 1


@dataclass
class _Node:
    """Numbers of tasks of a node: its evictions by visit, and by visit the step in front of it (None: the first)."""

    double: bool
    parent: Place
    child: Place | None
    evictions: list[int] = field(default_factory=list)
    before: list[int | None] = field(default_factory=list)


def tasks(nest: Nest, boundaries: Iterable[Boundary]) -> list[Task]:
    """Every movement and step in order of precedence; a task waits for earlier ones only."""
    nodes = _nodes(nest)
    found: list[Task] = []
    last: int | None = None  # the step before
    for boundary in boundaries:
        arrived: dict[Place, int] = {}
        left: dict[Place, int] = {}
        for move in boundary.moves:
            node = nodes[move.place]
            if move.kind == EVICT:
                after = {last, left.get(node.child) if node.child else None}
                left[move.place] = len(found)
                node.evictions.append(len(found))
            else:
                after = {arrived.get(node.parent), *_room(nest, node, move, last)}
                arrived[move.place] = len(found)
                node.before.append(last)
            found.append(Task(move, move.load, _sorted(after)))
        if boundary.step is not None:
            found.append(Task(None, boundary.step, _sorted({last, *arrived.values()}), boundary.times))
            last = len(found) - 1
    return found


def _nodes(nest: Nest) -> dict[Place, _Node]:
    nodes = {}
    for name, chain in nest.transfers.items():
        role = nest.layer.op.tensor(name).role
        for transfer, inner in pairwise(chain):
            memory, below = transfer.child.memory or "", inner.child.memory
            double = nest.arch.memory(memory).ahead(role)
            parent = (transfer.parent.memory or "", name)
            nodes[memory, name] = _Node(double, parent, None if below is None else (below, name))
    return nodes


def _room(nest: Nest, node: _Node, move: Move, last: int | None) -> set[int | None]:
    """What must be over for a tile to have room: the visit before, or the one before that where there are two
    buffers."""
    if not nest.layer.op.tensor(move.place[1]).is_output:
        if not node.double:
            return {last}
        return {node.before[move.visit - 1]} if move.visit else set()
    evicted = move.visit if not node.double or move.repeats else move.visit - 1
    return {node.evictions[evicted - 1]} if evicted > 0 else set()


def _sorted(numbers: set[int | None]) -> tuple[int, ...]:
    return tuple(sorted(n for n in numbers if n is not None))
