"""Groups of dims that are split independently of each other, and how many ways there are to split a bound."""

from __future__ import annotations

from collections.abc import Iterable

from ..spec.op import Layer

Group = tuple[str, ...]


def groups_of(layer: Layer, dims: Iterable[str]) -> tuple[Group, ...]:
    """Dims in groups that no tensor's index ties together."""
    dims = tuple(dims)
    merged: list[set[str]] = [{d} for d in dims]
    for tensor in layer.op.tensors:
        for group in tensor.groups:
            tied = [s for s in merged if s & set(group)]
            if len(tied) > 1:
                merged = [s for s in merged if not any(s is t for t in tied)] + [set().union(*tied)]
    ordered = sorted(merged, key=lambda s: min(dims.index(d) for d in s))
    return tuple(tuple(d for d in dims if d in s) for s in ordered)


def prime_powers(number: int) -> list[int]:
    """Exponents of the prime factors of a bound."""
    found, divisor = [], 2
    while divisor * divisor <= number:
        power = 0
        while number % divisor == 0:
            number //= divisor
            power += 1
        if power:
            found.append(power)
        divisor += 1
    return found + [1] * (number > 1)
