"""Words that the first instance of every memory and link moves, in closed form (docs/latency.md).

An instance with other spatial counters has the same tiles, cut earlier. The counts are those of `counts.py` with the
spatial loops outside an instance at 0. `mapping/traffic.py`, `certain`, says when no other instance moves more.
Words of an output whose index is a sum of dims, and partial sums on links directly above the compute units, are lower
bounds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from math import prod

from ..mapping.nest import Mapping
from ..mapping.traffic import Flow, Moved, Traffic, certain, mixed
from ..spec.arch import Arch, Array
from ..spec.op import Layer, Tensor
from .clipped import Step, coordinate_sum, positions
from .coordinate import linearised
from .edges import Edge, edges_of

Kinds = tuple[str, ...]
NOTHING = Moved()


def traffic(arch: Arch, layer: Layer, mapping: Mapping) -> Traffic:
    """All flows of a legal mapping, whatever its factors."""
    counter = _Counter(arch, layer, mapping.simplified())
    flows = tuple(f for t in layer.op.tensors for f in counter.flows(t))
    return Traffic(flows, counter.steps(), certain(arch, layer, mapping))


class _Counter:
    def __init__(self, arch: Arch, layer: Layer, mapping: Mapping) -> None:
        self.arch, self.layer, self.mapping = arch, layer, mapping
        self.loops = mapping.loops

    # ---- flows ------------------------------------------------------------------------------------

    def flows(self, tensor: Tensor) -> Iterable[Flow]:
        edges = edges_of(self.arch, self.mapping, tensor)
        begun = self._words(tensor, (), self.layer.bound)
        for edge in edges:
            if edge.child is None:
                yield self._operations(edge, begun)
            elif tensor.is_output:
                flow = self._partial_sums(edge)
                begun = flow.departures.child_read - flow.arrivals.child_write
                yield flow
            else:
                yield self._fills(edge)

    def _flow(
        self,
        edge: Edge,
        arrivals: Moved,
        departures: Moved = NOTHING,
        first: Moved = NOTHING,
        last: Moved = NOTHING,
        whole: Moved = NOTHING,
    ) -> Flow:
        tensor = edge.tensor
        return Flow(
            tensor.name, tensor.role, tensor.is_output, edge.parent, edge.child, self._visits(edge), arrivals,
            departures, first, last, whole, None if edge.child is None else edge.sweep,
        )  # fmt: skip

    def _fills(self, edge: Edge) -> Flow:
        def moved(temporal: Callable[[int], str], bounds: dict[str, int]) -> Moved:
            def words(inside: Callable[[int], str]) -> int:
                return self._words(edge.tensor, self._kinds(edge, temporal, inside), bounds, kept=True)

            return Moved(
                parent_read=words(self._shared(edge)),
                child_write=words(_zero),
                links=self._links(edge, words),
            )

        bounds = self.layer.bound
        return self._flow(edge, moved(self._walked(edge), bounds), first=moved(_zero, bounds))

    def _partial_sums(self, edge: Edge) -> Flow:
        """Returns and evictions."""

        def words(temporal: Callable[[int], str], inside: Callable[[int], str], bounds: dict[str, int]) -> int:
            return self._words(edge.tensor, self._kinds(edge, temporal, inside), bounds)

        def leaving(temporal: Callable[[int], str], bounds: dict[str, int]) -> Moved:
            written = words(temporal, self._shared(edge), bounds)
            return Moved(
                parent_read=written - words(temporal, _join, bounds),
                parent_write=written,
                child_read=words(temporal, _zero, bounds),
                links=self._links(edge, lambda inside: words(temporal, inside, bounds)),
            )

        bounds, walked = self.layer.bound, self._walked(edge)

        def back(inside: Callable[[int], str]) -> int:
            """Words that come back: all that arrive, each but the first time."""
            seen = _join if mixed(self.mapping, edge.tensor, edge.position) else inside
            return max(0, words(walked, inside, bounds) - words(_join, seen, bounds))

        arrivals = Moved(parent_read=back(_join), child_write=back(_zero), links=self._links(edge, back, alone=True))
        last, whole = leaving(_zero, self._last(edge)), leaving(_zero, bounds)
        return self._flow(edge, arrivals, leaving(walked, bounds), last=last, whole=whole)

    def _operations(self, edge: Edge, begun: int) -> Flow:
        """Operands are read; the output is written, and read where it does not start from zero."""

        def words(temporal: Callable[[int], str], inside: Callable[[int], str]) -> int:
            return self._words(edge.tensor, self._kinds(edge, temporal, inside), self.layer.bound)

        links = self._links(edge, lambda inside: words(_walk, inside))
        all_, most = words(_walk, self._shared(edge)), words(_zero, self._shared(edge))
        if not edge.tensor.is_output:
            heaviest = Moved(parent_read=most, links=self._links(edge, lambda inside: words(_zero, inside)))
            return self._flow(edge, Moved(parent_read=all_, links=links), first=heaviest)
        back = all_ > begun or mixed(self.mapping, edge.tensor, edge.position)
        heaviest = Moved(
            parent_read=most if back else 0,
            parent_write=most,
            links=tuple((n, 2 * w) for n, w in self._links(edge, lambda inside: words(_zero, inside))),
        )
        reads = Moved(parent_read=all_ - begun)
        return self._flow(edge, reads, Moved(parent_write=all_, links=links), first=heaviest)

    def steps(self) -> int:
        kinds = tuple("join" if loop.spatial else "walk" for loop in self.loops)
        return prod(self._positions(d, kinds, self.layer.bound) for d in self.layer.op.dims)

    # ---- kinds of loops ---------------------------------------------------------------------------

    def _kinds(self, edge: Edge, temporal: Callable[[int], str], inside: Callable[[int], str]) -> Kinds:
        """`inside` says what the spatial loops between parent and child do; those outside the parent are at 0."""
        return tuple(
            temporal(i) if not self.loops[i].spatial else inside(i) if i >= edge.parent_position else "zero"
            for i in range(edge.position)
        )

    def _walked(self, edge: Edge) -> Callable[[int], str]:
        return edge.kinds(frozenset()).__getitem__

    def _shared(self, edge: Edge) -> Callable[[int], str]:
        return lambda i: "join" if i in edge.combining else "sum"

    def _links(
        self, edge: Edge, words: Callable[[Callable[[int], str]], int], alone: bool = False
    ) -> tuple[tuple[str, int], ...]:
        """Words into or out of the first instance of each array that is crossed."""
        found: list[tuple[str, int]] = []
        for array in edge.crossed:
            links = [x for x in array.links if x.bandwidth is not None and x.carries(edge.tensor.role)]
            if links:
                inside = self._below(edge, array, alone)
                found += [(link.name, words(inside)) for link in links]
        return tuple(found)

    def _below(self, edge: Edge, array: Array, alone: bool) -> Callable[[int], str]:
        """The loops of deeper arrays: each word once, or per instance that does not share it."""
        deeper = {a.name for a in edge.crossed[edge.crossed.index(array) + 1 :]}
        shared = edge.combining_below(array)
        return lambda i: "zero" if self.loops[i].array not in deeper else "join" if alone or i in shared else "sum"

    # ---- words ------------------------------------------------------------------------------------

    def _words(self, tensor: Tensor, kinds: Kinds, bounds: dict[str, int], kept: bool = False) -> int:
        """Words that arrive below the loops of `kinds`, over the counted ones (without any: the whole tensor)."""
        result = 1
        for group in tensor.groups:
            above = tuple(self._above(d, kinds) for d in group)
            tiles = tuple(self.mapping.extent(d, len(kinds)) for d in group)
            limits = tuple(bounds[d] for d in group)
            match limits, tiles, above:
                case (limit,), (tile,), (loops,):
                    result *= _points(limit, tile, loops)
                case _:
                    result *= coordinate_sum(linearised(tensor, group, self.layer.bound), limits, tiles, above, kept)
        for dim in self.layer.op.dims:
            if dim not in tensor.dims:
                result *= self._positions(dim, kinds, bounds)
        return result

    def _above(self, dim: str, kinds: Kinds) -> tuple[Step, ...]:
        return tuple(Step(k, loop.factor) for k, loop in zip(kinds, self.loops, strict=False) if loop.dim == dim)

    def _positions(self, dim: str, kinds: Kinds, bounds: dict[str, int]) -> int:
        return positions(bounds[dim], self.mapping.extent(dim, len(kinds)), self._above(dim, kinds))

    def _visits(self, edge: Edge) -> int:
        walked = self._walked(edge)
        kinds = tuple("join" if self.loops[i].spatial else walked(i) for i in range(edge.position))
        return prod(self._positions(d, kinds, self.layer.bound) for d in self.layer.op.dims)

    def _last(self, edge: Edge) -> dict[str, int]:
        """Per dim, the points from the place on where the child's first instance stands in its last visit."""
        left = dict(self.layer.bound)
        if edge.sweep is None:
            return left
        for i in range(edge.sweep + 1):
            loop, move = self.loops[i], self.mapping.strides[i]
            if not loop.spatial:
                left[loop.dim] -= min(loop.factor - 1, (left[loop.dim] - 1) // move) * move
        return left


def _zero(index: int) -> str:
    return "zero"


def _walk(index: int) -> str:
    return "walk"


def _join(index: int) -> str:
    return "join"


@lru_cache(maxsize=65536)
def _points(bound: int, tile: int, loops: tuple[Step, ...]) -> int:
    """Indices that arrive of a dim that shares no index: what the loops that are not at 0 reach is disjoint."""
    if not loops:
        return min(bound, tile)
    first, rest = loops[0], loops[1:]
    move = tile * prod(step.factor for step in rest)
    if first.kind == "zero":
        return _points(min(bound, move), tile, rest)
    whole, left = divmod(bound, move)
    return whole * _points(move, tile, rest) + _points(left, tile, rest)
