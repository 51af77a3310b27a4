"""Whether a mapping obeys the places of a dataflow, by the definition in `npudsl/mapping/dataflow.py` to the letter:
every order of the nodes that means the same is tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from npudsl.mapping.dataflow import Dataflow, PlaceRule
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch

Items = tuple[Node | Loop, ...]


def admitted(dataflow: Dataflow, arch: Arch, mapping: Mapping, *, even: bool = False) -> bool:
    """`even`: nodes also keep the order of the levels."""
    nodes = {item for item in mapping.items if isinstance(item, Node)}
    if not dataflow.kept <= nodes or dataflow.bypassed & nodes:
        return False
    if not all(_fits(rule, _along(mapping, rule)) for rule in dataflow.places if rule.axis):
        return False
    temporal = [rule for rule in dataflow.places if not rule.axis]
    return any(_obeys(temporal, items) for items in orders_of(arch, mapping.simplified().items, even))


def _along(mapping: Mapping, rule: PlaceRule) -> list[Loop]:
    return [loop for loop in mapping.loops if (loop.array, loop.axis) == rule.axis]


def orders_of(arch: Arch, items: Items, even: bool) -> Iterator[Items]:
    """The nest with the nodes of every run of nodes in every order that means the same."""
    runs: list[list[Items]] = []
    run: list[Node] = []
    for item in (*items, None):
        if isinstance(item, Node):
            run.append(item)
            continue
        runs.append(list(_interleavings(arch, tuple(run), even)))
        runs.append([(item,)] if item is not None else [()])
        run = []
    for chosen in product(*runs):
        yield tuple(item for part in chosen for item in part)


def _interleavings(arch: Arch, nodes: tuple[Node, ...], even: bool) -> Iterator[Items]:
    """Every order in which no node stands above one that has to be outside it."""
    if not nodes:
        yield ()
    for i, first in enumerate(nodes):
        rest = nodes[:i] + nodes[i + 1 :]
        if not any(_outside(arch, other, first, even) for other in rest):
            for others in _interleavings(arch, rest, even):
                yield (first, *others)


def _outside(arch: Arch, outer: Node, inner: Node, even: bool) -> bool:
    """Whether `outer` has to stand above `inner`."""
    if outer.tensor == inner.tensor:
        memories = [memory.name for memory in arch.memories]
        return memories.index(outer.memory) < memories.index(inner.memory)
    between = arch.nodes[arch.depth[outer.memory] : arch.depth[inner.memory]]
    return bool(between) and (even or any(node in arch.arrays for node in between))


def _obeys(rules: Sequence[PlaceRule], items: Items) -> bool:
    reached = -1
    for rule in rules:
        at = [i for i, item in enumerate(items) if isinstance(item, Node) and item in (rule.nodes or ())]
        if not at:
            if not _fits(rule, ()):
                return False
            continue
        if at[0] < reached or any(isinstance(item, Loop) for item in items[at[0] : at[-1]]):
            return False
        reached = at[-1]
        below = []
        for item in items[at[-1] + 1 :]:
            if isinstance(item, Node) or item.spatial:
                break
            below.append(item)
        if not _fits(rule, below):
            return False
    return True


def _fits(rule: PlaceRule, loops: Sequence[Loop]) -> bool:
    loops = [loop for loop in loops if loop.factor > 1]
    for asked in rule.factors:
        factor = next((loop.factor for loop in loops if loop.dim == asked.dim), 1)
        if factor < asked.least or (asked.most is not None and factor > asked.most):
            return False
    named = [asked.dim for asked in rule.factors]
    dims = [loop.dim for loop in loops]
    if not rule.open and any(dim not in named for dim in dims):
        return False
    if rule.free_order or rule.axis is not None:
        return True
    # outer dims in their order, then others in any order, then inner dims in their order
    kinds = ["outer" if d in rule.outer else "inner" if d in rule.inner else "other" for d in dims]
    return (
        kinds == sorted(kinds, key=["outer", "other", "inner"].index)
        and [d for d in dims if d in rule.outer] == [d for d in rule.outer if d in dims]
        and [d for d in dims if d in rule.inner] == [d for d in rule.inner if d in dims]
    )
