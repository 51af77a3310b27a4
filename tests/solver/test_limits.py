"""Which mapspace is searched without being asked, and which is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from npudsl.solver import Options, solve
from npudsl.solver.limits import check_orders, has_tables, why_even, widest_space
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Memory
from npudsl.spec.op import Apply, Layer, Operator, Rank, Read, Tensor, Term
from npudsl.text.diagnostics import SpecError

HOLDS = (Hold("left"), Hold("right"), Hold("output"))


def machine(outside: int, below: int, speed: int | None = None) -> Arch:
    """DRAM, so many levels that all tensors share, and an array with as many inside as `below`."""
    names = ["dram", *(f"outer{i}" for i in range(outside)), *(f"inner{i}" for i in range(below))]
    rate = None if speed is None else Fraction(speed)
    sizes = [None, *(Fraction(1024) for _ in names[1:])]
    levels = [
        Level(name, (Memory(name, size, HOLDS, Fraction(1), Fraction(1), bandwidth=rate),))
        for name, size in zip(names, sizes, strict=True)
    ]
    inside: list[Level | Array] = [Array("pe", (("x", 4),)), *levels[outside + 1 :]]
    return Arch("machine", (*levels[: outside + 1], *inside), Compute("mac", Fraction(1)))


def layer(bound: int = 8, window: bool = False) -> Layer:
    m, n, k = (Rank((Term(d, 1),)) for d in "mnk")
    left = (Rank((Term("m", 1), Term("k", 1))),) if window else (m, k)
    tensors = (Tensor("left", "left", left), Tensor("right", "right", (k, n)), Tensor("output", "output", (m, n), True))
    op = Operator("op", ("m", "n", "k"), tensors, "+=", Apply("*", (Read("left"), Read("right"))))
    return Layer("layer", op, (("m", bound), ("n", bound), ("k", bound)))


@pytest.mark.parametrize(
    "outside, below, objective, window, found",
    [
        (1, 1, "latency", True, "uneven"),  # 36 orders
        (2, 1, "energy", True, "uneven"),
        (2, 1, "edp", True, "even"),
        (2, 1, "latency", False, "uneven"),
        (3, 1, "edp", False, "uneven"),  # 10,080 orders
        (3, 1, "latency", False, "even"),
        (3, 1, "energy", True, "even"),
        (2, 2, "energy", False, "uneven"),  # five levels with DRAM, two of them below the array
        (2, 2, "edp", False, "even"),
        (3, 2, "energy", False, "even"),
    ],
)
def test_what_is_searched_without_being_asked(
    outside: int, below: int, objective: str, window: bool, found: str
) -> None:
    arch, one = machine(outside, below, 64), layer(window=window)
    assert widest_space(arch, [one, replace(one, name="other")], objective) == found
    if found == "even":
        assert why_even(arch, [one], objective).endswith("`--space uneven` takes a minute or more per layer")
        check_orders(arch, one, timed=objective != "energy")


@pytest.mark.parametrize(
    "arch, one, listed, note",
    [
        (machine(3, 3), layer(), False, "2,822,400 orders: 1,680 outside of arrays, which is less of a problem, times"),
        (machine(2, 2), layer(window=True), False, "8,100 orders: 90 outside"),
        (machine(3, 1), layer(), True, "10,080 orders, 600 can be told apart by a dataflow or a certificate"),
        (machine(3, 1), layer(2**6 * 3**4 * 5 * 7), False, "extents between any two nodes"),
    ],
)
def test_what_is_refused(arch: Arch, one: Layer, listed: bool, note: str) -> None:
    with pytest.raises(SpecError) as caught:
        check_orders(arch, one, listed=listed)
    (told,) = caught.value.diagnostics
    assert told.code == "E604" and note in told.notes[0]
    assert why_even(arch, [one], "energy", listed=listed).endswith("too many for uneven ones (E604)")


def test_a_limit_of_time_lifts_that_of_windows() -> None:
    arch, one = machine(2, 2), layer(window=True)
    for more, listed, lifted in ((arch, False, True), (arch, True, False), (machine(3, 3), False, False)):
        with pytest.raises(SpecError) as caught:
            check_orders(more, one, listed=listed)
        assert ("--time-limit" in str(caught.value.diagnostics[0].help)) is lifted
    check_orders(arch, one, limited=True)


def test_what_was_found_in_time_is_told_with_its_gap() -> None:
    options = Options("energy", "uneven", time_limit=1.0, jobs=1)
    (answer,) = solve(machine(2, 2), "net", [layer(16, window=True)], options).layers
    assert answer.mapping is not None and answer.certificate is not None
    assert 0 < answer.certificate.lower_bound <= answer.certificate.value


def test_loads_take_room_in_tables() -> None:
    arch, one = machine(3, 1, 64), layer(2**6 * 3**3 * 5)
    assert has_tables(arch, one, timed=False) and not has_tables(arch, one, timed=True)
    assert has_tables(machine(3, 1), one, timed=True)  # nothing takes time but steps
