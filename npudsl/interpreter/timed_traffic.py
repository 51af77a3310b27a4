"""Words that the first instance of every memory and link moves, by comparing sets over all its visits, at full size.

As `count.py`, with the spatial counters outside an instance at 0: what `mapping/pricing.py` makes time from. Only the
visits are not walked once more: groups of dims share no counter, so the sum over all visits of products of the groups'
sizes is the product of the groups' sums.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

from ..mapping.nest import Mapping
from ..mapping.traffic import Flow, Moved, Traffic, certain, mixed
from ..spec.op import Tensor
from .nest import Counter, Crossing, Nest, Transfer
from .sets import Group, Tiles

NOBODY = Tensor("", "", ())
NOTHING = Moved()
Measured = list[Tiles]
Counting = Callable[
    [Sequence[Counter], frozenset[int]], int
]  # free spatial counters, those over which words are united


def traffic(nest: Nest, mapping: Mapping, tick: Callable[[], None] | None = None) -> Traffic:
    """All flows of an executable nest; `tick` is called with every set family.

    Raises SpecError (E652) if the sets are too large.
    """
    counter = _Counter(nest, mapping.simplified(), tick)
    flows = tuple(f for t in nest.layer.op.tensors for f in counter.flows(t))
    return Traffic(flows, counter.steps(), certain(nest.arch, nest.layer, mapping))


class _Counter:
    def __init__(self, nest: Nest, mapping: Mapping, tick: Callable[[], None] | None) -> None:
        self.nest, self.mapping, self._tick = nest, mapping, tick
        self._made: dict[tuple[Group, tuple[Counter, ...], tuple[Counter, ...], int], Tiles] = {}

    def flows(self, tensor: Tensor) -> list[Flow]:
        self._made.clear()  # sets of other tensors
        home = self.nest.home(tensor.name)
        whole = Transfer(tensor, home, home, None, (), (), 0, frozenset(), ())
        begun = self._sum(self._tiles(whole, (), ()))
        found: list[Flow] = []
        for transfer in self.nest.transfers[tensor.name]:
            if transfer.child.memory is None:
                found.append(self._operations(transfer, begun))
            elif tensor.is_output:
                found.append(self._partial_sums(transfer))
                begun = found[-1].departures.child_read - found[-1].arrivals.child_write
            else:
                found.append(self._fills(transfer))
        return found

    def steps(self) -> int:
        anything = next(iter(self.nest.transfers.values()))[-1]
        return self._sum(self._tiles(replace(anything, tensor=NOBODY), self.nest.temporal, ()))

    # ---- flows ------------------------------------------------------------------------------------

    def _fills(self, transfer: Transfer) -> Flow:
        def moved(visits: Sequence[Counter]) -> Moved:
            def words(free: Sequence[Counter], united: frozenset[int]) -> int:
                news = [t.minus_previous(transfer.sweep) for t in self._tiles(transfer, visits, free)]
                return self._sum([t.united(united) for t in news])

            return Moved(
                parent_read=words(transfer.between, transfer.combining),
                child_write=words((), frozenset()),
                links=self._links(transfer, words),
            )

        return self._flow(transfer, moved(transfer.visits), first=moved(()))

    def _partial_sums(self, transfer: Transfer) -> Flow:
        everything = _indices(transfer.between)

        def leaving(total: Callable[[Measured], int], visits: Sequence[Counter]) -> Moved:
            def words(free: Sequence[Counter], united: frozenset[int]) -> int:
                return total([t.united(united) for t in self._tiles(transfer, visits, free)])

            written = words(transfer.between, transfer.combining)
            return Moved(
                parent_read=written - words(transfer.between, everything),
                parent_write=written,
                child_read=words((), frozenset()),
                links=self._links(transfer, words),
            )

        def back(free: Sequence[Counter], _: frozenset[int]) -> int:
            """Words that come back: all that arrive, each but the first time."""
            own = [t.united(_indices(free)) for t in self._tiles(transfer, transfer.visits, free)]
            seen = own
            if mixed(self.mapping, transfer.tensor, transfer.child.above):
                seen = [t.united(everything) for t in self._tiles(transfer, transfer.visits, transfer.between)]
            return max(0, self._sum(own) - self._sum([t.first_visits() for t in seen]))

        arrivals = Moved(
            parent_read=back(transfer.between, everything),
            child_write=back((), frozenset()),
            links=self._links(transfer, back),
        )
        departures = leaving(self._sum, transfer.visits)
        last, whole = leaving(self._last, transfer.visits), leaving(self._sum, ())
        return self._flow(transfer, arrivals, departures, last=last, whole=whole)

    def _operations(self, transfer: Transfer, begun: int) -> Flow:
        def moved(visits: Sequence[Counter]) -> tuple[int, tuple[tuple[str, int], ...]]:
            def words(free: Sequence[Counter], united: frozenset[int]) -> int:
                return self._sum([t.united(united) for t in self._tiles(transfer, visits, free)])

            return words(transfer.between, transfer.combining), self._links(transfer, words)

        (total, links), (most, heaviest) = moved(transfer.visits), moved(())
        if not transfer.tensor.is_output:
            return self._flow(transfer, Moved(parent_read=total, links=links), first=Moved(most, links=heaviest))
        twice = tuple((name, 2 * words) for name, words in heaviest)
        back = total > begun or mixed(self.mapping, transfer.tensor, transfer.child.above)
        first = Moved(most if back else 0, most, links=twice)
        departures = Moved(parent_write=total, links=links)
        return self._flow(transfer, Moved(parent_read=total - begun), departures, first=first)

    def _flow(
        self,
        transfer: Transfer,
        arrivals: Moved,
        departures: Moved = NOTHING,
        first: Moved = NOTHING,
        last: Moved = NOTHING,
        whole: Moved = NOTHING,
    ) -> Flow:
        tensor, child = transfer.tensor, transfer.child.memory
        visits = self._sum(self._tiles(replace(transfer, tensor=NOBODY), transfer.visits, ()))
        return Flow(
            tensor.name, tensor.role, tensor.is_output, transfer.parent.memory or "", child, visits, arrivals,
            departures, first, last, whole, transfer.sweep,
        )  # fmt: skip

    def _links(self, transfer: Transfer, words: Counting) -> tuple[tuple[str, int], ...]:
        """Words into or out of the first instance of each array that is crossed."""
        found: list[tuple[str, int]] = []
        for crossing in transfer.crossings:
            links = [x for x in crossing.array.links if x.bandwidth is not None and x.carries(transfer.tensor.role)]
            if links:
                count = words(self._inside(transfer, crossing), crossing.shared)
                found += [(link.name, count) for link in links]
        return tuple(found)

    def _inside(self, transfer: Transfer, crossing: Crossing) -> tuple[Counter, ...]:
        depth = self.nest.arch.depth
        return tuple(c for c in transfer.between if depth[c.array or ""] > depth[crossing.array.name])

    # ---- sets -------------------------------------------------------------------------------------

    def _tiles(self, transfer: Transfer, visits: Sequence[Counter], free: Sequence[Counter]) -> Measured:
        """The child's tiles at all settings of `visits` and of the spatial counters `free`, all others at 0."""
        seen = replace(transfer, visits=tuple(visits), instances=tuple(free))
        return [self._made_once(g, seen) for g in Group.all_of(transfer.tensor, self.nest.layer.op.dims)]

    def _made_once(self, group: Group, seen: Transfer) -> Tiles:
        key = (group, group.of(seen.visits), group.of(seen.instances), seen.child.above)
        if key not in self._made:
            self._made[key] = Tiles.of(group, self.nest, seen)
            if self._tick is not None:
                self._tick()
        return self._made[key]

    @staticmethod
    def _sum(words: Measured) -> int:
        """Over all visits: of every visit the product of the groups' sizes."""
        return prod(t.keys.size for t in words)

    def _last(self, words: Measured) -> int:
        """Words of the last visit."""
        at: dict[int, int] = {}
        left = dict(self.nest.layer.bounds)
        for counter in sorted((c for t in words for c in t.visits), key=lambda c: c.index):
            at[counter.index] = min(counter.factor, -(-left[counter.dim] // counter.stride)) - 1
            left[counter.dim] -= at[counter.index] * counter.stride
        return prod(int(t.per_visit()[tuple(at[c.index] for c in t.visits)]) for t in words)


def _indices(counters: Sequence[Counter]) -> frozenset[int]:
    return frozenset(c.index for c in counters)
