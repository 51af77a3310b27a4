"""The ways to split one bound over the places of a nest that may matter for whether anything fits: the smallest tiles.

Places stand outermost first. A split is as good as another if it makes no tile larger and takes no more of any axis;
only splits that no other is as good as are kept (`Split.cost`), found from the innermost place outwards: of splits of
the same product so far, what matters for the places outside is that product alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from .lattice import divisors

#: Splits of one bound under way, and steps from one place to the next outside, at the most (a few seconds).
MOST_SPLITS, MOST_STEPS = 3_000, 100_000


class TooHardError(Exception):
    """More cases than are worth looking at."""


@dataclass(frozen=True)
class Place:
    """`least <= factor <= most` (None: no limit). `measured`: whether the extent from here inwards is one of a tile;
    `axis`: a spatial place, of which no more than needed should be used, or, with `wanted`, as much as possible too."""

    least: int = 1
    most: int | None = None
    measured: bool = False
    axis: bool = False
    wanted: bool = False


@dataclass(frozen=True)
class Split:
    """`factors` per place; `extents` per place: the product from there inwards, at most the bound; `cost`: smaller is
    better in every entry."""

    factors: tuple[int, ...]
    extents: tuple[int, ...]
    cost: tuple[int, ...]


@lru_cache(maxsize=4096)
def splits(bound: int, places: tuple[Place, ...], perfect: bool) -> tuple[Split, ...]:
    """The undominated splits of a bound: factors multiply to it, or to at least it if not `perfect`.

    Raises TooHardError.
    """
    found: dict[int, list[Split]] = {1: [Split((), (), ())]}
    for index in reversed(range(len(places))):
        found = _outwards(bound, places, index, found, perfect)
    return tuple(found.get(bound, ()))


def _outwards(
    bound: int, places: tuple[Place, ...], index: int, inside: dict[int, list[Split]], perfect: bool
) -> dict[int, list[Split]]:
    place = places[index]
    needless = not place.wanted and any(not p.axis and p.most is None for p in places[:index])
    found: dict[int, list[Split]] = {}
    steps = 0
    for product, members in inside.items():
        for factor in _factors(bound, product, place, perfect, needless):
            steps += len(members)
            if steps > MOST_STEPS:
                raise TooHardError
            extent = min(bound, product * factor)
            for split in members:
                cost = split.cost + ((extent,) if place.measured else ()) + ((factor,) if place.axis else ())
                cost += (-factor,) if place.wanted else ()
                more = Split((factor, *split.factors), (extent, *split.extents), cost)
                _keep(found.setdefault(extent, []), more)
        if sum(len(members) for members in found.values()) > MOST_SPLITS:
            raise TooHardError
    return found


def _factors(bound: int, product: int, place: Place, perfect: bool, needless: bool) -> Iterator[int]:
    """The factors to try. `needless`: a place outside takes whatever is left, so that none larger than must be is of
    use (with perfect factors, those that the rule allows and that divide)."""
    least, most = place.least, place.most
    if needless and least == 1:
        yield 1
    elif perfect:
        yield from (f for f in divisors(bound // product) if least <= f and (most is None or f <= most))
    elif most is None or least <= most:
        enough = max(least, -(-bound // product))
        yield from range(least, 1 + (least if needless else enough if most is None else min(most, enough)))


def _keep(members: list[Split], one: Split) -> None:
    """Adds a split of the same product unless another is as good; drops those that it is as good as."""
    if any(all(a <= b for a, b in zip(other.cost, one.cost, strict=True)) for other in members):
        return
    members[:] = [m for m in members if not all(a <= b for a, b in zip(one.cost, m.cost, strict=True))]
    members.append(one)
