"""The steps between two changes of tiles, as runs of steps that take the same."""

from __future__ import annotations

from functools import cached_property
from math import prod

import numpy as np

from ..mapping.resources import Loads
from .nest import Counter
from .timed_scope import Scope
from .timed_words import Walk

Runs = tuple[tuple[int, Loads], ...]  # number of steps, cycles of one

#: Steps between two changes of tiles among which runs are looked for.
MOST_INSIDE = 1 << 24


class Steps:
    """Of a nest whose tiles change only with the `outer` ones of its temporal counters.

    Without clipped factors all steps move the same words, but where results start from zero: in the first pass over
    them, with all reduced counters at 0.
    """

    def __init__(self, scope: Scope, outer: tuple[Counter, ...]) -> None:
        self._nest, self._outer = scope.nest, outer
        self._inner = tuple(c for c in scope.nest.temporal if c not in outer)
        if scope.single:
            self._first, self._again = Walk(scope).first_step()
        else:
            self._first = self._again = scope.one_word_each((0,) * len(scope.nest.spatial))
        self._known: dict[tuple[str, int], int] = {}

    @staticmethod
    def fit(scope: Scope, outer: tuple[Counter, ...]) -> bool:
        """Whether steps are alike as above."""
        nest = scope.nest
        if not scope.single:
            return True
        inner = prod(c.trips for c in nest.temporal if c not in outer)
        perfect = all(prod(c.factor for c in nest.of_dim(d)) == bound for d, bound in nest.layer.bounds)
        return perfect and inner <= MOST_INSIDE

    def runs(self, setting: tuple[int, ...]) -> Runs:
        """For a setting of the outer counters; empty if no instance has a point there."""
        count = self._count(setting)
        if self._first == self._again or not count:
            return ((count, self._again),) if count else ()
        if any(v for c, v in zip(self._outer, setting, strict=True) if self._reduced(c)):
            return ((count, self._again),)
        return self._first_pass

    @property
    def tasks(self) -> int:
        """Runs of the whole nest, at most."""
        boundaries = prod(c.trips for c in self._outer)
        if self._first == self._again:
            return boundaries
        return boundaries + prod(c.trips for c in self._outer if not self._reduced(c)) * (len(self._first_pass) - 1)

    def _reduced(self, counter: Counter) -> bool:
        return counter.dim not in self._nest.layer.op.output.dims

    @cached_property
    def _first_pass(self) -> Runs:
        fresh = np.zeros([c.trips for c in self._inner], dtype=bool)
        fresh[tuple(0 if self._reduced(c) else slice(None) for c in self._inner)] = True
        steps = fresh.reshape(-1)
        starts = np.flatnonzero(np.concatenate(([True], steps[1:] != steps[:-1])))
        lengths = np.diff(np.append(starts, steps.size))
        return tuple((int(n), self._first if steps[s] else self._again) for s, n in zip(starts, lengths, strict=True))

    # ---- how many steps ---------------------------------------------------------------------------

    def _count(self, setting: tuple[int, ...]) -> int:
        corner = dict.fromkeys(self._nest.layer.op.dims, 0)
        for counter, value in zip(self._outer, setting, strict=True):
            corner[counter.dim] += counter.stride * value
        count = 1
        for dim, position in corner.items():
            key = (dim, position)
            if key not in self._known:
                self._known[key] = int((self._positions[dim] + position < self._nest.layer.bound[dim]).sum())
            count *= self._known[key]
        return count

    @cached_property
    def _positions(self) -> dict[str, np.ndarray]:
        """Per dim where the inner counters can stand."""
        found = {d: np.zeros(1, dtype=np.int64) for d in self._nest.layer.op.dims}
        for counter in self._inner:
            moves = np.arange(counter.trips, dtype=np.int64) * counter.stride
            found[counter.dim] = np.add.outer(found[counter.dim], moves).reshape(-1)
        return found
