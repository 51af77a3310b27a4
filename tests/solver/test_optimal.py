"""The best mappings of machines and layers that tell something; random ones are in `test_enumerated.py`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.solver import Options, solve
from npudsl.solver import sections as sections_module
from npudsl.solver.clock import Clock
from npudsl.solver.hierarchy import hierarchies
from npudsl.solver.layer import LayerSearch
from npudsl.solver.search import Search
from npudsl.solver.sections import sections
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..oracle.build import layer, machine, memory
from ..oracle.enumerate import enumerate_mappings
from ..strategies import random_problem
from .compare import PROBLEMS, complaints
from .counterexamples import (
    falling_in_energy_and_in_a_limit,
    stays_below_an_array,
    together_below_a_sliding_loop,
    two_windows_slide_together,
)


@pytest.mark.parametrize("bounds", [(2, 2), (2, 4), (6, 8)], ids=str)
def test_a_level_that_holds_one_tensor_of_two(bounds: tuple[int, int]) -> None:
    """The output passes by `middle`; its tile may stay while loops above and below that level run."""
    both = ("input", "output")
    arch = machine(
        memory("dram", *both), memory("outer", *both, size=72, energy=6), memory("middle", "input", energy=6),
        memory("inner", *both, energy=20),
    )  # fmt: skip
    of = layer("output[a]", "input[b]", a=bounds[0], b=bounds[1])
    assert complaints(arch, of, enumerate_mappings(arch, of)) == []


def test_a_column_that_falls_in_the_energy_and_limits() -> None:
    arch, of = falling_in_energy_and_in_a_limit()
    found = enumerate_mappings(arch, of, uneven=True)
    assert (found.best["energy"].energy, found.best["energy"].steps) == (30188, 1)
    assert complaints(arch, of, found, "uneven") == []


@pytest.mark.parametrize("make", [together_below_a_sliding_loop, two_windows_slide_together])
@pytest.mark.parametrize("cold", [False, True])
@pytest.mark.parametrize("few", [0, 10**9], ids=["cut everywhere", "cut between memories"])
def test_nodes_that_stand_together_below_a_loop_that_slides_a_window(
    make: Callable[[], tuple[Arch, Layer]], cold: bool, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sections_module, "FEW", few)
    arch, of = make()
    found = enumerate_mappings(arch, of, uneven=True, limit=100_000)
    assert complaints(arch, of, found, "uneven", cold=cold) == []


@pytest.mark.parametrize("cold", [False, True])
def test_a_tile_below_an_array_that_stays_while_one_outside_of_it_changes(cold: bool) -> None:
    arch, of = stays_below_an_array()
    found = enumerate_mappings(arch, of, uneven=True)
    assert found.best["energy"].energy == 4176
    assert complaints(arch, of, found, "uneven", cold=cold) == []


def test_answers_are_legal() -> None:
    for seed in range(40):
        arch, of = random_problem(seed, PROBLEMS)
        mapping = solve(arch, "net", [of], Options(objective="edp", space="even")).layers[0].mapping
        assert mapping is None or check_mapping(arch, of, mapping) == ()


def test_a_search_asks_for_the_time_at_every_template_and_table() -> None:
    """On deep machines making them takes longer than a time limit."""
    arch, of = falling_in_energy_and_in_a_limit()
    asked = 0

    def tick() -> None:
        nonlocal asked
        asked += 1

    layer_search = LayerSearch(arch, of, Options("energy", "uneven"), Clock(), lambda value, bound: None)
    for orders in hierarchies(arch, of, "uneven", None):
        asked = 0
        search = Search(layer_search.problem, list(sections(orders)), layer_search.incumbent, tick)
        search.prepare()
        batches = [batch for stage in search.stages for batch in stage.batches]
        assert asked >= len(batches) + sum(len(batch.programs) for batch in batches) > 2
