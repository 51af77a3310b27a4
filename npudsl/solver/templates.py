"""Templates: nests with open factors that together cover a mapspace, part by part.

A nest is cut at a tier `a` (`Hierarchy.may_cut`) where everything inside depends on the loops outside only through how
often each dim has been split (`frame` loops, always walked), so a part from tier `a` to tier `b` can be searched by
itself. One thing crosses a cut: a tensor whose dims do not occur in a whole slot *passes* it, and stays put by a loop
of an outer slot. A part of several slots covers exactly these: its inner slots hold only dims that do not move the
tensors that pass. (Counts of a template whose loops happen to be 1 are never below those of the nest that remains.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product

from ..mapping.nest import Loop, Mapping, Node
from ..spec.arch import Array
from ..spec.hashing import hashed_once
from ..spec.op import Operator, Tensor
from .canonical import each_gains, each_stands, held, moved_by, passes, stuck, trimmed
from .hierarchy import Hierarchy
from .orders import OrderClass, order_classes
from .restrictions import named, restricted

#: A place for loops: ("frame",), ("slot", tier), ("axis", array, axis) or ("core",).
Place = tuple[str, ...] | tuple[str, int]

#: (top, bottom, last) of a part, as in `Template`.
Part = tuple[int, int, bool]


@hashed_once
@dataclass(frozen=True)
class Template:
    """Loops (factors open) and nodes of a part of the nest from tier `top` to tier `bottom`.

    `places`: per loop of `nest` its place; the first `frame` loops stand for everything outside. `last`: the operations
    belong to this part; else what is inside tier `bottom` is one `core` loop per dim. `orders`: by tier the class of
    the order of its slot. `ranges`: per loop the least and the largest factor (None: any).
    """

    top: int
    bottom: int
    last: bool
    nest: Mapping
    places: tuple[Place, ...]
    frame: int
    orders: tuple[tuple[int, OrderClass], ...]
    ranges: tuple[tuple[int, int | None], ...]


def parts(hierarchy: Hierarchy) -> Iterator[Part]:
    """(top, bottom, last) of every part between cuts, outer tops first."""
    end = len(hierarchy.tiers)
    bottom = end if hierarchy.tiers[-1].arrays else end - 1
    cuts = [0] + [t for t in range(1, bottom) if hierarchy.may_cut(t)]
    for i, top in enumerate(cuts):
        for lower in [*cuts[i + 1 :], bottom]:
            yield top, lower, lower == bottom


@lru_cache(maxsize=1024)
def templates(op: Operator, dims: tuple[str, ...], hierarchy: Hierarchy, part: Part) -> tuple[Template, ...]:
    """Every template of a part; `dims` are those with a bound above 1."""
    top, bottom, _last = part
    every = range(top, max(top + 1, min(bottom, len(hierarchy.tiers))))
    found: dict[Template, None] = {}
    for slots in restricted(op, dims, hierarchy, bottom, every[-1], top, {}):
        for classes in _class_choices(op, hierarchy, slots, bottom, dims):
            kept = trimmed(op, hierarchy, slots, classes) if hierarchy.canonical else slots
            for axes in _axis_orders(op, hierarchy, top, bottom):
                found[_build(hierarchy, part, dims, kept, classes, axes)] = None
    return tuple(found)


def _class_choices(
    op: Operator, hierarchy: Hierarchy, slots: dict[int, tuple[str, ...]], bottom: int, dims: tuple[str, ...]
) -> Iterator[dict[int, OrderClass]]:
    """One order class per slot; combinations in which no passing tensor gains anything are left to smaller parts."""
    order = sorted(slots)
    choices = []
    for slot in order:
        inner = tuple(slots[s] for s in order if s > slot)
        tensors = _swept_by(op, hierarchy, slot, inner, min(bottom, len(hierarchy.tiers) - 1))
        first = moved_by(op, hierarchy, slot, slots[slot]) if hierarchy.canonical else None
        choices.append(order_classes(tensors, slots[slot], slot != order[0], first, hierarchy.rule(slot)))
    for classes in product(*choices):
        chosen = dict(zip(order, classes, strict=True))
        if hierarchy.canonical and not each_gains(op, hierarchy, slots, chosen):
            continue
        if hierarchy.canonical and not each_stands(op, hierarchy, slots, chosen, dims):
            continue
        if all(_worth_passing(op, hierarchy, slots, chosen, slot, len(dims)) for slot in order[1:]):
            yield chosen


@lru_cache(maxsize=1 << 14)
def _swept_by(
    op: Operator, hierarchy: Hierarchy, slot: int, inner: tuple[tuple[str, ...], ...], last: int
) -> tuple[Tensor, ...]:
    """Tensors with a node, up to tier `last`, that loops of this slot may be the innermost to move; `inner`: the dims
    of the slots further in."""
    found: set[Tensor] = set()
    passing = stuck(op, hierarchy, slot, last) if hierarchy.canonical else op.tensors
    between: set[str] = set()
    for tier in range(slot + 1, last + 1):
        if tier > slot + 1:
            between.update(*inner[tier - slot - 2 : tier - slot - 1])
        for tensor in held(op, hierarchy, tier):
            if not between or (tensor in passing and between.isdisjoint(tensor.dims)):
                found.add(tensor)
    return tuple(t for t in op.tensors if t in found)


def _worth_passing(
    op: Operator,
    hierarchy: Hierarchy,
    slots: dict[int, tuple[str, ...]],
    classes: dict[int, OrderClass],
    slot: int,
    count: int,
) -> bool:
    if (hierarchy.rule(slot) or len(slots[slot]) == count) and not hierarchy.may_cut(slot):
        return True  # a whole slot, not a passed one
    passing = _passing(op, hierarchy, slots, slot)
    return any(_gains(tensor, slots, classes, slot - 1) for tensor in passing)


def _passing(op: Operator, hierarchy: Hierarchy, slots: dict[int, tuple[str, ...]], slot: int) -> list[Tensor]:
    """Tensors that pass a slot and all slots from there to a node of theirs."""
    return [t for t in op.tensors if passes(op, hierarchy, slots, t, slot, max(slots) + 1)]


def _gains(tensor: Tensor, slots: dict[int, tuple[str, ...]], classes: dict[int, OrderClass], slot: int) -> bool:
    """Whether a tensor that passes all slots further in is spared traffic by the order of this one, or of one
    outside."""
    if slot not in slots:
        return True
    if not any(d in tensor.dims for d in slots[slot]):
        return _gains(tensor, slots, classes, slot - 1)
    return all(name != tensor.name for name, _ in classes[slot].trailing) or classes[slot].gains(tensor.name)


# ---- the nest ------------------------------------------------------------------------------------


def _axis_orders(
    op: Operator, hierarchy: Hierarchy, top: int, bottom: int
) -> list[tuple[tuple[tuple[Array, tuple[str, ...]], ...], ...]]:
    """Per tier from `top`, its arrays with their axes in order. The order matters only where some axes share what
    others do not and tiles overlap along them."""
    per_tier = []
    for tier in range(top, min(bottom, len(hierarchy.tiers))):
        per_array = []
        for array in hierarchy.tiers[tier].arrays:
            names = tuple(a for a, _ in array.axes)
            mixed = any(
                0 < len(array.combining_axes(t.role, t.is_output)) < len(names) and any(len(g) > 1 for g in t.groups)
                for t in op.tensors
            )
            per_array.append([(array, p) for p in (permutations(names) if mixed else [names])])
        per_tier.append([tuple(choice) for choice in product(*per_array)])
    return [tuple(choice) for choice in product(*per_tier)]


@lru_cache(maxsize=1024)
def _open_loop(dim: str, array: str | None, axis: str | None) -> Loop:
    return Loop(dim, 0, array, axis)


def _build(
    hierarchy: Hierarchy,
    part: Part,
    dims: tuple[str, ...],
    slots: dict[int, tuple[str, ...]],
    classes: dict[int, OrderClass],
    axes: tuple[tuple[tuple[Array, tuple[str, ...]], ...], ...],
) -> Template:
    top, bottom, last = part
    items: list[Node | Loop] = [n for tier in hierarchy.tiers[: top + 1] for n in tier.nodes]
    places: list[Place] = []

    def add(loops: tuple[str, ...], place: Place, array: str | None = None, axis: str | None = None) -> None:
        items.extend(_open_loop(d, array, axis) for d in loops)
        places.extend([place] * len(loops))

    explicit = tuple(reversed(classes[top].inner))
    framed = dims if top else () if hierarchy.rule(top) else tuple(d for d in dims if d not in explicit)
    add(framed, ("frame",))
    for tier, arrays in zip(range(top, top + len(axes)), axes, strict=True):
        if tier > top:
            items.extend(hierarchy.tiers[tier].nodes)
        add(_ordered(slots[tier], classes[tier], explicit if tier == top else None), ("slot", tier))
        for array, names in arrays:
            for name in names:
                add(dims, ("axis", array.name, name), array.name, name)
    for tier in range(max(top + len(axes), top + 1), min(bottom, len(hierarchy.tiers) - 1) + 1):
        items.extend(hierarchy.tiers[tier].nodes)
    if bottom < len(hierarchy.tiers):
        add(_in_order(hierarchy, bottom, dims) if last else dims, ("core",))
    for tier in range(bottom + 1, len(hierarchy.tiers)):
        items.extend(hierarchy.tiers[tier].nodes)
    nest = Mapping(tuple(items))
    named: dict[Place, int] = {("slot", tier): tier for tier in slots} | ({("core",): bottom} if last else {})
    ranges = tuple(
        _range(hierarchy, loop.dim, place, named.get(place)) for loop, place in zip(nest.loops, places, strict=True)
    )
    return Template(top, bottom, last, nest, tuple(places), len(framed), tuple(classes.items()), ranges)


def _range(hierarchy: Hierarchy, dim: str, place: Place, tier: int | None) -> tuple[int, int | None]:
    """The least and the largest factor (None: any) that a dataflow admits for a loop; `tier`: above its slot."""
    rule = None if tier is None else hierarchy.rule(tier)
    if place[0] == "axis":
        rule = hierarchy.along(str(place[-2]), str(place[-1]))
    limits = None if rule is None else rule.limits(dim)
    return (1, None) if limits is None else (limits.least, limits.most)


def _in_order(hierarchy: Hierarchy, slot: int, dims: tuple[str, ...]) -> tuple[str, ...]:
    """The loops of the innermost slot, where nothing but a dataflow cares for their order."""
    rule = hierarchy.rule(slot)
    if rule is None:
        return dims
    placed = (*rule.outer, *rule.inner)
    here = named(hierarchy, slot, dims)
    outer, inner = ([d for d in some if d in here] for some in (rule.outer, rule.inner))
    return (*outer, *(d for d in here if d not in placed), *inner)


def _ordered(dims: tuple[str, ...], chosen: OrderClass, explicit: tuple[str, ...] | None) -> tuple[str, ...]:
    """The loops of a slot, outermost first. The top slot has only those whose place matters; the frame has the
    others."""
    if explicit is not None:
        return explicit
    inner = tuple(d for d in reversed(chosen.inner) if d in dims)
    return tuple(d for d in dims if d not in inner) + inner
