"""Nests that each rule of the templates is there for: they are covered, and would not be if the rule left out more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Mapping
from npudsl.solver import canonical, hierarchy, orders, restrictions, templates
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..oracle.build import array, layer, machine, memory, nest
from ..oracle.enumerate import enumerate_mappings
from .counterexamples import stays_below_an_array, together_below_a_sliding_loop, two_windows_slide_together
from .covering import Covering
from .moves import covered

Problem = tuple[Arch, Layer, Mapping]
TOP = "dram:input dram:weight dram:output"
ALL = ("input", "weight", "output")


def both_stay_below_an_array() -> Problem:
    """Tiles of two tensors stay while the loop over b runs; neither could stand inside a loop that moves it."""
    arch = machine(memory("dram", *ALL), array("pe", x=2), memory("rf", "input", "weight"))
    of = layer("output[a, b, c]", "input[a]", "weight[c]", a=4, b=8, c=4)
    return arch, of, nest(f"{TOP} b=4 pe.x:b=2 rf:input rf:weight a=4 c=4")


def stays_past_a_node() -> Problem:
    """The input of an instance stays while loops over m run outside and inside of the output's node."""
    arch = machine(memory("dram", *ALL), memory("glb", "output"), array("pe", x=2), memory("rf", "input"))
    of = layer("output[m]", "input[k]", "weight[k, m]", k=8, m=8)
    return arch, of, nest(f"{TOP} k=2 m=2 glb:output m=2 pe.x:m=2 rf:input k=4")


def trails_inside_of_a_slide() -> Problem:
    """The loop over d cannot leave the window that slides over a, for the weights stay while it runs."""
    arch = machine(memory("dram", *ALL), memory("glb", "input", "output"), array("pe", x=2), memory("rf", "weight"))
    of = layer("output[a, d]", "input[a + r, d]", "weight[a]", a=8, d=4, r=2)
    return arch, of, nest(f"{TOP} a=8 glb:input d=4 glb:output pe.x:r=2 rf:weight")


def best(make: Callable[[], tuple[Arch, Layer]]) -> Problem:
    """The one of least energy, by enumeration."""
    arch, of = make()
    return arch, of, enumerate_mappings(arch, of, uneven=True).best["energy"].mapping


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "both": both_stay_below_an_array,
    "past": stays_past_a_node,
    "inside": trails_inside_of_a_slide,
    "below": lambda: best(stays_below_an_array),
    "together": lambda: best(together_below_a_sliding_loop),
    "two windows": lambda: best(two_windows_slide_together),
}


def is_covered(problem: str) -> bool | None:
    arch, of, mapping = PROBLEMS[problem]()
    return covered(Covering(arch, of, "uneven"), mapping, limit=60)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_is_covered(problem: str) -> None:
    assert is_covered(problem) is True


def _based_as_it_was(op: Any, order: Any, slots: Any, slot: int, dim: str) -> bool:
    return any(dim not in op.tensor(n.tensor).dims for n in order.tiers[slot].nodes)


_classes, _allowed, _tiers = orders.order_classes, restrictions.allowed, hierarchy.tiers_of

#: Rules that leave out more than they may: where, what instead, and the problem that tells.
MUTANTS: dict[str, tuple[Any, str, Callable[..., Any], str]] = {
    "each gains": (
        templates,
        "each_gains",
        lambda op, order, *_: all(len(t.nodes) < 2 for t in order.tiers[1:]),
        "both",
    ),
    "nodes stand singly": (hierarchy, "tiers_of", lambda nodes, below_array: _tiers(nodes, below_array=False), "both"),
    "based": (canonical, "_based", _based_as_it_was, "below"),
    "stuck": (templates, "stuck", lambda *_: (), "past"),
    "worth passing": (templates, "_worth_passing", lambda op, h, slots, c, slot, n: len(slots[slot]) == n, "past"),
    "needed": (canonical, "_needed", lambda *_: frozenset(), "inside"),
    "passing": (restrictions, "allowed", lambda *a: _allowed(*a)[:1], "together"),
    "stands": (canonical, "_stands", lambda *_: False, "two windows"),
    "orders of loops": (templates, "order_classes", lambda *a, **k: _classes(*a, **k)[1:], "inside"),
}


@contextmanager
def mutated(module: Any, name: str, instead: Callable[..., Any]) -> Iterator[None]:
    cached = (templates.templates, templates._swept_by, canonical.held, canonical.stuck, canonical.moved_by)
    kept = getattr(module, name)
    setattr(module, name, instead)
    for one in cached:
        one.cache_clear()
    try:
        yield
    finally:
        setattr(module, name, kept)
        for one in cached:
            one.cache_clear()


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_rule_that_leaves_out_more_is_noticed(mutant: str) -> None:
    module, name, instead, problem = MUTANTS[mutant]
    with mutated(module, name, instead):
        assert not is_covered(problem)


def test_nodes_do_not_pass_arrays() -> None:
    """Nothing is unrolled, and the weights stay in a file of eight words while tiles of an outer memory change: 143,520
    pJ where the mapspace has 220,704 at least. No search looks at such nests, so they must not be legal."""
    outer, inner = memory("dram", *ALL, energy=200), memory("rf", "weight", "output", size=16 * 9)
    arch = machine(outer, memory("glb", "input", size=16), array("pe", x=2), inner)
    of = layer("output[z]", "input[y, z]", "weight[y]", y=8, z=4)
    found = check_mapping(arch, of, nest(f"{TOP} rf:weight z=4 rf:output y=8 glb:input"))
    assert [one.code for one in found] == ["E507"]
    assert not check_mapping(arch, of, nest(f"{TOP} z=4 y=8 glb:input rf:weight rf:output"))
