"""Moves of nodes and loops from any nest towards a canonical one, each judged by the counts alone.

The rules of `npudsl/solver/canonical.py` say where loops stop. Nothing of that is used here: a loop goes outwards past
nodes wherever no count and no tile rises, until templates cover the nest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer, Tensor

from .covering import Covering, Items


@dataclass(frozen=True)
class Moves:
    """Moves of nests of a layer."""

    arch: Arch
    layer: Layer

    # ---- nests ------------------------------------------------------------------------------------

    def tensor(self, node: Node) -> Tensor:
        return self.layer.op.tensor(node.tensor)

    def depth(self, node: Node) -> int:
        """Arrays outside of a node."""
        return sum(self.arch.depth[a.name] < self.arch.depth[node.memory] for a in self.arch.arrays)

    def legal(self, items: Items) -> bool:
        """A slot names a dim once and does not stand between an array and what is inside; nodes keep their order, also
        past an array along which nothing is unrolled."""
        seen: set[str] = set()
        below_array = False
        nodes: list[Node] = []
        for item in items:
            if isinstance(item, Loop) and item.array is None:
                if below_array or item.dim in seen:
                    return False
                seen.add(item.dim)
                continue
            seen, below_array = set(), isinstance(item, Loop)
            if isinstance(item, Node):
                if nodes and self.depth(item) < self.depth(nodes[-1]):
                    return False
                nodes.append(item)
        number = {m.name: i for i, m in enumerate(self.arch.memories)}
        chains = ([number[n.memory] for n in nodes if n.tensor == t.name] for t in self.layer.op.tensors)
        return all(chain == sorted(chain) for chain in chains)

    def head(self, items: Items) -> int:
        """Where loops may begin: below the outermost nodes of all tensors."""
        seen: set[str] = set()
        for number, item in enumerate(items):
            if isinstance(item, Loop) or item.tensor in seen:
                return number
            seen.add(item.tensor)
        return len(items)

    # ---- move 1 -----------------------------------------------------------------------------------

    def raised(self, items: Items) -> Items:
        """Every node above the loops directly above it that do not move it. A dim may then be twice in a slot."""
        found, head = list(items), self.head(items)
        moved = True
        while moved:
            moved = False
            for at in range(head, len(found)):
                node = found[at]
                if isinstance(node, Node):
                    to = self._first_of(found, at, head)
                    above = found[to - 1]
                    if to > head and isinstance(above, Loop) and above.array is None and not self.moves(above, node):
                        found.insert(to - 1, found.pop(at))
                        moved = True
        return tuple(found)

    def moves(self, loop: Loop, node: Node) -> bool:
        return loop.dim in self.tensor(node).dims

    def _first_of(self, items: list[Node | Loop], at: int, head: int) -> int:
        """How far a node may go outwards past nodes that stand with it."""
        node = items[at]
        assert isinstance(node, Node)
        while at > head and isinstance(other := items[at - 1], Node):
            if other.tensor == node.tensor or self.depth(other) != self.depth(node):
                break
            at -= 1
        return at

    def merged(self, items: Items) -> Iterator[Items]:
        """With one loop per dim and slot, at either of the two places."""
        at: dict[str, int] = {}
        for k, item in enumerate(items):
            if isinstance(item, Node) or item.array is not None:
                at = {}
            elif item.dim in at:
                j = at[item.dim]
                both = (Loop(item.dim, item.factor * _factor(items[j])),)
                yield from self.merged(items[:j] + items[j + 1 : k] + both + items[k + 1 :])
                yield from self.merged(items[:j] + both + items[j + 1 : k] + items[k + 1 :])
                return
            else:
                at[item.dim] = k
        yield items

    # ---- move 2 -----------------------------------------------------------------------------------

    def hoisted(self, items: Items) -> Iterator[Items]:
        """Every legal nest in which one loop stands further out; nodes that stand together in any order."""
        for one in dict.fromkeys(self._hoisted(items)):
            if self.legal(one):
                yield one

    def _hoisted(self, items: Items) -> Iterator[Items]:
        yield from self._outwards(items, None)
        for at, loop in enumerate(items):
            if isinstance(loop, Loop) and loop.array is None:
                yield from self._past_some(items, at, loop)
        for dim in self.layer.op.dims:
            for plain in (True, False):
                yield from self._outwards(self._arranged(items, dim, plain), dim)

    def _outwards(self, items: Items, only: str | None) -> Iterator[Items]:
        for at, loop in enumerate(items):
            if isinstance(loop, Loop) and loop.array is None and only in (None, loop.dim):
                rest = items[:at] + items[at + 1 :]
                for to in range(self.head(items), at):
                    yield from self.merged((*rest[:to], loop, *rest[to:]))

    def _past_some(self, items: Items, at: int, loop: Loop) -> Iterator[Items]:
        """A loop past some of the nodes together that its slot follows, those that it moves."""
        low = at
        while isinstance(before := items[low - 1], Loop) and before.array is None:
            low -= 1
        first = low
        while first > self.head(items) and isinstance(items[first - 1], Node):
            first -= 1
        nodes = [n for n in items[first:low] if isinstance(n, Node)]
        moved = [n for n in nodes if self.moves(loop, n)]
        for count in range(1, len(moved) + 1):
            for below in combinations(moved, count):
                above = tuple(n for n in nodes if n not in below)
                yield from self.merged((*items[:first], *above, loop, *below, *items[low:at], *items[at + 1 :]))

    def _arranged(self, items: Items, dim: str, plain: bool) -> Items:
        """Nodes that stand together such that those which a dim moves come last (`plain`: not those of a window)."""
        found, at = list(items), self.head(items)
        while at < len(found):
            end = at
            while end < len(found) and isinstance(found[end], Node):
                end += 1
            found[at:end] = sorted(found[at:end], key=lambda n: isinstance(n, Node) and self._last(n, dim, plain))
            at = max(end, at + 1)
        return tuple(found)

    def _last(self, node: Node, dim: str, plain: bool) -> bool:
        tensor = self.tensor(node)
        return dim in tensor.dims and not (plain and any(dim in g and len(g) > 1 for g in tensor.groups))

    def potential(self, items: Items) -> int:
        """How many nodes stand outside loops that move them."""
        total = 0
        above: list[Node] = []
        for item in items:
            if isinstance(item, Node):
                above.append(item)
            elif item.array is None:
                total += sum(self.moves(item, node) for node in above)
        return total


def covered(covering: Covering, mapping: Mapping, limit: int) -> bool | None:
    """Whether moves that raise no count lead to a nest that templates cover; None: not within `limit` nests."""
    moves = Moves(covering.arch, covering.layer)
    start = mapping.simplified().items
    seen = {start}

    def alike(items: Items) -> list[Items]:
        """A nest, and those with its nodes raised."""
        costs = covering.costs(items)
        raised = [one for one in moves.merged(moves.raised(items)) if moves.legal(one)]
        return list(dict.fromkeys([*(one for one in raised if covering.costs(one).no_worse(costs)), items]))

    def better(items: Items) -> Iterator[Items]:
        for base in alike(items):
            costs, height = covering.costs(base), moves.potential(base)
            for other in moves.hoisted(base):
                if other not in seen:
                    seen.add(other)
                    found = covering.costs(other)
                    if found.no_worse(costs) and (moves.potential(other) < height or not costs.no_worse(found)):
                        yield other

    path = [iter([start])]
    while path and limit:
        other = next(path[-1], None)
        if other is None:
            path.pop()
            continue
        if any(covering.covers(Mapping(one)) for one in alike(other)):
            return True
        limit -= 1
        path.append(better(other))
    return None if path else False


def _factor(item: Node | Loop) -> int:
    assert isinstance(item, Loop)
    return item.factor
