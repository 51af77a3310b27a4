"""Each wrong mapping gets its own diagnostic: code, sentence, the marked texts."""

from __future__ import annotations

import pytest

from npudsl.mapping.text import resolve_mapping
from npudsl.spec.arch import Arch
from npudsl.text.diagnostics import Diagnostic, SpecError

from .machines import conv1d, declared, machine

SLOTS = {
    "dram": "dram [m = 4, c = 3]",
    "glb": "glb  [p = 5, m = 2]",
    "x": "pe.x [p = 2]",
    "y": "pe.y [r = 3]",
    "spad": "spad [c = 2]",
}


def block(*before: str, **changed: str | None) -> str:
    slots = {**SLOTS, **changed}
    lines = [*before, *(s for s in slots.values() if s is not None)]
    return "mapping conv for net.conv on toy {\n" + "\n".join(f"    {line}" for line in lines) + "\n}\n"


def mistakes(text: str, arch: Arch | None = None) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        resolve_mapping(declared(text), arch or machine(), conv1d())
    return caught.value.diagnostics


def only(text: str, arch: Arch | None = None) -> Diagnostic:
    found = mistakes(text, arch)
    assert len(found) == 1, [d.message for d in found]
    return found[0]


def marks(found: Diagnostic) -> list[tuple[str, str]]:
    labels = [found.primary, *found.secondary] if found.primary else list(found.secondary)
    return [(label.span.text, label.text) for label in labels]


def test_the_block_that_the_others_change_is_legal() -> None:
    resolve_mapping(declared(block()), machine(), conv1d())


def test_factors_that_do_not_cover() -> None:
    found = only(block(dram="dram [m = 3, c = 3]"))
    assert (found.code, found.message) == ("E502", "`conv` covers 6 of 8 values of `m`")
    assert marks(found) == [("m = 3", "3 here"), ("m = 2", "x 2 here = 6")]
    assert found.notes == ("conv has m = 8",)
    assert found.fix is not None and found.fix.replacement == "m = 4"


def test_a_dim_without_any_loop() -> None:
    found = only(block(y=None))
    assert (found.code, found.message) == ("E502", "`conv` covers 1 of 3 values of `r`")
    assert marks(found) == [("conv", "no loop over `r`")]


def test_tiles_that_exceed_a_memory() -> None:
    found = only(block(), machine(glb=40))
    assert found.code == "E503"
    assert found.message == "`glb` is too small for `input` and `output`: 88 B needed, 80 B there"
    assert found.notes == (
        "input: c 2 * (p, r) 12 = 24 words * 16 bit = 48 B",
        "output: m 2 * p 10 = 20 words * 16 bit = 40 B",
        "together 88 B > 80 B",
    )


def test_double_buffering_needs_the_tile_twice() -> None:
    found = only(block("bypass glb.weight"), machine(glb=50, double="input"))
    assert "input: c 2 * (p, r) 12 = 24 words * 16 bit * 2 (double-buffered) = 96 B" in found.notes


def test_a_share_of_a_memory() -> None:
    found = only(block("keep glb.weight"), machine(cap=11))
    assert (found.code, found.message) == ("E514", "`weight` exceeds its share of `glb`: 24 B needed, 22 B allowed")
    assert found.notes == ("weight: m 2 * c 2 * r 3 = 12 words * 16 bit = 24 B",)


def test_unknown_slots() -> None:
    found = only(block(glb="glob [p = 5, m = 2]"))
    assert (found.code, found.message) == ("E501", "`toy` has no slot `glob`")
    assert found.help == "did you mean `glb`?"
    assert only(block(glb="q [p = 5]")).notes == ("there are dram, glb, spad, ifmap, filter, psum, pe.x, pe.y",)
    assert only(block(x="pe.z [p = 2]")).message == "array `pe` has no axis `z`"
    assert only(block(x="pe [p = 2]")).help == "write `pe.x [...]`"
    assert only(block(glb="glb.wieght [p = 5]")).help == "did you mean `weight`?"


