"""Nest to text and back: the same nest, for every nest that the semantics admit."""

from __future__ import annotations

from hypothesis import given, settings

from npudsl.mapping.canonical import canonical
from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.text import resolve_mapping, to_text
from tests.strategies import Case, cases

from .machines import conv1d, declared, machine


@given(cases())
@settings(max_examples=300, deadline=None)
def test_every_legal_nest_comes_back_from_its_text(case: Case) -> None:
    assert check_mapping(case.arch, case.layer, case.mapping) == ()
    text = to_text(case.arch, case.layer, case.mapping, name=case.mapping.name, target="net.layer")
    back = resolve_mapping(declared(text), case.arch, case.layer)
    assert back.items == canonical(case.arch, case.layer, case.mapping).items
    assert to_text(case.arch, case.layer, back, name=back.name, target="net.layer") == text


EVEN = """\
mapping conv for net.conv on toy {
    keep glb.weight
    dram [m = 4, c = 3]
    glb  [p = 5, m = 2]
    pe.x [p = 2]
    pe.y [r = 3]
    spad [c = 2]
}
"""


def test_an_even_mapping_reads_as_the_language_writes_it() -> None:
    nest = resolve_mapping(declared(EVEN), machine(), conv1d())
    assert nest.items == (
        *(Node(t, "dram") for t in ("weight", "input", "output")),
        Loop("m", 4), Loop("c", 3),
        *(Node(t, "glb") for t in ("weight", "input", "output")),
        Loop("p", 5), Loop("m", 2), Loop("p", 2, "pe", "x"), Loop("r", 3, "pe", "y"),
        Node("input", "ifmap"), Node("weight", "filter"), Node("output", "psum"),
        Loop("c", 2),
    )  # fmt: skip
    assert to_text(machine(), conv1d(), nest, name="conv", target="net.conv") == EVEN


def test_uneven_slots_are_named_after_what_is_held_just_above() -> None:
    text = """mapping conv for net.conv on toy {
        dram       [m = 8]
        glb.output [c]
        glb.input  [p = 10]
        pe.y       [r = full]
        psum       []
        spad.input [c = 1]
        spad       [c = 2]
    }"""
    nest = resolve_mapping(declared(text), machine(), conv1d())
    assert nest.simplified().items == (
        *(Node(t, "dram") for t in ("weight", "input", "output")), Loop("m", 8),
        Node("output", "glb"), Loop("c", 3), Node("input", "glb"), Loop("p", 10), Loop("r", 3, "pe", "y"),
        Node("output", "psum"), Node("input", "ifmap"), Node("weight", "filter"), Loop("c", 2),
    )  # fmt: skip
    written = to_text(machine(), conv1d(), nest, name="conv", target="net.conv")
    assert "    bypass glb.weight\n" in written
    assert resolve_mapping(declared(written), machine(), conv1d()).items == canonical(machine(), conv1d(), nest).items


def test_lets_give_names_to_factors() -> None:
    text = EVEN.replace("dram [m = 4, c = 3]", "let rows = 2\n    dram [m = rows * 2, c]")
    assert resolve_mapping(declared(text), machine(), conv1d()).items[3:5] == (Loop("m", 4), Loop("c", 3))


def test_a_name_of_the_mapping_is_kept() -> None:
    assert resolve_mapping(declared(EVEN), machine(), conv1d()) == Mapping(
        resolve_mapping(declared(EVEN), machine(), conv1d()).items, "conv"
    )
