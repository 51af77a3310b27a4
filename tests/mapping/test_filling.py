"""Utilization of arrays: against a walk over all settings of all counters."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import prod

from npudsl.mapping.filling import utilization
from npudsl.mapping.nest import Loop, Mapping
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from tests.oracle.build import array, layer, machine, memory, nest
from tests.strategies import Space, random_case

SMALL = Space(max_levels=3, max_points=60)


def settings(of: Layer, mapping: Mapping, arrays: set[str | None]) -> int:
    """Settings of the counters of the loops in `arrays` (None: temporal) for which some point exists."""
    loops = mapping.loops
    seen: set[tuple[int, ...]] = set()
    for counters in product(*(range(loop.factor) for loop in loops)):
        position = dict.fromkeys(of.bound, 0)
        for loop, counter in zip(loops, counters, strict=True):
            position[loop.dim] = position[loop.dim] * loop.factor + counter
        if all(position[d] < bound for d, bound in of.bounds):
            seen.add(tuple(c for loop, c in zip(loops, counters, strict=True) if loop.array in arrays))
    return len(seen)


def by_walk(arch: Arch, of: Layer, mapping: Mapping) -> Iterator[tuple[str | None, Fraction]]:
    outside: set[str | None] = {None}
    for one in arch.arrays:
        inside = {*outside, one.name}
        sizes = prod(size for _, size in one.axes)
        yield one.name, Fraction(settings(of, mapping, inside), settings(of, mapping, outside) * sizes)
        outside = inside
    steps = settings(of, mapping, {None}) * prod(size for one in arch.arrays for _, size in one.axes)
    yield None, Fraction(settings(of, mapping, outside), steps)


def test_against_a_walk() -> None:
    compared = 0
    for seed in range(400):
        case = random_case(seed, SMALL)
        if prod(loop.factor for loop in case.mapping.loops) > 2000:
            continue
        for name, expected in by_walk(case.arch, case.layer, case.mapping):
            assert utilization(case.arch, case.layer, case.mapping, name) == expected, (seed, name)
            compared += 1
    assert compared > 600


def test_by_hand() -> None:
    """Seven rows over an array of four, two at a time: four, three and nothing are left over."""
    arch = machine(memory("dram", "input", "output"), array("pe", x=4))
    of = layer("output[m]", "input[m]", m=7)
    mapping = nest("dram:input dram:output m=2 pe.x:m=4")
    assert isinstance(mapping.loops[0], Loop)
    assert utilization(arch, of, mapping, "pe") == Fraction(7, 8)
    assert utilization(arch, of, nest("dram:input dram:output m=4 pe.x:m=2"), "pe") == Fraction(7, 16)
