"""Closed forms put to numbers: the tally of one mapping, in exact integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import sympy

from ..mapping import nest
from ..mapping.evaluation import Evaluation
from ..mapping.pricing import price
from ..mapping.tally import Access, Tally
from ..spec.arch import Arch
from ..spec.op import Layer
from . import functions as fn
from .counts import derive
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
    steps = values(formulas.steps.expression)
    return Tally(layer.points, steps, counts, links, used, traffic(arch, layer, simple))


class Numbers:
    """Evaluates expressions for given values of their symbols, each distinct subexpression once.

    With `functions.EXACT` values are Python integers, with `functions.VECTORISED` arrays of factors, one entry per row.
    (This is faster than compiling when every expression is needed for one set of values, as here: sympy's lambdify
    takes 10 to 30 ms for the columns of one group of a template, evaluating them about 1 ms.)
    """

    def __init__(self, values: Mapping[sympy.Symbol, Any], functions: Mapping[str, Callable[..., Any]] = fn.EXACT):
        self._known: dict[sympy.Basic, Any] = dict(values)
        self._functions = functions

    def __call__(self, expression: sympy.Basic) -> Any:
        found = self._known.get(expression)
        if found is None:
            found = self._known[expression] = self._compute(expression)
        return found

    def _compute(self, node: sympy.Basic) -> Any:
        if isinstance(node, sympy.Integer):
            return int(node)
        if isinstance(node, sympy.Symbol):
            return node.name
        arguments = [self(a) for a in node.args]
        if isinstance(node, sympy.Tuple):
            return tuple(arguments)
        if isinstance(node, sympy.Mul):
            return prod(arguments)
        if isinstance(node, sympy.Add):
            return sum(arguments)
        if isinstance(node, sympy.Pow):
            base, exponent = arguments
            return base**exponent
        return self._functions[type(node).__name__](*arguments)
