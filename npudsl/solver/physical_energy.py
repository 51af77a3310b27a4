"""The physical limit as energy: no mapping of a layer on a machine costs less, however it tiles, orders and unrolls.

Energy is split over the operations and over the boundaries below the levels, so that nothing is counted twice:
- operations cost their own energy, and at the innermost memory of each tensor what they read and write there, once per
  operation or, where an array between shares words, once per word that must cross it;
- a word that crosses a boundary costs the read outside, the write inside and the links between (an output word: the
  read inside, the links and the write outside; what comes back is not counted). `physical.least_weight` says how little
  that can be at each boundary by itself. Words that skip levels cross several boundaries at one price, which is
  divided between them; any division is right, a few are tried.
- leakage lasts at least as long as `physical_time.least_cycles` says.
Of the reads of an output at its innermost memory those of partial sums and those of evictions are together no fewer
than the operations' writes (an operation spares its read only for words that leave), so evictions cost nothing extra.

Every choice of optional bypasses is bounded by itself and the least taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import prod

from ..mapping.footprint import UncountableError, words
from ..mapping.pricing import leakages
from ..spec.arch import Arch, Memory
from ..spec.op import Layer, Tensor
from .pebbles import ROUNDING
from .physical import Boundary, boundaries, least_weight
from .physical_time import least_cycles

#: Optional bypasses that are told apart, at the most (2^n choices).
MOST_OPTIONAL = 6


@dataclass(frozen=True)
class Physical:
    """What no mapping beats: `energy` in pJ (with leakage), `steps`, `cycles`, and words moved across each boundary."""

    energy: float
    steps: int
    cycles: float
    boundaries: tuple[Boundary, ...]

    def value(self, objective: str) -> float:
        """The limit of an objective, in its units: pJ, cycles or pJ * cycles."""
        return {"energy": self.energy, "latency": self.cycles}.get(objective, self.energy * self.cycles)


def physical_limit(arch: Arch, layer: Layer) -> Physical | None:
    """None: words are too many to be counted."""
    units = prod(size for array in arch.arrays for _, size in array.axes)
    try:
        cycles = least_cycles(arch, layer) * (1.0 - ROUNDING)
        energy = _energy(arch, layer, cycles) * (1.0 - ROUNDING)
    except (UncountableError, OverflowError):
        return None
    return Physical(energy, -(-layer.points // units), cycles, boundaries(arch, layer))


def _energy(arch: Arch, layer: Layer, cycles: float) -> float:
    fixed = float(layer.points * arch.compute.op_energy) + cycles * float(sum(power for _, power in leakages(arch)))
    chosen = list(_chains(arch, layer))
    moved = min((_Chains(arch, layer, chains).energy() for chains in chosen), default=0.0)
    return fixed + moved


Chains = dict[str, tuple[Memory, ...]]


def _chains(arch: Arch, layer: Layer) -> Iterator[Chains]:
    """Per choice of bypasses the memories of every tensor, outermost first; nothing if there are too many choices."""
    optional = [(t.name, m.name) for t in layer.op.tensors for m in arch.path(t.role) if _may_skip(m, t)]
    if len(optional) > MOST_OPTIONAL:
        return
    for skipped in product((False, True), repeat=len(optional)):
        left_out = {one for one, skip in zip(optional, skipped, strict=True) if skip}
        chains = {
            t.name: tuple(m for m in arch.path(t.role) if (t.name, m.name) not in left_out) for t in layer.op.tensors
        }
        if all(chains.values()):
            yield chains


def _may_skip(memory: Memory, tensor: Tensor) -> bool:
    hold = memory.hold(tensor.role)
    return hold is not None and hold.optional


@dataclass(frozen=True)
class _Edge:
    """One step of a tensor inwards: it crosses the boundaries below levels `outer` to `inner` - 1 at `price` pJ per
    word, with at least `crossings` words."""

    tensor: str
    outer: int
    inner: int
    price: float
    crossings: float


class _Chains:
    """One choice of bypasses."""

    def __init__(self, arch: Arch, layer: Layer, chains: Chains):
        self.arch, self.layer, self.chains = arch, layer, chains
        self.level = {m.name: i for i, one in enumerate(arch.levels) for m in one.memories}
        self.edges = [edge for tensor in layer.op.tensors for edge in self._edges(tensor)]

    def energy(self) -> float:
        """Of all words moved, at least, in pJ."""
        added = sum(self._addends(t) for t in self.layer.op.tensors if t.is_output)
        divisions = [self._divided(how) for how in ("outermost", "innermost", "shared")]
        return added + max(sum(self._boundary(i, prices) for i, prices in enumerate(d)) for d in divisions)

    # ---- prices ---------------------------------------------------------------------------------

    def _edges(self, tensor: Tensor) -> Iterator[_Edge]:
        chain = self.chains[tensor.name]
        touched = words(tensor, self.layer.bound)
        for parent, child in pairwise(chain):
            outside, inside = parent.read_energy, child.write_energy
            if tensor.is_output:
                outside, inside = parent.write_energy, child.read_energy
            price = outside * self._width(parent, tensor) + self._links(parent, child, tensor)
            if not (tensor.is_output and child is chain[-1]):
                price += inside * self._width(child, tensor)
            yield _Edge(tensor.name, self.level[parent.name], self.level[child.name], float(price), touched)
        last = chain[-1]
        outside = last.write_energy if tensor.is_output else last.read_energy
        price = outside * self._width(last, tensor) + self._links(last, None, tensor)
        crossings = max(float(touched), self._served(tensor))
        yield _Edge(tensor.name, self.level[last.name], len(self.arch.levels), float(price), crossings)

    def _addends(self, tensor: Tensor) -> float:
        """Reads of an output at its innermost memory, by operations and of what leaves, in pJ."""
        chain = self.chains[tensor.name]
        spared = words(tensor, self.layer.bound) if len(chain) == 1 else 0
        reads = max(0.0, self._served(tensor) - spared)
        return reads * float(chain[-1].read_energy * self._width(chain[-1], tensor))

    def _served(self, tensor: Tensor) -> float:
        """Accesses by operations: as many of them share one as the arrays between have instances that share words."""
        last = self.chains[tensor.name][-1]
        sharing = 1
        for array in self.arch.arrays_between(last.name, None):
            axes = array.combining_axes(tensor.role, tensor.is_output)
            sharing *= prod(size for axis, size in array.axes if axis in axes)
        return self.layer.points / sharing

    def _width(self, memory: Memory, tensor: Tensor) -> Fraction:
        return self.arch.width(memory.name, tensor.role)

    def _links(self, outer: Memory, inner: Memory | None, tensor: Tensor) -> Fraction:
        crossed = self.arch.arrays_between(outer.name, None if inner is None else inner.name)
        hops = (link.hop_energy for array in crossed for link in array.links if link.carries(tensor.role))
        return sum(hops, Fraction(0)) * self.arch.width(None, tensor.role)

    # ---- boundaries -----------------------------------------------------------------------------

    def _divided(self, how: str) -> list[dict[str, tuple[float, float]]]:
        """Per boundary (price, crossings) by tensor: the price of an edge, divided over the boundaries it crosses."""
        found: list[dict[str, tuple[float, float]]] = [{} for _ in self.arch.levels]
        for edge in self.edges:
            shares = dict.fromkeys(range(edge.outer, edge.inner), 0.0)
            if how == "shared":
                for level in range(edge.outer + 1, edge.inner):
                    others = [e.price for e in self.edges if e.outer == level]
                    shares[level] = min(max(others, default=0.0), edge.price / (edge.inner - edge.outer))
            rest = edge.inner - 1 if how == "innermost" else edge.outer
            shares[rest] += edge.price - sum(shares.values())
            for level, price in shares.items():
                found[level][edge.tensor] = (price, edge.crossings)
        return found

    def _boundary(self, level: int, prices: dict[str, tuple[float, float]]) -> float:
        weights = {t.name: prices.get(t.name, (0.0, 0.0))[0] for t in self.layer.op.tensors}
        crossings = {t.name: prices.get(t.name, (0.0, 0.0))[1] for t in self.layer.op.tensors}
        return least_weight(self.arch, self.layer, level, weights, crossings)
