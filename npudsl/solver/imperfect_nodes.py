"""Parts of what a relaxed program covers: its whole numbers between limits.

Every mapping has its counts, extents and factors whole (`imperfect_program.Whole`), a program's least value need not:
what it has between k and k + 1 splits it into two parts that no mapping falls between. Limits of one number say
something of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, log, prod

import numpy as np

from .imperfect_convex import Convex
from .imperfect_cuts import Cuts
from .templates import Template

#: The least and the most of a whole number.
Limits = tuple[int, int]

#: How far logarithms of numbers that count as whole may be from it.
EVEN = 1e-6


@dataclass(frozen=True)
class Node:
    """`limits` of the numbers of a program. `point`: where its bound is (None: not known); `tight`: all of its tangents
    are there, none is missing by more than `close`."""

    template: Template
    cuts: Cuts
    limits: tuple[Limits, ...]
    close: float
    point: np.ndarray | None = None
    tight: bool = False

    @property
    def factors(self) -> tuple[float, ...]:
        """Of the loops at the point; along axes those that are whole, where there is room for them."""
        assert self.point is not None
        found = [exp(float(x)) for x in self.point[: len(self.template.nest.loops)]]
        for one in self.cuts.program.wholes:
            if one.kind == "factor":
                (i,) = one.loops
                whole = ceil(found[i] - EVEN)
                if exp(float(self.point[one.column])) >= whole - EVEN:
                    found[i] = float(whole)
        return tuple(found)

    def box(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Bounds of all variables; None: there is nothing between them."""
        program = self.cuts.program
        low, high = program.low.copy(), program.high.copy()
        for one, (least, most) in zip(program.wholes, self.limits, strict=True):
            low[one.column] = max(low[one.column], log(least))
            high[one.column] = min(high[one.column], log(most))
            if low[one.column] > high[one.column]:
                return None
        if program.steps is not None:
            floor, column, pace = program.steps
            steps = floor.steps(self.limits)
            if log(steps * pace) > high[column]:
                return None
            low[column] = max(low[column], log(steps * pace))
        return low, high


@dataclass(frozen=True)
class Candidate:
    """A number, at position `place` of a program's, that is more than `below` and less than the next: by `down` and
    `up`, as logarithms."""

    place: int
    below: int
    down: float
    up: float

    @property
    def distance(self) -> float:
        return min(self.down, self.up)


def candidates(node: Node) -> Iterator[Candidate]:
    """Numbers that are not whole where the bound of a node is."""
    if node.point is None:
        return
    even = min(EVEN, node.close)
    for k, (one, (least, most)) in enumerate(zip(node.cuts.program.wholes, node.limits, strict=True)):
        real = exp(float(node.point[list(one.loops)].sum()))
        if one.kind != "extent" and float(node.point[one.column]) >= log(ceil(real - even)) - even:
            continue  # there is room for a whole number
        below = floor(real)
        if least <= below < most and min(down := log(real / below), up := log((below + 1) / real)) > even:
            yield Candidate(k, below, down, up)


def sides(node: Node, candidate: Candidate) -> tuple[Limits, Limits]:
    """The limits of a number in the two parts."""
    least, most = node.limits[candidate.place]
    return (least, candidate.below), (candidate.below + 1, most)


def part(node: Node, place: int, limits: Limits, bounds: dict[str, int]) -> Node | None:
    """What of a node lies between the limits of one of its numbers; None: nothing."""
    found = consistent(node.cuts.program, [*node.limits[:place], limits, *node.limits[place + 1 :]], bounds)
    return None if found is None else Node(node.template, node.cuts, found, node.close)


def consistent(program: Convex, given: Sequence[Limits], bounds: dict[str, int]) -> tuple[Limits, ...] | None:
    """What the limits of some numbers say of others; None: nothing is left."""
    limits = list(given)
    while True:
        before = list(limits)
        for counted, rest in program.rest.items():
            bound = bounds[program.wholes[counted].dim]
            _cover(bound, counted, rest, limits)
            if program.wholes[rest].kind == "extent":
                _divide(bound, counted, rest, limits)
        for spread, factors in program.spreads.items():
            _spread(spread, factors, limits)
        if any(least > most for least, most in limits):
            return None
        if limits == before:
            return tuple(limits)


def _cover(bound: int, counted: int, rest: int, limits: list[Limits]) -> None:
    """A count times what it does not count is at least the bound."""
    (least, most), (low, high) = limits[counted], limits[rest]
    if most > 0 and high > 0:
        limits[counted] = max(least, -(-bound // high)), most
        limits[rest] = max(low, -(-bound // most)), high


def _divide(bound: int, counted: int, extent: int, limits: list[Limits]) -> None:
    """All loops outside an extent make as many settings as it takes to cover the bound, and no more."""
    (least, most), (low, high) = limits[counted], limits[extent]
    limits[counted] = least, min(most, -(-bound // low))
    if least > 1:
        limits[extent] = low, min(high, (bound - 1) // (least - 1))


def _spread(whole: int, factors: tuple[int, ...], limits: list[Limits]) -> None:
    """A number is the product of others."""
    if any(low > high for low, high in (limits[k] for k in factors)):
        return
    lows, highs = (prod(limits[k][side] for k in factors) for side in (0, 1))
    least, most = max(limits[whole][0], lows), min(limits[whole][1], highs)
    limits[whole] = least, most
    for k in factors:
        low, high = limits[k]
        limits[k] = max(low, -(-least * high // highs)), min(high, most * low // lows)
