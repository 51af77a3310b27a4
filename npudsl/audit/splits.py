"""Ways to write a bound as a product of factors."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import comb


@lru_cache(maxsize=4096)
def divisors(n: int) -> tuple[int, ...]:
    """All divisors, ascending."""
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return tuple(sorted({*small, *(n // d for d in small)}))


@lru_cache(maxsize=4096)
def splits(n: int, count: int) -> tuple[tuple[int, ...], ...]:
    """All ways to write n as a product of `count` factors, in order."""
    if count == 0:
        return ((),) if n == 1 else ()
    return tuple((d, *rest) for d in divisors(n) for rest in splits(n // d, count - 1))


def ways(n: int, count: int) -> int:
    """How many `splits` there are."""
    found = 1
    for power in Counter(primes_of(n)).values():
        found *= comb(count + power - 1, power)
    return found


def primes_of(n: int) -> list[int]:
    """Prime factors with their multiplicity, ascending."""
    found, prime = [], 2
    while n > 1:
        while n % prime == 0:
            found.append(prime)
            n //= prime
        prime += 1 if prime * prime <= n else max(n - prime, 1)
    return found
