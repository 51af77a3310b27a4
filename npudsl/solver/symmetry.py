"""Renamings of dims that leave a layer as it is (p, r with q, s for square images): of templates that such a renaming
turns into each other only one needs to be searched."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

from ..spec.op import Layer, Operator
from .hierarchy import Hierarchy
from .templates import Part, Template, templates

Signature = tuple[object, ...]
#: Pairs of a dim and what it is called instead.
Renaming = tuple[tuple[str, str], ...]


def renamings(layer: Layer, dims: tuple[str, ...]) -> tuple[Renaming, ...]:
    """Products of up to three disjoint exchanges of dims with equal bounds that map every tensor's index to itself."""
    swaps = [(a, b) for a, b in combinations(dims, 2) if layer.bound[a] == layer.bound[b]]
    found = []
    for count in (1, 2, 3):
        for chosen in combinations(swaps, count):
            names = [d for pair in chosen for d in pair]
            if len(set(names)) == len(names):
                renaming = {a: b for pair in chosen for a, b in (pair, pair[::-1])}
                if _index(layer, renaming) == _index(layer, {}):
                    found.append(tuple(renaming.items()))
    return tuple(found)


def _index(layer: Layer, renaming: dict[str, str]) -> list[object]:
    """Every tensor's ranks as a multiset: exchanging whole ranks does not change any count."""
    return [
        sorted(sorted((renaming.get(t.dim, t.dim), t.coefficient) for t in rank.terms) for rank in tensor.ranks)
        for tensor in layer.op.tensors
    ]


@lru_cache(maxsize=1024)
def distinct(
    op: Operator, dims: tuple[str, ...], hierarchy: Hierarchy, part: Part, symmetries: tuple[Renaming, ...]
) -> tuple[Template, ...]:
    """One template of every class of a part's templates that are the same but for a renaming."""
    seen: set[Signature] = set()
    found = []
    for template in templates(op, dims, hierarchy, part):
        if _signature(template, {}) not in seen:
            seen.update(_signature(template, dict(renaming)) for renaming in ((), *symmetries))
            found.append(template)
    return tuple(found)


def _signature(template: Template, renaming: dict[str, str]) -> Signature:
    """The dims per place, and for each slot what its order means: which of them trail for a tensor, which sweeps."""
    per_place: dict[object, list[str]] = {}
    for loop, place in zip(template.nest.loops, template.places, strict=True):
        per_place.setdefault(place, []).append(renaming.get(loop.dim, loop.dim))
    means = []
    for tier, order in template.orders:
        dims = per_place.get(("slot", tier), ())
        trailing = tuple(
            (t, tuple(sorted(d for x in there if (d := renaming.get(x, x)) in dims))) for t, there in order.trailing
        )
        means.append((tier, trailing, tuple((t, None if d is None else renaming.get(d, d)) for t, d in order.sweeps)))
    return (*((place, tuple(sorted(dims))) for place, dims in per_place.items()), *means)
