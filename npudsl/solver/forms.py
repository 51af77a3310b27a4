"""Closed forms of one nest as sums of weight * expression, and their values at rows of real factors."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..mapping.nest import Mapping
from ..mapping.pricing import leakages
from ..mapping.resources import READ, WRITE, port, wire
from ..model.counts import derive
from ..model.evaluate import Numbers
from ..model.expressions import ONE, Expression, Symbol, multiply
from ..model.formulas import Formulas
from ..spec.arch import Arch
from ..spec.op import Layer
from .demands import Demand, demands_of
from .latency import Load, charges
from .real import REAL

#: A sum of weight * expression.
Weighted = dict[Expression, float]


class Numeric:
    """Values of expressions at rows of factors."""

    def __init__(self, known: dict[Symbol, Any]):
        self._values = Numbers(known, REAL)

    def __call__(self, weighted: Weighted) -> Any:
        """One value per row (or a number, where no factor matters)."""
        return sum(weight * self._values(expression) for expression, weight in weighted.items())


@dataclass(frozen=True)
class Forms:
    """`energy` in pJ without leakage, `leakage` in pJ per cycle, `steps` in cycles of compute; `cycles`: of every sum
    that the latency is the largest of, None for compute; `contents`: what each limit limits, in its units, as far as
    the nest has anything there; `owners`: the memory or link that each resource belongs to."""

    energy: Weighted
    leakage: float
    steps: Weighted
    cycles: dict[Load | None, Weighted]
    contents: dict[Demand, Weighted]
    owners: dict[str, str]
    symbols: tuple[Symbol, ...]
    known: dict[Symbol, float]

    def at(self, rows: np.ndarray) -> Numeric:
        """`rows` of logarithms of the loops' factors, shape (rows, loops)."""
        return Numeric({**self.known, **dict(zip(self.symbols, np.exp(rows).T, strict=True))})


def counted(arch: Arch, layer: Layer, nest: Mapping) -> float:
    """Energy of a nest in pJ, without leakage, if all its loops count."""
    forms = forms_of(arch, layer, nest)
    return float(np.max(forms.at(np.log([[float(loop.factor) for loop in nest.loops]]))(forms.energy)))


def forms_of(arch: Arch, layer: Layer, nest: Mapping) -> Forms:
    """Of a nest with perfect factors; every loop counts, also of factor 1."""
    formulas = derive(arch, layer, nest, frozenset(layer.op.dims))
    steps = {formulas.steps.expression: float(1 / arch.compute.rate)}
    contents = {d: _content(arch, layer, nest, formulas, d) for d in demands_of(arch, layer, None)}
    return Forms(
        _energy(arch, layer, formulas),
        float(sum((power for _, power in leakages(arch)), Fraction(0))),
        steps,
        {None: steps, **_cycles(arch, layer, nest, formulas, steps)},
        {demand: content for demand, content in contents.items() if content},
        _owners(arch),
        formulas.symbols,
        {symbol: float(layer.bound[d]) for d, symbol in formulas.bounds.items()},
    )


def _energy(arch: Arch, layer: Layer, formulas: Formulas) -> Weighted:
    links = {link.name: link for array in arch.arrays for link in array.links}
    found: Weighted = {ONE: float(layer.points * arch.compute.op_energy)}
    for (counter, place, tensor), count in formulas.totals.items():
        role = layer.op.tensor(tensor).role
        if counter == "link":
            price = links[place].hop_energy * arch.width(None, role)
        else:
            memory = arch.memory(place)
            price = (memory.read_energy if counter == "read" else memory.write_energy) * arch.width(place, role)
        for times, product in count.terms:
            found[product.expression] = found.get(product.expression, 0.0) + times * float(price)
    return found


def _cycles(
    arch: Arch, layer: Layer, nest: Mapping, formulas: Formulas, steps: Weighted
) -> dict[Load | None, Weighted]:
    """As `latency.latency`, sum by sum."""
    found: dict[Load | None, Weighted] = {}
    for load, booking, toll in charges(arch, layer, formulas.bookings):
        pairs = zip(formulas.symbols, nest.loops, strict=True)
        used = multiply(symbol for symbol, loop in pairs if loop.array in toll.arrays)
        total = found.setdefault(load, dict(steps) if load[1] else {})
        for times, product in booking.count.terms:
            share = product.expression / used
            total[share] = total.get(share, 0.0) + times * float(toll.cycles)
    return found


def _content(arch: Arch, layer: Layer, nest: Mapping, formulas: Formulas, demand: Demand) -> Weighted:
    """What a size, a share or an axis limits; nothing for the outermost level, which holds whole tensors."""
    if demand.kind == "axis":
        pairs = zip(formulas.symbols, nest.loops, strict=True)
        along = [symbol for symbol, loop in pairs if (loop.array, loop.axis) == (demand.array, demand.axis)]
        return {multiply(along): 1.0} if along else {}
    memory = arch.memory(demand.memory)
    found: Weighted = {}
    for (name, tensor), words in formulas.tiles.items():
        role = layer.op.tensor(tensor).role
        if name == memory.name and demand.role in ("", role) and memory not in arch.levels[0].memories:
            bits = float(arch.width(name, role) * (2 if role in memory.double else 1))
            found[words.expression] = found.get(words.expression, 0.0) + bits
    return found


def _owners(arch: Arch) -> dict[str, str]:
    found = {}
    for memory in arch.memories:
        for resource in (port(memory, READ), port(memory, WRITE)):
            if resource is not None:
                found[resource.name] = memory.name
    for link in (link for array in arch.arrays for link in array.links):
        resource = wire(link)
        if resource is not None:
            found[resource.name] = link.name
    return found
