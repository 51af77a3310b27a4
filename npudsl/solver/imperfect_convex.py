"""Convex programs in logarithms: linear rows, and sums of exponentials of linear functions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .imperfect_floors import Floor
from .imperfect_monomials import Loops


@dataclass(frozen=True)
class Range:
    """What the best mapping's energy (pJ) and cycles lie between; a mapping outside is not the best."""

    energy: tuple[float, float]
    cycles: tuple[float, float]


@dataclass(frozen=True)
class Whole:
    """A whole number from 1 to `most`, whose logarithm is variable `column`.

    `kind`: "count", the settings of some loops over a dim; "extent", how far a dim reaches from one of its loops
    inwards; "factor", that of a loop along an axis; "spread", all factors of a dim along axes.
    """

    kind: str
    dim: str
    loops: Loops
    most: int
    column: int


@dataclass(frozen=True)
class Sum:
    """`sum exp(rows @ v + logs) + linear @ v + constant <= 1`; so no term is above `most`."""

    logs: np.ndarray
    rows: np.ndarray
    linear: np.ndarray
    constant: float
    most: float = 1.0


@dataclass
class Convex:
    """`cost @ v` is to be least, `equal @ v = sums`, `upper @ v <= tops`, low <= v <= high, and the sums.

    `steps`: how few steps its numbers leave, and the column of the cycles' logarithm with the cycles of a step (None:
    cycles do not matter, or there are too many ways).
    `rest`: for a whole number that counts, that (a position in `wholes`) together with which it covers its bound;
    `spreads`: for one that is a product of factors, those.
    """

    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    equal: np.ndarray
    sums: np.ndarray
    upper: np.ndarray
    tops: np.ndarray
    curved: list[Sum]
    wholes: tuple[Whole, ...]
    rest: dict[int, int]
    spreads: dict[int, tuple[int, ...]]
    steps: tuple[Floor, int, float] | None = None
