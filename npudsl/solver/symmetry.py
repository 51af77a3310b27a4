"""Renamings that leave a layer as it is: of dims (p, r with q, s for square images), and of operands that a machine
treats alike (the two factors of a square matrix product). Of templates, and of orders of nodes, that such a renaming
turns into each other only one needs to be searched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from ..mapping.nest import Node
from ..spec.arch import Arch
from ..spec.op import Layer, Operator, Tensor
from .groups import skeleton
from .hierarchy import Hierarchy
from .templates import Part, Template, templates

Signature = tuple[object, ...]


@dataclass(frozen=True)
class Renaming:
    """Pairs of a dim and what it is called instead, and of a tensor likewise; what is not named keeps its name."""

    dims: tuple[tuple[str, str], ...] = ()
    tensors: tuple[tuple[str, str], ...] = ()


def renamings(layer: Layer, dims: tuple[str, ...], arch: Arch | None = None) -> tuple[Renaming, ...]:
    """Products of up to three disjoint exchanges of dims with equal bounds that map every tensor's index to itself.

    With an architecture also such that map the indices of two operands to each other, if it treats them alike.
    """
    swaps = [(a, b) for a, b in combinations(dims, 2) if layer.bound[a] == layer.bound[b]]
    op, _ = skeleton(layer)
    operands = () if arch is None else tuple(_alike(arch, op.operands))
    found = []
    for count in range(4):
        for chosen in combinations(swaps, count):
            names = [d for pair in chosen for d in pair]
            if len(set(names)) == len(names):
                renaming = {a: b for pair in chosen for a, b in (pair, pair[::-1])}
                index = _index(op.tensors, renaming)
                found += [
                    Renaming(tuple(renaming.items()), exchanged)
                    for exchanged in ((), *operands)
                    if (chosen or exchanged) and index == _index(_renamed(op, exchanged), {})
                ]
    return tuple(found)


def _alike(arch: Arch, operands: Iterable[Tensor]) -> list[tuple[tuple[str, str], ...]]:
    """Exchanges of two operands that the architecture treats alike."""
    pairs = combinations(operands, 2)
    return [((a.name, b.name), (b.name, a.name)) for a, b in pairs if _treats(arch, a.role) == _treats(arch, b.role)]


def _treats(arch: Arch, role: str) -> list[object]:
    """All that an architecture says of a role."""
    found: list[object] = [arch.width(None, role)]
    for memory in arch.memories:
        hold = memory.hold(role)
        kept = None if hold is None else (hold.optional, hold.cap)
        found.append((kept, role in memory.double, role in memory.fifo, arch.width(memory.name, role)))
    for array in arch.arrays:
        found += [(role in link.multicast, role in link.reduce, role in link.unicast) for link in array.links]
    return found


def _renamed(op: Operator, exchanged: tuple[tuple[str, str], ...]) -> list[Tensor]:
    instead = dict(exchanged)
    return [op.tensor(instead.get(t.name, t.name)) for t in op.tensors]


def _index(tensors: Iterable[Tensor], renaming: dict[str, str]) -> list[object]:
    """Every tensor's ranks as a multiset: exchanging whole ranks does not change any count."""
    return [
        sorted(sorted((renaming.get(t.dim, t.dim), t.coefficient) for t in r.terms) for r in tensor.ranks if r.terms)
        for tensor in tensors
    ]


def apart(orders: Iterable[Hierarchy], symmetries: tuple[Renaming, ...], seen: set[Signature]) -> list[Hierarchy]:
    """Orders of nodes of which none is another one renamed, nor one that was `seen` (which these are, afterwards)."""
    exchanges = {symmetry.tensors for symmetry in symmetries} - {()}
    found = []
    for order in orders:
        if _tiers(order, ()) not in seen:
            seen.update(_tiers(order, exchange) for exchange in exchanges)
            found.append(order)
    return found


def _tiers(order: Hierarchy, exchange: tuple[tuple[str, str], ...]) -> Signature:
    """Which nodes stand together, tier by tier."""
    instead = dict(exchange)
    return tuple(
        (frozenset(Node(instead.get(n.tensor, n.tensor), n.memory) for n in tier.nodes), tier.arrays)
        for tier in order.tiers
    )


@lru_cache(maxsize=1024)
def distinct(
    op: Operator, dims: tuple[str, ...], hierarchy: Hierarchy, part: Part, symmetries: tuple[Renaming, ...]
) -> tuple[Template, ...]:
    """One template of every class of a part's templates that are the same but for a renaming."""
    own = _tiers(hierarchy, ())
    here = [symmetry for symmetry in symmetries if _tiers(hierarchy, symmetry.tensors) == own]
    seen: set[Signature] = set()
    found = []
    for template in templates(op, dims, hierarchy, part):
        if _signature(template, Renaming()) not in seen:
            seen.update(_signature(template, renaming) for renaming in (Renaming(), *here))
            found.append(template)
    return tuple(found)


def _signature(template: Template, renaming: Renaming) -> Signature:
    """The dims per place, and for each slot what its order means: which of them trail for a tensor, which sweeps."""
    other, tensors = dict(renaming.dims), dict(renaming.tensors)
    per_place: dict[object, list[str]] = {}
    for loop, place in zip(template.nest.loops, template.places, strict=True):
        per_place.setdefault(place, []).append(other.get(loop.dim, loop.dim))
    means = []
    for tier, order in template.orders:
        dims = per_place.get(("slot", tier), ())
        trailing = frozenset(
            (tensors.get(t, t), frozenset(d for x in there if (d := other.get(x, x)) in dims))
            for t, there in order.trailing
        )
        sweeps = frozenset((tensors.get(t, t), None if d is None else other.get(d, d)) for t, d in order.sweeps)
        means.append((tier, trailing, sweeps))
    return (*((place, tuple(sorted(dims))) for place, dims in per_place.items()), *means)
