"""Random loops over clipped dims, counted by the model and by walking every setting of every counter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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


def random_dim(random: Random, kinds: Sequence[str], sweeps: bool) -> Dim:
    """A dim whose loops cover its bound, the last of them possibly in vain."""
    tile = random.randint(1, 4)
    loops = [(random.choice(kinds), random.randint(2, 4)) for _ in range(random.randint(0, 3))]
    if sweeps:
        at = random.randint(0, len(loops))
        # temporal loops inside the sweeping one belong to other dims
        inside = [(k if k in ("join", "sum") else "sum", f) for k, f in loops[at:]]
        loops = [*loops[:at], ("sweep", random.randint(2, 4)), *inside]
    most = tile * prod(f for _, f in loops)
    return Dim(random.randint(1, most), tile, tuple(loops))


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


def wrong_clipped(
    step: Callable[[str, int], Any], positions: Callable[..., int], coordinate_sum: Callable[..., int], count: int
) -> Iterator[str]:
    """Questions that the two functions of the model answer differently."""
    random = Random(5)
    for _ in range(count):
        dim = random_dim(random, ("walk", "sum", "zero", "join"), False)
        given = positions(dim.bound, dim.tile, tuple(step(*loop) for loop in dim.loops))
        if given != walked_positions(dim):
            yield f"positions of {dim}: {given} against {walked_positions(dim)}"
        sweeping = random.choice((None, 0, 1))
        dims = [random_dim(random, ("walk", "sum", "join"), sweeping == k) for k in range(2)]
        coefficients = tuple(random.choice((1, 1, 2, 3)) for _ in dims)
        kept = random.random() < 0.7
        given = coordinate_sum(
            coefficients,
            tuple(d.bound for d in dims),
            tuple(d.tile for d in dims),
            tuple(tuple(step(*loop) for loop in d.loops) for d in dims),
            kept,
        )
        if given != walked_sum(coefficients, dims, kept):
            yield f"{coefficients} {dims} kept={kept}: {given} against {walked_sum(coefficients, dims, kept)}"
