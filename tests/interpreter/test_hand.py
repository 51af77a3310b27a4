"""Small nests worked out by hand from semantics.md, on both executors."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from npudsl.interpreter import run
from npudsl.interpreter.literal import execute
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.tally import Access, Tally
from npudsl.spec.arch import Arch, Array, Compute, Level, Link
from npudsl.spec.op import Apply, Layer, Operator, Read, Tensor

from .machines import memory, rank

Count = Callable[[Arch, Layer, Mapping], Tally]
EXECUTORS: dict[str, Count] = {
    "fast": lambda *case: run(*case).tally,
    "plain": lambda *case: execute(*case).tally,
}
both = pytest.mark.parametrize("count", EXECUTORS.values(), ids=EXECUTORS)

CONV1D = Operator(
    "conv1d",
    ("m", "c", "p", "r"),
    (
        Tensor("input", "input", (rank("c"), rank("p", "r"))),
        Tensor("weight", "weight", (rank("m"), rank("c"), rank("r"))),
        Tensor("output", "output", (rank("m"), rank("p")), is_output=True),
    ),
    "+=",
    Apply("*", (Read("input"), Read("weight"))),
)
ROLES = ("input", "weight", "output")


def layer(**bounds: int) -> Layer:
    return Layer("layer", CONV1D, tuple((dict.fromkeys(CONV1D.dims, 1) | bounds).items()))


def machine(*links: Link, array: bool = True) -> Arch:
    """DRAM, an array with one axis, a register file per instance."""
    middle = (Array("pe", (("x", 8),), links),) if array else ()
    nodes = (Level("dram", (memory("dram", None, *ROLES),)), *middle, Level("rf", (memory("rf", 64, *ROLES),)))
    return Arch("machine", nodes, Compute("mac", Fraction(1)))


def nest(*items: Node | Loop | tuple[str, int] | tuple[str, int, str]) -> Mapping:
    """All tensors at home in DRAM, then the items; (dim, factor) is a temporal loop, with an axis an unrolled one."""
    rest = [Loop(i[0], i[1], *(("pe", i[2]) if len(i) == 3 else ())) if isinstance(i, tuple) else i for i in items]
    return Mapping((*(Node(r, "dram") for r in ROLES), *rest))


RF = tuple(Node(r, "rf") for r in ROLES)


@both
def test_a_window_slides(count: Count) -> None:
    """3 words for the first tile, then one new word for each of 4 further positions, each of the 2 sweeps."""
    tally = count(machine(array=False), layer(m=2, p=5, r=3), nest(("m", 2), ("p", 5), *RF, ("r", 3)))
    assert tally.counts["rf"]["input"] == Access(30, 2 * (3 + 4))
    assert tally.counts["dram"]["input"] == Access(14, 0)
    assert tally.counts["rf"]["weight"] == Access(30, 6)  # p does not move the weights
    assert tally.counts["rf"]["output"].write == 30


@both
def test_a_sweep_starts_anew(count: Count) -> None:
    """p sweeps; for each r the window of one word runs again: 5 words, 3 times."""
    tally = count(machine(array=False), layer(p=5, r=3), nest(("r", 3), ("p", 5), *RF))
    assert tally.counts["rf"]["input"].write == 15
    assert tally.counts["rf"]["weight"].write == 3


@both
def test_partial_sums_come_back(count: Count) -> None:
    """5 sums are evicted for each of 3 r: 15 writes to DRAM, 10 read back, 10 operations do not start from zero."""
    tally = count(machine(array=False), layer(p=5, r=3), nest(("r", 3), ("p", 5), *RF))
    assert tally.counts["dram"]["output"] == Access(10, 15)
    assert tally.counts["rf"]["output"] == Access(15 + 10, 10 + 15)


@both
@pytest.mark.parametrize(
    ("links", "reads"),
    [
        ((), 6),
        ((Link("bus", multicast=frozenset({"input"})),), 6),
        ((Link("bus", multicast=frozenset({"input"}), along=("y",)),), 12),
        ((Link("bus", unicast=frozenset({"input"})),), 12),
    ],
    ids=["ideal", "multicast", "multicast along another axis", "unicast"],
)
def test_unrolled_windows_share_words_only_on_a_link(count: Count, links: tuple[Link, ...], reads: int) -> None:
    """p unrolled 4, r = 3: 6 different words, 12 deliveries, for every step (tiles of one p do not slide)."""
    tally = count(machine(*links), layer(p=8, r=3), nest(("p", 2), ("p", 4, "x"), *RF, ("r", 3)))
    assert tally.counts["dram"]["input"].read == 2 * reads
    assert tally.counts["rf"]["input"].write == 2 * 12
    if links:
        assert tally.links["bus"] == {"input": 24}


@both
@pytest.mark.parametrize("reduce", [True, False])
def test_sums_over_unrolled_channels(count: Count, reduce: bool) -> None:
    """c unrolled 4, 3 outputs: with reduction 3 writes, without 12 and 9 reads; for c again 3 more come back."""
    roles = frozenset({"output"})
    link = Link("chain", reduce=roles) if reduce else Link("chain", unicast=roles)
    tally = count(machine(link), layer(c=8, p=3), nest(("c", 2), ("p", 3), ("c", 4, "x"), *RF))
    written = 6 if reduce else 24
    assert tally.counts["dram"]["output"] == Access(written - 6 + 3, written)
    assert tally.counts["rf"]["output"] == Access(24 + 3, 24 + 3)
    assert tally.links["chain"] == {"output": 24 + 3}


@both
def test_clipped_factors(count: Count) -> None:
    """m = 5 as 2 x 3: the second tile has 2 words and the third instance idles; 5 of 6 places are filled."""
    tally = count(machine(), layer(m=5, p=2), nest(("p", 2), ("m", 2), ("m", 3, "x"), *RF))
    assert tally.points == 10
    assert tally.steps == 4
    assert tally.counts["rf"]["weight"].write == 10
    assert tally.counts["rf"]["output"].write == 10
    assert tally.used["rf"] == 3


@both
def test_steps_without_points_are_not_executed(count: Count) -> None:
    """p = 5 as 4 x 2: the last of the four outer steps would start at 6."""
    tally = count(machine(array=False), layer(p=5), nest(("p", 4), *RF, ("p", 2)))
    assert tally.steps == 5
    assert tally.counts["rf"]["input"].write == 5


@both
def test_loops_of_factor_one_do_not_sweep(count: Count) -> None:
    """With `r` of factor 1 innermost, p still is the sweeping loop."""
    tally = count(machine(array=False), layer(p=5, r=3), nest(("p", 5), ("r", 1), *RF, ("r", 3)))
    assert tally.counts["rf"]["input"].write == 3 + 4
