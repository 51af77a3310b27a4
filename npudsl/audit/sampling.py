"""Random mappings over a whole space, and small changes of one: a spot check where enumeration is out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from random import Random

from ..mapping.legality import check_mapping
from ..mapping.nest import Mapping, Node
from ..spec.arch import Arch
from ..spec.op import Layer
from .skeletons import Axis, Filling, Place, Skeleton, build, even, held, nest, optional_nodes, places_of, uneven
from .splits import primes_of

#: Changes that are tried before a mapping is given up.
PATIENCE = 200


class Sampler:
    """Draws mappings of one layer; the same ones for the same seed."""

    def __init__(self, arch: Arch, layer: Layer, space: str, random: Random):
        self.arch, self.layer, self.space, self.random = arch, layer, space, random
        self.optional = optional_nodes(arch, layer)

    def draw(self) -> Mapping | None:
        """A random legal mapping; None if chance found none that fits."""
        skeleton = self._skeleton()
        places = places_of(skeleton)
        loops: list[dict[str, int]] = [{} for _ in places]
        for dim, bound in self.layer.bounds:
            for prime in primes_of(bound):
                _put(loops, self._somewhere(places, loops, prime), dim, prime)
        for _ in range(PATIENCE):
            found = nest(skeleton, tuple(self._shuffled(x) for x in loops))
            if not check_mapping(self.arch, self.layer, found):
                return found
            self._outwards(loops)
        return None

    def change(self, skeleton: Skeleton, filling: Filling) -> tuple[Skeleton, Filling] | None:
        """One small change of a mapping: a prime factor elsewhere, or two loops or two nodes in another order. None:
        what came out is not legal."""
        kind = self.random.choice(("move", "move", "swap", "nodes"))
        loops = [list(x) for x in filling]
        places = places_of(skeleton)
        if kind == "nodes":
            changed = self._other_order(skeleton)
            skeleton = changed or skeleton
        elif kind == "swap":
            here = self.random.choice([x for x in loops if len(x) > 1] or [[]])
            if len(here) > 1:
                i, j = self.random.sample(range(len(here)), 2)
                here[i], here[j] = here[j], here[i]
        else:
            self._move(places, loops)
        found = (skeleton, tuple(tuple(x) for x in loops))
        return None if check_mapping(self.arch, self.layer, nest(*found)) else found

    # ---- pieces -----------------------------------------------------------------------------------

    def _skeleton(self) -> Skeleton:
        kept = frozenset(node for node in self.optional if self.random.random() < 0.5)
        regions = []
        for nodes in held(self.arch, self.layer, kept):
            if self.space == "even":
                regions.append(tuple(even(self.arch, nodes)))
                continue
            ranks = {n: self.random.random() for n in nodes}
            mixed = sorted(nodes, key=lambda n, ranks=ranks: ranks[n])  # type: ignore[misc]
            regions.append(next(uneven(self.arch, _in_order(mixed, nodes))))
        axes = [self.random.sample(a.axes, len(a.axes)) for a in self.arch.arrays]
        return build(self.arch, tuple(regions), axes)

    def _somewhere(self, places: Sequence[Place], loops: list[dict[str, int]], prime: int) -> int:
        fits = [
            k
            for k, place in enumerate(places)
            if not isinstance(place, Axis) or prod(loops[k].values()) * prime <= place.size
        ]
        return self.random.choice(fits)

    def _shuffled(self, loops: dict[str, int]) -> tuple[tuple[str, int], ...]:
        found = list(loops.items())
        self.random.shuffle(found)
        return tuple(found)

    def _outwards(self, loops: list[dict[str, int]]) -> None:
        """Moves a prime factor into the outermost slot: tiles get smaller."""
        inner = [(k, d) for k, x in enumerate(loops) if k for d in x]
        if inner:
            k, dim = self.random.choice(inner)
            prime = self.random.choice(primes_of(loops[k][dim]))
            _take(loops, k, dim, prime)
            _put(loops, 0, dim, prime)

    def _move(self, places: Sequence[Place], loops: list[list[tuple[str, int]]]) -> None:
        known = [dict(x) for x in loops]
        k, dim = self.random.choice([(k, d) for k, x in enumerate(known) for d in x] or [(0, "")])
        if not dim:
            return
        prime = self.random.choice(primes_of(known[k][dim]))
        _take(known, k, dim, prime)
        target = self._somewhere(places, known, prime)
        _put(known, target, dim, prime)
        loops[k] = [(d, known[k][d]) for d, _ in loops[k] if d in known[k]]
        names = [d for d, _ in loops[target]]
        if dim not in names:
            names.insert(self.random.randint(0, len(names)), dim)
        loops[target] = [(d, known[target][d]) for d in names]

    def _other_order(self, skeleton: Skeleton) -> Skeleton | None:
        """Exchanges two single nodes that follow each other (uneven only; check_mapping says whether it may be)."""
        if self.space == "even":
            return None
        at = [
            k
            for k in range(1, len(skeleton) - 2)
            if isinstance(skeleton[k], tuple) and isinstance(skeleton[k + 2], tuple)
        ]
        if not at:
            return None
        k = self.random.choice(at)
        items = list(skeleton)
        items[k], items[k + 2] = items[k + 2], items[k]
        return tuple(items)


def _in_order(mixed: Sequence[Node], nodes: Sequence[Node]) -> list[Node]:
    """The mixed nodes with those of each tensor in their own order."""
    queues = {t: [n for n in nodes if n.tensor == t] for t in {n.tensor for n in nodes}}
    return [queues[n.tensor].pop(0) for n in mixed]


def _put(loops: list[dict[str, int]], k: int, dim: str, factor: int) -> None:
    loops[k][dim] = loops[k].get(dim, 1) * factor


def _take(loops: list[dict[str, int]], k: int, dim: str, factor: int) -> None:
    loops[k][dim] //= factor
    if loops[k][dim] == 1:
        del loops[k][dim]
