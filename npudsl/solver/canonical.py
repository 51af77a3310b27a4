"""Canonical forms of uneven nests: which loops a slot needs, because elsewhere they would do no better.

All factors are perfect. A dim is *plain* if no tensor ties it to another dim (`windowed` otherwise). Two moves never
raise a count nor a tile; a nest to which neither applies is canonical, and every nest can be made so.

1. *Raise a node.* Loops directly above a node of T that do not move T go below it: its tile, its traffic and that of
   its child stay. So directly above a node stands a loop that moves it, or an array, which a node cannot cross.
2. *Hoist a loop.* A loop of a plain dim d goes outwards past other loops (more of them trail for tensors that d moves),
   past arrays (tiles of a plain dim are disjoint, wherever instances stand) and past nodes of tensors that d moves
   together with the loops that trail for such a node (its tile shrinks, its traffic stays, since what moves it goes on
   standing directly above those loops). It stops where further out it would no longer trail for a node that d does not
   move, which is, by move 1, one directly below an array; or directly below a node of a tensor that d does not move,
   where it costs that tensor nothing; or at the outermost memory. It is not hoisted past a node directly below an array
   at all if loops that trail for that node stand further out than the slot above the array (the tensor *passes* it): it
   might stop inside of one of them. A loop of a windowed dim that is not the sweeping loop of a window does the same,
   but stops below every node whose tensor has a window over it too, and at arrays.

Where it counts how large the tile of a node is (`Hierarchy.pinned`), no loop that moves it is hoisted past it.

So a slot needs a loop of d only if it stands directly below a node that it cannot pass (it is *based* there), or for
what the order class of the slot says: that it trails for a tensor or makes a window slide. And tensors *pass* a slot
(none of its loops moves them) only to a node directly below an array.

Nodes may also stand together, with no loop between: directly below a loop a that moves all of them. A template with a
loop there (of factor 1) stands for such a nest too, unless it would move a tensor whose window slides as a advances:
that of each of the nodes, or that of one further in. Only then is the slot *empty*. Where nodes stand together their
order is all one, so one order is enough, and loops below are based on each of them.
"""

from __future__ import annotations

from functools import lru_cache

from ..spec.op import Operator, Tensor
from .hierarchy import Hierarchy
from .orders import OrderClass


@lru_cache(maxsize=1 << 12)
def held(op: Operator, hierarchy: Hierarchy, tier: int) -> tuple[Tensor, ...]:
    """Tensors with a node at a tier; none at the operations, which keep nothing."""
    if tier >= len(hierarchy.tiers):
        return ()
    names = {n.tensor for n in hierarchy.tiers[tier].nodes}
    return tuple(t for t in op.tensors if t.name in names)


def passes(
    op: Operator,
    hierarchy: Hierarchy,
    slots: dict[int, tuple[str, ...]],
    tensor: Tensor,
    slot: int,
    last: int,
    *,
    below_array: bool = False,
) -> bool:
    """Whether no loop of a slot nor of those further in moves a tensor before a node of it, up to tier `last`;
    `below_array`: only a node directly below an array counts."""
    for tier in range(slot + 1, last + 1):
        if any(d in tensor.dims for d in slots.get(tier - 1, ())):
            return False
        if tensor in held(op, hierarchy, tier) and (hierarchy.tiers[tier - 1].arrays or not below_array):
            return True
    return False


@lru_cache(maxsize=1 << 12)
def stuck(op: Operator, hierarchy: Hierarchy, slot: int, bottom: int) -> tuple[Tensor, ...]:
    """Tensors with a node directly below an array that stands further in than slot `slot`, up to tier `bottom`."""
    names = {
        n.tensor
        for tier in range(slot, min(bottom, len(hierarchy.tiers) - 1))
        if hierarchy.tiers[tier].arrays
        for n in hierarchy.tiers[tier + 1].nodes
    }
    return tuple(t for t in op.tensors if t.name in names)


@lru_cache(maxsize=1 << 12)
def moved_by(op: Operator, hierarchy: Hierarchy, slot: int, dims: tuple[str, ...]) -> Tensor | None:
    """The tensor of the single node that follows a slot, unless an array stands between or none of the dims moves
    it."""
    if hierarchy.tiers[slot].arrays or slot + 1 >= len(hierarchy.tiers):
        return None
    (node,) = hierarchy.tiers[slot + 1].nodes
    tensor = op.tensor(node.tensor)
    return tensor if any(d in tensor.dims for d in dims) else None


