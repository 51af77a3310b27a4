"""Whether anything fits is found out exactly, and a conflict is smallest and resolved by the change that is offered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod
from random import Random

import pytest

from npudsl.mapping.dataflow import Dataflow, FactorRule, PlaceRule, Requirement
from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.violations import violations
from npudsl.solver.conflicts import explain_infeasible, find_mapping, nearest_change, smallest_conflict
from npudsl.solver.demands import demands_of
from npudsl.solver.fitting import Question
from npudsl.solver.hierarchy import hierarchies
from npudsl.solver.requirements import requirement_conflict
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..oracle.build import array, layer, machine, memory
from ..strategies import Space, random_problem

#: Few places and small bounds, so that every factorisation can be tried.
TINY = Space(max_points=36, max_dims=2, max_levels=3, max_arrays=1, max_operands=2, bounds=(4, 6, 2, 3), sized=True)


def random_dataflow(random: Random, arch: Arch, of: Layer) -> Dataflow:
    """Rules for some levels, single nodes and axes, the outermost places first."""
    places: list[PlaceRule] = []
    optional: list[Node] = []
    for index, part in enumerate(arch.nodes):
        held = [Node(t.name, m.name) for m in getattr(part, "memories", ()) for t in of.op.tensors if m.hold(t.role)]
        optional += [n for n in held if _is_optional(arch, of, n)]
        if held and random.random() < 0.6:
            nodes = frozenset(held if index == 0 or random.random() < 0.6 else random.sample(held, 1))
            places.append(_rule(random, of, nodes, None))
        for axis, _ in getattr(part, "axes", ()):
            if random.random() < 0.6:
                places.append(_rule(random, of, None, (part.name, axis)))
    kept = frozenset(n for n in optional if random.random() < 0.3)
    bypassed = frozenset(n for n in optional if n not in kept and random.random() < 0.3)
    asked = tuple(
        Requirement("utilization", a.name, Fraction(random.randint(1, 4), 4), None)
        for a in arch.arrays
        if random.random() < 0.3
    )
    return Dataflow("flow", tuple(places), kept, bypassed, asked)


def _is_optional(arch: Arch, of: Layer, node: Node) -> bool:
    hold = arch.memory(node.memory).hold(of.op.tensor(node.tensor).role)
    return hold is not None and hold.optional


def _rule(random: Random, of: Layer, nodes: frozenset[Node] | None, axis: tuple[str, str] | None) -> PlaceRule:
    factors = []
    for dim in of.op.dims:
        if random.random() < 0.5:
            least = random.choice((1, 1, 2, 3))
            factors.append(FactorRule(dim, least, random.choice((least, least, None, least + 1))))
    return PlaceRule(nodes, axis, tuple(factors), random.random() < 0.5, free_order=True)


def all_mappings(arch: Arch, of: Layer, space: str, perfect: bool = True) -> Iterator[Mapping]:
    """Every order of nodes with every split of all bounds, loops of a slot in the order of the dims."""
    for orders in hierarchies(arch, of, space):
        for hierarchy in orders:
            places: list[tuple[int, str | None, str | None, int]] = []
            for index, tier in enumerate(hierarchy.tiers):
                places.append((index, None, None, 10**9))
                places += [(index, a.name, axis, size) for a in tier.arrays for axis, size in a.axes]
            sizes = [size for *_, size in places]
            for chosen in product(*(list(_splits(bound, sizes, perfect)) for _, bound in of.bounds)):
                items: list[Node | Loop] = []
                for index, tier in enumerate(hierarchy.tiers):
                    items += tier.nodes
                    for at, (where, name, axis, _) in enumerate(places):
                        if where == index:
                            factors = [(d, split[at]) for d, split in zip(of.op.dims, chosen, strict=True)]
                            items += [Loop(d, f, name, axis) for d, f in factors if f > 1]
                yield Mapping(tuple(items))


def _splits(bound: int, sizes: list[int], perfect: bool) -> Iterator[tuple[int, ...]]:
    if not perfect:
        sides = [range(1, min(bound, size) + 2) for size in sizes]  # rules may ask for a factor above the bound
        yield from (split for split in product(*sides) if prod(split) >= bound)
        return
    if len(sizes) == 1:
        if bound <= sizes[0]:
            yield (bound,)
        return
    for factor in range(1, min(bound, sizes[0]) + 1):
        if bound % factor == 0:
            for rest in _splits(bound // factor, sizes[1:], perfect):
                yield (factor, *rest)


def _cases(space: str, seeds: range) -> Iterator[tuple[int, Arch, Layer, Dataflow]]:
    for seed in seeds:
        arch, of = random_problem(seed, TINY)
        orders = sum(len(o) for o in hierarchies(arch, of, space))
        if orders <= 24:
            yield seed, arch, of, random_dataflow(Random(seed), arch, of)


def _obeys(arch: Arch, of: Layer, flow: Dataflow, mapping: Mapping, space: str) -> bool:
    if check_mapping(arch, of, mapping):
        return False
    return not violations(flow, arch, of, mapping, even=space == "even")


@pytest.mark.parametrize("space, seeds", [("even", range(150)), ("uneven", range(40))])
def test_finds_a_mapping_exactly_if_there_is_one(space: str, seeds: range) -> None:
    found = {True: 0, False: 0}
    for seed, arch, of, flow in _cases(space, seeds):
        fit = find_mapping(arch, of, flow, space)
        if fit is not None:
            assert _obeys(arch, of, flow, fit.nest(), space), seed
        else:
            assert not any(_obeys(arch, of, flow, m, space) for m in all_mappings(arch, of, space)), seed
        found[fit is not None] += 1
    assert min(found.values()) > len(seeds) / 10


def test_finds_a_mapping_with_imperfect_factors_exactly_if_there_is_one() -> None:
    few = replace(TINY, bounds=(3, 4), max_levels=2)
    found = {True: 0, False: 0}
    for seed in range(150):
        arch, of = random_problem(seed, few)
        rules = replace(random_dataflow(Random(seed), arch, of), requirements=())
        if sum(len(a.axes) for a in arch.arrays) > 1:
            continue
        fit = find_mapping(arch, of, rules, "even", "imperfect")
        if fit is not None:
            assert _obeys(arch, of, rules, fit.nest(), "even"), seed
        else:
            assert not any(_obeys(arch, of, rules, m, "even") for m in all_mappings(arch, of, "even", False)), seed
        found[fit is not None] += 1
    assert min(found.values()) > 10


def test_conflicts_are_smallest_and_changes_are_nearest() -> None:
    compared = 0
    for seed, arch, of, flow in _cases("even", range(200)):
        question, demands = Question(arch, of, flow), demands_of(arch, of, flow)
        if question.find(demands) is not None:
            continue
        core = smallest_conflict(question, demands)
        assert question.find(core) is None, seed
        for demand, limit in core.items():
            others = {d: v for d, v in core.items() if d != demand}
            assert question.find(others) is not None, (seed, demand)
            if demand.node is not None or (demand.kind == "axis" and any(d.kind == "busy" for d in core)):
                continue
            change = nearest_change(question, core, demand)
            assert change.limit is not None
            assert question.find({**others, demand: change.limit}) is not None, (seed, demand)
            step = Fraction(1, 10**6) if demand.kind == "busy" else 1
            nearer = change.limit + step if demand.from_below else change.limit - step
            assert question.find({**others, demand: nearer}) is None or nearer == limit, (seed, demand)
            compared += 1
    assert compared > 100


# ---- what is said ----------------------------------------------------------------------------------

ROLES = ("input", "weight", "output")
GEMM = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=8, n=12, k=16)
ARCH = machine(
    memory("dram", *ROLES),
    memory("glb", *ROLES, size=16 * 100),
    array("pe", x=4, y=3),
    memory("file", *ROLES, size=16 * 16),
)


def flow(*places: PlaceRule, requirements: tuple[Requirement, ...] = ()) -> Dataflow:
    return Dataflow("flow", places, requirements=requirements)


def below(name: str, *factors: FactorRule, is_open: bool = True) -> PlaceRule:
    return PlaceRule(frozenset(Node(t, name) for t in ROLES), None, factors, is_open, free_order=True)


def exactly(dim: str, factor: int) -> FactorRule:
    return FactorRule(dim, factor, factor)


def test_a_tile_that_is_forced_to_be_too_large() -> None:
    found = explain_infeasible(ARCH, GEMM, flow(below("file", exactly("m", 4), exactly("n", 3))))
    assert found is not None
    assert (found.code, found.message) == ("E605", "`layer` has no mapping on `machine` that obeys `flow`")
    assert found.notes == (
        "`file`: 38 B needed, 6 B more than there is",
        "input: m 4 words * 16 bit = 8 B",
        "weight: n 3 words * 16 bit = 6 B",
        "output: m 4 * n 3 = 12 words * 16 bit = 24 B",
        "`layer` has m = 8, n = 12; the factors of a dim multiply to exactly that",
        "or write `n = 2` in `file`; or write `m = 2` in `file`",
    )
    assert found.help == "give `file` 38 B"
    alone = explain_infeasible(ARCH, GEMM, flow(below("file", exactly("m", 8), exactly("n", 2))))
    assert alone is not None and "`layer` has m = 8; the" in alone.notes[-2]  # 8 + 1 + 8 words, whatever n is


def test_a_slot_without_room_outside() -> None:
    closed = below("dram", FactorRule("k"), is_open=False)
    found = explain_infeasible(ARCH, GEMM, flow(closed))
    assert found is not None
    assert found.notes[0] == "`glb`: 232 B needed, 32 B more than there is"
    assert found.help == "give `glb` 232 B"
    assert "let `m` be up to 2 in `dram`" in found.notes[-1]


def test_an_array_that_cannot_be_kept_busy() -> None:
    busy = Requirement("utilization", "pe", Fraction(1), None)
    columns = PlaceRule(None, ("pe", "x"), (FactorRule("n"),), False)
    odd = replace(GEMM, bounds=(("m", 8), ("n", 15), ("k", 16)))
    assert explain_infeasible(ARCH, GEMM, flow(columns, requirements=(busy,))) is None
    found = explain_infeasible(ARCH, odd, flow(columns, requirements=(busy,)))
    assert found is not None
    assert found.help == "ask for a utilization of at least 0.5"  # 3 columns and 2 rows
    assert found.notes[-1] == "or let `m` be up to 4 in `pe.x`; or let `k` be up to 4 in `pe.x`"


def test_without_a_dataflow_the_machine_alone_is_to_blame() -> None:
    small = machine(memory("dram", *ROLES), memory("file", *ROLES, size=40))
    found = explain_infeasible(small, GEMM, None)
    assert found is not None
    assert found.message == "`layer` has no mapping on `machine`"
    assert found.help == "give `file` 6 B"
    assert explain_infeasible(ARCH, GEMM, None) is None


def test_larger_than_patience_is_no_claim() -> None:
    """Bounds with many divisors, rules that leave everything open: nothing is said rather than something wrong."""
    arch = machine(*(memory(f"m{i}", *ROLES, size=None if i == 0 else 10**7) for i in range(5)))
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=2**20, n=2**20, k=2**20)
    closed = [below(f"m{i}", FactorRule("m", 1, 8), FactorRule("n", 1, 8), is_open=True) for i in range(3)]
    found = explain_infeasible(arch, of, flow(*closed))
    assert found is None or found.code == "E605"


def test_requirements() -> None:
    arch = replace(ARCH, clock=Fraction(10**6))
    late = Requirement("latency", None, None, Fraction(100), "a frame in time")
    frugal = Requirement("energy", None, None, Fraction(500))
    found = requirement_conflict(late, Fraction(128), arch, GEMM)
    assert (found.code, found.message) == (
        "E606",
        "no mapping of `layer` on `machine` has a latency of at most 100 cycles",
    )
    assert found.notes == ("a frame in time", "the least that any has is 128 cycles (0.128 ms), 28.0% more")
    assert found.help == "`require latency <= 128 cycle`"
    under = requirement_conflict(late, Fraction(256), arch, GEMM, under=(frugal,))
    assert (
        under.message
        == "no mapping of `layer` on `machine` has a latency of at most 100 cycles and an energy of at most 500 pJ"
    )
    assert under.notes[-1].startswith("the least latency with the other requirements is 256 cycles")
    busy = Requirement("utilization", "pe", Fraction(9, 10), None)
    lazy = requirement_conflict(busy, Fraction(3, 4), arch, GEMM)
    assert lazy.message == "no mapping of `layer` on `machine` has a utilization of `pe` of at least 0.9"
    assert lazy.help == "`require utilization(pe) >= 0.75`"
