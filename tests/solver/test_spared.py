"""Where nests that move tiles of the output more often spare reads further in, bounds allow for it; elsewhere answers
are proven."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest

from npudsl.solver import Options, solve
from npudsl.solver.spared import Spared, spared
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Layer

from ..oracle.build import layer
from ..oracle.enumerate import OBJECTIVES, enumerate_mappings
from .compare import wrong_answer
from .counterexamples import moved_again_to_spare_links

PRICES = (0, 1, 3)


def problem(random: Random, *, timed: bool) -> tuple[Arch, Layer]:
    """Sums in several instances between two arrays, of which the inner one has a link to the operations."""

    def price() -> Fraction:
        return Fraction(random.choice(PRICES))

    def memory(name: str, size: int | None, *roles: str) -> Memory:
        return Memory(name, None if size is None else Fraction(size), tuple(map(Hold, roles)), price(), price())

    def array(name: str, size: int, axis: str, *dear: int) -> Array:
        carried = frozenset({"output"})
        link = random.choice((Link("", reduce=carried), Link("", unicast=carried)))
        bandwidth = Fraction(random.choice((4, 16, 64))) if timed and random.random() < 0.5 else None
        hops = Fraction(random.choice((*PRICES, *dear)))
        return Array(name, ((axis, size),), (replace(link, name=f"{name}l", hop_energy=hops, bandwidth=bandwidth),))

    outer, inner = array("pe0", random.choice((2, 4)), "x"), array("pe1", random.choice((1, 2)), "y", 9, 30, 60)
    sums = memory("m1", 16 * random.choice((1, 2, 4)), "output")
    levels = (Level("m0", (memory("m0", None, "weight", "output"),)), outer, Level("m1", (sums,)), inner)
    of = random.choice(
        (
            layer("output[m]", "weight[k, m]", k=8, m=2),
            layer("output[m]", "weight[k, n]", k=4, n=2, m=2),
            layer("output[m + n]", "weight[k, n]", k=4, m=3, n=2),
        )
    )
    return Arch("machine", levels, Compute("mac", Fraction(1))), of


@pytest.mark.parametrize("space", ["even", "uneven"])
@pytest.mark.parametrize("timed", [False, True])
def test_bounds_hold_beside_enumeration(space: str, timed: bool) -> None:
    seen: Counter[bool] = Counter()
    for seed in range(8):
        arch, of = problem(Random(seed), timed=timed)
        found = enumerate_mappings(arch, of, uneven=space == "uneven")
        seen[spared(arch, of).nothing] += 1
        for objective in OBJECTIVES:
            options = Options(objective, space)
            answer = solve(arch, "net", [of], options).layers[0]
            assert list(wrong_answer(arch, of, found, options, answer)) == [], (seed, objective)
    assert min(seen[True], seen[False]) > 0


def test_the_best_is_not_searched() -> None:
    """What was called optimal is above the best by no more than is said of it."""
    arch, of = moved_again_to_spare_links()
    answer = solve(arch, "net", [of], Options("energy", "even")).layers[0]
    best = enumerate_mappings(arch, of).best["energy"].energy
    assert answer.certificate is not None
    assert best == 31264 < answer.certificate.value
    assert answer.certificate.lower_bound <= best
    assert not answer.certificate.proven


@pytest.mark.parametrize("factors", ["perfect", "imperfect"])
def test_no_bound_of_any_space_is_above_the_best(factors: str) -> None:
    for seed in range(6):
        arch, of = problem(Random(seed), timed=False)
        best = enumerate_mappings(arch, of, uneven=True).best["energy"].energy
        answer = solve(arch, "net", [of], Options("energy", "uneven", factors=factors)).layers[0]
        assert answer.certificate is not None
        assert answer.certificate.lower_bound <= float(best) * (1 + 1e-9)


def test_one_instance_spares_nothing() -> None:
    arch, of = moved_again_to_spare_links()
    single = replace(arch.arrays[0], axes=(("x", 1),))
    one = replace(arch, nodes=tuple(single if n is arch.arrays[0] else n for n in arch.nodes))
    assert spared(arch, of).energy > 0
    assert spared(one, of) == Spared()
