"""Which dims of a slot with a prescribed order are there at all: what a loop of factor 1 would hide.

Where orders are free, a tensor whose dims are absent from the inner loops of a slot has an order of its own in which
they stand further out. Where an order is prescribed, it is the absence itself that lets the loops outside trail. So
such a slot has a template for every set of dims that are present, but for those sets to which a dim can be added
without taking anything from any tensor.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from ..mapping.dataflow import PlaceRule
from ..spec.op import Operator, Tensor
from .orders import windows

Dims = tuple[str, ...]


def present(op: Operator, dims: Dims, rule: PlaceRule) -> list[Dims]:
    """The sets of dims (of `dims`, those that the rule lets the slot have) that need templates, the whole first."""
    needed = {r.dim for r in rule.factors if r.least > 1}
    if not needed <= set(dims):
        return []
    if rule.free_order or not (rule.outer or rule.inner):
        return [dims]
    return [s for s in _subsets(dims, needed) if not any(_spares_as_much(op, rule, s, d) for d in dims if d not in s)]


def _subsets(dims: Dims, needed: set[str]) -> Iterator[Dims]:
    loose = [d for d in dims if d not in needed]
    for count in range(len(loose) + 1):
        for absent in combinations(loose, count):
            yield tuple(d for d in dims if d not in absent)


def _spares_as_much(op: Operator, rule: PlaceRule, dims: Dims, more: str) -> bool:
    wider = (*dims, more)
    for tensor in op.tensors:
        trailing, sweeps = _best(tensor, dims, rule)
        trailing_then, sweeps_then = _best(tensor, wider, rule)
        if not trailing <= trailing_then or not sweeps <= sweeps_then:
            return False
    return True


def _best(tensor: Tensor, dims: Dims, rule: PlaceRule) -> tuple[frozenset[str], frozenset[str]]:
    """Dims that may trail for a tensor in some order that fits, and those of them that may sweep a window."""
    inner = [d for d in reversed(rule.inner) if d in dims]
    outer = [d for d in reversed(rule.outer) if d in dims]
    free = [d for d in dims if d not in inner and d not in outer]
    trailing: list[str] = []
    for segment, fixed in ((inner, True), (free, False), (outer, True)):
        if fixed:
            for d in segment:
                if d in tensor.dims:
                    return frozenset(trailing), frozenset({d} & windows(tensor))
                trailing.append(d)
            continue
        trailing += [d for d in segment if d not in tensor.dims]
        closing = frozenset(d for d in segment if d in tensor.dims)
        if closing:
            return frozenset(trailing), closing & windows(tensor)
    return frozenset(trailing), frozenset()
