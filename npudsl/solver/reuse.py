"""How often three tensors can be reused at most: the constant of a Loomis-Whitney inequality, for any affine indices.

Claim. For three tensors A, B, C of an operator and any set P of its points, let a, b, c be the numbers of elements that
P touches. Then |P|^2 <= kappa * a * b * c, with the `kappa` of `most_reuse`.

Proof. Dims are fixed one after the other (*taps*, as those of a filter), the others stay *free*.
1. All taps fixed. Every free dim is, for two of the tensors, a coordinate that an element tells (`_told`). The points
   are known by their free dims, so P is bounded by its projections on the told coordinates of A, B and C, of which
   every free dim is covered twice: |P|^2 <= a b c (Loomis and Whitney 1949; Bollobas and Thomason 1995 for covers).
2. One tap more. Let P_t be the points with value t of the tap, |P_t|^2 <= k a_t b_t c_t, and let no element of a tensor
   meet more than `contact` values of the tap: sum a_t <= contact_A * a, likewise for B and C. Leave out the tensor with
   the largest contact, say C: c_t <= c, and by Cauchy and Schwarz |P| = sum |P_t| <= sqrt(k c) sum sqrt(a_t b_t)
   <= sqrt(k c * contact_A a * contact_B b).
So kappa is the product, over the taps, of the two smaller contacts. For a convolution with r and s as taps an element
of the weights meets one value and one of the input ceil(R / stride), which is rho of the literature on pebble games.
Any choice of taps is right; the least kappa over all choices and orders is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import gcd

from ..spec.op import Layer, Tensor

#: Dims that may have to be fixed, at the most: all orders of them are compared (2^n sets).
MOST_TAPS = 10

Triple = tuple[Tensor, Tensor, Tensor]


@lru_cache(maxsize=256)
def most_reuse(layer: Layer, tensors: Triple) -> int | None:
    """The least `kappa` for a layer's bounds, at least 1; None if there are too many ways to choose the taps."""
    live = tuple(d for d in layer.op.dims if layer.bound[d] > 1)
    doubtful = tuple(d for d in live if _doubtful(d, tensors, frozenset(live)))
    if len(doubtful) > MOST_TAPS:
        return None
    return _Taps(tensors, {d: layer.bound[d] for d in live}, doubtful).least(frozenset())


def _doubtful(dim: str, tensors: Triple, live: frozenset[str]) -> bool:
    """Whether a dim may have to be fixed: it is in less than two tensors, or shares a rank with another."""
    with_it = [t for t in tensors if dim in t.dims]
    shared = any(dim in r.dims and len(live & set(r.dims)) > 1 for t in with_it for r in t.ranks)
    return shared or len(with_it) < 2


class _Taps:
    """All choices and orders of taps for one triple: `least(fixed)` is the least product of contacts from there on."""

    def __init__(self, tensors: Triple, bounds: Mapping[str, int], doubtful: tuple[str, ...]):
        self.tensors, self.bounds, self.doubtful = tensors, bounds, doubtful
        self.least = lru_cache(maxsize=None)(self._least)

    def _least(self, fixed: frozenset[str]) -> int | None:
        if self._covered(fixed):
            return 1  # a contact is at least 1, so fixing more cannot help
        found = []
        for dim in self.doubtful:
            rest = None if dim in fixed else self.least(fixed | {dim})
            if rest is not None:
                one, two, _ = sorted(self._contact(t, dim, fixed) for t in self.tensors)
                found.append(one * two * rest)
        return min(found, default=None)

    def _covered(self, fixed: frozenset[str]) -> bool:
        told = [self._told(t, fixed) for t in self.tensors]
        return all(d in fixed or sum(d in one for one in told) >= 2 for d in self.bounds)

    def _told(self, tensor: Tensor, fixed: frozenset[str]) -> frozenset[str]:
        """The dims that an element of a tensor and the values of the fixed dims determine."""
        told: set[str] = set()
        while True:
            more = {
                unknown[0]
                for rank in tensor.ranks
                if len(unknown := [d for d in rank.dims if d in self.bounds and d not in fixed | told]) == 1
            }
            if not more:
                return frozenset(told)
            told |= more

    def _contact(self, tensor: Tensor, dim: str, fixed: frozenset[str]) -> int:
        """At most so many values of `dim` occur at the points that touch an element, the fixed dims being known.

        In a rank D*dim + U*other + known terms the values of `dim` are congruent modulo U / gcd(U, D), and each goes
        with another value of `other`.
        """
        most = self.bounds[dim]
        told = self._told(tensor, fixed)
        if dim in told:
            return 1
        for rank in tensor.ranks:
            unknown = [t for t in rank.terms if t.dim in self.bounds and t.dim not in fixed | told]
            if len(unknown) == 2 and dim in rank.dims:
                own, other = sorted(unknown, key=lambda t: t.dim != dim)
                apart = other.coefficient // gcd(other.coefficient, own.coefficient)
                most = min(most, -(-self.bounds[dim] // apart), self.bounds[other.dim])
        return most
