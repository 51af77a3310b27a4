"""What a search needs of a layer: the dims that can be split, in groups that are split independently of each other, and
its operator without what makes no difference to any count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache

from ..spec.op import Layer, Operator, Rank, Tensor, Term

Group = tuple[str, ...]


def groups_of(layer: Layer, dims: Iterable[str]) -> tuple[Group, ...]:
    """Dims in groups that no tensor's index ties together."""
    dims = tuple(dims)
    merged: list[set[str]] = [{d} for d in dims]
    for tensor in layer.op.tensors:
        for group in tensor.groups:
            tied = [s for s in merged if s & set(group)]
            if len(tied) > 1:
                merged = [s for s in merged if not any(s is t for t in tied)] + [set().union(*tied)]
    ordered = sorted(merged, key=lambda s: min(dims.index(d) for d in s))
    return tuple(tuple(d for d in dims if d in s) for s in ordered)


def live_dims(layer: Layer) -> tuple[str, ...]:
    """The dims with a bound above 1; one, if there is none."""
    return tuple(d for d, bound in layer.bounds if bound > 1) or layer.op.dims[:1]


def skeleton(layer: Layer) -> tuple[Operator, tuple[tuple[str, int], ...]]:
    """The operator without names, constants, dims that cannot be split and strides that no window has; and bounds where
    closed forms depend on them as numbers: where several ranks over the same dims are read as one number
    (`coordinate.linearised`).

    With a bound of 1 a filter's dim adds nothing to an index: a 1 x 1 convolution is no window, whatever its stride.
    """
    op, dims = layer.op, live_dims(layer)
    tensors = tuple(_plain(tensor, dims) for tensor in op.tensors)
    tied = any(sum(any(d in g for d in r.dims) for r in t.ranks) > 1 for t in tensors for g in t.groups)
    shape = tuple((d, bound if tied else min(bound, 2)) for d, bound in layer.bounds if d in dims)
    return Operator("", dims, tensors, op.reduction, op.body), shape


@lru_cache(maxsize=256)
def outline(op: Operator) -> Operator:
    """What templates depend on: which dims share an index, not how far windows move."""

    def flat(rank: Rank) -> Rank:
        return Rank(tuple(Term(term.dim, 1) for term in rank.terms))

    return replace(op, tensors=tuple(replace(t, ranks=tuple(map(flat, t.ranks))) for t in op.tensors))


def slides(layer: Layer) -> bool:
    """Whether an operand has a window: a rank over several dims that can be split."""
    op, _ = skeleton(layer)
    return any(len(group) > 1 for t in op.tensors if not t.is_output for group in t.groups)


def _plain(tensor: Tensor, dims: tuple[str, ...]) -> Tensor:
    ranks = [tuple(term for term in rank.terms if term.dim in dims) for rank in tensor.ranks]
    found = replace(tensor, ranks=tuple(Rank(terms) for terms in ranks))
    alone = {group[0] for group in found.groups if len(group) == 1}
    return replace(
        found, ranks=tuple(Rank(tuple(Term(t.dim, 1 if t.dim in alone else t.coefficient) for t in r)) for r in ranks)
    )
