"""Random loops over clipped dims, counted by the model and by walking every setting of every counter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from random import Random
from typing import Any

Kinds = tuple[tuple[str, int], ...]  # loops of one dim above a node, outermost first: kind and factor


@dataclass(frozen=True)
class Dim:
    bound: int
    tile: int
    loops: Kinds

    def settings(self) -> Iterator[tuple[int, ...]]:
        """Every setting of the counters."""
        return product(*(range(1 if kind == "zero" else factor) for kind, factor in self.loops))

    def base(self, setting: Sequence[int]) -> int:
        """Where the tile begins: each counter moves by the product of what stands below its loop."""
        factors = [factor for _, factor in self.loops]
        return sum(c * self.tile * prod(factors[i + 1 :]) for i, c in enumerate(setting))

    def points(self, setting: Sequence[int]) -> range:
        base = self.base(setting)
        return range(base, min(self.bound, base + self.tile))


def random_dim(random: Random, kinds: Sequence[str], sweeps: bool, most: int = 3) -> Dim:
    """A dim whose loops, `most` of them or fewer, cover its bound, the last of them possibly in vain."""
    tile = random.randint(1, 4)
    loops = [(random.choice(kinds), random.randint(2, 4)) for _ in range(random.randint(0, most))]
    if sweeps:
        at = random.randint(0, len(loops))
        # temporal loops inside the sweeping one belong to other dims
        inside = [(k if k in ("join", "sum") else "sum", f) for k, f in loops[at:]]
        loops = [*loops[:at], ("sweep", random.randint(2, 4)), *inside]
    reach = tile * prod(f for _, f in loops)
    return Dim(random.randint(1, reach), tile, tuple(loops))


def walked_positions(dim: Dim) -> int:
    """Settings of the counted loops with a point, at the first value of the others."""
    found = set()
    for setting in dim.settings():
        if all(c == 0 for c, (kind, _) in zip(setting, dim.loops, strict=True) if kind in ("zero", "join")):
            found |= {setting} if dim.points(setting) else set()
    return len(found)


def walked_sum(coefficients: Sequence[int], dims: Sequence[Dim], kept: bool) -> int:
    """Sum over the counted loops of the union over the joined ones of what each instance receives."""
    united: dict[tuple[int, ...], set[int]] = {}
    for settings in product(*(d.settings() for d in dims)):
        words = _values(coefficients, [d.points(s) for d, s in zip(dims, settings, strict=True)])
        moved = _before(dims, settings) if kept else None
        if moved is not None:
            words -= _values(coefficients, [d.points(s) for d, s in zip(dims, moved, strict=True)])
        counted = tuple(
            c
            for d, setting in zip(dims, settings, strict=True)
            for c, (kind, _) in zip(setting, d.loops, strict=True)
            if kind != "join"
        )
        united.setdefault(counted, set()).update(words)
    return sum(map(len, united.values()))


def _values(coefficients: Sequence[int], ranges: list[range]) -> set[int]:
    return {sum(c * x for c, x in zip(coefficients, at, strict=True)) for at in product(*ranges)}


def _before(dims: Sequence[Dim], settings: tuple[tuple[int, ...], ...]) -> list[tuple[int, ...]] | None:
    """The settings before the sweeping loop advanced to these, if it did."""
    found, advanced = [], False
    for dim, setting in zip(dims, settings, strict=True):
        before = list(setting)
        for i, (kind, _) in enumerate(dim.loops):
            if kind == "sweep" and setting[i] > 0:
                before[i] -= 1
                advanced = True
        found.append(tuple(before))
    return found if advanced else None


@dataclass(frozen=True)
class Sum:
    """A question about two dims that share an index."""

    coefficients: tuple[int, ...]
    dims: tuple[Dim, ...]
    kept: bool


@lru_cache
def walked(count: int) -> tuple[list[tuple[Dim, int]], list[tuple[Sum, int]]]:
    """Single dims with their positions, and pairs of dims with their words."""
    random = Random(5)
    single, several = [], []
    for _ in range(count):
        dim = random_dim(random, ("walk", "sum", "zero", "join"), False, most=5)
        single.append((dim, walked_positions(dim)))
        sweeping = random.choice((None, 0, 1))
        dims = tuple(random_dim(random, ("walk", "sum", "join"), sweeping == k) for k in range(2))
        coefficients = tuple(random.choice((1, 1, 2, 3)) for _ in dims)
        question = Sum(coefficients, dims, random.random() < 0.7)
        several.append((question, walked_sum(coefficients, dims, question.kept)))
    return single, several


def walked_cases(question: Sum) -> Counter[tuple[tuple[int, ...], bool]]:
    """Per setting of the counted loops with a point: what is left of each dim from there on, as far as the joined
    instances reach; and whether words are kept."""
    found: set[tuple[tuple[tuple[int, ...], ...], tuple[int, ...], bool]] = set()
    for settings in product(*(d.settings() for d in question.dims)):
        firsts, left = [], []
        for dim, setting in zip(question.dims, settings, strict=True):
            kinds = [kind for kind, _ in dim.loops]
            first = tuple(0 if kind == "join" else c for c, kind in zip(setting, kinds, strict=True))
            last = tuple(f - 1 if kind == "join" else c for c, (kind, f) in zip(setting, dim.loops, strict=True))
            firsts.append(first)
            left.append(min(dim.bound, dim.base(last) + dim.tile) - dim.base(first))
        if min(left) > 0:
            moved = question.kept and _before(question.dims, tuple(firsts)) is not None
            found.add((tuple(firsts), tuple(left), moved))
    return Counter((left, moved) for _, left, moved in found)


def wrong_cases(step: Callable[[str, int], Any], cases: Callable[..., Iterator[Any]], count: int) -> Iterator[str]:
    """Sums whose tiles the model classes differently."""
    for question, _ in walked(count)[1]:
        given = list(cases(*_arguments(step, question)))
        if {(case.left, case.advancing): case.times for case in given} != walked_cases(question):
            yield f"{question}: {given} against {walked_cases(question)}"
        if len({(case.left, case.advancing) for case in given}) < len(given):
            yield f"{question}: cases that are alike: {given}"


def _arguments(step: Callable[[str, int], Any], question: Sum) -> tuple[Any, ...]:
    return (
        question.coefficients,
        tuple(d.bound for d in question.dims),
        tuple(d.tile for d in question.dims),
        tuple(tuple(step(*loop) for loop in d.loops) for d in question.dims),
        question.kept,
    )


def wrong_clipped(
    step: Callable[[str, int], Any], positions: Callable[..., int], coordinate_sum: Callable[..., int], count: int
) -> Iterator[str]:
    """Questions that the two functions of the model answer differently."""
    single, several = walked(count)
    for dim, expected in single:
        given = positions(dim.bound, dim.tile, tuple(step(*loop) for loop in dim.loops))
        if given != expected:
            yield f"positions of {dim}: {given} against {expected}"
    for question, expected in several:
        given = coordinate_sum(*_arguments(step, question))
        if given != expected:
            yield f"{question}: {given} against {expected}"
