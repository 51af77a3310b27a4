"""The divisor lattice of a layer: every vector of tile extents that perfect factors can make, as one dense array.

A table over the lattice holds one number per vector of extents (one divisor of every bound). Flat indices are sums of
one contribution per dim, so the index of a vector is additive over disjoint sets of dims.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod

import numpy as np

from .primes import divisors, factors, primes


@lru_cache(maxsize=65536)
def factorisations(n: int, limits: tuple[tuple[int, int], ...]) -> np.ndarray:
    """All ordered ways to write n as one factor per limit, each from the least to the largest (0: no limit); shape
    (ways, limits)."""
    if not limits:
        return np.ones((int(n == 1), 0))
    least, most = limits[0]
    found = [np.zeros((0, len(limits)))]
    for d in divisors(n) if len(limits) > 1 else (n,):
        if least <= d and (not most or d <= most):
            rest = factorisations(n // d, limits[1:])
            found.append(np.column_stack([np.full(len(rest), float(d)), rest]))
    return np.concatenate(found)


@dataclass(frozen=True)
class Lattice:
    """`dims` with their bounds, in a fixed order."""

    dims: tuple[str, ...]
    bounds: tuple[int, ...]

    @cached_property
    def axes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(divisors(b) for b in self.bounds)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(a) for a in self.axes)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @cached_property
    def _contributions(self) -> dict[str, dict[int, int]]:
        weights = [prod(self.shape[k + 1 :]) for k in range(len(self.shape))]
        return {d: {v: i * w for i, v in enumerate(a)} for d, a, w in zip(self.dims, self.axes, weights, strict=True)}

    def index_of(self, dim: str, extents: np.ndarray) -> np.ndarray:
        """What a column of extents of one dim adds to the flat index."""
        k = self.dims.index(dim)
        return np.searchsorted(self.axes[k], extents) * prod(self.shape[k + 1 :])

    def flat(self, extents: dict[str, int]) -> int:
        """The flat index of a vector."""
        return sum(self._contributions[d][extents[d]] for d in self.dims)

    def vector(self, flat: int) -> dict[str, int]:
        """The extents at a flat index."""
        places = np.unravel_index(flat, self.shape)
        return {d: a[int(i)] for d, a, i in zip(self.dims, self.axes, places, strict=True)}

    def outside(self, flat: np.ndarray) -> np.ndarray:
        """How often tiles of these extents go into the bounds."""
        places = np.unravel_index(flat, self.shape)
        extents = [np.array(axis, dtype=float)[k] for axis, k in zip(self.axes, places, strict=True)]
        return float(prod(self.bounds)) / np.prod(extents, axis=0)

    def least_above(self, table: np.ndarray) -> np.ndarray:
        """For every vector the least entry of all its multiples, itself included."""
        result = table.reshape(self.shape).copy()
        for k, axis in enumerate(self.axes):
            place = {v: i for i, v in enumerate(axis)}
            moved = np.moveaxis(result, k, 0)
            for p in primes(self.bounds[k]):
                for v in reversed(axis):
                    if v * p in place:
                        moved[place[v]] = np.minimum(moved[place[v]], moved[place[v * p]])
        return result.ravel()

    def least_below(self, tables: np.ndarray) -> np.ndarray:
        """For every vector the least entry of all its divisors, itself included; shape (tables, vectors)."""
        result = tables.reshape(len(tables), *self.shape).copy()
        for k, axis in enumerate(self.axes):
            place = {v: i for i, v in enumerate(axis)}
            moved = np.moveaxis(result, k + 1, 0)
            for p in primes(self.bounds[k]):
                for v in axis:
                    if v * p in place:
                        moved[place[v * p]] = np.minimum(moved[place[v * p]], moved[place[v]])
        return result.reshape(len(tables), -1)

    @cached_property
    def divides(self) -> tuple[np.ndarray, ...]:
        """Per dim, for two of its divisors (by number), whether the first divides the second."""
        return tuple(np.array([[v % d == 0 for v in axis] for d in axis]) for axis in self.axes)

    @cached_property
    def exponents(self) -> np.ndarray:
        """Of every vector those of all primes of all bounds, shape (vectors, primes)."""
        found = np.zeros((self.size, sum(len(factors(bound)) for bound in self.bounds)), np.int8)
        column = 0
        for axis, bound, place in zip(
            self.axes, self.bounds, np.unravel_index(np.arange(self.size), self.shape), strict=True
        ):
            for prime, _ in factors(bound):
                found[:, column] = np.array([dict(factors(divisor)).get(prime, 0) for divisor in axis])[place]
                column += 1
        return found


class Vectors:
    """Some vectors of a lattice by their flat indices, asked again and again which of them others divide."""

    def __init__(self, lattice: Lattice, flat: np.ndarray):
        self.lattice, self._count = lattice, len(flat)
        self._places = np.unravel_index(flat, lattice.shape)
        self._known: dict[tuple[int, int], np.ndarray] = {}

    def multiples_of(self, need: int) -> np.ndarray:
        """Positions of those that the vector with flat index `need` divides in every dim."""
        mask = np.ones(self._count, dtype=bool)
        for dim, mine in enumerate(map(int, np.unravel_index(need, self.lattice.shape))):
            if mine:  # the first divisor, 1, divides all
                mask &= self._multiples(dim, mine)
        return np.flatnonzero(mask)

    def _multiples(self, dim: int, divisor: int) -> np.ndarray:
        """Mask of the vectors of whose extent in one dim a divisor (by number) is one."""
        if (dim, divisor) not in self._known:
            self._known[dim, divisor] = self.lattice.divides[dim][divisor][self._places[dim]]
        return self._known[dim, divisor]