def test_a_tensor_placed_twice() -> None:
    found = only(block(glb="glb.input [p = 5]\n    glb.input [m = 2]\n    glb.output []"))
    assert (found.code, found.message) == ("E504", "`glb.input` is placed twice")
    assert marks(found) == [("glb.input", "placed again"), ("glb.input", "first placed here")]


def test_a_level_with_nothing_left() -> None:
    found = only(block(spad="spad [c = 2]\n    spad []"))
    assert (found.code, found.message) == ("E504", "nothing is left to place in `spad`")


def test_a_tensor_never_placed() -> None:
    found = only(block(glb="glb.input [p = 5, m = 2]"))
    assert (found.code, found.message) == ("E506", "`output` is never placed in `glb`")


def test_a_memory_that_does_not_hold_the_tensor() -> None:
    found = only(block(spad="filter.input [c = 2]\n    spad []"))
    assert (found.code, found.message) == ("E505", "`filter` does not hold `input`")


def test_levels_in_the_wrong_order() -> None:
    found = mistakes("mapping conv for n.conv on toy {\n glb [m = 8, c = 6]\n dram [p = 10, r = 3]\n spad []\n}")
    assert {d.code for d in found} == {"E507"}
    assert found[0].message.startswith("`dram.input` stands inside `glb.input`") or len(found) > 1


def test_an_array_on_the_wrong_side() -> None:
    found = mistakes(block(glb=None, y=SLOTS["y"] + "\n    " + SLOTS["glb"]))
    assert {d.code for d in found} >= {"E507"}
    assert found[0].message == "`glb.input` is outside array `pe`, so it must stand above its spatial loops"
    assert marks(found[0]) == [("glb", "below a loop over `pe.x`"), ("p = 2", "unrolled here")]


def test_loops_below_spatial_ones() -> None:
    text = block(spad=None, y="ifmap.input []\n    pe.y [r = 3]\n    psum []\n    filter [c = 2]")
    assert {d.code for d in mistakes(text)} == {"E507"}


def test_unrolling_beyond_an_axis() -> None:
    found = only(block(x="pe.x [p = 2, m = 4]"))
    assert (found.code, found.message) == ("E508", "unrolls 8 instances along `pe.x`, which has 4")
    assert marks(found)[:2] == [("m = 4", "p 2 * m 4 = 8"), ("p = 2", "with this")]


def test_unknown_dims_and_dims_twice() -> None:
    assert only(block(glb="glb [w = 5, p, m = 2]")).message == "`conv` has no dim `w`"
    found = only(block(glb="glb [p = 5, m = 2, p = 1]"))
    assert (found.code, marks(found)) == ("E510", [("p = 1", "again"), ("p = 5", "first here")])


def test_factors_that_are_none() -> None:
    assert only(block(glb="glb [p = 0, m = 2]")).code == "E512"
    assert only(block(glb="glb [p = 10^30, m = 2]")).code == "E512"
    assert only(block(glb="glb [p = 5 / 2, m = 2]")).code == "E103"
    assert only(block(glb="glb [p = 5 KiB, m = 2]")).code == "E102"
    assert only(block(glb="glb [p = rows, m = 2]")).code == "E201"


def test_holes() -> None:
    for slot in ("glb any [p, m = 2]", "glb [..., p]", "glb [p <= 14, m = 2]"):
        assert {d.code for d in mistakes(block(glb=slot))} == {"E513"}
    found = only(block(glb="glb [p, m = 2]", x="pe.x [p]"))
    assert (found.code, marks(found)) == ("E513", [("p", "`p` has no factor here"), ("p", "nor here")])


def test_choices_that_contradict() -> None:
    assert only(block("keep glb.weight", "bypass glb.weight")).message == "`glb.weight` is kept and bypassed"
    assert only(block("bypass glb.input")).message == "`input` cannot bypass `glb`"
    assert only(block("bypass glb.weight", glb="glb.weight []\n    " + SLOTS["glb"])).code == "E516"
    assert only(block("keep glb")).code == "E516"


def test_several_mistakes_come_together() -> None:
    found = mistakes(block(dram="dram [w = 4, c = 3]", x="pe.z [p = 2]"))
    assert [d.code for d in found] == ["E509", "E501"]
