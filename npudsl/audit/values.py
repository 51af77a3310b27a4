"""What whole mappings cost by the closed forms: one exactly, or many of one shape at once."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

import numpy as np

from ..mapping.nest import Loop, Mapping, Node
from ..model.counts import Product, derive
from ..model.evaluate import Numbers, evaluate
from ..model.vectorised import VECTORISED
from ..spec.arch import Arch
from ..spec.op import Layer
from . import costs

#: Relative difference up to which two numbers count as equal: values are stored as floats.
TOLERANCE = 1e-9


def value(objective: str, energy: Fraction, cycles: Fraction) -> float:
    """The objective: energy in pJ, latency in cycles, or their product."""
    return float(energy if objective == "energy" else cycles if objective == "latency" else energy * cycles)


def exact(arch: Arch, layer: Layer, mapping: Mapping, reported: bool = True) -> tuple[Fraction, Fraction]:
    """Energy in pJ and cycles: as they are reported, or with the latency of `costs.py`, which is no more, for both."""
    simple = mapping.simplified()
    formulas = derive(arch, layer, simple)
    known = dict(zip(formulas.symbols, (loop.factor for loop in simple.loops), strict=True))
    numbers = Numbers(known | {symbol: layer.bound[d] for d, symbol in formulas.bounds.items()})

    def of(product: Product) -> int:
        return int(numbers(product.expression))

    def along(array: str) -> int:
        return prod(loop.factor for loop in simple.loops if loop.array == array)

    energy, cycles = costs.cost(arch, layer, formulas, of, along)
    if reported:
        cycles = evaluate(arch, layer, mapping).cost.cycles
    return energy + costs.leakage(arch) * cycles, cycles


class Shape:
    """All mappings with the same nodes and loops, whatever the factors: costs and what fits, as arrays.

    Energies are without leakage.
    """

    def __init__(self, arch: Arch, layer: Layer, items: Sequence[Node | Loop]):
        self.arch, self.layer = arch, layer
        self.nest = Mapping(tuple(items))
        self.formulas = derive(arch, layer, self.nest, frozenset(layer.op.dims))
        self.terms = tuple(costs.terms(arch, layer, self.formulas.bookings, True))

    def costs(self, factors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Energies, cycles and whether the tiles fit, for factors of shape (mappings, loops)."""
        arch, layer = self.arch, self.layer
        known = {s: factors[:, k].astype(float) for k, s in enumerate(self.formulas.symbols)}
        bounds = {symbol: float(layer.bound[d]) for d, symbol in self.formulas.bounds.items()}
        numbers = Numbers(known | bounds, VECTORISED)
        totals = {kind: np.zeros(len(factors)) for kind in costs.kinds(arch, True)}
        for term in self.terms:
            words = np.asarray(numbers(term.product.expression), dtype=float)
            totals[term.kind] = totals[term.kind] + float(term.weight) * words / self._along(factors, term.arrays)
        steps = np.asarray(numbers(self.formulas.steps.expression), dtype=float) / float(arch.compute.rate)
        steps = np.broadcast_to(steps, len(factors))
        energy = totals.pop(costs.ENERGY) + float(costs.operations(arch, layer))
        cycles = steps
        for (_, apart), load in totals.items():
            cycles = np.maximum(cycles, load + steps if apart else load)
        return energy, cycles, self._fits(numbers, len(factors))

    def _along(self, factors: np.ndarray, arrays: tuple[str, ...]) -> np.ndarray:
        used = [k for k, loop in enumerate(self.nest.loops) if loop.array in arrays]
        return factors[:, used].prod(axis=1)

    def _fits(self, numbers: Numbers, count: int) -> np.ndarray:
        fits = np.ones(count, dtype=bool)
        for memory in self.arch.memories:
            total, shares = np.zeros(count), {h.role: np.zeros(count) for h in memory.holds}
            for tensor in self.layer.op.tensors:
                tile = self.formulas.tiles.get((memory.name, tensor.name))
                if tile is not None:
                    copies = 2 if tensor.role in memory.double else 1
                    words = np.asarray(numbers(tile.expression), dtype=float)
                    bits = words * float(self.arch.width(memory.name, tensor.role)) * copies
                    total, shares[tensor.role] = total + bits, shares[tensor.role] + bits
            limits = [(memory.size, total), *((h.cap, shares[h.role]) for h in memory.holds)]
            for bound, bits in limits:
                if bound is not None:
                    fits &= bits <= float(bound) * (1 + 1e-12)
        return fits
