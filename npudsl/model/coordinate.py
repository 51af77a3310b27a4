"""Exact counts on one coordinate: how many distinct values `sum(c_i * x_i)`, `0 <= x_i < e_i`, takes, and what moves of
it stay.

A *coordinate* is a group of dims that share ranks. Several ranks over the same dims are one coordinate too: their
indices, read as one mixed-radix number, are again a sum of coefficient times dim (`linearised`). Closed forms are those
of semantics.md for one and two dims; three dims and more, and the rare combinations that semantics.md leaves to
enumeration, count the bits of the literal set, held as a Python integer. All functions are exact on integers of any
size.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd

from ..spec.op import Tensor

#: (index of the dim in the group, factor, pitch): `factor` copies of a set, each moved by `pitch` along the dim.
Spread = tuple[int, int, int]


def linearised(tensor: Tensor, group: tuple[str, ...], bounds: dict[str, int]) -> tuple[int, ...]:
    """One coefficient per dim of `group`, such that equal sums mean equal index tuples (ranks as digits of one
    number)."""
    coefficients = dict.fromkeys(group, 0)
    radix = 1
    for rank in tensor.ranks:
        if set(group).isdisjoint(rank.dims):
            continue
        for term in rank.terms:
            coefficients[term.dim] += term.coefficient * radix
        radix *= sum(t.coefficient * (bounds[t.dim] - 1) for t in rank.terms) + 1
    return tuple(coefficients[d] for d in group)


def footprint(coefficients: tuple[int, ...], extents: tuple[int, ...]) -> int:
    """Distinct values of the coordinate over a box. Two dims: points minus collisions, holes included."""
    match extents:
        case (alone,):
            return alone
        case p, r:
            u, d = reduced(coefficients)
            return p * r - max(0, p - d) * max(0, r - u)
    return box_set(coefficients, extents).bit_count()


def overlap(coefficients: tuple[int, ...], extents: tuple[int, ...], axis: int, shift: int) -> int:
    """Values that a box shares with itself moved by `shift >= extents[axis]` along dim `axis`."""
    match extents:
        case (_,):
            return 0
        case _, _:
            u, d = reduced((coefficients[axis], coefficients[1 - axis]))
            return _overlap_along_first(extents[axis], extents[1 - axis], u, d, shift)
    box = box_set(coefficients, extents)
    return (box & (box << (coefficients[axis] * shift))).bit_count()


def union(coefficients: tuple[int, ...], extents: tuple[int, ...], spread: tuple[Spread, ...]) -> int:
    """Distinct values over all copies of a box, those that move farthest first. Copies directly beside each other make
    one larger box."""
    merged = _adjacent(extents, spread)
    if merged is not None:
        return footprint(coefficients, merged)
    return _spread_set(coefficients, box_set(coefficients, extents), spread).bit_count()


def fresh_union(
    coefficients: tuple[int, ...], extents: tuple[int, ...], spread: tuple[Spread, ...], axis: int, shift: int
) -> int:
    """Distinct values over all copies of what is new in a box after a move by `shift` along dim `axis`.

    Every copy keeps only what it held itself; hence not the new part of the union (semantics.md, Beware).
    """
    kept = overlap(coefficients, extents, axis, shift)
    if not kept:
        return union(coefficients, extents, spread)
    if all(factor == 1 for _, factor, _ in spread):
        return footprint(coefficients, extents) - kept
    return _fresh_union_set(coefficients, extents, spread, axis, shift)


@lru_cache(maxsize=65536)
def _fresh_union_set(
    coefficients: tuple[int, ...], extents: tuple[int, ...], spread: tuple[Spread, ...], axis: int, shift: int
) -> int:
    box = box_set(coefficients, extents)
    move = coefficients[axis] * shift
    new = (box << move) & ~box
    return _spread_set(coefficients, new, spread).bit_count()


@lru_cache(maxsize=65536)
def box_set(coefficients: tuple[int, ...], extents: tuple[int, ...]) -> int:
    """The literal set of values as a bit mask: bit v is set if v is taken."""
    mask = 1
    for coefficient, extent in zip(coefficients, extents, strict=True):
        mask = spread_mask(mask, coefficient, extent)
    return mask


def spread_mask(mask: int, step: int, copies: int) -> int:
    """The union of `copies` copies of a mask, each moved by `step` bits, by doubling."""
    done = 1
    while done < copies:
        more = min(done, copies - done)
        mask |= mask << (step * more)
        done += more
    return mask


def _spread_set(coefficients: tuple[int, ...], mask: int, spread: tuple[Spread, ...]) -> int:
    for axis, factor, pitch in spread:
        mask = spread_mask(mask, coefficients[axis] * pitch, factor)
    return mask


def _adjacent(extents: tuple[int, ...], spread: tuple[Spread, ...]) -> tuple[int, ...] | None:
    """The one larger box that the copies make, or None if some stand apart."""
    box = list(extents)
    for axis, factor, pitch in reversed(spread):
        if factor == 1:
            continue
        if pitch != box[axis]:
            return None
        box[axis] *= factor
    return tuple(box)


def reduced(coefficients: tuple[int, ...]) -> tuple[int, int]:
    """Two coefficients without their common divisor: it makes no two values equal or different."""
    divisor = gcd(coefficients[0], coefficients[1])
    return coefficients[0] // divisor, coefficients[1] // divisor


def _overlap_along_first(p: int, r: int, u: int, d: int, shift: int) -> int:
    """semantics.md, Overlap: sum over i = max(0, P-d) .. P-1 of [i + m d < s + P] max(0, R - m u), m = ceil((s -
    i)/d)."""
    total = 0
    for i in range(max(0, p - d), p):
        m = -((i - shift) // d)
        if i + m * d < shift + p:
            total += max(0, r - m * u)
    return total
