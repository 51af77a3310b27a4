"""From real factors to nests with whole ones: starts for a descent (`imperfect_descent.py`), legal or nearly so."""

from __future__ import annotations

from collections.abc import Iterator
from math import floor

from ..mapping.nest import Mapping
from .imperfect_moves import refitted


def rounded(bounds: dict[str, int], nest: Mapping, real: tuple[float, ...]) -> Iterator[Mapping]:
    """Nests with the loops of `nest`, whose factors are rounded down, or to the nearest; the outermost loop over every
    dim takes what is left."""
    for offset in (1e-6, 0.5, 1 - 1e-6):
        factors = [1] * len(real)
        for dim, bound in bounds.items():
            over = [i for i, loop in enumerate(nest.loops) if loop.dim == dim]
            extent = 1
            for i in reversed(over[1:]):
                most = -(-bound // extent)
                factors[i] = max(1, min(most, floor(real[i] + offset)))
                extent *= factors[i]
            if over:
                factors[over[0]] = -(-bound // extent)
        yield refitted(nest, tuple(factors))
