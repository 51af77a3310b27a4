"""The fewest steps within limits, against all ways to unroll."""

from __future__ import annotations

from itertools import product
from math import inf, prod
from random import Random

import pytest

from npudsl.solver.imperfect_floors import Floor, Shared
from npudsl.solver.imperfect_steps import best_spreads

Limits = list[tuple[int, int]]


def fewest(sizes: tuple[int, ...], dims: list[Shared], limits: Limits) -> float:
    """By trying all factors; the settings of a dim may be more than its factors leave."""

    def within(place: int | None, number: int) -> bool:
        return place is None or limits[place][0] <= number <= limits[place][1]

    least = inf
    for chosen in product(*(product(*(range(1, size + 1) for size in sizes)) for _ in dims)):
        along = zip(*chosen, strict=True)
        if any(prod(factors) > size for factors, size in zip(along, sizes, strict=True)):
            continue
        steps = 1.0
        for dim, factors in zip(dims, chosen, strict=True):
            settings = -(-dim.bound // prod(factors))
            few, many = (1, dim.bound) if dim.count is None else limits[dim.count]
            places = (*dim.factors, dim.spread)
            good = all(within(p, n) for p, n in zip(places, (*factors, prod(factors)), strict=True))
            steps *= max(settings, few) if good and settings <= many else inf
        least = min(least, steps)
    return least


def problem(seed: int) -> tuple[tuple[int, ...], list[Shared], Limits]:
    rng = Random(seed)
    sizes = rng.choice([(5, 4), (12,), (6,), (3, 2, 2), (7, 3)])
    dims, limits = [], Limits()

    def limited(most: int, chance: float) -> int:
        low = rng.randint(1, most) if rng.random() < chance else 1
        limits.append((low, rng.randint(low, most)) if rng.random() < 0.5 else (low, most))
        return len(limits) - 1

    for _ in range(2):
        bound = rng.randint(1, 13)
        factors = tuple(limited(size, 0.2) for size in sizes)
        spread, count = (limited(top, 0.2) if rng.random() < 0.7 else None for top in (prod(sizes), bound))
        dims.append(Shared(bound, factors, spread, count))
    return sizes, dims, limits


@pytest.mark.parametrize("seed", range(150))
def test_no_way_to_unroll_takes_fewer_steps(seed: int) -> None:
    sizes, dims, limits = problem(seed)
    assert Floor(sizes, tuple(dims)).steps(limits) <= fewest(sizes, dims, limits)


def test_without_limits_they_are_the_fewest_of_all() -> None:
    for bounds, sizes in (((13, 13, 256), (14, 12)), ((56, 3, 64), (7, 5)), ((7,), (4, 2))):
        free = [Shared(bound, (None,) * len(sizes), None, None) for bound in bounds]
        assert Floor(sizes, tuple(free)).steps([]) == best_spreads(bounds, sizes, 1)[0].steps


def test_limits_tell_what_real_factors_would_hide() -> None:
    """13 on 4 lanes: four settings. With at most 3 lanes five; with a count of at most three there is nothing."""
    dim = (Shared(13, (0,), None, 1),)
    assert Floor((4,), dim).steps([(1, 4), (1, 13)]) == 4
    assert Floor((4,), dim).steps([(1, 3), (1, 13)]) == 5
    assert Floor((4,), dim).steps([(1, 4), (6, 13)]) == 6
    assert Floor((4,), dim).steps([(1, 4), (1, 3)]) == inf
