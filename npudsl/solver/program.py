"""A template as a program: minimise a sum of products over groups of dims, with the closed forms over arrays of rows.

    energy   sum_k weight_k * prod_g column_k(row_g) + constant
    loads    the same for the cycles of every port and link with a bandwidth, where time matters
    limits   sum_j weight_j * prod_g column_j(row_g) <= limit

A *row* of a group fixes every factor of the dims in it. The columns come from the closed forms of `npudsl.model`,
whatever the operator is; nothing here knows what they mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..model.counts import Product
from ..model.evaluate import Numbers
from ..model.expressions import Expression, Symbol
from ..model.vectorised import VECTORISED
from .groups import Group
from .latency import Load
from .templates import Place, Template
from .waits import Wait

Weights = tuple[tuple[int, float], ...]

#: Arrays, with the least and the most product of the factors along all of them together (None: any).
Busy = tuple[tuple[str, ...], Fraction | None, Fraction | None]


#: What a term of a sum counts, in words that mean the same in every template.
Label = tuple[str, ...]


@dataclass(frozen=True)
class Sum:
    """`weights`: (column, weight) pairs; `constant`: (weight, expression in the bounds) pairs. `terms`: what the
    weights are made of, (label, column, weight)."""

    weights: Weights
    constant: tuple[tuple[Fraction, Product], ...] = ()
    terms: tuple[tuple[Label, int, float], ...] = ()


@dataclass(frozen=True)
class Limit:
    """`sum weight * column <= bound`; `what` names it for a person."""

    weights: Weights
    bound: float
    what: str


#: A dim and a place that some of its factor may be at; in an outermost part the frame belongs to the first slot.
Spot = tuple[str, Place]


@dataclass(frozen=True)
class Split:
    """What a loop may be: its factor lies in `range`, and those along an axis multiply to at most `size` (0: no axis).
    One slot is as good as another, so `place` does not say which."""

    dim: str
    place: Place
    size: int
    range: tuple[int, int | None]


@dataclass(frozen=True, eq=False)
class Program:
    """`columns[g]`: the columns of group g, closed forms in the factors of its loops (`loops[g]`, dim by dim, those of
    a dim as they are nested) and in its bounds; `splits[g]`: where these loops stand and what they may be.

    `energy`: in the units of the search; `loads`: sums of cycles (`latency.loads`); `steps`: the column of the steps;
    `falling`: columns that count against a sum. `rooms`: what the part takes, in bits, of capacities that other parts
    take a share of as well. `credits`: what sums of two places lose in this part, as (column, weight) pairs, where a
    cut lies between the two (`across.py`). `finer`: loads that are left to single templates: as bounds on several they
    exclude little, and rows that differ in them alone would all stay.
    """

    template: Template
    groups: tuple[Group, ...]
    loops: tuple[tuple[int, ...], ...]
    splits: tuple[dict[Spot, Split], ...]
    columns: tuple[tuple[Expression, ...], ...]
    symbols: tuple[Symbol, ...]
    count: int
    energy: Sum
    loads: tuple[tuple[Load, Sum], ...]
    limits: tuple[Limit, ...]
    steps: int
    falling: frozenset[int]
    bounds: tuple[tuple[Symbol, str], ...]
    rooms: tuple[tuple[str, Sum], ...] = ()
    credits: tuple[tuple[Wait, Weights], ...] = ()
    finer: frozenset[Load] = frozenset()


def evaluate_columns(
    expressions: Sequence[Expression],
    factors: dict[Symbol, np.ndarray],
    bounds: dict[Symbol, int],
    rows: int,
) -> np.ndarray:
    """Values of expressions, shape (expressions, rows), for arrays of factors (floats), one entry per row."""
    values = Numbers(factors | {symbol: float(bound) for symbol, bound in bounds.items()}, VECTORISED)
    return np.array([np.broadcast_to(np.asarray(values(e), dtype=float), (rows,)) for e in expressions])