def each_stands(
    op: Operator,
    hierarchy: Hierarchy,
    slots: dict[int, tuple[str, ...]],
    orders: dict[int, OrderClass],
    dims: tuple[str, ...],
) -> bool:
    """Whether every node that stands directly below another, with no loop between, has reason to (see above)."""
    return all(
        _stands(op, hierarchy, slots, orders, slot, node)
        for slot in list(slots)[1:]
        if not slots[slot] and (node := moved_by(op, hierarchy, slot, dims)) is not None
    )


def _stands(
    op: Operator,
    hierarchy: Hierarchy,
    slots: dict[int, tuple[str, ...]],
    orders: dict[int, OrderClass],
    slot: int,
    node: Tensor,
) -> bool:
    outside = max((s for s in slots if s < slot and slots[s]), default=None)
    if outside is None or not orders[outside].inner:
        return False
    loop, sweeps = orders[outside].inner[0], dict(orders[outside].sweeps)
    here = [n.tensor for tier in hierarchy.tiers[outside + 1 : slot + 1] for n in tier.nodes]
    if loop not in node.dims or not in_turn(op, hierarchy, slot, node):
        return False
    sliding = [t for t in op.tensors if sweeps.get(t.name) == loop]
    further = any(passes(op, hierarchy, slots, t, slot + 1, max(slots) + 1) for t in sliding)
    return further or all(sweeps.get(name) == loop for name in (*here, node.name))


def in_turn(op: Operator, hierarchy: Hierarchy, slot: int, node: Tensor) -> bool:
    """Of orders of nodes that stand together, no loop between, one is enough. `node`: that which follows the slot."""
    names, before = [t.name for t in op.tensors], [n.tensor for n in hierarchy.tiers[slot].nodes]
    return len(before) > 1 or before == [node.name] or names.index(before[0]) < names.index(node.name)


def trimmed(
    op: Operator, hierarchy: Hierarchy, slots: dict[int, tuple[str, ...]], orders: dict[int, OrderClass]
) -> dict[int, tuple[str, ...]]:
    """The dims that a canonical nest may have in each slot of a part under these order classes; all in the first."""
    first = min(slots)
    kept = {first: slots[first]}
    for slot, dims in slots.items():
        if slot != first:
            needed = _needed(orders[slot], orders[slot - 1])
            kept[slot] = tuple(d for d in dims if d in needed or _based(op, hierarchy, slots, slot, d))
    return kept


def _needed(order: OrderClass, outside: OrderClass) -> frozenset[str]:
    """Dims that make a window slide, or trail for a tensor for which they could not trail in the slot outside too."""
    further = dict(outside.trailing)
    trailing = [dims - further.get(tensor, frozenset()) for tensor, dims in order.trailing]
    return frozenset({dim for _, dim in order.sweeps if dim is not None}.union(*trailing))


def each_gains(
    op: Operator, hierarchy: Hierarchy, slots: dict[int, tuple[str, ...]], orders: dict[int, OrderClass]
) -> bool:
    """Whether each of several nodes that stand together below an array is spared traffic there.

    A node that is not may as well stand below the others with no loop between, which is another order of nodes.
    """
    for slot in slots:
        if hierarchy.tiers[slot].arrays and slot + 1 < len(hierarchy.tiers):
            names = {n.tensor for n in hierarchy.tiers[slot + 1].nodes}
            if len(names) > 1 and not all(_gains(name, slot, orders) for name in names):
                return False
    return True


def _gains(tensor: str, slot: int, orders: dict[int, OrderClass]) -> bool:
    return any(
        s <= slot and any(name == tensor for name, _ in order.trailing) and order.gains(tensor)
        for s, order in orders.items()
    )


def _based(op: Operator, hierarchy: Hierarchy, slots: dict[int, tuple[str, ...]], slot: int, dim: str) -> bool:
    """Whether a loop over `dim` may have reason to stay directly below the nodes that a slot follows."""
    together = slot  # nodes with no slot between stand together
    while together - 1 in slots and not slots[together - 1] and not hierarchy.tiers[together - 1].arrays:
        together -= 1
    nodes = [n for tier in hierarchy.tiers[together : slot + 1] for n in tier.nodes]
    held = [op.tensor(n.tensor) for n in nodes]
    if any(n in hierarchy.pinned or dim not in t.dims or _tied(t, dim) for n, t in zip(nodes, held, strict=True)):
        return True
    if together == 0 or not hierarchy.tiers[together - 1].arrays:
        return False
    outside = slots.get(together - 1, (dim,))
    stays = any(not any(d in t.dims for d in outside) for t in held)
    return stays or any(_tied(t, dim) for t in op.tensors)


def _tied(tensor: Tensor, dim: str) -> bool:
    """Whether an index of the tensor is a sum of this dim and others."""
    return any(dim in group and len(group) > 1 for group in tensor.groups)
