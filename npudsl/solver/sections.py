"""Sections: the parts of all orders of nodes, each once.

Orders that have the same nodes outside a part, and the same inside it in the same order, have the part in common. Where
nests are cut between any two nodes outside of arrays (`Hierarchy.shared`), parts are few though orders are many, so
they are made from the innermost node outwards, as long as some tensor can pass all slots but the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import factorial, prod

from ..mapping.dataflow import Dataflow
from ..mapping.nest import Node
from ..spec.op import Operator
from .groups import outline
from .hierarchy import Hierarchy, Unit, hierarchies, regions_of, stacked, tiers_of
from .limits import has_tables
from .problem import Problem
from .restrictions import Slots, allowed, restricted
from .symmetry import Signature, apart
from .templates import Part, parts

Section = tuple[Hierarchy, Part]
#: Orders of nodes outside of arrays up to which nests are not cut between nodes of one memory.
FEW = 2
#: So many times as many where time counts: fronts that know all loads have many entries, and cuts make more fronts.
TIMED = 3
#: The orders of the nodes of all regions below an array.
Inner = tuple[tuple[Unit, ...], ...]
#: Pairs of a tensor and what it is called instead.
Exchange = tuple[tuple[str, str], ...]


def sections_of(problem: Problem, space: str, dataflow: Dataflow | None = None) -> Iterator[Iterator[Section]]:
    """For every choice of bypasses the parts of all orders of nodes that need to be searched."""
    arch, layer, symmetries = problem.arch, problem.layer, problem.symmetries
    seen: set[Signature] = set()
    evens = hierarchies(arch, layer, "even")
    if space == "even" or dataflow is not None or not _shares(problem, (even for (even,) in evens)):
        for orders in hierarchies(arch, layer, space, dataflow, problem.pinned):
            yield sections(apart(orders, symmetries, seen))
        return
    op, exchanges = outline(problem.kind.op), {symmetry.tensors for symmetry in symmetries}
    for orders in hierarchies(arch, layer, "even"):
        for even in apart(orders, symmetries, seen):
            yield shared_sections(op, problem.dims, even, exchanges, problem.pinned)


def _shares(problem: Problem, evens: Iterable[Hierarchy]) -> bool:
    if not any(worth_sharing(even, timed=problem.timed) for even in evens):
        return False
    return has_tables(problem.arch, problem.layer, timed=problem.timed)


def sections(orders: Iterable[Hierarchy]) -> Iterator[Section]:
    """The parts of some orders, cut where each may be."""
    seen: set[object] = set()
    for hierarchy in orders:
        for part in parts(hierarchy):
            top, bottom, last = part
            below = tuple((t.nodes, t.arrays) for t in hierarchy.tiers[top + 1 : None if last else bottom + 1])
            key = (hierarchy.nodes_to(top), below, hierarchy.tiers[top].arrays, last)
            if key not in seen:
                seen.add(key)
                yield hierarchy, part


def worth_sharing(even: Hierarchy, *, timed: bool) -> bool:
    """Whether the nodes outside all arrays have so many orders that cuts between them save more than they cost: fronts
    with the room that is taken, and bounds that no longer know all of a nest."""
    chains: dict[str, int] = {}
    for node in regions_of(even)[0][0]:
        chains[node.tensor] = chains.get(node.tensor, 0) + 1
    few = FEW * TIMED if timed else FEW
    return factorial(sum(chains.values())) > few * prod(factorial(n) for n in chains.values())


def shared_sections(
    op: Operator,
    dims: tuple[str, ...],
    even: Hierarchy,
    exchanges: Collection[Exchange] = (),
    pinned: frozenset[Node] = frozenset(),
) -> Iterator[Section]:
    """The parts of all orders of the nodes of an even hierarchy, cut between any two nodes outside of arrays. Of last
    parts that exchanging tensors turns into each other one is enough: the parts outside are all there."""
    yield from _Sections(op, dims, even, frozenset(exchanges) - {()}, pinned).all()


@dataclass
class _Sections:
    op: Operator
    dims: tuple[str, ...]
    even: Hierarchy
    exchanges: frozenset[Exchange]
    pinned: frozenset[Node] = frozenset()
    seen: set[object] = field(default_factory=set)

    @cached_property
    def outer(self) -> list[Node]:
        """The nodes outside all arrays, but for those of the outermost memory, those of outer memories first."""
        return regions_of(self.even)[0][0]

    def all(self) -> Iterator[Section]:
        regions, _ = regions_of(self.even)
        below_arrays = (list(tiers_of(nodes, below_array=True)) for nodes in regions[1:])
        inner: list[Inner] = list(product(*below_arrays))
        for order in inner:
            yield from self._outwards(frozenset(self.outer), (), order, self._inmost(order), last=True)
        for inside in self._cuts():
            yield from self._outwards(inside, (), inner[0], [{}], last=False)

    def _cuts(self) -> Iterator[frozenset[Node]]:
        """All sets of nodes that may stand outside a cut."""
        chains: dict[str, list[Node]] = {}
        for node in self.outer:
            chains.setdefault(node.tensor, []).append(node)
        for lengths in product(*(range(len(chain) + 1) for chain in chains.values())):
            yield frozenset(n for chain, k in zip(chains.values(), lengths, strict=True) for n in chain[:k])

    def _outwards(
        self, outside: frozenset[Node], path: tuple[Node, ...], inner: Inner, passed: Sequence[Slots], *, last: bool
    ) -> Iterator[Section]:
        """The parts that end where `path` does, outside of which stand the nodes `outside` in any order: this one, and
        those that begin further out. `passed`: what the dims of all slots but the first may be."""
        if last and self._known(outside, path, inner):
            return
        hierarchy = self._hierarchy(outside, path, inner)
        end = len(hierarchy.tiers) - (0 if hierarchy.tiers[-1].arrays else 1)
        top, bottom = len(outside), end if last else len(outside) + len(path)
        if (top < bottom or top == 0) if last else top < bottom < end:  # as `parts`
            yield hierarchy, (top, bottom, last)
        for node in self._innermost(outside):
            within, longer = outside - {node}, (node, *path)
            if top < min(bottom, len(hierarchy.tiers)):
                further = self._hierarchy(within, longer, inner)
                more = [
                    {top: here, **slots}
                    for slots in passed
                    for here in allowed(self.op, self.dims, further, top, top - 1, bottom, slots)
                ]
            else:
                more = list(passed)  # no loops are here
            if more:
                yield from self._outwards(within, longer, inner, more, last=last)

    def _inmost(self, inner: Inner) -> list[Slots]:
        """What the dims of the slots below arrays may be."""
        outside = frozenset(self.outer)
        hierarchy, top = self._hierarchy(outside, (), inner), len(outside)
        end = len(hierarchy.tiers) - (0 if hierarchy.tiers[-1].arrays else 1)
        slot = max(top, min(end, len(hierarchy.tiers)) - 1)
        every = restricted(self.op, self.dims, hierarchy, end, slot, top, {})
        return [{k: dims for k, dims in slots.items() if k > top} for slots in every]

    def _known(self, outside: frozenset[Node], path: tuple[Node, ...], inner: Inner) -> bool:
        """Whether this part was there with tensors exchanged; it is known from now on."""

        def renamed(exchange: Exchange) -> object:
            other = dict(exchange)

            def name(node: Node) -> Node:
                return Node(other.get(node.tensor, node.tensor), node.memory)

            units = tuple(tuple(frozenset(map(name, unit)) for unit in order) for order in inner)
            return frozenset(map(name, outside)), tuple(map(name, path)), units

        if renamed(()) in self.seen:
            return True
        self.seen.update(renamed(exchange) for exchange in self.exchanges)
        return False

    def _hierarchy(self, outside: frozenset[Node], path: tuple[Node, ...], inner: Inner) -> Hierarchy:
        """An order of all nodes with these outside, then those of the path."""
        before = [n for n in self.outer if n in outside]
        after = [n for n in self.outer if n not in outside and n not in path]
        order = tuple((n,) for n in (*before, *path, *after))
        tiers = stacked(self.even.tiers[0], (order, *inner), regions_of(self.even)[1])
        return Hierarchy(tiers, canonical=True, shared=True, pinned=self.pinned)

    def _innermost(self, outside: frozenset[Node]) -> list[Node]:
        """Of every tensor its innermost node among these."""
        return list({n.tensor: n for n in self.outer if n in outside}.values())
