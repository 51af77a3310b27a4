"""Closed forms put to numbers: the tally of one mapping, in exact integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping
from ..mapping.pricing import price
from ..mapping.tally import Access, Tally
from ..spec.arch import Arch
from ..spec.op import Layer
from . import functions as fn
from .counts import Formulas, derive


def evaluate(arch: Arch, layer: Layer, mapping: Mapping) -> Evaluation:
    """Counts, energy and time of a legal mapping, from the closed forms."""
    counted = tally(arch, layer, mapping)
    return Evaluation(counted, price(arch, layer, mapping, counted))


def tally(arch: Arch, layer: Layer, mapping: Mapping) -> Tally:
    """Every counter of a legal mapping (any factors, even or uneven, any bypass)."""
    nest = mapping.simplified()
    formulas = derive(arch, layer, nest)
    values = Numbers(formulas, [loop.factor for loop in nest.loops], layer.bound)
    counts: dict[str, dict[str, Access]] = {}
    for memory in arch.memories:
        for tensor in layer.op.tensors:
            key = (memory.name, tensor.name)
            if key in formulas.reads:
                access = Access(values(formulas.reads[key].expression), values(formulas.writes[key].expression))
                counts.setdefault(memory.name, {})[tensor.name] = access
    links = {
        link.name: {
            tensor.name: values(formulas.links[link.name, tensor.name].expression)
            if (link.name, tensor.name) in formulas.links
            else 0
            for tensor in layer.op.tensors
            if link.carries(tensor.role)
        }
        for array in arch.arrays
        for link in array.links
    }
    used = {m.name: values(formulas.used[m.name].expression) for m in arch.memories if m.name in formulas.used}
    return Tally(layer.points, values(formulas.steps.expression), counts, links, used)


class Numbers:
    """Evaluates expressions of one nest in Python integers, each distinct subexpression once."""

    def __init__(self, formulas: Formulas, factors: Sequence[int], bounds: dict[str, int]):
        self._known: dict[sympy.Basic, Any] = dict(zip(formulas.symbols, factors, strict=True))
        self._known.update({symbol: bounds[d] for d, symbol in formulas.bounds.items()})

    def __call__(self, expression: sympy.Basic) -> int:
        value = self._value(expression)
        assert isinstance(value, int)
        return value

    def _value(self, node: sympy.Basic) -> Any:
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = self._compute(node)
        return found

    def _compute(self, node: sympy.Basic) -> Any:
        if isinstance(node, sympy.Integer):
            return int(node)
        if isinstance(node, sympy.Symbol):
            return node.name
        arguments = [self._value(a) for a in node.args]
        if isinstance(node, sympy.Tuple):
            return tuple(arguments)
        return _apply(node, arguments)


def _apply(node: sympy.Basic, arguments: list[Any]) -> int:
    if isinstance(node, sympy.Mul):
        result = 1
        for a in arguments:
            result *= a
        return result
    if isinstance(node, sympy.Add):
        return sum(arguments)
    if isinstance(node, sympy.Pow):
        return arguments[0] ** arguments[1]
    if isinstance(node, sympy.Min):
        return min(arguments)
    if isinstance(node, sympy.Max):
        return max(arguments)
    return fn.EXACT[type(node).__name__](*arguments)
