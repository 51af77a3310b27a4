"""How many elements of a tensor a box of points touches: distinct index tuples, exactly, for any affine index.

The set is a product over groups of dims that share no rank (`Tensor.groups`). Within a group the ranks are read as
digits of one mixed-radix number, so that two points touch one element iff their sums of coefficient * dim are equal.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import gcd, prod

from .op import Tensor

#: Largest coordinate whose elements are marked one by one (bits: 8 MiB). Only ranks of three and more dims that neither
#: fill a range nor stand apart come here.
MAX_MARKS = 1 << 26


class UncountableError(Exception):
    """A group of three or more dims is too large to be marked literally."""


def elements(tensor: Tensor, extents: Mapping[str, int]) -> int:
    """Elements of `tensor` touched by a box with `extents[dim]` points along each of its dims."""
    return prod(group_elements(tensor, group, extents) for group in tensor.groups)


def group_elements(tensor: Tensor, group: tuple[str, ...], extents: Mapping[str, int]) -> int:
    """Distinct values of one group's indices over the box. Raises `UncountableError`."""
    sizes = tuple(extents[d] for d in group)
    if 0 in sizes:
        return 0
    return _distinct(_coefficients(tensor, group, extents), sizes)


def _coefficients(tensor: Tensor, group: tuple[str, ...], extents: Mapping[str, int]) -> tuple[int, ...]:
    """One coefficient per dim: the ranks as digits, the first the least, each as wide as the range it spans."""
    found = dict.fromkeys(group, 0)
    radix = 1
    for rank in tensor.ranks:
        if any(d in found for d in rank.dims):
            for term in rank.terms:
                found[term.dim] += term.coefficient * radix
            radix *= 1 + sum(t.coefficient * (extents[t.dim] - 1) for t in rank.terms)
    return tuple(found[d] for d in group)


@lru_cache(maxsize=1 << 16)
def _distinct(coefficients: tuple[int, ...], sizes: tuple[int, ...]) -> int:
    pairs = [(c, e) for c, e in zip(coefficients, sizes, strict=True) if e > 1]
    common = gcd(*(c for c, _ in pairs))
    pairs = sorted((c // common, e) for c, e in pairs)
    if len(pairs) == 2:
        return _two(*pairs)
    return _apart_or_filled(pairs)


def _two(first: tuple[int, int], second: tuple[int, int]) -> int:
    """Points minus collisions: (p, r) and (p + d, r - u) touch one element, and such chains have no gaps in a box."""
    (u, p), (d, r) = first, second
    return p * r - max(0, p - d) * max(0, r - u)


def _apart_or_filled(pairs: list[tuple[int, int]]) -> int:
    """Dims in order of their coefficients: copies either stand apart (the count multiplies) or fill a range without
    gaps; whatever else there is gets marked literally."""
    count, last = 1, 0  # distinct values, the largest of them
    for coefficient, size in pairs:
        filled = count == last + 1
        if coefficient > last:
            count *= size
        elif filled:
            count += coefficient * (size - 1)
        else:
            return _marked(pairs)
        last += coefficient * (size - 1)
    return count


def _marked(pairs: list[tuple[int, int]]) -> int:
    """Bits of the literal set, held as one integer: each dim ors shifted copies, doubling their number every time."""
    if sum(c * (e - 1) for c, e in pairs) >= MAX_MARKS:
        raise UncountableError
    marks = 1
    for coefficient, size in pairs:
        copies = 1
        while copies < size:
            step = min(copies, size - copies)
            marks |= marks << (coefficient * step)
            copies += step
    return marks.bit_count()
