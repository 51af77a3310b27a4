"""A mapping made ready for execution: its loops as counters, its nodes as a chain of transfers per tensor.

Says *who* hands words to whom, *when* a tile moves and *which* instances share words. Holds no counts: those come from
executing. Written from semantics.md, Mapping and Movement.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ..mapping.nest import Loop, Mapping
from ..spec.arch import Arch, Array
from ..spec.op import Layer, Tensor


@dataclass(frozen=True)
class Counter:
    """A loop of the nest. `index`: its place among all loops, outermost first; `stride`: how far it moves its dim.

    `trips`: how many of its values can have a point at all; larger ones are never executed or idle forever.
    """

    index: int
    dim: str
    factor: int
    stride: int
    trips: int
    array: str | None = None
    axis: str | None = None

    @property
    def spatial(self) -> bool:
        return self.array is not None


@dataclass(frozen=True)
class Site:
    """Where a tensor is held: in `memory` with `above` counters outside it. `memory` None is the compute unit."""

    tensor: str
    memory: str | None
    above: int


@dataclass(frozen=True)
class Crossing:
    """An array that a transfer crosses: `shared` are the combining counters (by index) of the arrays deeper than it."""

    array: Array
    shared: frozenset[int]


@dataclass(frozen=True)
class Transfer:
    """Words of a tensor that move between a site (`parent`) and the tensor's next site inside (`child`).

    `sweep`: index of the child's sweeping loop (None: nothing moves it, or the child is the compute unit).
    `visits`: the temporal counters whose settings are the child's visits, outermost first. Counters between the
    sweeping loop and the child do not move it: at an arrival they stand at 0.
    `instances`: the spatial counters above the child; the first `outer` of them also stand above the parent.
    `combining`: indices of the spatial counters between the two along which words are shared.
    """

    tensor: Tensor
    parent: Site
    child: Site
    sweep: int | None
    visits: tuple[Counter, ...]
    instances: tuple[Counter, ...]
    outer: int
    combining: frozenset[int]
    crossings: tuple[Crossing, ...]

    @property
    def between(self) -> tuple[Counter, ...]:
        """The spatial counters that tell the children of one parent instance apart."""
        return self.instances[self.outer :]

    def arrives(self, advanced: int | None) -> bool:
        """Whether the child gets a new tile when the counter with index `advanced` advances (None: the first step).

        The compute unit retains nothing: it gets new operands with every step.
        """
        if advanced is None or self.child.memory is None:
            return True
        return self.sweep is not None and advanced <= self.sweep

    def slides(self, advanced: int | None) -> bool:
        """Whether an arrival leaves the words that are still needed in place."""
        return advanced is not None and advanced == self.sweep and not self.tensor.is_output


@dataclass(frozen=True)
class Nest:
    """A layer under a mapping on a machine, with loops of factor 1 left out."""

    arch: Arch
    layer: Layer
    counters: tuple[Counter, ...]
    sites: tuple[Site, ...]

    @staticmethod
    def of(arch: Arch, layer: Layer, mapping: Mapping) -> Nest:
        """The nest of a mapping that `structure.check` accepts."""
        mapping = mapping.simplified()
        counters = tuple(
            _counter(i, loop, stride, layer.bound[loop.dim])
            for i, (loop, stride) in enumerate(zip(mapping.loops, mapping.strides, strict=True))
        )
        sites = tuple(Site(node.tensor, node.memory, above) for node, above in mapping.placed)
        return Nest(arch, layer, counters, sites)

    @cached_property
    def temporal(self) -> tuple[Counter, ...]:
        return tuple(c for c in self.counters if not c.spatial)

    @cached_property
    def spatial(self) -> tuple[Counter, ...]:
        return tuple(c for c in self.counters if c.spatial)

    def home(self, tensor: str) -> Site:
        """The outermost site of a tensor: it holds all of it all the time."""
        return next(s for s in self.sites if s.tensor == tensor)

    def of_dim(self, dim: str) -> tuple[Counter, ...]:
        return tuple(c for c in self.counters if c.dim == dim)

    @cached_property
    def transfers(self) -> dict[str, tuple[Transfer, ...]]:
        """Per tensor its transfers, outermost first; the last is between its innermost site and the compute unit."""
        result = {}
        for tensor in self.layer.op.tensors:
            chain = [s for s in self.sites if s.tensor == tensor.name]
            chain.append(Site(tensor.name, None, len(self.counters)))
            result[tensor.name] = tuple(self._transfer(tensor, parent, child) for parent, child in pairwise(chain))
        return result

    def _transfer(self, tensor: Tensor, parent: Site, child: Site) -> Transfer:
        above = self.counters[: child.above]
        instances = tuple(c for c in above if c.spatial)
        between = [c for c in instances if c.index >= parent.above]
        arrays = self.arch.arrays_between(parent.memory, child.memory)
        axes = {a.name: a.combining_axes(tensor.role, tensor.is_output) for a in arrays}
        combining = frozenset(c.index for c in between if c.axis in axes.get(c.array or "", ()))
        crossings = tuple(
            Crossing(array, combining & {c.index for c in between if c.array in {a.name for a in arrays[i + 1 :]}})
            for i, array in enumerate(arrays)
        )
        sweep: int | None = None
        visits = tuple(c for c in above if not c.spatial)
        if child.memory is not None:
            movers = [c.index for c in visits if c.dim in tensor.dims]
            sweep = movers[-1] if movers else None
            visits = tuple(c for c in visits if sweep is not None and c.index <= sweep)
        outer = len(instances) - len(between)
        return Transfer(tensor, parent, child, sweep, visits, instances, outer, combining, crossings)


def _counter(index: int, loop: Loop, stride: int, bound: int) -> Counter:
    trips = min(loop.factor, -(-bound // stride))
    return Counter(index, loop.dim, loop.factor, stride, trips, loop.array, loop.axis)
