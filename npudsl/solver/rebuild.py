"""From the rows that the search chose back to a nest."""

from __future__ import annotations

from collections.abc import Sequence

from ..mapping.nest import Loop, Mapping, Node
from .hierarchy import Hierarchy
from .rows import Choice


def needed(choice: Choice, bounds: dict[str, int], dims: Sequence[str]) -> dict[str, int]:
    """The extents that a part needs at its top: the bounds without what its frame stands for."""
    frame = {
        loop.dim: factor
        for loop, factor, place in zip(choice.template.nest.loops, choice.factors, choice.template.places, strict=True)
        if place == ("frame",)
    }
    return {d: bounds[d] // frame.get(d, 1) for d in dims}


def assemble(
    hierarchy: Hierarchy, bounds: dict[str, int], dims: Sequence[str], chosen: Sequence[tuple[Choice, dict[str, int]]]
) -> Mapping:
    """The whole nest from its parts, outermost first, each with the extents that the tiles at its top really have.

    What a top tile has beyond what the part needs becomes loops of its slot, outside those whose place matters.
    """
    items: list[Node | Loop] = []
    for number, (choice, extents) in enumerate(chosen):
        need = needed(choice, bounds, dims)
        left = {d: extents[d] // need[d] for d in dims}
        items += _part(hierarchy, choice, left, first=number == 0)
    deepest = chosen[-1][0].template
    for tier in range(deepest.bottom + 1, len(hierarchy.tiers)):
        items += hierarchy.tiers[tier].nodes
    return Mapping(tuple(items)).simplified()


def _part(hierarchy: Hierarchy, choice: Choice, left: dict[str, int], first: bool) -> list[Node | Loop]:
    """Nodes of the tiers from the part's top (its own only in the first part), and all loops down to its bottom."""
    template = choice.template
    loops = [
        (place, Loop(loop.dim, factor, loop.array, loop.axis))
        for loop, factor, place in zip(template.nest.loops, choice.factors, template.places, strict=True)
    ]
    if template.top == 0:
        left = {loop.dim: loop.factor for place, loop in loops if place == ("frame",)}
    items: list[Node | Loop] = list(hierarchy.tiers[0].nodes) if first else []
    top = [loop for place, loop in loops if place == ("slot", template.top)]
    explicit = {loop.dim for loop in top}
    items += [Loop(d, n) for d, n in left.items() if d not in explicit]
    items += [Loop(x.dim, x.factor * left.get(x.dim, 1)) for x in top]
    for tier in range(template.top, min(template.bottom, len(hierarchy.tiers) - 1) + 1):
        if tier > template.top:
            items += hierarchy.tiers[tier].nodes
            items += [loop for place, loop in loops if place == ("slot", tier)]
        names = {a.name for a in hierarchy.tiers[tier].arrays} if tier < template.bottom else set()
        items += [loop for place, loop in loops if place[0] == "axis" and place[1] in names]
    if template.last:
        items += [loop for place, loop in loops if place == ("core",)]
    return items
