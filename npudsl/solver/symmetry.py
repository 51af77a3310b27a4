"""Renamings of dims that leave a layer as it is (p, r with q, s for square images): of templates that such a renaming
turns into each other only one needs to be searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from ..spec.op import Layer
from .templates import Template

Signature = tuple[object, ...]


def renamings(layer: Layer, dims: tuple[str, ...]) -> list[dict[str, str]]:
    """Products of up to three disjoint exchanges of dims with equal bounds that map every tensor's index to itself."""
    swaps = [(a, b) for a, b in combinations(dims, 2) if layer.bound[a] == layer.bound[b]]
    found = []
    for count in (1, 2, 3):
        for chosen in combinations(swaps, count):
            names = [d for pair in chosen for d in pair]
            if len(set(names)) == len(names):
                renaming = {a: b for pair in chosen for a, b in (pair, pair[::-1])}
                if _index(layer, renaming) == _index(layer, {}):
                    found.append(renaming)
    return found


def _index(layer: Layer, renaming: dict[str, str]) -> list[object]:
    """Every tensor's ranks as a multiset: exchanging whole ranks does not change any count."""
    return [
        sorted(sorted((renaming.get(t.dim, t.dim), t.coefficient) for t in rank.terms) for rank in tensor.ranks)
        for tensor in layer.op.tensors
    ]


def distinct(templates: Iterable[Template], symmetries: list[dict[str, str]]) -> Iterator[Template]:
    """One template of every class of templates that are the same but for a renaming."""
    seen: set[Signature] = set()
    for template in templates:
        if _signature(template, {}) in seen:
            continue
        seen.update(_signature(template, renaming) for renaming in ({}, *symmetries))
        yield template


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
