"""How large a search may get before it is refused: a message is better than a machine without memory."""

from __future__ import annotations

from math import comb, prod

import sympy

from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from .program import groups_of

#: Vectors of tile extents in one table; rows of one group of dims.
MOST_VECTORS, MOST_ROWS = 20_000_000, 3_000_000
#: Places a dim is split over at the most, for the estimate.
PLACES = 6


def check_size(layer: Layer, dims: tuple[str, ...]) -> None:
    """Raises SpecError (E603) if the bounds have more divisors than can be searched."""
    powers = {d: sympy.factorint(layer.bound[d]) for d in dims}
    vectors = prod(e + 1 for d in dims for e in powers[d].values())
    rows = {g: prod(comb(e + PLACES - 1, e) for d in g for e in powers[d].values()) for g in groups_of(layer, dims)}
    group = max(rows, key=lambda g: rows[g])
    if vectors <= MOST_VECTORS and rows[group] <= MOST_ROWS:
        return
    split = ", ".join(f"{d} = {layer.bound[d]}" for d in (dims if vectors > MOST_VECTORS else group))
    raise SpecError(
        Diagnostic(
            "E603",
            f"the mapspace of `{layer.name}` is too large to be searched exactly",
            notes=(f"the ways to split {split} into perfect factors are too many",),
            help="use a bound with fewer divisors, or split the layer into several",
        )
    )
