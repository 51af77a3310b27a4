"""The undominated splits of a bound are those of all splits."""

from __future__ import annotations

from itertools import product
from math import prod
from random import Random

import pytest

from npudsl.solver.splits import Place, Split, splits


def every_split(bound: int, places: tuple[Place, ...], perfect: bool) -> set[tuple[int, ...]]:
    """The costs of all splits."""
    sides = [range(p.least, min(p.most or bound, max(p.least, bound)) + 1) for p in places]
    chosen = (f for f in product(*sides) if (prod(f) == bound if perfect else prod(f) >= bound))
    return {cost(bound, places, factors) for factors in chosen}


def cost(bound: int, places: tuple[Place, ...], factors: tuple[int, ...]) -> tuple[int, ...]:
    found: list[int] = []
    for index in reversed(range(len(places))):
        place = places[index]
        found += [min(bound, prod(factors[index:]))] if place.measured else []
        found += [factors[index]] if place.axis else []
        found += [-factors[index]] if place.wanted else []
    return tuple(found)


def dominated(one: tuple[int, ...], by: tuple[int, ...]) -> bool:
    return all(b <= a for a, b in zip(one, by, strict=True))


@pytest.mark.parametrize("perfect", [True, False])
def test_nothing_undominated_is_missing_and_nothing_else_there(perfect: bool) -> None:
    random = Random(7)
    several = 0
    for _ in range(150):
        bound = random.choice((12, 36, 30, 7) if perfect else (5, 7, 12))
        places = tuple(random_place(random, perfect) for _ in range(random.randint(1, 4)))
        found = splits(bound, places, perfect)
        there = every_split(bound, places, perfect)
        assert all(cost(bound, places, s.factors) == s.cost and s.cost in there for s in found)
        assert all(any(dominated(one, s.cost) for s in found) for one in there), (bound, places)
        assert all(extents_of(bound, s) == s.extents for s in found)
        several += len(found) > 1
    assert several > 10


def random_place(random: Random, perfect: bool) -> Place:
    """Imperfect factors beyond what covers the bound are left out: they keep no instance busy."""
    axis = random.random() < 0.3
    least = random.choice((1, 1, 1, 2, 3))
    most = random.choice((None, least, 4, 6))
    if most is not None:
        most = max(least, most)
    return Place(least, most, not axis and random.random() < 0.8, axis, axis and perfect and random.random() < 0.3)


def extents_of(bound: int, split: Split) -> tuple[int, ...]:
    return tuple(min(bound, prod(split.factors[i:])) for i in range(len(split.factors)))


def test_a_trade_between_two_tiles() -> None:
    """36 = 4 * 3 * 3 has the smaller outer tile, 3 * 6 * 2 the smaller inner one."""
    found = splits(36, (Place(most=4), Place(most=6, measured=True), Place(measured=True)), True)
    assert {s.factors for s in found} == {(4, 3, 3), (3, 6, 2)}
