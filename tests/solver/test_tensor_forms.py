"""Programs of templates count what closed forms count that are derived for their nests alone."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from random import Random

import pytest

from npudsl.mapping.nest import Mapping
from npudsl.model.counts import derive
from npudsl.model.evaluate import Numbers
from npudsl.solver.builder import program
from npudsl.solver.groups import live_dims
from npudsl.solver.hierarchy import hierarchies
from npudsl.solver.templates import Template, parts, templates
from npudsl.solver.tensor_forms import Kind, ordinals, price
from npudsl.spec.arch import Arch
from npudsl.spec.loader import load
from npudsl.spec.op import Layer

from ..strategies import random_problem
from .compare import PROBLEMS, UNEVEN_PROBLEMS
from .test_prototype import ROOT


def conv3(machine: str) -> tuple[Arch, Layer]:
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == "conv3")
    return load(str(ROOT / "specs" / f"{machine}.npu")).arch(), layer


def check(arch: Arch, layer: Layer, space: str, every: int) -> int:
    """Compares every so many templates at random factors; how many."""
    random, compared = Random(3), 0
    dims = live_dims(layer)
    kind = Kind.of(arch, layer, dims, Fraction(1), timed=False)
    op = kind.op
    found = [
        (hierarchy, template)
        for orders in hierarchies(arch, layer, space)
        for hierarchy in orders
        for part in parts(hierarchy)
        for template in templates(op, dims, hierarchy, part)
        if template.last and template.top == 0
    ]
    for hierarchy, template in found[::every]:
        ours = program(kind, hierarchy, template)
        factors = [random.choice((1, 2, 3)) for _ in template.nest.loops]
        bounds = {d: prod(f for f, x in zip(factors, template.nest.loops, strict=True) if x.dim == d) for d in op.dims}
        known = dict(zip(ours.symbols, factors, strict=True)) | {s: bounds[d] for s, d in ours.bounds}
        values = Numbers(known)
        total = sum(Fraction(w) * prod(values(g[c]) for g in ours.columns) for c, w in ours.energy.weights)
        total += sum(w * values(product.expression) for w, product in ours.energy.constant)
        assert total == literally(kind, template, factors, bounds), template
        compared += 1
    return compared


def literally(kind: Kind, template: Template, factors: list[int], bounds: dict[str, int]) -> Fraction:
    """The energy of all movements of a nest by closed forms that were derived for it alone, and of its operations."""
    nest: Mapping = template.nest
    forms = derive(kind.arch, kind.layer, nest, frozenset(kind.op.dims), template.frame, ordinals(nest))
    known = dict(zip(forms.symbols, factors, strict=True)) | {s: bounds[d] for d, s in forms.bounds.items()}
    values = Numbers(known)
    moved = sum((price(kind.arch, b) * values(b.count.expression) for b in forms.bookings), Fraction(0))
    return moved + kind.arch.compute.op_energy * prod(bounds.values())


@pytest.mark.parametrize(("machine", "every"), [("study_a", 5), ("study_b", 2)])
def test_a_convolution(machine: str, every: int) -> None:
    assert check(*conv3(machine), "uneven", every) > 40


def test_random_problems() -> None:
    compared = sum(
        check(*random_problem(seed, UNEVEN_PROBLEMS if seed % 2 else PROBLEMS), "uneven" if seed % 2 else "even", 3)
        for seed in range(12)
    )
    assert compared > 100
