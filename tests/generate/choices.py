"""Where a generator's decisions come from: a seed, hypothesis, or a recorded list that is being shrunk.

A choice is an integer from a range, and the lower end is the simpler one, so that shrinking the integers
shrinks the case. Every generator in this folder draws through this interface only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Protocol, TypeVar

X = TypeVar("X")


class Choices(Protocol):
    def integer(self, low: int, high: int) -> int:
        """An integer in `low .. high`, both included; `low` is the simplest."""


def chance(choices: Choices, percent: int) -> bool:
    """True in about `percent` of 100 draws; False is the simpler outcome."""
    return percent > 0 and choices.integer(0, 99) >= 100 - percent


def pick(choices: Choices, options: Sequence[X]) -> X:
    """One of `options`, simplest first."""
    return options[choices.integer(0, len(options) - 1)]


def shuffled(choices: Choices, items: Sequence[X]) -> list[X]:
    """`items` in any order; all choices at their lower end keep the order."""
    rest, result = list(items), []
    while rest:
        result.append(rest.pop(choices.integer(0, len(rest) - 1) if len(rest) > 1 else 0))
    return result


def subset(choices: Choices, items: Sequence[X], percent: int = 50) -> list[X]:
    return [item for item in items if chance(choices, percent)]


class Seeded:
    """Choices of a pseudo-random generator, recorded in `taken`."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.taken: list[int] = []

    def integer(self, low: int, high: int) -> int:
        # random() is several times faster than randint()
        value = low + int(self._random.random() * (high - low + 1))
        self.taken.append(value - low)
        return value


class Replayed:
    """Choices from a list of offsets above the lower end; what is missing is 0, what is too large is cut."""

    def __init__(self, offsets: Sequence[int]) -> None:
        self._offsets = offsets
        self.taken: list[int] = []

    def integer(self, low: int, high: int) -> int:
        at = len(self.taken)
        offset = min(self._offsets[at], high - low) if at < len(self._offsets) else 0
        self.taken.append(offset)
        return low + offset


class Drawn:
    """Choices that a hypothesis strategy draws."""

    def __init__(self, draw_integer: Callable[[int, int], int]) -> None:
        self._draw = draw_integer

    def integer(self, low: int, high: int) -> int:
        return low if low == high else self._draw(low, high)
