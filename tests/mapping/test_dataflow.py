"""What blocks with holes mean, slot by slot, and the diagnostic of each that means nothing."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from npudsl.mapping.consistency import undividable
from npudsl.mapping.dataflow import Dataflow, FactorRule, PlaceRule, Requirement
from npudsl.mapping.nest import Node
from npudsl.mapping.resolve_dataflow import resolve_dataflow
from npudsl.spec.arch import Arch
from npudsl.text.diagnostics import Diagnostic, SpecError

from .machines import conv1d, declared, machine

CLOCKED = replace(machine(), clock=Fraction(200_000_000))


def dataflow(*lines: str, arch: Arch | None = None) -> Dataflow:
    body = "".join(f"    {line}\n" for line in lines)
    return resolve_dataflow(declared("mapping d {\n" + body + "}\n"), arch or machine(), conv1d())


def mistakes(*lines: str, arch: Arch | None = None) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as caught:
        dataflow(*lines, arch=arch)
    return caught.value.diagnostics


def only(*lines: str, arch: Arch | None = None) -> Diagnostic:
    (found,) = mistakes(*lines, arch=arch)
    return found


def rule(line: str) -> PlaceRule:
    (found,) = dataflow(line).places
    return found


def factors(found: PlaceRule) -> list[tuple[str, int, int | None]]:
    return [(f.dim, f.least, f.most) for f in found.factors]


def nodes(*names: str) -> frozenset[Node]:
    return frozenset(Node(tensor, memory) for memory, tensor in (name.split(".") for name in names))


# ---- slots -----------------------------------------------------------------------------------------


def test_factors_of_every_kind() -> None:
    found = rule("glb [m, c = 2, p <= 5, r = full]")
    assert factors(found) == [("m", 1, None), ("c", 2, 2), ("p", 1, 5), ("r", 3, 3)]
    assert factors(rule("glb [p >= 2]")) == factors(rule("glb [2 <= p]")) == [("p", 2, None)]
    assert factors(rule("glb [p >= 2, m, p <= 5]")) == [("p", 2, 5), ("m", 1, None)]
    assert factors(rule("glb [p <= full]")) == [("p", 1, 10)]


def test_what_is_not_named_has_no_loop_unless_the_slot_is_open() -> None:
    assert rule("glb [m]").limits("c") == FactorRule("c", 1, 1)
    assert rule("glb [m, ..]").limits("c") == FactorRule("c", 1, None)
    assert rule("glb any [m]").limits("c") == FactorRule("c", 1, 1)  # `any` frees the order alone
    assert not rule("glb [m = 2, ..]").may_be_empty and rule("glb [m <= 2, ..]").may_be_empty


def test_orders() -> None:
    closed, cut, free = rule("glb [m, c]"), rule("glb [m, .., c, p]"), rule("glb any [m, .., c]")
    assert (closed.outer, closed.inner, closed.open) == (("m", "c"), (), False)
    assert (cut.outer, cut.inner, cut.open) == (("m",), ("c", "p"), True)
    assert (free.outer, free.inner, free.free_order) == ((), (), True)
    assert cut.ordered("mrcp") and cut.ordered("mrc") and cut.ordered("rp") and cut.ordered("")
    assert not cut.ordered("rm") and not cut.ordered("mcr") and not cut.ordered("pc")
    assert rule("pe.x [p, m]").ordered("mp")  # along an axis an order has no meaning


def test_both_ways_to_write_the_rest() -> None:
    assert rule("glb [.., c]") == rule("glb [..., c]")


def test_places() -> None:
    found = dataflow("glb.output [c]", "glb [..]", "pe.x [p]", "ifmap [c]")
    assert [r.nodes or r.axis for r in found.places] == [
        nodes("glb.output"), nodes("glb.input", "glb.weight"), ("pe", "x"), nodes("ifmap.input")
    ]  # fmt: skip
    assert [r.name for r in found.places] == ["glb.output", "glb", "pe.x", "ifmap"]
    assert found.kept == found.bypassed == frozenset()


def test_what_is_named_is_kept() -> None:
    assert dataflow("glb.weight [..]").kept == dataflow("keep glb.weight").kept == nodes("glb.weight")
    found = dataflow("bypass glb.weight", "glb [..]")
    assert found.bypassed == nodes("glb.weight")
    assert found.places[0].nodes == nodes("glb.input", "glb.output")


def test_a_block_without_holes_is_a_mapping() -> None:
    lines = ("dram [m = 4, c = 3]", "glb [p = 5, m = 2]", "pe.x [p = 2]", "pe.y [r = 3]", "spad [c = 2]")
    found = dataflow(*lines)
    assert found.complete is not None and found.bypassed == nodes("glb.weight")
    assert dataflow(*lines[:-1]).complete is None
    assert dataflow(*lines[:-1], "spad [c <= 2]").complete is None


def test_lets_are_factors() -> None:
    assert factors(dataflow("let rows = 2", "glb [p <= rows * 2]").places[0]) == [("p", 1, 4)]


# ---- requirements ----------------------------------------------------------------------------------


def test_requirements_in_their_units() -> None:
    found = dataflow(
        "require latency <= 5 ms and energy <= 3 mJ",
        'require 0.5 <= utilization(pe), "half"',
        "require edp <= 2 uJ * 3 us and utilization == 1",
        "require latency >= 100 cycle",
        arch=CLOCKED,
    )
    assert found.requirements == (
        Requirement("latency", None, None, Fraction(1_000_000)),
        Requirement("energy", None, None, Fraction(3 * 10**9)),
        Requirement("utilization", "pe", Fraction(1, 2), None, "half"),
        Requirement("edp", None, None, Fraction(2 * 10**6 * 600)),
        Requirement("utilization", None, Fraction(1), Fraction(1)),
        Requirement("latency", None, Fraction(100), None),
    )


@pytest.mark.parametrize(
    ("condition", "code", "message"),
    [
        ("area <= 2 mm2", "E520", "a requirement compares a cost"),
        ("latency", "E520", "this is not a requirement"),
        ("latency <= 5 ms or energy <= 3 mJ", "E520", "this is not a requirement"),
        ("latency < 5 ms", "E520", "a requirement says `<=`"),
        ("energy * 2 <= 5 mJ", "E520", "a requirement compares a cost"),
        ("latency(pe) <= 5 ms", "E520", "`latency(pe)` is not a cost"),
        ("utilization(pe) >= 1.5", "E520", "utilization is at least 0 and at most 1"),
        ("latency <= 5 mJ", "E102", "latency is compared with a time or a number of cycles, but this is an energy"),
        ("energy <= 5 ms", "E102", "energy is compared with an energy, but this is a time"),
        ("energy <= inf", "E102", "energy is compared with an energy, but this is `inf`"),
        ("utilization(lane) >= 0.5", "E501", "`toy` has no array `lane`"),
        ("latency <= budget", "E201", "no name `budget`"),
    ],
)
def test_requirements_that_are_none(condition: str, code: str, message: str) -> None:
    found = only(f"require {condition}", arch=CLOCKED)
    assert (found.code, found.message) == (code, message)


def test_a_time_needs_a_clock() -> None:
    found = only("require latency <= 5 ms")
    assert (found.code, found.message) == ("E520", "`toy` has no clock, so its latency has no time")


# ---- mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "code", "message"),
    [
        (["glob [m]"], "E501", "`toy` has no slot `glob`"),
        (["glb [w]"], "E509", "`conv` has no dim `w`"),
        (["glb [w <= 4]"], "E509", "`conv` has no dim `w`"),
        (["glb [m, c, m]"], "E510", "`m` occurs twice in one slot"),
        (["glb [m <= 4, m <= 3]"], "E510", "`m` occurs twice in one slot"),
        (["glb [m >= 2, m <= 3, m >= 1]"], "E510", "`m` occurs twice in one slot"),
        (["glb [m <= 0]"], "E512", "a factor is at least 1"),
        (["glb [m >= 5, m <= 4]"], "E519", "no factor of `m` is at least 5 and at most 4"),
        (["glb [m < 5]"], "E518", "a slot does not compare with `<`"),
        (["glb [m?]"], "E518", "this does not belong in a slot"),
        (["glb [m + 1]"], "E518", "this does not belong in a slot"),
        (["glb [.., m, ..]"], "E518", "`..` stands twice in one slot"),
        (["glb [m]", "glb [c]"], "E504", "nothing is left to place in `glb`"),
        (["glb.input [m]", "glb.input [c]"], "E504", "`glb.input` is placed twice"),
        (["pe.x [m]", "pe.x [c]"], "E504", "`pe.x` is placed twice"),
        (["bypass glb.weight", "glb.weight [m]"], "E516", "`glb.weight` is bypassed and placed"),
        (["bypass glb.input"], "E516", "`input` cannot bypass `glb`"),
        (["pe.x [m]", "glb [c]"], "E507", "`glb` cannot stand inside `pe.x`"),
        (["glb.input [m]", "dram.input [c]"], "E507", "`dram.input` cannot stand inside `glb.input`"),
        (["ifmap [c]", "glb.output [c]"], "E507", "`glb.output` cannot stand inside `ifmap`"),
        (["pe.x [m = 3, p >= 2]"], "E508", "unrolls at least 6 instances along `pe.x`, which has 4"),
        (["glb [r = full]", "spad [r = 3]"], "E521", "`r` is whole in one place and divided in another"),
        (["glb [r = full]", "spad [r >= 2]"], "E521", "`r` is whole in one place and divided in another"),
        (
            ["require utilization >= 0.9", "require utilization <= 0.5"],
            "E525",
            "nothing has a `utilization` of at least 0.9 and at most 0.5",
        ),
        (
            ["require utilization(pe) <= 0.5", "require utilization(pe) >= 0.9", "require utilization >= 0.6"],
            "E525",
            "nothing has a `utilization(pe)` of at least 0.9 and at most 0.5",
        ),
    ],
)
def test_mistakes(lines: list[str], code: str, message: str) -> None:
    found = only(*lines)
    assert (found.code, found.message) == (code, message)
    assert found.primary is not None


def test_a_dim_without_a_place() -> None:
    slots = ("dram any [m, p]", "glb [m]", "pe.x [p]", "pe.y [r = full]", "spad [c = 3]")
    found = only(*slots)
    assert (found.code, found.message) == ("E502", "`d` covers at most 3 of 6 values of `c`")
    assert found.notes == ("conv has c = 6",)
    assert dataflow(*slots[:-1], "spad [c]") and dataflow(*slots[1:])  # a free factor, a free slot
    assert dataflow(*slots[:3], *slots[4:-1])  # a free axis


def test_factors_that_are_not_perfect() -> None:
    (found,) = undividable(dataflow("glb [m = 3, ..]"), conv1d())
    assert (found.code, found.primary and found.primary.text) == ("E522", "3 does not divide 8")
    (found,) = undividable(dataflow("glb [p >= 6, p <= 9, ..]"), conv1d())
    assert found.primary is not None and found.primary.text == "no factor of at least 6 and at most 9 divides 10"
    (found,) = undividable(dataflow("glb [c = 2, ..]", "spad [c = 2, ..]"), conv1d())
    assert found.primary is not None and found.primary.text == "together 4, which does not divide 6"
    assert undividable(dataflow("glb [p >= 3, p <= 9, m = 4, ..]", "spad [m = 2, ..]"), conv1d()) == ()


def test_every_memory_bypassed() -> None:
    optional = machine()
    levels = [
        replace(level, memories=tuple(
            replace(m, holds=tuple(replace(h, optional=True) for h in m.holds)) for m in level.memories
        ))
        for level in optional.levels
    ]  # fmt: skip
    arch = replace(optional, nodes=(levels[0], levels[1], optional.nodes[2], levels[2]))
    found = only("bypass dram.weight", "bypass glb.weight", "bypass filter.weight", arch=arch)
    assert (found.code, found.message.split(":")[0]) == ("E506", "`weight` is never placed")
