"""The physical limit beside what was found, as a table and as JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from npudsl.report import limits, solved
from npudsl.report.answers import Answer, Answers
from npudsl.report.console import as_text
from npudsl.solver import Options, solve
from npudsl.spec.op import Layer, Rank, Term

from .machine import ARCH, GEMM, LAYER

SMALL = Layer("small", GEMM, (("m", 8), ("n", 12), ("k", 16)))


def answers(layer: Layer, objective: str) -> Answers:
    options = Options(objective=objective, space="even")
    return Answers(ARCH, "net", options, (Answer(solve(ARCH, "net", [layer], options).layers[0]),))


@pytest.mark.parametrize("objective", ["energy", "latency", "edp"])
def test_record_is_below_what_was_found(objective: str) -> None:
    found = answers(SMALL, objective)
    (answer,) = found
    record = limits.record(found, answer)
    assert record is not None
    assert record["steps"] == 8 * 12 * 16 / 8
    assert 0 < record["value"] <= answer.certificate.value  # type: ignore[operator]
    assert 0 < record["energy_pj"] <= answer.cost.energy  # type: ignore[operator]
    dram, glb = record["boundaries"]  # type: ignore[misc]
    counted = answer.evaluation.tally.counts["dram"].values()
    assert dram["below"] == "dram" and dram["moved"] == sum(a.read + a.write for a in counted)
    assert dram["words"] == 8 * 16 + 16 * 12 + 8 * 12 <= dram["moved"]
    assert glb["words"] <= glb["moved"]


def test_table() -> None:
    found = answers(SMALL, "energy")
    lines = [line.split() for line in as_text(solved.screen(found)).splitlines()]
    start = lines.index(["moved", "/", "physical", "limit"])
    assert lines[start + 1] == ["layer", "words", "below", "dram", "words", "below", "glb", "pJ/MAC"]
    row = " ".join(lines[start + 3])
    dram, glb, energy = row.removeprefix("small ").replace(" / ", "/").split(" ")
    moved, least = map(float, dram.split("/"))
    assert least == 416 <= moved
    assert float(energy.split("/")[1]) <= float(energy.split("/")[0])
    assert "physical limit" in as_text(solved.screen(found))
    assert glb


def test_words_that_cannot_be_counted_have_no_limit() -> None:
    """A rank of three dims, too large to be marked one by one."""
    wide = Rank((Term("m", 10), Term("n", 15), Term("k", 17)))
    tensors = (replace(GEMM.tensors[0], ranks=(wide,)), *GEMM.tensors[1:])
    of = replace(LAYER, op=replace(GEMM, tensors=tensors), bounds=(("m", 10**8), ("n", 999), ("k", 999)))
    found = answers(SMALL, "energy")
    lost = Answer(replace(found.layers[0].solution, layer=of))
    assert limits.limit_of(found, lost) is None
    assert limits.record(found, lost) is None
    assert "-" in as_text([limits.limits_table(replace(found, layers=(lost,)))])
