"""How far a layer can be unrolled over the arrays with perfect factors: a bound on steps that every part can use."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from math import prod

from .lattice import divisors


def most_unrolled(bounds: Iterable[int], sizes: tuple[int, ...]) -> int:
    """The largest product of all spatial factors, each axis within its size, each dim's factors dividing its bound.

    Goes through the dims and keeps the set of products per axis that can be reached; memory limits are left aside.
    """
    reached = {(1,) * len(sizes)}
    for bound in bounds:
        splits = _splits(bound, sizes)
        combined = (tuple(u * f for u, f in zip(used, split, strict=True)) for used in reached for split in splits)
        reached = {used for used in combined if all(u <= size for u, size in zip(used, sizes, strict=True))}
    return max(prod(used) for used in reached)


def _splits(bound: int, sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    """One factor per axis, together a divisor of the bound."""
    per_axis = [[d for d in divisors(bound) if d <= size] for size in sizes]
    return [split for split in product(*per_axis) if bound % prod(split) == 0]
