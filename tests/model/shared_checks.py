"""Closed forms that nests of one layer have in common, or that are those of one tensor, beside those of each nest
alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from npudsl.mapping.nest import Loop, Mapping, Node

from ..strategies import EVERYTHING, WINDOWED, Case, random_case

#: Nests of one layer; changes from one to the next.
NESTS, CHANGES = 8, 4


def wrong_sharing(derive: Callable[..., Any], count: int) -> Iterator[str]:
    """Counters of nests, and the kinds of their loops, that are others where nests share what they have in common."""
    for seed in range(count):
        random = Random(seed)
        case = random_case(20_000 + seed, (EVERYTHING, WINDOWED)[seed % 2])
        dims = case.layer.op.dims
        perfect = frozenset(d for d in dims if random.random() < (0.5, 1.0)[seed // 2 % 2])
        known: dict[Any, Any] = {}
        for nest, frame in nests_of(case, random):
            rest = (case.arch, case.layer, nest, perfect, frame, ordinals(nest))
            alone, shared = derive(*rest), derive(*rest, known=known)
            if _said(alone) != _said(shared) or alone.tiles != shared.tiles or alone.steps != shared.steps:
                yield f"{case.layer} {nest} with a frame of {frame}: {_said(shared)} instead of {_said(alone)}"
            for tensor in case.layer.op.tensors:
                own = [b for b in alone.bookings if b.edge.tensor == tensor]
                if list(derive(*rest, only=tensor.name).bookings) != own:
                    yield f"{case.layer} {nest}: others than {own} of {tensor.name} alone"
            for booking in alone.bookings:
                edge = booking.edge
                if {len(edge.kinds(joined)) for joined in (frozenset(), edge.combining)} != {edge.position}:
                    yield f"{edge}: not one kind for each loop"


def wrong_reuse(derive: Callable[..., Any], count: int) -> Iterator[str]:
    """Words that pass an edge and are written down again, though a nest has only one loop more over a dim that makes
    them their bound."""
    for seed in range(count):
        case = random_case(30_000 + seed, WINDOWED)
        nest = case.mapping.simplified()
        for tensor in case.layer.op.tensors:
            for dim in (dim for group in tensor.groups if len(group) == 1 for dim in group):
                known: dict[Any, Any] = {}
                longer = Mapping((*nest.items, Loop(dim, 2)))
                met, again = (
                    derive(case.arch, case.layer, one, frozenset(), 0, ordinals(one), tensor.name, known).bookings
                    for one in (nest, longer)
                )
                passing = [(a, b) for x, y in zip(met, again, strict=True) for (_, a), (_, b) in _terms(x, y)]
                if any(a is not b for a, b in passing if a.origin is not None):
                    yield f"{tensor.name} of {case.layer} with another loop over {dim} than {nest}"


def _terms(one: Any, other: Any) -> Iterator[Any]:
    return zip(one.count.terms, other.count.terms, strict=True)


def _said(formulas: Any) -> list[tuple[Any, ...]]:
    """What is counted where and why."""
    return [
        (b.counter, b.place, b.edge.tensor.name, b.edge.child, b.cause, b.count.expression) for b in formulas.bookings
    ]


def ordinals(nest: Mapping) -> tuple[str, ...]:
    """Names that loops of different nests have in common: the dim, and its how manieth loop it is."""
    dims = [loop.dim for loop in nest.loops]
    return tuple(f"{dim}_{dims[:k].count(dim)}" for k, dim in enumerate(dims))


def nests_of(case: Case, random: Random) -> Iterator[tuple[Mapping, int]]:
    """Nests near that of a case, with open factors and frames."""
    items = list(case.mapping.simplified().items)
    for _ in range(NESTS):
        nest = Mapping(tuple(items))
        outer = next((k for k, loop in enumerate(nest.loops) if loop.spatial), len(nest.loops))
        yield nest, random.choice((0, 0, random.randint(0, outer)))
        for _ in range(CHANGES):
            _change(items, case, random)


def _change(items: list[Node | Loop], case: Case, random: Random) -> None:
    """Another dim for a loop, a loop more or less, or two neighbours exchanged; spatial loops and the order of a
    tensor's nodes stay, and the outermost nodes."""
    first = next((k for k, item in enumerate(items) if isinstance(item, Loop)), len(items))
    at = random.randint(first, len(items))
    other = Loop(random.choice(case.layer.op.dims), 2)
    match random.randrange(4):
        case 0 if at < len(items) and _temporal(items[at]):
            items[at] = other
        case 1 if len(items) < 20:
            items.insert(at, other)
        case 2 if at < len(items) and _temporal(items[at]):
            del items[at]
        case 3 if first < at < len(items) and _may_swap(items[at - 1], items[at]):
            items[at - 1], items[at] = items[at], items[at - 1]


def _temporal(item: Node | Loop) -> bool:
    return isinstance(item, Loop) and not item.spatial


def _may_swap(one: Node | Loop, other: Node | Loop) -> bool:
    if isinstance(one, Node) and isinstance(other, Node):
        return one.tensor != other.tensor
    return not any(isinstance(item, Loop) and item.spatial for item in (one, other))
