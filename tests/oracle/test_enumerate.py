"""The enumeration's fast evaluation against full literal walks, and the enumeration against spaces counted by hand."""

from __future__ import annotations

from fractions import Fraction

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.resolve_dataflow import resolve_dataflow
from npudsl.spec.op import Layer

from ..mapping.machines import declared
from ..strategies import PERFECT, Space, random_case, random_problem, timed_problem
from .build import array, layer, machine, memory
from .cost import energy, leakage
from .cycles import latency
from .dataflows import obeying
from .enumerate import TooLargeError, enumerate_mappings
from .literal import Place, element_count, tally
from .traffic import Traffic


def fast_energy(traffic: Traffic, of: Layer, mapping: Mapping) -> Fraction:
    """The energy of a whole nest from memoised transfers."""
    nest = mapping.simplified()
    total = Fraction(of.points * traffic.arch.compute.op_energy)
    for tensor in of.op.tensors:
        places = [Place(node.memory, above) for node, above in nest.nodes_of(tensor.name)]
        zero = element_count(tensor, of.bound) if tensor.is_output else 0
        for parent, child in zip(places, [*places[1:], Place(None, len(nest.loops))], strict=True):
            cost, zero = traffic.cost(tensor, parent, child, nest.loops[: child.above], zero)
            total += cost[0]
    return total


def test_memoised_transfers_equal_full_walks() -> None:
    """Many nests of one layer and machine share the memo, so that a wrong key is seen."""
    space = Space(**{**PERFECT.__dict__, "sized": True, "max_points": 100})
    for problem in range(40):
        arch, of = random_problem(problem, space)
        traffic = Traffic(arch, of)
        for seed in range(25):
            mapping = random_case(seed, space, problem).mapping
            assert fast_energy(traffic, of, mapping) == energy(arch, of, tally(arch, of, mapping)), (problem, seed)


def test_number_of_mappings() -> None:
    """Two levels, 4 = 2 * 2 and 3: 3 * 2 splits over two slots; both orders where both dims loop outside (2 of 6)."""
    arch = machine(memory("dram", "input", "output"), memory("rf", "input", "output"))
    of = layer("output[m]", "input[m, k]", m=4, k=3)
    assert enumerate_mappings(arch, of).mappings == 6 + 2
    with_axis = machine(memory("dram", "input", "output"), array("pe", x=2), memory("rf", "input", "output"))
    # m unrolled by 1 or 2: the six above, and m = 2 left: 2 * 2 splits, one of which has both dims outside
    assert enumerate_mappings(with_axis, of).mappings == (6 + 2) + (4 + 1)


def test_uneven_contains_even() -> None:
    space = Space(sized=True, max_points=16, max_dims=3, max_levels=3, max_arrays=1)
    compared = 0
    for seed in range(30):
        arch, of = random_problem(seed, space)
        try:
            even, uneven = enumerate_mappings(arch, of), enumerate_mappings(arch, of, uneven=True, limit=10_000)
        except TooLargeError:
            continue
        compared += 1
        assert even.mappings <= uneven.mappings
        for objective, best in even.best.items():
            assert uneven.best[objective].rank(objective) <= best.rank(objective)
    assert compared >= 15


def test_reported_mapping_has_the_reported_cost() -> None:
    space = Space(sized=True, max_points=60, max_dims=4)
    compared = 0
    for seed in range(40):
        arch, of = random_problem(seed, space)
        try:
            found = enumerate_mappings(arch, of, limit=20_000)
        except TooLargeError:
            continue
        compared += 1
        for best in found.best.values():
            counted = tally(arch, of, best.mapping)
            assert (energy(arch, of, counted), counted.steps, counted.steps) == (best.energy, best.steps, best.cycles)
    assert compared > 25


def test_reported_mapping_takes_the_reported_cycles() -> None:
    """On machines with bandwidths, ports, second buffers, rates and leakage."""
    compared = slow = 0
    for seed in range(60):
        arch, of = timed_problem(seed, Space(sized=True, max_points=36, max_dims=3, max_levels=3))
        try:
            found = enumerate_mappings(arch, of, limit=3_000)
        except TooLargeError:
            continue
        compared += 1
        for best in found.best.values():
            cycles = latency(arch, of, best.mapping)
            slow += cycles > best.steps / arch.compute.rate
            assert cycles == best.cycles
            assert best.energy == energy(arch, of, tally(arch, of, best.mapping)) + leakage(arch) * cycles
    assert compared > 25 and slow > 30


def test_no_random_mapping_is_better() -> None:
    space = Space(max_points=40, max_dims=3, max_levels=3, uneven=False, imperfect=False, excess=False)
    for problem in range(25):
        arch, of = random_problem(problem, space)
        found = enumerate_mappings(arch, of)
        for seed in range(20):
            mapping = random_case(seed, space, problem).mapping
            counted = tally(arch, of, mapping)
            assert found.best["energy"].energy <= energy(arch, of, counted)
            assert found.best["latency"].steps <= counted.steps


def test_capacity_and_axes_are_obeyed() -> None:
    arch = machine(memory("dram", "input", "output"), memory("rf", "input", "output", size=64))
    of = layer("output[m]", "input[m, k]", m=4, k=3)  # 16-bit words: four fit
    best = enumerate_mappings(arch, of).best["energy"].mapping
    below = best.items[best.items.index(Node("output", "rf")) :]
    extents = dict.fromkeys("mk", 1) | {x.dim: x.factor for x in below if isinstance(x, Loop)}
    assert extents["m"] * extents["k"] + extents["m"] <= 4


def test_only_what_a_dataflow_admits() -> None:
    """4 = 2 * 2 and 3 over two slots: six splits, with all orders 2 + 2 + 1 + 1 + 2 + 2 mappings, m inside first."""
    arch = machine(memory("dram", "input", "output"), memory("rf", "input", "output"))
    of = layer("output[m]", "input[m, k]", m=4, k=3)
    counts = {
        "dram [..]\n rf [..]": 10,
        "dram [m, k]": 2 + 2 + 1 + 1 + 1 + 1,
        "dram any [m]": 2 + 2 + 1,
        "rf [.., m]": 1 + 1 + 1 + 1 + 2 + 2,
        "rf [m = 2, ..]": 1 + 2,
        "rf [k = full, ..]\n require latency <= 11 cycle": 0,
    }
    for text, count in counts.items():
        dataflow = resolve_dataflow(declared(f"mapping d {{\n {text}\n}}\n"), arch, of)
        assert enumerate_mappings(arch, of, admits=obeying(dataflow, arch, of)).mappings == count, text


def test_random_source_is_reproducible() -> None:
    assert random_problem(5) == random_problem(5)
    assert random_case(3, PERFECT, 5) == random_case(3, PERFECT, 5)
