"""Closed forms put to numbers: the tally of one mapping, in exact integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..mapping import nest
from ..mapping.evaluation import Evaluation
from ..mapping.pricing import price
from ..mapping.tally import Access, Tally
from ..spec.arch import Arch
from ..spec.op import Layer
from . import functions as fn
from .counts import derive
from .expressions import Argument, Expression, Symbol
from .formulas import Formulas
from .latency_traffic import traffic


def evaluate(arch: Arch, layer: Layer, mapping: nest.Mapping) -> Evaluation:
    """Counts, energy and time of a legal mapping, from the closed forms."""
    counted = tally(arch, layer, mapping)
    return Evaluation(counted, price(arch, layer, mapping, counted))


def tally(arch: Arch, layer: Layer, mapping: nest.Mapping) -> Tally:
    """Every counter of a legal mapping (any factors, even or uneven, any bypass)."""
    simple = mapping.simplified()
    formulas = derive(arch, layer, simple)
    known = dict(zip(formulas.symbols, (loop.factor for loop in simple.loops), strict=True))
    values = Numbers(known | {symbol: layer.bound[d] for d, symbol in formulas.bounds.items()})
    counts: dict[str, dict[str, Access]] = {}
    used: dict[str, int] = {}
    for memory in arch.memories:
        for tensor in layer.op.tensors:
            if (memory.name, tensor.name) in formulas.tiles:
                read, write = (values(formulas.total(c, memory.name, tensor.name)) for c in ("read", "write"))
                counts.setdefault(memory.name, {})[tensor.name] = Access(read, write)
                tile = values(formulas.tiles[memory.name, tensor.name].expression)
                used[memory.name] = used.get(memory.name, 0) + tile
    links = {
        link.name: {
            t.name: values(formulas.total("link", link.name, t.name)) for t in layer.op.tensors if link.carries(t.role)
        }
        for array in arch.arrays
        for link in array.links
    }
    steps, moved = values(formulas.steps.expression), traffic(arch, layer, simple)
    apart = {} if moved.certain else _apart(arch, formulas, values)
    return Tally(layer.points, steps, counts, links, used, moved, apart)


def _apart(arch: Arch, formulas: Formulas, values: Numbers) -> dict[tuple[str, str, str], int]:
    """Words that move while no step goes on, as in `Tally`."""
    found: dict[tuple[str, str, str], int] = {}
    for booking in formulas.bookings:
        if booking.apart(arch):
            key = booking.place, booking.edge.tensor.name, booking.counter
            found[key] = found.get(key, 0) + values(booking.count.expression)
    return found


class Numbers:
    """Evaluates expressions for given values of their symbols, each distinct part once.

    With `functions.EXACT` values are Python integers, with `functions.VECTORISED` arrays of factors, one entry per row.
    (This is faster than compiling when every expression is needed for one set of values, as here.)
    """

    def __init__(self, values: Mapping[Symbol, Any], functions: Mapping[str, Callable[..., Any]] = fn.EXACT):
        self._known: dict[Expression, Any] = dict(values.items())
        self.functions = functions

    def __call__(self, argument: Argument) -> Any:
        if isinstance(argument, Expression):
            found = self._known.get(argument)
            if found is None:
                found = self._known[argument] = argument.value(self)
            return found
        return tuple(self(part) for part in argument) if isinstance(argument, tuple) else argument
