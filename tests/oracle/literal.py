"""Counts of any nest by walking it: one Python set of elements per instance, no formula.

Written from semantics.md and the seven decisions on what it leaves open (shared axes D1, operations D2, links D3,
occupancy D4, factor 1 and visits D5, steps D6, keys D7). It shares nothing with the closed forms and the interpreter
but the specification and the counter keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from npudsl.mapping.nest import Loop, Mapping
from npudsl.mapping.tally import Access, Tally
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer, Tensor

Element = tuple[int, ...]
Instance = tuple[int, ...]  # one counter per spatial loop above, outermost first
Words = dict[Instance, set[Element]]  # what the instances of one node hold, receive or send


@dataclass(frozen=True)
class Place:
    """Where a tensor's words live: a node in `memory` with `above` loops over it, or the operation (`memory` None)."""

    memory: str | None
    above: int


@dataclass
class Counters:
    reads: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    writes: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    links: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    largest: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))


class Nest:
    """A nest without loops of factor 1 (D5), its points and its steps."""

    def __init__(self, arch: Arch, layer: Layer, mapping: Mapping) -> None:
        mapping = mapping.simplified()
        self.arch, self.mapping, self.loops = arch, mapping, mapping.loops
        dims = layer.op.dims
        self.points = [dict(zip(dims, at, strict=True)) for at in product(*(range(layer.bound[d]) for d in dims))]
        self.counters = [self._counters(point) for point in self.points]
        self.temporal = [i for i, loop in enumerate(self.loops) if not loop.spatial]
        self.spatial = [i for i, loop in enumerate(self.loops) if loop.spatial]
        self.steps = sorted({tuple(c[i] for i in self.temporal) for c in self.counters})

    def _counters(self, point: dict[str, int]) -> tuple[int, ...]:
        """The counter of every loop at a point: its position written in the mixed radix of the loops."""
        strides = self.mapping.strides
        pairs = zip(self.loops, strides, strict=True)
        return tuple(point[loop.dim] // stride % loop.factor for loop, stride in pairs)

    def spatial_loops(self, above: int) -> tuple[Loop, ...]:
        return tuple(loop for loop in self.loops[:above] if loop.spatial)

    def tiles(self, tensor: Tensor, above: int) -> dict[tuple[int, ...], Words]:
        """Per setting of the temporal counters above a place: what every instance touches below it."""
        found: dict[tuple[int, ...], Words] = {}
        temporal, spatial = [i for i in self.temporal if i < above], [i for i in self.spatial if i < above]
        for point, counters in zip(self.points, self.counters, strict=True):
            moment = found.setdefault(tuple([counters[i] for i in temporal]), {})
            moment.setdefault(tuple([counters[i] for i in spatial]), set()).add(element(tensor, point))
        return found

    def visits(self, tensor: Tensor, place: Place) -> Iterator[tuple[Words, bool]]:
        """The tiles that arrive at a place in turn, each with whether the window slid there from the one before.

        At the operation every step is a visit and nothing is kept (D2).
        """
        tiles = self.tiles(tensor, place.above)
        outside = sum(1 for i in self.temporal if i < place.above)
        moving = [i for i in self.temporal[:outside] if self.loops[i].dim in tensor.dims]
        before: tuple[int, ...] | None = None
        for step in self.steps:
            tile = tiles[step[:outside]]
            if before is None or place.memory is None:
                yield tile, False
            else:
                advanced = next(i for i, old, new in zip(self.temporal, before, step, strict=True) if old != new)
                if moving and advanced <= moving[-1]:
                    yield tile, advanced == moving[-1]
            before = step


def element(tensor: Tensor, point: dict[str, int]) -> Element:
    return tuple(sum([t.coefficient * point[t.dim] for t in rank.terms]) + rank.constant for rank in tensor.ranks)


def element_count(tensor: Tensor, extents: dict[str, int]) -> int:
    """Elements that the points of a box with these extents touch."""
    ranges = [range(extents[d]) for d in tensor.dims]
    return len({element(tensor, dict(zip(tensor.dims, at, strict=True))) for at in product(*ranges)})


def tally(arch: Arch, layer: Layer, mapping: Mapping) -> Tally:
    """The counts of `layer` on `arch` under `mapping`, which must be legal. Time grows with points * nodes."""
    return walk(Nest(arch, layer, mapping), layer)


def walk(nest: Nest, layer: Layer) -> Tally:
    arch, counters = nest.arch, Counters()
    for tensor in layer.op.tensors:
        nodes = [Place(node.memory, above) for node, above in nest.mapping.nodes_of(tensor.name)]
        for place in nodes:
            tiles = nest.tiles(tensor, place.above).values()
            largest = max(len(words) for tile in tiles for words in tile.values())
            counters.largest[place.memory, tensor.name] = largest
        _transfers(nest, tensor, nodes, counters)
    held = {m.name: [t.name for t in layer.op.tensors if (m.name, t.name) in counters.largest] for m in arch.memories}
    return Tally(
        points=len(nest.points),
        steps=len(nest.steps),
        counts={
            m: {t: Access(counters.reads[m, t], counters.writes[m, t]) for t in tensors}
            for m, tensors in held.items()
            if tensors
        },
        links={
            link.name: {t.name: counters.links[link.name, t.name] for t in layer.op.tensors if link.carries(t.role)}
            for array in arch.arrays
            for link in array.links
        },
        used={m: sum(counters.largest[m, t] for t in tensors) for m, tensors in held.items() if tensors},
    )


def _transfers(nest: Nest, tensor: Tensor, nodes: list[Place], counters: Counters) -> None:
    """Everything that one tensor moves, between its nodes and to the operations."""
    operation = Place(None, len(nest.loops))
    from_zero = len({element(tensor, point) for point in nest.points})  # all of the outermost memory's words
    for parent, child in zip(nodes, [*nodes[1:], operation], strict=True):
        from_zero = transfer(nest, tensor, parent, child, counters, from_zero)


def transfer(nest: Nest, tensor: Tensor, parent: Place, child: Place, counters: Counters, from_zero: int) -> int:
    """What one tensor moves between two neighbouring places; `from_zero` words of an output started so in `parent`.

    Returns the number of words that started from zero in `child`, over all visits and instances.
    """
    if not tensor.is_output:
        _fill(nest, tensor, parent, child, counters)
    elif child.memory is not None:
        return _drain(nest, tensor, parent, child, counters)
    else:
        _accumulate(nest, tensor, parent, child, counters, from_zero)
    return from_zero


def _fill(nest: Nest, tensor: Tensor, parent: Place, child: Place, counters: Counters) -> None:
    """An operand moves from `parent` to `child` (D1, D2)."""
    before: Words = {}
    for tile, slid in nest.visits(tensor, child):
        received = {i: words - before.get(i, set()) if slid else words for i, words in tile.items()}
        counters.reads[parent.memory, tensor.name] += _shared(nest, tensor, parent, child, received)
        if child.memory is not None:
            counters.writes[child.memory, tensor.name] += sum(map(len, received.values()))
        _over_links(nest, tensor, parent, child, received, counters)
        before = tile


def _drain(nest: Nest, tensor: Tensor, parent: Place, child: Place, counters: Counters) -> int:
    """Tiles of an output come back to `child` and leave it for `parent`. Returns the words that started from zero."""
    name = tensor.name
    received: dict[Instance, set[Element]] = defaultdict(set)  # per parent instance, ever
    from_zero = 0
    outside = len(nest.spatial_loops(parent.above))
    for tile, _ in nest.visits(tensor, child):
        delivered: dict[Instance, set[Element]] = defaultdict(set)
        for instance in sorted(tile):
            back = tile[instance] & received[instance[:outside]] - delivered[instance[:outside]]
            delivered[instance[:outside]] |= back
            from_zero += len(tile[instance] - back)
        words_back = sum(map(len, delivered.values()))
        counters.reads[parent.memory, name] += words_back
        counters.writes[child.memory, name] += words_back
        counters.reads[child.memory, name] += sum(map(len, tile.values()))
        added = _shared(nest, tensor, parent, child, tile)
        counters.writes[parent.memory, name] += added
        for instance, words in tile.items():
            received[instance[:outside]] |= words
        distinct = sum(map(len, _union(tile, range(outside, len(nest.spatial_loops(child.above)))).values()))
        counters.reads[parent.memory, name] += added - distinct
        _over_links(nest, tensor, parent, child, tile, counters)
        _same_over_links(nest, tensor, parent, child, words_back, counters)
    return from_zero


def _accumulate(nest: Nest, tensor: Tensor, parent: Place, child: Place, counters: Counters, from_zero: int) -> None:
    """Operations add to the output in its innermost node; the first on a word that starts from zero reads nothing."""
    writes = 0
    for tile, _ in nest.visits(tensor, child):
        writes += _shared(nest, tensor, parent, child, tile)
        _over_links(nest, tensor, parent, child, tile, counters)
    counters.writes[parent.memory, tensor.name] += writes
    counters.reads[parent.memory, tensor.name] += writes - from_zero
    _same_over_links(nest, tensor, parent, child, writes - from_zero, counters)


def _union(words: Words, merged: range | list[int]) -> Words:
    """The words of instances that differ only in the spatial counters number `merged`, put together."""
    result: Words = defaultdict(set)
    for instance, some in words.items():
        result[tuple(c for i, c in enumerate(instance) if i not in merged)] |= some
    return result


def _combining(nest: Nest, tensor: Tensor, parent: Place, child: Place, inside: int = -1) -> list[int]:
    """Numbers of the spatial loops between two places along which words are shared, of arrays deeper than `inside`."""
    found = []
    loops = nest.spatial_loops(child.above)
    for number in range(len(nest.spatial_loops(parent.above)), len(loops)):
        array = next(a for a in nest.arch.arrays if a.name == loops[number].array)
        shared = loops[number].axis in array.combining_axes(tensor.role, tensor.is_output)
        if shared and nest.arch.depth[array.name] > inside:
            found.append(number)
    return found


def _shared(nest: Nest, tensor: Tensor, parent: Place, child: Place, words: Words) -> int:
    """Accesses of the parent for `words`: one for all the instances that share a word (D1)."""
    return sum(map(len, _union(words, _combining(nest, tensor, parent, child)).values()))


def _over_links(nest: Nest, tensor: Tensor, parent: Place, child: Place, words: Words, counters: Counters) -> None:
    """A link carries each word once per instance of its array; only arrays deeper than it merge words (D3)."""
    for array in nest.arch.arrays_between(parent.memory, child.memory):
        deeper = _combining(nest, tensor, parent, child, nest.arch.depth[array.name])
        carried = sum(map(len, _union(words, deeper).values()))
        for link in array.links:
            if link.carries(tensor.role):
                counters.links[link.name, tensor.name] += carried


def _same_over_links(nest: Nest, tensor: Tensor, parent: Place, child: Place, words: int, counters: Counters) -> None:
    """Words that go to one instance each: every link on the way carries each once."""
    for array in nest.arch.arrays_between(parent.memory, child.memory):
        for link in array.links:
            if link.carries(tensor.role):
                counters.links[link.name, tensor.name] += words
