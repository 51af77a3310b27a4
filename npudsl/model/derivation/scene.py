"""What a derivation looks at: one nest on one machine, its symbols and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import sympy

from ...mapping.canonical import canonical
from ...mapping.nest import Loop, Mapping
from ...spec.arch import Arch
from ...spec.op import Layer, Tensor
from ..counts import derive
from ..edges import Edge
from ..formulas import Formulas
from ..symbolic import SymbolicNumbers, symbolic
from .names import listed, loop_names, places

#: Kinds of temporal loops that bring tiles.
BRINGING = ("walk", "sweep")


@dataclass(frozen=True)
class Scene:
    """`nest`: the mapping without loops of factor 1."""

    arch: Arch
    layer: Layer
    nest: Mapping

    @staticmethod
    def of(arch: Arch, layer: Layer, mapping: Mapping) -> Scene:
        return Scene(arch, layer, canonical(arch, layer, mapping))

    @cached_property
    def formulas(self) -> Formulas:
        return derive(self.arch, self.layer, self.nest, names=loop_names(self.arch, self.layer, self.nest))

    @cached_property
    def places(self) -> tuple[str, ...]:
        return places(self.arch, self.layer, self.nest)

    @cached_property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        return tuple(symbolic(symbol) for symbol in self.formulas.symbols)

    @cached_property
    def bounds(self) -> dict[str, sympy.Symbol]:
        return {dim: symbolic(symbol) for dim, symbol in self.formulas.bounds.items()}

    @property
    def loops(self) -> tuple[Loop, ...]:
        return self.nest.loops

    @cached_property
    def values(self) -> dict[sympy.Symbol, int]:
        """The number of every symbol: bounds first, then factors, outermost first."""
        bounds = {symbol: self.layer.bound[dim] for dim, symbol in self.bounds.items()}
        return bounds | dict(zip(self.symbols, (loop.factor for loop in self.loops), strict=True))

    @cached_property
    def numbers(self) -> SymbolicNumbers:
        return SymbolicNumbers(self.values)

    def named(self, indices: list[int]) -> str:
        """`m_dram and p_x`"""
        return listed(self.symbols[i].name for i in indices)

    def loops_of(self, dim: str, stop: int) -> list[int]:
        """Indices of the loops over `dim` above position `stop`."""
        return [i for i in range(stop) if self.loops[i].dim == dim]

    def size(self, indices: list[int]) -> int:
        """Product of the factors of these loops."""
        result = 1
        for i in indices:
            result *= self.loops[i].factor
        return result

    def sweeping(self, edge: Edge) -> str | None:
        """The name of the loop that sweeps the inner node's tile."""
        return None if edge.sweep is None else self.symbols[edge.sweep].name

    def shared_by(self, tensor: Tensor, indices: list[int]) -> str:
        """How instances along these loops share words: `multicast by bus`, `added up by chain`, `an ideal array`."""
        verb = "added up" if tensor.is_output else "multicast"
        links: dict[str, None] = {}
        for i in indices:
            array = next(a for a in self.arch.arrays if a.name == self.loops[i].array)
            for link in array.links:
                works = not link.along or self.loops[i].axis in link.along
                if works and tensor.role in (link.reduce if tensor.is_output else link.multicast):
                    links.setdefault(link.name)
        return f"{verb} by {listed(links)}" if links else f"{verb}: {self._ideal(indices)} has no links and is ideal"

    def _ideal(self, indices: list[int]) -> str:
        return listed(dict.fromkeys(str(self.loops[i].array) for i in indices))
