"""What sums of two places lose at the arrivals of X (`waits.py`), in a part of a nest.

The arrivals of X are known where its tiles are, the tile of Y where Y's node is. In one part their product is a column.
Across a cut, a part knows of what arrives outside no more than that the loops of its frame are no fewer; whole
combinations tell the rest (`across.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..mapping.nest import Node
from ..mapping.resources import READ, WRITE, port
from ..model.counts import Product
from ..model.expressions import Expression
from .hierarchy import Hierarchy
from .latency import Load
from .templates import Template
from .tensor_forms import Column, Kind, Layout, Weighted, weighted
from .waits import Wait

#: Of products: dims with an expression.
Factors = tuple[tuple[tuple[str, ...], Expression], ...]


@dataclass(frozen=True)
class Credits:
    """Of one wait in a part of nests; `tile`: the words of Y in one instance (None: Y has no node in this part)."""

    kind: Kind
    hierarchy: Hierarchy
    template: Template
    laid: Layout
    wait: Wait
    tile: Product | None

    def lost(self) -> Iterator[tuple[Load, Weighted]]:
        """What the sums lose in this part."""
        wait, label, visits = self.wait, ("visits", self.wait.memory), self._visits()
        if visits is not None:
            every = weighted([(label, self.laid.column(Product(visits)), -wait.most)])
            yield wait.load, every
            if wait.node in self._nodes(0, self.template.top):
                yield wait.own, every  # what Y lost outside was for other arrivals
        elif self._across:
            visits = self._factors(range(self.template.frame))
        if visits is not None:
            for column, cycles in self._filled(visits):
                yield wait.own, weighted([((*label, "own"), column, -cycles)])

    def across(self) -> tuple[tuple[Column, Fraction], ...]:
        """Where all of X is outside of a last part and Y in it: what the second sum loses here, with weights."""
        if self._across and self.template.last:
            return tuple(self._filled(self._factors(range(self.template.frame))))
        return ()

    @property
    def _across(self) -> bool:
        """Whether all of X is outside of this part."""
        inside = self._nodes(self.template.top + 1, len(self.hierarchy.tiers))
        return any(map(self.wait.about, self._nodes(0, self.template.top))) and not any(map(self.wait.about, inside))

    def _nodes(self, first: int, last: int) -> list[Node]:
        return [n for tier in self.hierarchy.tiers[first : last + 1] for n in tier.nodes]

    def _factors(self, loops: range) -> Factors:
        nest, symbols = self.template.nest, self.laid.symbols
        return tuple(((nest.loops[i].dim,), symbols[i]) for i in loops if not nest.loops[i].spatial)

    def _visits(self) -> Factors | None:
        """Arrivals of X: all loops to the innermost one that moves any of its tiles. None: none of its tiles, or not
        the innermost, is of this part."""
        template, nest = self.template, self.template.nest
        here = [n for n in self._nodes(template.top + 1, template.bottom) if self.wait.about(n)]
        inside = self._nodes(template.bottom + 1, len(self.hierarchy.tiers))
        if not here or any(map(self.wait.about, inside)):
            return None
        walked = template.frame
        for node, above in nest.placed:
            if node in here:
                dims = self.kind.op.tensor(node.tensor).dims
                moving = [i for i in range(above) if not nest.loops[i].spatial and nest.loops[i].dim in dims]
                walked = max([walked, *(i + 1 for i in moving)])
        return self._factors(range(walked))

    def _filled(self, visits: Factors) -> Iterator[tuple[Column, Fraction]]:
        """So often the fill of a whole tile of Y at its port, with the cycles of a word."""
        if self.tile is None:
            return
        arch, wait, nest = self.kind.arch, self.wait, self.template.nest
        tensor = self.kind.op.tensor(wait.tensor)
        nodes = nest.nodes_of(wait.tensor)
        at = next(k for k, (node, _) in enumerate(nodes) if node == wait.node)
        (parent, outside), (child, above) = nodes[at - 1], nodes[at]
        shared = {(a.name, axis) for a in arch.arrays for axis in a.combining_axes(tensor.role, False)}
        apart = tuple(
            ((loop.dim,), symbol)
            for loop, symbol in list(zip(nest.loops, self.laid.symbols, strict=True))[outside:above]
            if loop.spatial and (loop.dim in tensor.dims or (loop.array, loop.axis) not in shared)
        )
        none: Factors = ()
        for memory, direction, words in ((parent.memory, READ, apart), (child.memory, WRITE, none)):
            found = port(arch.memory(memory), direction)
            if found is not None and found.name == wait.inner:
                product = Product((*visits, *self.tile.factors, *words))
                yield self.laid.column(product), arch.width(memory, tensor.role) / found.rate
