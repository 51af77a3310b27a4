"""Counts under clipped (imperfect) factors: dims are cut at their bound, so the tiles of one loop are not all alike.

Both functions work dim by dim and are exact for any factors; for factors that multiply to the bound they give what the
products of `coordinate.py` give.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from .coordinate import box_set

#: How a loop above a node enters a sum: `walk` every counter value is visited, `sweep` likewise and it is the sweeping
#: loop, `zero` it stands at its first value, `join` its instances are united, `sum` its instances are added up.
KINDS = ("walk", "sweep", "zero", "join", "sum")


@dataclass(frozen=True)
class Step:
    """One loop of a dim above a node: its kind (see `KINDS`) and factor."""

    kind: str
    factor: int


@lru_cache(maxsize=65536)
def positions(bound: int, tile: int, loops: tuple[Step, ...]) -> int:
    """Settings of the counted loops (`walk`, `sweep`, `sum`) that have a point, for one dim that does not move the
    tensor.

    `loops` outermost first, `tile` the product of the factors below them; together they reach `bound`. semantics.md,
    Clipped factors: cnt(N, [f | rest]) = q cnt(s, rest) + cnt(N - q s, rest), s = product of rest, q = floor(N / s); an
    instance that is not counted is the longest one, the first.
    """
    if not bound:
        return 0
    if not loops:
        return 1
    first, rest = loops[0], loops[1:]
    move = tile * prod(step.factor for step in rest)
    if first.kind in ("zero", "join"):
        return positions(min(bound, move), tile, rest)
    whole, left = divmod(bound, move)
    return whole * positions(move, tile, rest) + positions(left, tile, rest)


def coordinate_sum(
    coefficients: tuple[int, ...],
    bounds: tuple[int, ...],
    tiles: tuple[int, ...],
    loops: tuple[tuple[Step, ...], ...],
    kept: bool,
) -> int:
    """Words of one coordinate that a node receives: sum over the counted loops of the union over the joined ones.

    One entry per dim of the group: its bound, its tile extent and its loops above the node, outermost first. `kept`:
    while the sweeping loop advances an instance receives only what its previous tile did not have.
    """
    return sum(case.times * case.words for case in coordinate_cases(coefficients, bounds, tiles, loops, kept))


@dataclass(frozen=True)
class Case:
    """Tiles that are alike: `times` of them, `left` points of each dim from their first one on (as far as the joined
    instances reach), `words` received by each; `advancing`: less what the previous tile had."""

    times: int
    left: tuple[int, ...]
    advancing: bool
    words: int


def coordinate_cases(
    coefficients: tuple[int, ...],
    bounds: tuple[int, ...],
    tiles: tuple[int, ...],
    loops: tuple[tuple[Step, ...], ...],
    kept: bool,
) -> Iterator[Case]:
    """The cases that `coordinate_sum` adds up, no two of them alike."""
    dims = [_walk(b, t, steps, kept) for b, t, steps in zip(bounds, tiles, loops, strict=True)]
    swept = [(k, _move_of_sweep(t, steps)) for k, (t, steps) in enumerate(zip(tiles, loops, strict=True))]
    sweep = next(((axis, move) for axis, move in swept if move is not None), None)
    copies = tuple(_offsets(t, steps) for t, steps in zip(tiles, loops, strict=True))
    for combination in product(*(d.items() for d in dims)):
        left = tuple(points for (points, _), _ in combination)
        advancing = any(moved for (_, moved), _ in combination)
        words = _united(coefficients, tiles, copies, left, sweep if advancing else None)
        yield Case(prod(times for _, times in combination), left, advancing, words)


def _walk(bound: int, tile: int, loops: tuple[Step, ...], kept: bool) -> Counter[tuple[int, bool]]:
    """How often a dim stands with so much of it left (as far as the tiles reach) and, if words are `kept`, its sweeping
    loop past its start."""
    reach = tile
    move = tile
    moves: list[tuple[Step, int]] = []
    for step in reversed(loops):
        moves.append((step, move))
        if step.kind == "join":
            reach += (step.factor - 1) * move
        move *= step.factor
    states = [(0, False)]
    for step, move in reversed(moves):
        if step.kind in ("walk", "sweep", "sum"):
            states = [
                (base + k * move, moved or (kept and step.kind == "sweep" and k > 0))
                for base, moved in states
                for k in range(min(step.factor, -(-(bound - base) // move)))
            ]
    return Counter((min(bound - base, reach), moved) for base, moved in states)


def _move_of_sweep(tile: int, loops: tuple[Step, ...]) -> int | None:
    """How far the sweeping loop moves a dim; None: it has none."""
    move = tile
    for step in reversed(loops):
        if step.kind == "sweep":
            return move
        move *= step.factor
    return None


def _offsets(tile: int, loops: tuple[Step, ...]) -> tuple[int, ...]:
    """Where the joined instances of one dim stand, relative to the first."""
    offsets = [0]
    move = tile
    for step in reversed(loops):
        if step.kind == "join":
            offsets = [o + k * move for k in range(step.factor) for o in offsets]
        move *= step.factor
    return tuple(sorted(set(offsets)))


@lru_cache(maxsize=65536)
def _united(
    coefficients: tuple[int, ...],
    tiles: tuple[int, ...],
    copies: tuple[tuple[int, ...], ...],
    remaining: tuple[int, ...],
    moved: tuple[int, int] | None,
) -> int:
    """Distinct new words over the joined instances that have a point; `moved`: the dim of the last move and how far it
    went, if words are kept."""
    united = 0
    for offsets in product(*copies):
        extents = tuple(min(t, left - o) for t, left, o in zip(tiles, remaining, offsets, strict=True))
        if min(extents) <= 0:
            continue
        words = box_set(coefficients, extents)
        if moved is not None:
            words = _without_previous(coefficients, tiles, extents, words, *moved)
        united |= words << sum(c * o for c, o in zip(coefficients, offsets, strict=True))
    return united.bit_count()


def _without_previous(
    coefficients: tuple[int, ...], tiles: tuple[int, ...], extents: tuple[int, ...], words: int, axis: int, shift: int
) -> int:
    """What a tile does not share with the one before it, which was whole along the swept dim."""
    before = tuple(t if k == axis else e for k, (t, e) in enumerate(zip(tiles, extents, strict=True)))
    return words & ~(box_set(coefficients, before) >> (coefficients[axis] * shift))
