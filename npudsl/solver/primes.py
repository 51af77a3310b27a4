"""Prime factors and divisors of bounds, which are small (`spec` refuses others): by trial division."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def factors(number: int) -> tuple[tuple[int, int], ...]:
    """The prime factors with their exponents, ascending."""
    found, divisor = [], 2
    while divisor * divisor <= number:
        power = 0
        while number % divisor == 0:
            number //= divisor
            power += 1
        if power:
            found.append((divisor, power))
        divisor += 1
    return (*found, (number, 1)) if number > 1 else tuple(found)


def primes(number: int) -> tuple[int, ...]:
    """Distinct prime divisors, ascending."""
    return tuple(prime for prime, _ in factors(number))


def powers(number: int) -> tuple[int, ...]:
    """Exponents of the prime factors."""
    return tuple(power for _, power in factors(number))


@lru_cache(maxsize=4096)
def divisors(number: int) -> tuple[int, ...]:
    """All divisors, ascending."""
    found = [1]
    for prime, power in factors(number):
        found = [d * prime**k for k in range(power + 1) for d in found]
    return tuple(sorted(found))
