"""Costs outside or inside a cut for sets of rows: by what they have in common of the extents that they need or leave.

A vector of extents offers what another needs if it is a multiple of it, dim by dim. So it offers what all of some rows
need only if it is a multiple of their greatest common divisor, and the least outside of that bounds them all. In the
same way the least inside of the least common multiple of all extents that rows leave bounds them all. Written as
exponents of primes these are a minimum and a maximum, like other columns; and because no two groups share a dim,
exponents of rows of two halves add up to those of a pair.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np

from .lattice import Lattice
from .primes import factors


class Meets:
    """`table`, shape (vectors, costs): the least by places (`place`). `shared`: of what rows have in common (outside),
    else of what all of them are part of (inside); then exponents are negative, so that their least is the most."""

    def __init__(self, lattice: Lattice, least: np.ndarray, *, shared: bool):
        self._exponents = lattice.exponents
        sizes = [power + 1 for bound in lattice.bounds for _, power in factors(bound)]
        self._sign = 1 if shared else -1
        self._strides = self._sign * np.array([prod(sizes[k + 1 :]) for k in range(len(sizes))], dtype=float)
        self.table = np.empty_like(least.T, order="C")
        self.table[np.abs(self.place(self._exponents)).astype(np.int64)] = least.T

    def exponents(self, flat: np.ndarray) -> np.ndarray:
        """Columns of vectors with these flat indices, shape (n, primes)."""
        return self._sign * self._exponents[flat]

    def place(self, exponents: np.ndarray) -> np.ndarray:
        """Of columns, or the least of some; shape (n,), whole numbers. Those of two vectors of which no dim is above 1
        in both add up."""
        return exponents @ self._strides

    def least(self, places: np.ndarray) -> np.ndarray:
        """The costs at places, shape (*places, costs)."""
        return self.table[places.astype(np.int64)]


@dataclass(frozen=True)
class Inside:
    """`least`: by vector energy, the other costs, and the cycles of all steps, shape (costs + 1, vectors); infinite
    where nothing fits inside. `energy`: no more than of any vector; `more`: the same with what is above that. Both are
    None where nothing but `energy` is known."""

    energy: float
    least: np.ndarray | None = None
    more: Meets | None = None

    @classmethod
    def coarse(cls, energy: float) -> Inside | None:
        """From the least energy alone (None: nothing fits)."""
        return None if energy == np.inf else cls(float(np.floor(energy)))

    @classmethod
    def of(cls, lattice: Lattice, tables: Iterable[np.ndarray], costs: int) -> Inside | None:
        """From the costs of everything that may be inside, by the extents that it needs (None: nothing fits)."""
        exact = reduce(np.minimum, tables, np.full((costs + 1, lattice.size), np.inf))
        energy = float(np.floor(exact[0].min()))
        if energy == np.inf:
            return None
        least = lattice.least_below(exact)
        more = least.copy()
        more[0] -= energy  # whole: what is subtracted again must leave sums exact
        return cls(energy, least, Meets(lattice, more, shared=False))
