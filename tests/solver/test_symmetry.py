"""Operands that a machine treats alike: half of the templates, and still what enumeration finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from npudsl.solver import Options
from npudsl.solver.clock import Clock
from npudsl.solver.layer import LayerSearch
from npudsl.solver.problem import Problem
from npudsl.solver.symmetry import renamings
from npudsl.spec.arch import Arch, Hold, Link, Memory
from npudsl.spec.op import Layer

from ..oracle.build import array, layer, machine, memory
from ..oracle.enumerate import enumerate_mappings
from .compare import complaints

ROLES = ("input", "weight", "output")
Change = Callable[[Memory], Memory]


def square(m: int, k: int) -> Layer:
    return layer("output[m, n]", "input[m, k]", "weight[k, n]", m=m, n=m, k=k)


def scaled() -> Layer:
    """Nothing but the names of its operands tells them apart."""
    return layer("output[p, q]", "input[p, q]", "weight[p, q]", p=4, q=3)


def outer() -> Layer:
    return layer("output[g, m, n]", "input[g, m]", "weight[g, n]", g=2, m=3, n=3)


def buffers(change: Change = lambda m: m, *links: Link) -> Arch:
    """A buffer that one operand's tiles nearly fill, and a file with little room."""
    return machine(
        memory("dram", *ROLES, energy=90),
        change(memory("buffer", *ROLES, size=16 * 12, energy=6)),
        array("pe", *links, x=2, y=2),
        memory("file", *ROLES, size=16 * 4, energy=2),
    )


def bypassed(m: Memory) -> Memory:
    return replace(m, holds=tuple(Hold(r, optional=True) for r in ROLES))


def capped(m: Memory) -> Memory:
    return replace(m, holds=(Hold("input", cap=Fraction(16 * 2)), Hold("weight"), Hold("output")))


def wide(m: Memory) -> Memory:
    return replace(m, widths=(("weight", Fraction(48)),))


def doubled(m: Memory) -> Memory:
    return replace(m, double=frozenset({"weight"}))


def queued(m: Memory) -> Memory:
    return replace(m, fifo=frozenset({"input"}))


def one_operand(m: Memory) -> Memory:
    return replace(m, holds=(Hold("input"), Hold("output")))


SHARED = Link("noc", multicast=frozenset({"input", "weight"}), reduce=frozenset({"output"}))
ONE_WAY = Link("noc", multicast=frozenset({"input"}), reduce=frozenset({"output"}), unicast=frozenset({"weight"}))


def precise(arch: Arch) -> Arch:
    return replace(arch, compute=replace(arch.compute, precision=(("input", Fraction(8)),)))


def templates(search: LayerSearch, space: str) -> int:
    found = search._entries(space)
    assert found
    return sum(len(b.programs) for one in search.searches for stage in one.stages for b in stage.batches)


def counted(arch: Arch, of: Layer, space: str, objective: str = "energy") -> int:
    search = LayerSearch(arch, of, Options(objective, space), Clock(), lambda value, bound: None)
    return templates(search, space)


@pytest.mark.parametrize("of", [square(4, 2), outer()], ids=["square", "outer"])
@pytest.mark.parametrize("arch", [buffers(), buffers(bypassed, SHARED)], ids=["kept", "bypassed"])
@pytest.mark.parametrize("space", ["even", "uneven"])
def test_fewer_templates_where_operands_are_alike(
    arch: Arch, of: Layer, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = counted(arch, of, space)
    monkeypatch.setattr(Problem, "symmetries", ())
    assert few < counted(arch, of, space)


@pytest.mark.parametrize("change", [capped, wide, doubled, queued, one_operand])
def test_none_where_a_memory_tells_them_apart(change: Change) -> None:
    assert not any(r.tensors for r in renamings(square(4, 2), ("m", "n", "k"), buffers(change)))


def test_none_where_a_link_the_compute_unit_or_a_bound_tells_them_apart() -> None:
    dims = ("m", "n", "k")
    assert any(r.tensors for r in renamings(square(4, 2), dims, buffers(lambda m: m, SHARED)))
    assert not any(r.tensors for r in renamings(square(4, 2), dims, buffers(lambda m: m, ONE_WAY)))
    assert not any(r.tensors for r in renamings(square(4, 2), dims, precise(buffers())))
    oblong = layer("output[m, n]", "input[m, k]", "weight[k, n]", m=4, n=2, k=2)
    assert not any(r.tensors for r in renamings(oblong, dims, buffers()))


def test_order_matters_where_time_does() -> None:
    """First tiles come one after the other, in the order of the operands."""
    search = LayerSearch(buffers(), square(4, 2), Options("edp"), Clock(), lambda value, bound: None)
    assert not any(r.tensors for r in search.problem.symmetries)


@pytest.mark.parametrize("of", [square(2, 3), scaled(), outer()], ids=["square", "scaled", "outer"])
@pytest.mark.parametrize("change", [lambda m: m, bypassed, capped, wide], ids=["kept", "bypassed", "capped", "wide"])
@pytest.mark.parametrize("uneven", [False, True])
def test_what_enumeration_finds(of: Layer, change: Change, uneven: bool) -> None:
    buffer = change(memory("buffer", *ROLES, size=16 * 7, energy=6))
    file = memory("file", *ROLES, size=16 * 3, energy=2)
    arch = machine(memory("dram", *ROLES, energy=90), buffer, array("pe", SHARED, x=2), file)
    found = enumerate_mappings(arch, of, uneven=uneven, limit=400_000)
    assert complaints(arch, of, found, "uneven" if uneven else "even", cold=True) == []
