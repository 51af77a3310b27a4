"""Loop orders that matter: within a slot, the classes of orders that differ in some tensor's traffic.

Read a slot from its innermost loop outwards. A tensor is *open* until the first dim that indexes it; the loops before
are trailing (they cause it no traffic), that dim closes it and, if it shares an index with another dim, makes its
window slide. Dims that close nothing may as well come first: they add to what trails and take nothing away. So an order
class is a sequence of closing dims, and a class is left out if another gives every tensor at least as much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from ..mapping.dataflow import PlaceRule
from ..spec.hashing import hashed_once
from ..spec.op import Tensor


@hashed_once
@dataclass(frozen=True)
class OrderClass:
    """`inner`: the dims whose place matters, innermost first. `trailing`, `sweeps`: per tensor what it gains by it."""

    inner: tuple[str, ...]
    trailing: tuple[tuple[str, frozenset[str]], ...]
    sweeps: tuple[tuple[str, str | None], ...]

    def gains(self, tensor: str) -> bool:
        """Whether this order spares the tensor any traffic."""
        return bool(dict(self.trailing)[tensor]) or dict(self.sweeps)[tensor] is not None

    def no_better_than(self, other: OrderClass) -> bool:
        trails, slides = dict(other.trailing), dict(other.sweeps)
        return all(mine <= trails[t] for t, mine in self.trailing) and all(
            dim is None or dim == slides[t] for t, dim in self.sweeps
        )


def windows(tensor: Tensor) -> frozenset[str]:
    """Dims of a read tensor that share an index with another dim: sweeping one lets part of the tile stay."""
    if tensor.is_output:
        return frozenset()
    return frozenset(d for group in tensor.groups if len(group) > 1 for d in group)


@lru_cache(maxsize=1 << 14)
def order_classes(
    tensors: tuple[Tensor, ...],
    dims: tuple[str, ...],
    whole: bool = False,
    first: Tensor | None = None,
    rule: PlaceRule | None = None,
) -> tuple[OrderClass, ...]:
    """The undominated order classes of a slot over `dims` for `tensors`.

    `whole`: the orders of all dims are wanted, because what stands outside the slot is not all that is left. `first`:
    only orders whose innermost loop moves this one of the tensors. `rule`: only orders that fit; then every dim has its
    place.
    """
    found: list[OrderClass] = []
    sequences = _sequences(tensors, dims, whole, first) if rule is None else _fitting(tensors, dims, rule)
    for inner in dict.fromkeys(sequences):
        trailing, sweeps = [], []
        for tensor in tensors:
            closing = next((k for k, d in enumerate(inner) if d in tensor.dims), None)
            trailing.append((tensor.name, frozenset(inner[:closing])))
            slides = closing is not None and inner[closing] in windows(tensor)
            sweeps.append((tensor.name, inner[closing] if slides and closing is not None else None))
        found.append(OrderClass(inner, tuple(trailing), tuple(sweeps)))
    kept: list[OrderClass] = []
    for i, one in enumerate(found):
        beaten = any(
            one.no_better_than(other) and (j < i or not other.no_better_than(one))
            for j, other in enumerate(found)
            if i != j
        )
        if not beaten:
            kept.append(one)
    return tuple(kept)


def _sequences(
    tensors: tuple[Tensor, ...], dims: tuple[str, ...], whole: bool, first: Tensor | None
) -> Iterator[tuple[str, ...]]:
    starts = [d for d in dims if first is not None and d in first.dims]
    for start in starts if first is not None else [None]:
        inner = () if start is None else (start,)
        still_open = tuple(t for t in tensors if start not in t.dims)
        for sequence in _close(still_open, tuple(d for d in dims if d != start), inner):
            yield sequence if whole else _without_idle_end(tensors, sequence)


def _fitting(tensors: tuple[Tensor, ...], dims: tuple[str, ...], rule: PlaceRule) -> Iterator[tuple[str, ...]]:
    """Orders of all dims that a dataflow admits, but for those that differ only in what closes nothing."""
    named = () if rule.free_order else rule.outer + rule.inner
    start = tuple(d for d in reversed(rule.inner) if d in dims and d in named)
    end = tuple(d for d in reversed(rule.outer) if d in dims and d in named)
    free = tuple(d for d in dims if d not in named)
    still_open = tuple(t for t in tensors if not any(d in t.dims for d in start))
    for sequence in _close(still_open, free, start):
        yield sequence + tuple(d for d in free if d not in sequence) + end


def _close(open_: tuple[Tensor, ...], dims: tuple[str, ...], inner: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if open_:
        free = tuple(d for d in dims if not any(d in t.dims for t in open_))
        inner, dims = inner + free, tuple(d for d in dims if d not in free)
    if not open_ or not dims:
        yield inner
        return
    tried: set[tuple[str, ...]] = set()
    for dim in sorted(dims, key=lambda d: not any(d in windows(t) for t in open_)):
        closed = tuple(t.name for t in open_ if dim in t.dims)
        sliding = any(dim in windows(t) for t in open_ if t.name in closed)
        if not sliding and closed in tried:
            continue  # no slide to gain, and a dim that closes the same tensors was tried
        tried.add(closed)
        still_open = tuple(t for t in open_ if t.name not in closed)
        yield from _close(still_open, tuple(d for d in dims if d != dim), (*inner, dim))


def _without_idle_end(tensors: tuple[Tensor, ...], inner: tuple[str, ...]) -> tuple[str, ...]:
    """Drops outermost dims that neither trail for any tensor nor make a window slide: they may stand anywhere
    outside."""
    while inner:
        last = inner[-1]
        before = inner[:-1]
        trails = any(not any(d in t.dims for d in inner) for t in tensors)
        slides = any(last in windows(t) and not any(d in t.dims for d in before) for t in tensors)
        if trails or slides:
            break
        inner = before
    return inner
