"""Imperfect factors: bounds below and answers above what full enumeration finds, and never worse than perfect ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path

import numpy as np
import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.mapping.violations import violations
from npudsl.model.evaluate import evaluate
from npudsl.solver import LayerSolution, Options, solve
from npudsl.solver.imperfect_bounds import limit_of
from npudsl.solver.imperfect_forms import Clipped
from npudsl.solver.imperfect_moves import corners
from npudsl.solver.imperfect_steps import best_spreads, least_steps
from npudsl.solver.latency import latency
from npudsl.spec.arch import Arch
from npudsl.spec.loader import load, load_text
from npudsl.spec.op import Layer

from ..oracle.enumerate import OBJECTIVES, TooLargeError
from ..oracle.imperfect import least_imperfect
from ..strategies import WINDOWED, Space, random_case, timed_problem
from .under_dataflows import random_problem

ROOT = Path(__file__).resolve().parents[2]
TINY = Space(max_points=40, bounds=(5, 3, 2, 7, 4, 1), max_dims=3, max_levels=2, max_arrays=1, sized=True)


def answer(arch: Arch, layer: Layer, objective: str, space: str = "even", factors: str = "imperfect") -> LayerSolution:
    return solve(arch, "net", [layer], Options(objective, space, factors)).layers[0]


# ---- the pieces ------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(120))
def test_many_vectors_at_once_are_the_closed_forms_of_each(seed: int) -> None:
    """Energy and latency, and infinity exactly for what is not legal or goes on where nothing is left."""
    case = random_case(seed, WINDOWED if seed % 2 else Space(excess=False, sized=True, max_points=300))
    nest = case.mapping.simplified()
    if not nest.loops:
        return
    rows = np.array([[loop.factor for loop in nest.loops]] * 2, dtype=float).T
    energy, cycles = Clipped(case.arch, case.layer, nest).costs(rows)
    pairs = zip(nest.loops, nest.strides, strict=True)
    needless = any(stride * (loop.factor - 1) >= case.layer.bound[loop.dim] for loop, stride in pairs)
    if needless or check_mapping(case.arch, case.layer, nest):
        assert np.isinf(energy).all()
        return
    assert energy.tolist() == pytest.approx([float(evaluate(case.arch, case.layer, nest).cost.energy)] * 2, rel=1e-12)
    assert cycles.tolist() == pytest.approx([float(latency(case.arch, case.layer, nest))] * 2, rel=1e-12)


@pytest.mark.parametrize("bounds", [(7, 7, 7), (10, 3), (5, 4, 3), (13, 2), (1, 9, 6)])
@pytest.mark.parametrize("sizes", [(8,), (5, 3), (4, 4), (2, 3, 2), (7, 1)])
def test_fewest_steps_are_those_of_all_spreads(bounds: tuple[int, ...], sizes: tuple[int, ...]) -> None:
    least: float = prod(bounds)
    for chosen in product(*(product(*(range(1, min(b, s) + 1) for s in sizes)) for b in bounds)):
        if all(prod(along) <= size for along, size in zip(zip(*chosen, strict=True), sizes, strict=True)):
            least = min(least, prod(-(-b // prod(f)) for b, f in zip(bounds, chosen, strict=True)))
    spreads = best_spreads(bounds, sizes, 3)
    assert spreads[0].steps == least
    for spread in spreads:
        assert all(prod(along) <= s for along, s in zip(zip(*spread.factors, strict=True), sizes, strict=True))
        assert spread.steps == prod(-(-b // prod(f)) for b, f in zip(bounds, spread.factors, strict=True))


@pytest.mark.parametrize("total", [*range(1, 40), 97, 360])
def test_corners_are_all_pairs_that_cannot_be_less(total: int) -> None:
    every = range(1, total + 1)
    covers = {(v, w) for v in every for w in every if v * w >= total}
    assert set(corners(total)) == {(v, w) for v, w in covers if not {(v - 1, w), (v, w - 1)} & covers}


def test_many_instances_are_bounded_in_time() -> None:
    arch, layer = lanes(4096), gemm(4099, 4097, 4093)
    assert least_steps(arch, layer) >= -(-layer.points // 4096)


# ---- beside enumeration ------------------------------------------------------------------------------


def compare(seed: int, limit: int, *, uneven: bool) -> None:
    arch, layer = timed_problem(seed, TINY)
    try:
        least = least_imperfect(arch, layer, uneven=uneven, limit=limit)
    except TooLargeError:
        pytest.skip("too many mappings to enumerate")
    for objective in OBJECTIVES:
        found = answer(arch, layer, objective, "uneven" if uneven else "even")
        assert (found.certificate is not None) == bool(least.mappings), found.failure
        if found.certificate is None:
            continue
        best, certificate = least.value[objective], found.certificate
        assert limit_of(arch, layer).value(objective) <= best * (1 + 1e-12)
        assert certificate.lower_bound <= best * (1 + 1e-12)
        assert certificate.value >= best * (1 - 1e-12), "not a mapping of the space"
        assert not certificate.optimal or certificate.value <= best * (1 + 1e-9)


@pytest.mark.parametrize("seed", [*range(40), 311, 483])
def test_bound_and_answer_enclose_the_best(seed: int) -> None:
    """In the last two padded layers have nests with instances that hold no point of the layer itself."""
    compare(seed, 120, uneven=seed % 4 == 0)


@pytest.mark.long
@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("seed", range(1000, 1200))
def test_bound_and_answer_enclose_the_best_of_more(seed: int, uneven: bool) -> None:
    compare(seed, 4_000, uneven=uneven)


@pytest.mark.parametrize("seed", range(4))
def test_never_worse_than_with_perfect_factors(seed: int) -> None:
    arch, layer = timed_problem(seed + 500, replace(TINY, max_points=100))
    for objective in OBJECTIVES:
        ours, perfect = (answer(arch, layer, objective, factors=f).certificate for f in ("imperfect", "perfect"))
        assert (ours is None) <= (perfect is None)
        if ours is not None and perfect is not None:
            assert ours.value <= perfect.value * (1 + 1e-12)


@pytest.mark.parametrize("space", ["even", "uneven"])
@pytest.mark.parametrize("seed", range(8))
def test_rules_hold_for_what_is_clipped(seed: int, space: str) -> None:
    asked = random_problem(seed, space)
    if asked is None:
        return
    flows = ((asked.layer.name, asked.dataflow),)
    ours, perfect = (
        solve(asked.arch, "net", [asked.layer], Options("edp", space, factors, dataflows=flows)).layers[0]
        for factors in ("imperfect", "perfect")
    )
    if ours.mapping is None or ours.certificate is None:
        assert ours.failure is not None
        assert perfect.mapping is None
        return
    assert not check_mapping(asked.arch, asked.layer, ours.mapping)
    assert not violations(asked.dataflow, asked.arch, asked.layer, ours.mapping, ours.evaluation, even=space == "even")
    if perfect.certificate is not None:
        assert ours.certificate.value <= perfect.certificate.value * (1 + 1e-12)


def test_out_of_time_there_is_a_mapping_with_its_gap() -> None:
    options = Options("edp", "even", "imperfect", time_limit=0.0)
    found = solve(lanes(8), "net", [gemm(7, 7, 7)], options).layers[0]
    assert found.mapping is not None
    assert found.certificate is not None
    assert 0 < found.certificate.lower_bound < found.certificate.value


def test_two_runs_find_the_same() -> None:
    one, two = (answer(lanes(8), gemm(5, 7, 4), "edp") for _ in range(2))
    assert one.mapping == two.mapping


# ---- cases of the peers --------------------------------------------------------------------------------

MACHINE = """
component ram(size: data) : memory {{
    read  = 1 pJ/bit
    write = 1 pJ/bit
}}
component unit : compute {{ op_energy = 1 pJ }}
arch lanes {{
    memory dram : ram(size = inf) {{ holds = [input, weight, output] }}
    array pe[x = {size}] {{
        memory file : ram(size = 4 KiB) {{ holds = [input, weight, output] }}
        compute mac : unit()
    }}
}}
op product {{
    dims m, n, k
    output[m, n] += input[m, k] * weight[k, n]
}}
network net {{
    tensor x[m = {m}, k = {k}]
    layer fc = product[n = {n}](input = x)
}}
"""


def lanes(size: int) -> Arch:
    return _load(size, 2, 2, 2)[0]


def gemm(m: int, n: int, k: int) -> Layer:
    return _load(2, m, n, k)[1]


def _load(size: int, m: int, n: int, k: int) -> tuple[Arch, Layer]:
    spec = load_text(MACHINE.format(size=size, m=m, n=n, k=k))
    return spec.arch(), spec.network().layers[0]


@pytest.mark.parametrize(("bounds", "steps"), [((7, 7, 7), 49), ((10, 3, 1), 5)])
def test_steps_that_peers_only_report(bounds: tuple[int, int, int], steps: int) -> None:
    """peers.md: 42.9 cycles are reported for 7 x 7 x 7 on 8 lanes, 56 executed; 3.75 for 10 x 3, 6 executed."""
    found = answer(lanes(8), gemm(*bounds), "latency")
    assert found.evaluation is not None
    assert found.certificate is not None
    assert found.evaluation.tally.steps == steps
    assert found.certificate.optimal


def test_a_power_of_two_on_an_array_that_is_none() -> None:
    """solver.md, section 3: fc7 keeps .381 of 14 x 12 PEs at work with perfect factors, .998 with imperfect ones."""
    arch = load(str(ROOT / "specs" / "study_b.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == "fc7")
    found = answer(arch, layer, "latency")
    assert found.certificate is not None
    assert found.certificate.optimal
    assert found.evaluation is not None
    assert found.evaluation.cost.utilization > Fraction(997, 1000)
