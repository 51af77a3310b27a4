"""Which dims the slots of a part may have: fewer than all where a tensor held further in passes, or by a dataflow."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..spec.op import Operator
from .canonical import in_turn, moved_by, passes
from .hierarchy import Hierarchy
from .orders import windows
from .presence import present

#: By slot the dims that it may have.
Slots = dict[int, tuple[str, ...]]


def named(hierarchy: Hierarchy, slot: int, dims: tuple[str, ...]) -> tuple[str, ...]:
    """The dims that a dataflow lets a slot have."""
    rule = hierarchy.rule(slot)
    return dims if rule is None else tuple(d for d in dims if rule.limits(d).most != 1)


def restricted(
    op: Operator,
    dims: tuple[str, ...],
    hierarchy: Hierarchy,
    bottom: int,
    slot: int,
    top: int,
    inner: Slots,
) -> Iterator[Slots]:
    """The dims of every slot from tier `top` to tier `slot`, outermost first, under each choice that makes sense;
    `inner`: those of the slots further in."""
    for here in allowed(op, dims, hierarchy, slot, top, bottom, inner):
        found = {slot: here, **inner}
        if slot == top:
            yield found
        else:
            yield from restricted(op, dims, hierarchy, bottom, slot - 1, top, found)


def allowed(
    op: Operator,
    dims: tuple[str, ...],
    hierarchy: Hierarchy,
    slot: int,
    top: int,
    bottom: int,
    inner: Slots,
) -> list[tuple[str, ...]]:
    """The sets of dims that the slot below tier `slot` may be restricted to so that some tensor held further in passes
    it, or by a dataflow; the first slot of a part is not passed. Whoever passes a slot passes all that are further in
    (`inner`), up to a node of its own.

    In a canonical nest one of them moves the single node that follows, or the slot is empty, so that a window may slide
    past it (`each_stands`).
    """
    rule = hierarchy.rule(slot)
    if slot == top:
        return [dims] if rule is None else present(op, named(hierarchy, slot, dims), rule)
    further = {**inner, slot: ()}  # what passes this slot is to be chosen
    inside = [t for t in op.tensors if passes(op, hierarchy, further, t, slot, bottom, below_array=hierarchy.canonical)]
    sets = [] if hierarchy.may_cut(slot) else [dims]
    for count in range(1, len(inside) + 1):
        for passing in combinations(inside, count):
            sets.append(tuple(d for d in dims if not any(d in t.dims for t in passing)))
    node = moved_by(op, hierarchy, slot, dims) if hierarchy.canonical else None
    if node is not None:
        sets = [s for s in sets if any(d in node.dims for d in s)]
        sliding = (t for t in op.tensors if windows(t) and in_turn(op, hierarchy, slot, node))
        sets += [()] if any(passes(op, hierarchy, further, t, slot, max(further) + 1) for t in sliding) else []
    leading = _leading(op, dims, hierarchy, slot, inner) if hierarchy.canonical else dims
    sets = [s for s in sets if not s or any(d in leading for d in s)]
    if rule is None:
        return list(dict.fromkeys(sets))
    return list(dict.fromkeys(found for s in sets for found in present(op, named(hierarchy, slot, s), rule)))


def _leading(op: Operator, dims: tuple[str, ...], hierarchy: Hierarchy, slot: int, inner: Slots) -> tuple[str, ...]:
    """The dims that the innermost loop of a slot may have: where nodes stand together directly below, those that make
    a window slide and move all of them (`each_stands`)."""
    found = dims
    for below in range(slot + 1, max(inner, default=slot) + 1):
        node = moved_by(op, hierarchy, below, dims)
        if inner[below] or node is None:
            break
        found = tuple(d for d in found if d in node.dims and any(d in windows(t) for t in op.tensors))
    return found
