"""Random cases for tests: `cases(space)` for hypothesis, `random_case(seed, space)` for long runs."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from npudsl.mapping.nest import Mapping
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from .generate.archs import arch as make_arch
from .generate.choices import Choices, Drawn, Seeded
from .generate.mappings import mapping as make_mapping
from .generate.ops import layer as make_layer
from .generate.space import EVEN, EVEN_PERFECT, EVERYTHING, PERFECT, WINDOWED, Space
from .generate.speeds import with_speeds

__all__ = [
    "EVEN",
    "EVEN_PERFECT",
    "EVERYTHING",
    "PERFECT",
    "WINDOWED",
    "Case",
    "Space",
    "cases",
    "make_case",
    "make_problem",
    "random_case",
    "random_problem",
    "timed_problem",
]


@dataclass(frozen=True)
class Case:
    arch: Arch
    layer: Layer
    mapping: Mapping


def make_case(choices: Choices, space: Space = EVERYTHING) -> Case:
    layer = make_layer(choices, space)
    arch = make_arch(choices, space, layer.op)
    return Case(arch, layer, make_mapping(choices, space, arch, layer))


def random_case(seed: int, space: Space = EVERYTHING, problem: int | None = None) -> Case:
    """Case number `seed`, the same on every machine; with `problem`: a mapping of that machine and layer."""
    if problem is None:
        return make_case(Seeded(Random(seed)), space)
    arch, layer = random_problem(problem, space)
    return Case(arch, layer, make_mapping(Seeded(Random(seed)), space, arch, layer))


def make_problem(choices: Choices, space: Space, *, timed: bool = False, leaky: int = 0) -> tuple[Arch, Layer]:
    """A machine and a layer. `timed`: with bandwidths; `leaky`: percent of those machines that leak."""
    layer = make_layer(choices, space)
    arch = make_arch(choices, space, layer.op)
    return with_speeds(choices, arch, leaky=leaky) if timed else arch, layer


def random_problem(seed: int, space: Space = EVERYTHING) -> tuple[Arch, Layer]:
    """Machine and layer of case number `seed`."""
    return make_problem(Seeded(Random(seed)), space)


def timed_problem(seed: int, space: Space = EVERYTHING, *, leaky: int = 25) -> tuple[Arch, Layer]:
    """Problem number `seed` with bandwidths."""
    return make_problem(Seeded(Random(seed)), space, timed=True, leaky=leaky)


@st.composite
def cases(draw: st.DrawFn, space: Space = EVERYTHING) -> Case:
    """A random case that hypothesis can shrink."""
    return make_case(Drawn(lambda low, high: draw(st.integers(low, high))), space)
