"""What is outside a cut costs at least, for sets of rows: whatever they have in common of what they need there.

A vector of extents offers what another needs if it is a multiple of it, dim by dim. So it offers what all of some rows
need only if it is a multiple of their greatest common divisor, and the least outside of that bounds them all. Written
as exponents of primes it is their minimum, like any other column; and because no two groups share a dim, exponents of
rows of two halves add up to those that a pair of rows needs.
"""

from __future__ import annotations

from math import prod

import numpy as np

from .lattice import Lattice
from .primes import factors


class Meets:
    """`table`, shape (vectors, costs): the least outside, by places (`place`)."""

    def __init__(self, lattice: Lattice, least: np.ndarray):
        self._exponents = _exponents(lattice)
        sizes = [power + 1 for bound in lattice.bounds for _, power in factors(bound)]
        self._strides = np.array([prod(sizes[k + 1 :]) for k in range(len(sizes))], dtype=float)
        self.table = np.empty_like(least.T, order="C")
        self.table[self.place(self._exponents).astype(np.int64)] = least.T

    def exponents(self, flat: np.ndarray) -> np.ndarray:
        """Of vectors with these flat indices, shape (n, primes)."""
        return self._exponents[flat]

    def place(self, exponents: np.ndarray) -> np.ndarray:
        """Shape (n,), whole numbers; those of two vectors of which no dim is above 1 in both add up."""
        return exponents @ self._strides


def _exponents(lattice: Lattice) -> np.ndarray:
    """Of every vector, shape (vectors, primes of all bounds)."""
    found = np.zeros((lattice.size, sum(len(factors(bound)) for bound in lattice.bounds)), np.int8)
    places, column = np.unravel_index(np.arange(lattice.size), lattice.shape), 0
    for axis, bound, place in zip(lattice.axes, lattice.bounds, places, strict=True):
        for prime, _ in factors(bound):
            found[:, column] = np.array([dict(factors(divisor)).get(prime, 0) for divisor in axis])[place]
            column += 1
    return found
