"""The physical limit: below every mapping, and equal to what the literature says where it says something."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from math import prod, sqrt
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npudsl.mapping.footprint import tile_words
from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Mapping
from npudsl.mapping.time_floor import floor
from npudsl.model.evaluate import evaluate
from npudsl.solver.pebbles import Inside, least_moved
from npudsl.solver.physical import boundaries, limit_words, moved_words
from npudsl.solver.physical_energy import physical_limit
from npudsl.solver.physical_time import least_cycles
from npudsl.solver.reuse import most_reuse
from npudsl.spec.arch import Arch, Hold, Level, Memory, Ports
from npudsl.spec.op import Layer, Tensor

from ..generate.choices import Seeded
from ..oracle.build import array, layer, machine, memory, nest
from ..oracle.cost import energy
from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..oracle.literal import tally
from ..strategies import Space, make_case, random_case, random_problem
from .compare import PROBLEMS, UNEVEN_PROBLEMS

GEMM = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=64, n=64, k=64)
#: Layers large enough for reuse, mappings of every kind.
LARGE = Space(max_points=20_000, bounds=(8, 12, 6, 16, 3, 5, 24, 2), max_operands=3, max_levels=3, max_arrays=1)


def conv(stride: int, dilation: int, size: int, **more: int) -> Layer:
    window = f"{stride}p + {dilation}r, {stride}q + {dilation}s"
    bounds = {"n": 2, "m": 8, "c": 8, "p": 12, "q": 12, "r": size, "s": size, **more}
    return layer("output[n, m, p, q]", f"input[n, c, {window}]", "weight[m, c, r, s]", **bounds)


def kappa(of: Layer) -> int | None:
    one, two, three = of.op.tensors
    return most_reuse(of, (one, two, three))


# ---- reuse ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "of, expected",
    [
        (GEMM, 1),
        (conv(1, 1, 3), 9),
        (conv(2, 1, 3), 4),
        (conv(4, 1, 11), 9),
        (conv(4, 1, 3), 1),  # windows do not overlap
        (conv(1, 2, 3), 9),
        (conv(2, 2, 3), 9),  # a common factor is no distance
        (conv(1, 1, 7, p=2, q=2), 4),  # fewer places than taps: the places are fixed instead
        (layer("output[g, m, n]", "input[g, m, k]", "weight[g, k, n]", g=4, m=8, n=8, k=8), 1),
        (layer("output[c, p]", "input[c, p + r]", "weight[c, r]", c=8, p=8, r=3), 3),  # depth-wise
        (layer("output[a]", "input[a, b]", "weight[c]", a=4, b=5, c=6), 30),  # b and c are in one tensor each
    ],
    ids=range(11),
)
def test_known_reuse(of: Layer, expected: int) -> None:
    assert kappa(of) == expected


@given(st.integers(0, 10**6))
@settings(max_examples=300, deadline=None)
def test_no_set_of_points_beats_the_reuse(seed: int) -> None:
    """Boxes are the hard cases for products, thinned boxes for windows."""
    random = Random(seed)
    of = random_problem(seed)[1]
    for triple in combinations(of.op.tensors, 3):
        constant = most_reuse(of, (triple[0], triple[1], triple[2]))
        assert constant is not None
        for _ in range(8):
            points = _some_points(random, of)
            touched = [len({_element(t, p) for p in points}) for t in triple]
            assert len(points) ** 2 <= constant * prod(touched)


def _some_points(random: Random, of: Layer) -> list[dict[str, int]]:
    sides = []
    for _, bound in of.bounds:
        low = random.randrange(bound)
        sides.append(range(low, random.randint(low + 1, bound), random.choice((1, 1, 1, 2))))
    keep = random.choice((1.0, 1.0, 0.7, 0.3))
    box = [dict(zip(of.op.dims, point, strict=True)) for point in product(*sides)]
    return [p for p in box if random.random() < keep]


def _element(tensor: Tensor, point: dict[str, int]) -> tuple[int, ...]:
    return tuple(sum(t.coefficient * point[t.dim] for t in rank.terms) for rank in tensor.ranks)


# ---- words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [3, 10, 100, 1000, 20_000])
@pytest.mark.parametrize("of", [GEMM, conv(1, 1, 3), conv(2, 1, 3), conv(4, 1, 11)], ids=range(4))
def test_at_least_what_the_literature_says(of: Layer, room: int) -> None:
    """Q >= max(|I| + |W| + |O|, 2 MACs / sqrt(rho S) - 2 S)."""
    bits = 16 * room
    arch = machine(memory("dram", "input", "weight", "output"), memory("glb", "input", "weight", "output", size=bits))
    least = 2 * of.points / sqrt((kappa(of) or 1) * room) - 2 * room
    assert limit_words(arch, of, 0) >= least - 1
    smaller = replace(arch, nodes=(arch.nodes[0],))
    assert boundaries(smaller, of) == ()


def test_a_schedule_that_reaches_it() -> None:
    """Outputs of 30 x 30 stay, rows and columns pass: S = 900 + 30 + 1 words, 2 M / 30 loads and |O| stores."""
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=60, n=60, k=10_000)
    roles = ("input", "weight", "output")
    arch = machine(memory("dram", *roles), memory("glb", *roles, size=16 * 931))
    moved = 2 * of.points / 30 + 3600
    assert 0.97 * moved <= limit_words(arch, of, 0) <= moved


def test_instances_that_exchange_nothing_have_their_own_limit() -> None:
    """Four cores with a memory each, which other memories inside it are filled from: sqrt(4) times the words."""
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=512, n=512, k=512)
    roles = ("input", "weight", "output")

    def limit(*nodes: Memory) -> int:
        return limit_words(machine(memory("dram", *roles), *nodes), of, 1)  # type: ignore[arg-type]

    inner = memory("file", *roles, size=16 * 100)
    outside = memory("core", *roles, size=16 * 10_000)
    apart = limit(array("cores", x=4), outside, inner)  # type: ignore[arg-type]
    shared = limit(outside, array("cores", x=4), inner)  # type: ignore[arg-type]
    assert apart == pytest.approx(2 * of.points / 10, rel=0.01)
    assert shared == pytest.approx(2 * of.points / 20, rel=0.01)
    skipping = memory("core", "input", "output", size=16 * 10_000)
    optional = replace(skipping, holds=(*skipping.holds, Hold("weight", optional=True)))
    for partly in (skipping, optional):  # weights may come from the one memory outside the cores
        assert limit(array("cores", x=4), partly, inner) == shared  # type: ignore[arg-type]


def test_operations_may_be_fed_past_a_memory_that_is_optional() -> None:
    """8 x 8 units share rows and columns that come straight from outside; the memory of one word is not needed."""
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=64, n=64, k=64)
    roles = ("input", "weight", "output")
    skipped = replace(memory("glb", size=16), holds=tuple(Hold(r, optional=True) for r in roles))
    arch = machine(memory("dram", *roles), skipped, array("pe", x=8, y=8))
    straight = nest("dram:input dram:weight dram:output m=8 n=8 k=64 pe.x:m=8 pe.y:n=8")
    assert check_mapping(arch, of, straight) == ()
    moved = moved_words(arch, of, straight)["dram"]
    assert moved == 2 * of.points // 8 + 2 * of.points - 64 * 64
    assert limit_words(arch, of, 0) <= 2 * of.points // 8 + 64 * 64  # with sums that stay in the units


def test_least_cycles_are_those_of_all_instances_of_a_memory_that_serves_everything() -> None:
    of = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=64, n=64, k=64)
    roles = ("input", "weight", "output")
    core = replace(memory("core", *roles, size=16 * 4096), bandwidth=Fraction(16), ports=Ports(1, 1, 0))
    file = memory("file", *roles, size=16 * 16)
    arch = machine(memory("dram", *roles), array("cores", x=4), core, array("pe", y=64), file)
    crossing = 16 * limit_words(arch, of, 1)
    assert least_cycles(arch, of) == pytest.approx(crossing / 4 / 32, rel=1e-3) and crossing / 128 > 64**3 / 256
    partly = replace(core, holds=tuple(replace(h, optional=h.role == "weight") for h in core.holds))
    other = machine(memory("dram", *roles), array("cores", x=4), partly, array("pe", y=64), file)
    assert least_cycles(other, of) == 64**3 / 256  # weights may come from elsewhere


def tightened(arch: Arch, of: Layer, mapping: Mapping) -> Arch:
    """The machine with memories that have exactly room for a mapping."""
    used: dict[str, Fraction] = {}
    for node, above in mapping.placed:
        one, role = arch.memory(node.memory), of.op.tensor(node.tensor).role
        bits = tile_words(of, mapping, node.tensor, above) * arch.width(one.name, role)
        used[one.name] = used.get(one.name, Fraction(0)) + bits * (2 if role in one.double else 1)

    def sized(one: Memory) -> Memory:
        return one if one in arch.levels[0].memories else replace(one, size=used.get(one.name, Fraction(8)))

    nodes = tuple(
        replace(n, memories=tuple(sized(m) for m in n.memories)) if isinstance(n, Level) else n for n in arch.nodes
    )
    return replace(arch, nodes=nodes)


def slowed(random: Random, arch: Arch) -> Arch:
    """With bandwidths, ports, a rate and leakage, so that time is decided by anything."""

    def memory_of(one: Memory) -> Memory:
        ports = random.choice((Ports(), Ports(1, 1, 0), Ports(1, 2, 1), Ports(0, 0, 2)))
        return replace(one, bandwidth=Fraction(random.choice((1, 8, 64))), ports=ports, leakage=Fraction(1, 50))

    nodes = tuple(
        replace(n, memories=tuple(memory_of(m) for m in n.memories)) if isinstance(n, Level) else n for n in arch.nodes
    )
    return replace(arch, nodes=nodes, compute=replace(arch.compute, rate=random.choice((Fraction(1, 2), Fraction(3)))))


def _below_its_limits(arch: Arch, of: Layer, mapping: Mapping) -> list[str]:
    fits = tightened(arch, of, mapping)
    assert check_mapping(fits, of, mapping) == ()
    moved = moved_words(fits, of, mapping)
    wrong = [f"{b} above {moved[b.outside]}" for b in boundaries(fits, of) if b.words > moved[b.outside]]
    limit, cost = physical_limit(fits, of), evaluate(fits, of, mapping)
    assert limit is not None
    if limit.energy > cost.cost.energy:
        wrong.append(f"{limit.energy} pJ above {float(cost.cost.energy)} pJ")
    if limit.cycles > floor(fits, of, mapping, cost.tally):
        wrong.append(f"{limit.cycles} cycles above {float(floor(fits, of, mapping, cost.tally))}")
    return wrong + ([f"{limit.steps} steps"] if limit.steps > cost.tally.steps else [])


@given(st.integers(0, 10**6))
@settings(max_examples=150, deadline=None)
def test_no_mapping_is_below(seed: int) -> None:
    """Any nest, uneven or clipped, in memories that have no bit more than it needs and little bandwidth."""
    case = random_case(seed, LARGE)
    assert _below_its_limits(slowed(Random(seed), case.arch), case.layer, case.mapping) == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_no_mapping_of_many_is_below(block: int) -> None:
    for seed in range(1_000_000 + 300 * block, 1_000_300 + 300 * block):
        case = make_case(Seeded(Random(seed)), LARGE)
        assert _below_its_limits(slowed(Random(seed), case.arch), case.layer, case.mapping) == [], seed


@pytest.mark.parametrize("uneven", [False, True], ids=["even", "uneven"])
def test_no_mapping_of_all_is_below(uneven: bool) -> None:
    """Full enumeration, once by energy and once with nothing but words of the outermost level to be paid."""
    compared = 0
    for seed in range(15 if uneven else 30):
        arch, of = random_problem(seed, UNEVEN_PROBLEMS if uneven else PROBLEMS)
        for priced, own in ((arch, True), (_only_outermost(arch), False)):
            try:
                best = enumerate_mappings(priced, of, uneven=uneven, limit=800).best.get("energy")
            except TooLargeError:
                continue
            limit = physical_limit(priced, of)
            if best is not None and limit is not None:
                compared += 1
                assert limit.energy <= best.energy, seed
                assert limit.energy <= energy(priced, of, tally(priced, of, best.mapping)), seed
                assert own or all(b.words <= best.energy for b in limit.boundaries[:1]), seed
    assert compared > (8 if uneven else 20)


def _only_outermost(arch: Arch) -> Arch:
    """One pJ per word of the outermost level, nothing elsewhere."""
    free = Fraction(0)
    nodes = []
    for node in arch.nodes:
        if not isinstance(node, Level):
            nodes.append(replace(node, links=tuple(replace(x, hop_energy=free) for x in node.links)))
            continue
        price = Fraction(1) if node is arch.levels[0] else free
        ones = tuple((h.role, Fraction(1)) for m in node.memories for h in m.holds)
        nodes.append(
            replace(
                node,
                memories=tuple(
                    replace(m, read_energy=price, write_energy=price, widths=ones if price else m.widths)
                    for m in node.memories
                ),
            )
        )
    return replace(arch, nodes=tuple(nodes), compute=replace(arch.compute, op_energy=free))


# ---- the pebble game itself ------------------------------------------------------------------------


@given(st.integers(1, 10**6), st.integers(0, 10**5), st.integers(1, 9), st.tuples(*[st.floats(1.5, 500)] * 3))
def test_weights_scale_and_room_helps(
    points: int, room: int, constant: int, weights: tuple[float, float, float]
) -> None:
    """Twice the weights in twice the room move twice as much; more room never moves more."""
    least = least_moved(points, constant, weights, Inside(room))
    one, two, three = (2 * w for w in weights)
    assert least_moved(points, constant, weights, Inside(float("inf"))) == 0
    assert 0 <= least_moved(points, constant, weights, Inside(2 * room + 1)) <= least * 1.01
    assert least_moved(points, constant, (one, two, three), Inside(2 * room)) == pytest.approx(2 * least, rel=1e-6)
