"""What a search is about: a layer on a machine, with what all its templates have in common."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from ..mapping.nest import Node
from ..spec.arch import Arch
from ..spec.op import Layer
from .families import Rows
from .latency import Load, loads
from .lattice import Lattice
from .program import Busy
from .symmetry import Renaming, renamings
from .tensor_forms import Kind
from .unrolling import most_unrolled
from .waits import Wait, pinned, wait_loads, waits


@dataclass(frozen=True)
class Problem:
    """A layer on a machine. `dims`: those with a bound above 1; `unit`: pJ per unit of energy in the search; `timed`:
    whether what ports and links take matters; `busy`: what is asked of the arrays' utilization; `ruled`: whether a
    dataflow tells dims apart that the layer does not; `reported`: whether bounds are on what is reported."""

    arch: Arch
    layer: Layer
    dims: tuple[str, ...]
    unit: Fraction
    timed: bool
    busy: tuple[Busy, ...] = ()
    ruled: bool = False
    reported: bool = False

    @cached_property
    def kind(self) -> Kind:
        """What the programs of all templates have in common."""
        return Kind.of(self.arch, self.layer, self.dims, self.unit, self.timed, self.busy, self.waits, self.reported)

    @cached_property
    def waits(self) -> tuple[Wait, ...]:
        return waits(self.arch, self.layer) if self.timed and self.reported else ()

    @cached_property
    def loads(self) -> tuple[Load, ...]:
        """Sums of cycles that may be the latency, besides the steps."""
        return (*loads(self.arch, self.layer), *wait_loads(self.waits)) if self.timed else ()

    @property
    def pinned(self) -> frozenset[Node]:
        """Nodes that loops are not hoisted past."""
        return pinned(self.waits)

    @cached_property
    def symmetries(self) -> tuple[Renaming, ...]:
        """What may be renamed; operands only where time does not matter, for their first tiles come one after the other
        (`ends.py`)."""
        return () if self.ruled else renamings(self.layer, self.dims, None if self.timed else self.arch)

    @property
    def pace(self) -> float:
        """Cycles of a step."""
        return float(1 / self.arch.compute.rate)

    @cached_property
    def lattice(self) -> Lattice:
        return Lattice(self.dims, tuple(self.layer.bound[d] for d in self.dims))

    @cached_property
    def rows(self) -> Rows:
        return Rows(self.layer, self.lattice)

    @cached_property
    def least_steps(self) -> float:
        """No mapping takes fewer steps."""
        sizes = tuple(size for array in self.arch.arrays for _, size in array.axes)
        return self.layer.points / most_unrolled(self.lattice.bounds, sizes)
