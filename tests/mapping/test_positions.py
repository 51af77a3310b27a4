"""Slots by position: what they mean on machines of several shapes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.nest import Node
from npudsl.mapping.resolve_dataflow import resolve_dataflow
from npudsl.spec.arch import Arch
from npudsl.text.diagnostics import SpecError
from tests.oracle.build import array, memory
from tests.oracle.build import machine as built

from .machines import conv1d, declared, machine

ROLES = ("input", "weight", "output")
ROWS = array("pe", rows=3, cols=4)


def dataflow(text: str, arch: Arch | None = None) -> Dataflow:
    return resolve_dataflow(declared(f"mapping d {{\n{text}\n}}\n"), arch or machine(), conv1d())


def error(text: str, arch: Arch) -> tuple[str, str]:
    with pytest.raises(SpecError) as caught:
        dataflow(text, arch)
    (found,) = caught.value.diagnostics
    return found.code, found.message


def memories(found: Dataflow) -> list[set[str] | tuple[str, str] | None]:
    return [{n.memory for n in rule.nodes} if rule.nodes else rule.axis for rule in found.places]


def test_the_same_as_the_machines_own_names() -> None:
    by_name = dataflow("dram [m, ..]\n glb any [c, p]\n pe.x [p]\n pe.y [r]\n spad [c = 2]\n keep glb.weight")
    by_position = dataflow(
        "outermost [m, ..]\n buffer any [c, p]\n array.x [p]\n array.y [r]\n local [c = 2]\n keep buffer.weight"
    )
    assert by_name == replace(by_position, places=tuple(replace(r, name="") for r in by_position.places))


def test_axes_of_other_names_in_their_order() -> None:
    arch = built(memory("dram", *ROLES), ROWS, memory("file", *ROLES))
    assert memories(dataflow("array.x [p]\n array.y [r]", arch)) == [("pe", "rows"), ("pe", "cols")]
    assert memories(dataflow("array.cols [p]", arch)) == [("pe", "cols")]
    swapped = built(memory("dram", *ROLES), array("pe", y=3, x=4), memory("file", *ROLES))
    assert memories(dataflow("array.x [p]\n array.y [r]", swapped)) == [("pe", "x"), ("pe", "y")]


def test_the_array_is_the_one_with_two_axes() -> None:
    cores = (memory("dram", *ROLES), array("core", z=2), memory("glb", *ROLES), ROWS, memory("file", *ROLES))
    assert memories(dataflow("buffer [..]\n array.x [p]\n local [..]", built(*cores))) == [
        {"glb"}, ("pe", "rows"), {"file"}
    ]  # fmt: skip
    two = built(memory("dram", *ROLES), array("a", x=2), array("b", x=2))
    assert error("array.x [p]", two) == ("E501", "`machine` has several arrays: `a`, `b`")
    assert error("buffer [p]", built(memory("dram", *ROLES))) == ("E501", "`machine` has no array")


def test_local_is_nothing_where_the_array_has_no_memory() -> None:
    bare = built(memory("dram", *ROLES), memory("glb", *ROLES), ROWS)
    assert memories(dataflow("buffer [..]\n local []", bare)) == [{"glb"}]
    assert error("local [c = 2]", bare) == ("E501", "`machine` has no memory inside array `pe`")
    assert error("buffer [c]", built(array("pe", x=2, y=2), memory("file", *ROLES))) == (
        "E501", "`machine` has no memory outside array `pe`"
    )  # fmt: skip


def test_a_name_of_the_machine_wins() -> None:
    arch = built(memory("dram", *ROLES), memory("local", *ROLES), memory("glb", *ROLES), ROWS, memory("file", *ROLES))
    (rule,) = dataflow("local [..]", arch).places
    assert rule.nodes == {Node(tensor, "local") for tensor in ROLES}


def test_parts_that_do_not_exist() -> None:
    assert error("array [p]", machine())[0] == error("array.z [p]", machine())[0] == "E501"
    assert error("buffer.wieght [p]", machine()) == ("E501", "`conv` has no tensor `wieght`")
