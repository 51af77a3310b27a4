"""The same literal walk under the rules in which Timeloop and its brute force differ from semantics.md.

- *window*: an instance keeps what it still needs of its previous tile whatever loop advanced; ours keeps it only while
  the sweeping loop advances.
- *restore*: partial sums that come back are written to every instance that holds them; ours go to one, because they
  would be added several times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from npudsl.spec.op import Tensor

from ...oracle.literal import Nest, Place, Words, walk
from ...strategies import Case

#: per memory and tensor: words read, words written
Counts = dict[tuple[str, str], tuple[int, int]]


class _KeepingNest(Nest):
    """A nest whose windows always keep the overlap with the tile of the step before."""

    def visits(self, tensor: Tensor, place: Place) -> Iterator[tuple[Words, bool]]:
        if tensor.is_output or place.memory is None:
            yield from super().visits(tensor, place)
            return
        tiles = self.tiles(tensor, place.above)
        outside = sum(1 for i in self.temporal if i < place.above)
        for step in self.steps:
            yield tiles[step[:outside]], True


def counts(case: Case, *, window: bool, restore: bool) -> Counts:
    """Words read and written per memory and tensor, under the rules asked for."""
    nest = (_KeepingNest if window else Nest)(case.arch, case.layer, case.mapping)
    tally = walk(nest, case.layer)
    found = {(m, t): (a.read, a.write) for m, tensors in tally.counts.items() for t, a in tensors.items()}
    output = case.layer.op.output
    if not restore:
        return found
    nodes = [Place(node.memory, above) for node, above in nest.mapping.nodes_of(output.name)]
    for parent, child in pairwise(nodes):
        more = _copies(nest, output, parent, child)
        read, write = found[str(child.memory), output.name]
        # a restored word is written, and the first operation on it reads it instead of starting from zero
        found[str(child.memory), output.name] = (read + (more if child == nodes[-1] else 0), write + more)
    return found


def _copies(nest: Nest, output: Tensor, parent: Place, child: Place) -> int:
    """Words restored to instances other than the first that holds them."""
    received: dict[tuple[int, ...], set[tuple[int, ...]]] = defaultdict(set)
    outside = len(nest.spatial_loops(parent.above))
    more = 0
    for tile, _ in nest.visits(output, child):
        back: dict[tuple[int, ...], set[tuple[int, ...]]] = defaultdict(set)
        for instance, words in tile.items():
            again = words & received[instance[:outside]]
            more += len(again & back[instance[:outside]])
            back[instance[:outside]] |= again
        for instance, words in tile.items():
            received[instance[:outside]] |= words
    return more
