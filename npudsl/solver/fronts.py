"""What the nest outside a cut costs, for every vector of tile extents at the cut.

A cost is a column: energy, then the cycles of every resource that matters. Costs add up over the parts of a nest, and
what is asked of a whole nest grows with every component, so of all costs with the same extents only those matter that
no other equals or beats in every component.
"""

from __future__ import annotations

import numpy as np

from .lattice import Lattice, Vectors
from .meets import Meets
from .pareto import undominated

#: Combinations up to which all entries are combined, beaten or not.
FEW = 1 << 12
#: Costs gathered (components counted one by one) before those that others beat are dropped.
BATCH = 1 << 21


class Front:
    """Filled by `add`, then asked. `kinds`: components of a cost."""

    def __init__(self, lattice: Lattice, kinds: int):
        self.lattice, self.kinds = lattice, kinds
        self.dense = np.full(lattice.size, np.inf)
        self.flat, self.costs = np.zeros(0, np.int64), np.zeros((kinds, 0))
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._held = 0
        self._least: np.ndarray | None = None
        self._meets: Meets | None = None
        self._known: dict[int, np.ndarray] = {}
        self._vectors: Vectors | None = None

    def add(self, flat: np.ndarray, costs: np.ndarray) -> None:
        """Costs, shape (kinds, n), with the flat indices of their extents."""
        if self.kinds == 1:
            np.minimum.at(self.dense, flat, costs[0])
            return
        self._waiting.append((flat, costs))
        self._held += costs.size
        if self._held > BATCH:
            self._compress()

    def _compress(self) -> None:
        flat = np.concatenate([self.flat, *(f for f, _ in self._waiting)])
        costs = np.concatenate([self.costs, *(c for _, c in self._waiting)], axis=1)
        some = _left_by_the_cheapest(flat, costs)
        kept = some[undominated(costs[:, some], flat[some])]
        self.flat, self.costs, self._waiting, self._held = flat[kept], costs[:, kept], [], 0

    @property
    def least(self) -> np.ndarray:
        """Per component and vector of extents that a part needs, the least of all vectors that offer them; shape
        (kinds, vectors)."""
        if self._least is None:
            if self.kinds == 1:
                self.flat = np.flatnonzero(np.isfinite(self.dense))
                self.costs = self.dense[None, self.flat]
            else:
                self._compress()
            dense = np.full((self.kinds, self.lattice.size), np.inf)
            for table, costs in zip(dense, self.costs, strict=True):
                np.minimum.at(table, self.flat, costs)
            self._least = np.array([self.lattice.least_above(table) for table in dense])
        return self._least

    @property
    def meets(self) -> Meets:
        """The same for what sets of rows have in common."""
        if self._meets is None:
            self._meets = Meets(self.lattice, self.least, shared=True)
        return self._meets

    def offers(self, need: int, uses: int = FEW) -> np.ndarray:
        """Entries (positions in `flat` and `costs`) that offer the extents with flat index `need`; without those that
        others beat if they are combined so often (`uses`) that finding them out pays."""
        found = self._known.get(need)
        if found is None:
            assert self._least is not None
            if self._vectors is None:
                self._vectors = Vectors(self.lattice, self.flat)
            found = self._vectors.multiples_of(need)
            if self.kinds == 1:
                found = found[[self.costs[0, found].argmin()]] if len(found) else found
            elif len(found) * uses < FEW:
                return found
            elif len(found) > 1:
                found = found[undominated(self.costs[:, found], np.zeros(len(found), np.int64))]
            self._known[need] = found
        return found


def _left_by_the_cheapest(flat: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Positions of the costs that the one of least energy with the same extents does not beat: these are few, and the
    others need not be compared with each other. Of equal ones the first stays."""
    order = np.lexsort((costs[0], flat))
    extents = flat[order]
    cheapest = order[np.searchsorted(extents, extents)]
    beaten = order != cheapest
    for cost in costs:
        beaten &= cost[cheapest] <= cost[order]
    return np.sort(order[~beaten])
