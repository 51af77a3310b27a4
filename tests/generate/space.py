"""Which cases a generator may make."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Space:
    """Limits and switches. The default is everything that the semantics allow, small enough for a literal walk."""

    max_points: int = 200
    bounds: tuple[int, ...] = (2, 3, 4, 1, 6, 5, 8, 7, 9, 12)
    max_dims: int = 5
    max_operands: int = 3
    max_levels: int = 4
    max_arrays: int = 2
    uneven: bool = True
    imperfect: bool = True
    excess: bool = True  # imperfect factors that are larger than the next loop outside needs
    bypass: bool = True  # memories that hold only some roles, and optional holds
    links: bool = True
    linkless: bool = True  # arrays without links (ideal)
    windows: int = 55  # percent of the operands with two dims or more that get a rank of several dims
    affine_outputs: bool = True
    three_dim_ranks: bool = True
    repeated_dims: bool = True  # a dim in two ranks of one tensor
    sized: bool = False  # finite memories, widths, energies and double buffering, for the solver's legality


EVERYTHING = Space()
EVEN_PERFECT = Space(uneven=False, imperfect=False, excess=False)
EVEN = Space(uneven=False)
PERFECT = Space(imperfect=False, excess=False)
#: sliding windows that are clipped, unrolled and nested: the hardest counts, rare among all cases
WINDOWED = Space(max_points=150, max_dims=3, max_operands=2, max_levels=3, windows=95, bounds=(3, 5, 7, 4, 6, 8, 9, 2))
