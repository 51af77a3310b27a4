"""Parts of orders of nodes, with cuts between nodes of one memory, beside orders that are searched one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import isclose
from random import Random

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.solver import Options
from npudsl.solver import sections as module
from npudsl.solver.clock import Clock
from npudsl.solver.hierarchy import hierarchies
from npudsl.solver.layer import LayerSearch
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Memory
from npudsl.spec.op import Apply, Layer, Operator, Rank, Read, Tensor, Term

from ..generate.choices import Seeded
from ..strategies import random_problem, timed_problem
from .compare import UNEVEN_PROBLEMS
from .cuts import differences, fronts_differ, orders, problem

DEEP = replace(UNEVEN_PROBLEMS, max_points=36)


def _bound(arch: Arch, layer: Layer, objective: str) -> tuple[float, int]:
    """The bound of a search from nothing, and how many parts it had."""
    search = LayerSearch(arch, layer, Options(objective, "uneven"), Clock(), lambda value, bound: None)
    for entry in search._entries("uneven"):
        entry.search.finish(entry.batch, entry.top)
    search.incumbent.settle()
    return search.incumbent.bound, sum(len(s.sections) for s in search.searches)


def _differ(arch: Arch, layer: Layer, objective: str, monkeypatch: pytest.MonkeyPatch) -> bool | None:
    """Whether both ways to cut find different bounds; None: they cut alike."""
    found = []
    for few in (0, 10**9):
        monkeypatch.setattr(module, "FEW", few)
        found.append(_bound(arch, layer, objective))
    (one, parts), (other, others) = found
    return None if parts == others else not (one == other or isclose(one, other, rel_tol=1e-11))


@pytest.mark.parametrize("make, objectives", [(random_problem, ("energy",)), (timed_problem, ("latency", "edp"))])
def test_the_same_bound_wherever_nests_are_cut(
    make: Callable[..., tuple[Arch, Layer]], objectives: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for seed in range(40):
        arch, layer = make(seed, DEEP)
        if sum(len(orders) for orders in hierarchies(arch, layer, "uneven")) <= 40:
            told += [(seed, o, _differ(arch, layer, o, monkeypatch)) for o in objectives]
    assert [one for one in told if one[2]] == []
    assert sum(differ is not None for _, _, differ in told) > 8


@pytest.mark.parametrize("seed", [182, 250, 101, 104, 109])
def test_room_on_both_sides_of_a_cut(seed: int) -> None:
    """Of 100 problems of `cuts` two (the first here) notice if a last part may take room that is taken outside."""
    arch, layer = problem(Seeded(Random(seed)), "deep", points=300, timed=False)
    assert list(differences(arch, layer, "energy", 100, cold=True)) == []


@pytest.mark.parametrize("seed", [4, 6, 18, 33])
def test_waits_for_tiles_on_both_sides_of_a_cut(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrivals in a memory are counted where its innermost node is; further out they would be too few."""
    arch, layer = problem(Seeded(Random(seed)), "refills", points=0, timed=True)
    assert _differ(arch, layer, "latency", monkeypatch) is False


@pytest.mark.parametrize("seed", range(300, 305))
def test_fronts_of_energy_and_latency_wherever_nests_are_cut(seed: int) -> None:
    arch, layer = problem(Seeded(Random(seed)), "deep", points=100, timed=True)
    assert orders(arch, layer) > 90 or list(fronts_differ(arch, layer, 100)) == []


def _machine(*words: int) -> Arch:
    """Three tensors share every memory: an outermost one, those of so many words, an array, and one of 6 words."""
    holds = (Hold("left"), Hold("right"), Hold("output"))

    def level(name: str, size: int | None, energy: int) -> Level:
        bits = None if size is None else Fraction(8 * size)
        return Level(name, (Memory(name, bits, holds, Fraction(energy), Fraction(energy)),))

    outer = [level(f"m{i}", size, 30 - 5 * i) for i, size in enumerate(words)]
    precision = tuple((hold.role, Fraction(8)) for hold in holds)
    return Arch(
        "machine",
        (level("dram", None, 200), *outer, Array("pe", (("x", 2),)), level("file", 6, 1)),
        Compute("mac", Fraction(1), precision=precision),
    )


def _layer(window: bool, **bounds: int) -> Layer:
    """A matrix product, or a convolution along `m` by `k` for `n` filters."""
    alone = [Rank((Term(d, 1),)) for d in ("m", "n", "k")]
    m, n, k = alone
    left = (Rank((Term("m", 1), Term("k", 1))),) if window else (m, k)
    tensors = (
        Tensor("left", "left", left),
        Tensor("right", "right", (k, n)),
        Tensor("output", "output", (m, n), is_output=True),
    )
    body = Apply("*", (Read("left"), Read("right")))
    return Layer("layer", Operator("op", ("m", "n", "k"), tensors, "+=", body), tuple(bounds.items()))


@pytest.mark.parametrize("window", [False, True])
@pytest.mark.parametrize("words", [13, 20, 40])
def test_what_is_outside_a_cut_leaves_less_room(window: bool, words: int, monkeypatch: pytest.MonkeyPatch) -> None:
    arch, layer = _machine(words), _layer(window, m=6, n=8, k=4)
    assert _differ(arch, layer, "energy", monkeypatch) is False


@pytest.mark.parametrize("words", [(12,), (20,), (24, 12)])
def test_operands_that_a_machine_treats_alike(words: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of last parts that are one another with operands exchanged one is made, of every order below the array."""
    arch, layer = _machine(*words), _layer(False, m=6, n=6, k=4)
    assert _differ(arch, layer, "energy", monkeypatch) is False


@pytest.mark.parametrize("window, words", [(False, (96, 40, 16)), (True, (48, 20))])
def test_thousands_of_orders_are_proven(window: bool, words: tuple[int, ...]) -> None:
    arch, layer = _machine(*words), _layer(window, m=12, n=8, k=8)
    found = {}
    for space in ("even", "uneven"):
        search = LayerSearch(arch, layer, Options("energy", space), Clock(), lambda value, bound: None)
        search.run()
        answer = search.answer()
        assert answer is not None and check_mapping(arch, layer, answer[0]) == ()
        assert answer[2].gap == 0
        found[space] = answer[2].value
    assert found["uneven"] < found["even"]
