"""Mappings whose bound leaves room for something better: what they are worth as they are reported is found out later.

A search bounds mappings by what it knows of them, from sums over rows; what is reported of one needs the closed forms
of the whole mapping. So the mapping with the least bound so far is valued at once, which makes a good incumbent, others
when the search has ended and most of them are above the best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf

from ..mapping.nest import Mapping

Pair = tuple[float, float]
Nest = Callable[[], Mapping]

#: Candidates that are kept, and those that are valued when a search has ended.
MOST_KEPT, MOST_VALUED = 1024, 100


@dataclass
class Candidates:
    """`worth` tells what a mapping is worth as it is reported. `least`: the smallest bound of all candidates,
    `cheapest` the one that has it. `left_out`: candidates from here on are not kept; whatever they are worth, `least`
    is below."""

    worth: Callable[[Mapping], Pair]
    least: Pair = (inf, inf)
    cheapest: Mapping | None = None
    left_out: Pair = (inf, inf)
    _kept: list[tuple[Pair, int, Nest]] = field(default_factory=list)
    _known: set[Mapping] = field(default_factory=set)
    _numbers: count[int] = field(default_factory=count)
    _left: int = MOST_VALUED

    def value(self, bound: Pair, nest: Mapping) -> Pair | None:
        """What a candidate is worth; None if that was told before."""
        if bound < self.least:
            self.least, self.cheapest = bound, nest
        if nest in self._known:
            return None
        self._known.add(nest)
        return self.worth(nest)

    def keep(self, bound: Pair, nest: Nest, best: Pair) -> None:
        """For later. If there are too many, those at or above `best` go, then those with the largest bounds."""
        heappush(self._kept, (bound, next(self._numbers), nest))
        if len(self._kept) > MOST_KEPT:
            kept = sorted(one for one in self._kept if one[0] < best)
            if len(kept) > MOST_KEPT // 2:
                self.left_out = min(self.left_out, kept[MOST_KEPT // 2][0])
            self._kept = kept[: MOST_KEPT // 2]

    def next(self, limit: Pair) -> tuple[Pair, Nest] | None:
        """The candidate with the least bound, if it is below a limit and not too many were asked for in a row."""
        if self._kept and self._left and self._kept[0][0] < limit:
            self._left -= 1
            bound, _, nest = heappop(self._kept)
            return bound, nest
        self._left = MOST_VALUED
        return None
