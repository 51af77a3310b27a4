"""From the rows that the search chose back to a nest."""

from __future__ import annotations

from collections.abc import Sequence

from ..mapping.nest import Loop, Mapping, Node
from .rows import Choice


def needed(choice: Choice, bounds: dict[str, int], dims: Sequence[str]) -> dict[str, int]:
    """The extents that a part needs at its top: the bounds without what its frame stands for."""
    frame = {
        loop.dim: factor
        for loop, factor, place in zip(choice.template.nest.loops, choice.factors, choice.template.places, strict=True)
        if place == ("frame",)
    }
    return {d: bounds[d] // frame.get(d, 1) for d in dims}


def assemble(bounds: dict[str, int], dims: Sequence[str], chosen: Sequence[tuple[Choice, dict[str, int]]]) -> Mapping:
    """The whole nest from its parts, outermost first, each with the extents that the tiles at its top really have.

    What a top tile has beyond what the part needs becomes loops of its slot, outside those whose place matters.
    """
    items: list[Node | Loop] = []
    for choice, extents in chosen:
        need = needed(choice, bounds, dims)
        items += _part(choice, {d: extents[d] // need[d] for d in dims})
    return Mapping(tuple(items)).simplified()


def _part(choice: Choice, left: dict[str, int]) -> list[Node | Loop]:
    """The items of a part: its outer nodes only if it is the first, what is inside its bottom only if it is the
    last."""
    template = choice.template
    explicit = {
        loop.dim
        for loop, place in zip(template.nest.loops, template.places, strict=True)
        if place == ("slot", template.top)
    }
    loops = iter(zip(template.places, choice.factors, strict=True))
    items: list[Node | Loop] = []
    outside = True
    for item in template.nest.items:
        if isinstance(item, Node):
            if not outside or template.top == 0:
                items.append(item)
            continue
        if outside and template.top:
            items += [Loop(d, n) for d, n in left.items() if d not in explicit]
        outside = False
        place, factor = next(loops)
        if place == ("core",) and not template.last:
            break
        if place == ("frame",) and template.top:
            continue
        extra = left[item.dim] if template.top and place == ("slot", template.top) else 1
        items.append(Loop(item.dim, factor * extra, item.array, item.axis))
    return items
