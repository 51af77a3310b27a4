"""What the tables say, at the width of a pipe and of a small terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import pytest

from npudsl.report import mapped, proofs, shares, shown, solved, spec_records, whole
from npudsl.report.answers import Answer, Answers
from npudsl.report.console import PIPED_WIDTH, as_text, console_for
from npudsl.report.nest import nest_table
from npudsl.report.slots import in_short
from npudsl.report.time_text import account, together
from npudsl.solver.solution import Certificate, LayerSolution, Options
from npudsl.spec.net import Network

from .machine import ARCH, COST, EVALUATION, LAYER, MAPPING, TALLY

CERTIFICATE = Certificate("energy", 24592.0, 24592.0, 24000.0, 25000.0, 123_456)
SOLUTION = LayerSolution(LAYER, MAPPING, EVALUATION, CERTIFICATE, 0.42)


class Agreed:
    agreed = True
    differences = ()
    seconds = 1.0


class Refuted:
    agreed = False
    differences = ("glb.input read: 3 against 4",)
    seconds = 1.0


def answers(*layers: Answer, **more: object) -> Answers:
    return Answers(ARCH, "net", Options(objective="energy"), layers, seconds=1.5, **more)  # type: ignore[arg-type]


FINE = answers(Answer(SOLUTION, Agreed()))  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [80, PIPED_WIDTH])
def test_screen_fits_and_says_everything(width: int) -> None:
    text = as_text(solved.screen(FINE, width=width), width=width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    for said in ("24.6 nJ", "optimal", "yes", "84.6%", "dram m2 · glb n3 · pe.x n2 · pe.y k4 · spad m2 k2", "120 ns"):
        assert said in text
    assert "weight past glb" in text
    assert "1 of 1 layers proven optimal; 1 of 1 executed" in text
    assert "\x1b" not in text


def test_no_line_ends_in_spaces_in_a_pipe() -> None:
    text = as_text([*solved.screen(FINE), *shown.architecture(ARCH)])
    assert [line for line in text.splitlines() if line != line.rstrip()] == []
    stream = io.StringIO()
    console_for(stream).print("as it is: ", end="")
    assert stream.getvalue() == "as it is: "


@pytest.mark.parametrize(
    ("start", "text"), [(1.335, "+33.5%"), (9.99, "+899.0%"), (10.0, "10 x"), (475.013, "475 x"), (4.75e6, "4.75 M x")]
)
def test_a_start_that_is_many_times_the_best_is_told_as_a_factor(start: float, text: str) -> None:
    begun = replace(SOLUTION, certificate=replace(CERTIFICATE, start=start * CERTIFICATE.value))
    assert f" {text} " in as_text(solved.screen(answers(Answer(begun))))


def test_what_a_machine_leaks_is_shown_where_it_does() -> None:
    assert "leakage" not in as_text(shown.architecture(ARCH))
    leaking = replace(ARCH, compute=replace(ARCH.compute, leakage=Fraction(5, 100)))
    lines = as_text(shown.architecture(leaking)).splitlines()
    assert lines[1].endswith("leakage") and lines[-1].endswith(" 0.0500 pJ/cycle")
    assert spec_records.architecture(leaking)["compute"]["leakage_pj_per_cycle"] == 0.05


def test_screen_is_reproducible() -> None:
    assert as_text(solved.screen(FINE)) == as_text(solved.screen(FINE))


def test_refuted_answer_is_loud() -> None:
    text = as_text(solved.screen(answers(Answer(SOLUTION, Refuted()))))  # type: ignore[arg-type]
    assert "REFUTED" in text
    assert "VERIFICATION FAILED: fc" in text
    assert "glb.input read: 3 against 4" in text


def test_gap_is_not_called_optimal() -> None:
    open_gap = replace(SOLUTION, certificate=replace(CERTIFICATE, lower_bound=23_000.0))
    text = as_text(solved.screen(answers(Answer(open_gap))))
    assert "gap 6.9%" in text
    assert "0 of 1 layers proven optimal" in text
    assert "1 layer not proven: the best found, at most 6.9% above the best possible" in text
    assert "not run" in text
    assert "not proven" not in as_text(solved.screen(FINE))


@pytest.mark.parametrize(
    ("relaxed", "said"), [(1 + 2e-16, "0"), (1 - 5e-10, "0"), (1 - 3e-7, "-3e-05%"), (0.992, "-0.8%"), (0.5, "-50.0%")]
)
def test_bounds_beside_what_was_found(relaxed: float, said: str) -> None:
    """A bound that equals the answer but for its last bits is not shown above it."""
    certificate = replace(CERTIFICATE, relaxation=CERTIFICATE.value * relaxed, start=CERTIFICATE.value * 3)
    text = as_text([proofs.proofs_table(answers(Answer(replace(SOLUTION, certificate=certificate))))])
    row = next(line.split() for line in text.splitlines() if line.startswith("fc "))
    assert row[5:7] == [said, "+200.0%"]


@pytest.mark.parametrize("own", [False, True])
def test_what_is_reported_above_the_bound_is_marked(own: bool) -> None:
    """A search that has ended with a bound three tenths less than what is reported; `own`: its value is less too."""
    told = float(COST.energy * COST.cycles)
    certificate = Certificate("edp", told * 0.77 if own else told, told * 0.7, complete=True)
    text = as_text(solved.screen(answers(Answer(SOLUTION), Answer(replace(SOLUTION, certificate=certificate)))))
    rows = [line.split() for line in text.splitlines() if line.startswith("fc ")]
    assert "optimal" in rows[0] and "within" in rows[1] and "42.9%" in rows[1]
    bounds = [row for row in rows if f"{told * 0.7:.6g}" in row]
    assert len(bounds) == 1 and bounds[0][3:5] == (["10.0%", "+42.9%"] if own else ["42.9%", bounds[0][4]])
    assert ("reported" in text.split("proof, in")[1].split("fc ")[0]) == own
    assert "1 of 2 layers proven optimal, 1 to within 42.9%" in text
    assert "within 42.9%: all was searched" in text
    assert "within" not in as_text(solved.screen(FINE))


@pytest.mark.parametrize(("share", "said"), [(0.0312, "3.1%"), (5.04e-6, "0.0005%"), (2e-9, "2e-07%")])
def test_a_small_gap_is_not_none(share: float, said: str) -> None:
    assert proofs.gap(share) == said


def test_layers_without_mapping_and_unmapped_layers_are_named() -> None:
    failed = Answer(LayerSolution(replace(LAYER, name="big"), None, None, None, 0.1))
    both = answers(Answer(SOLUTION), failed, unmapped=(replace(LAYER, name="pool1"),), interrupted=True)
    text = as_text(solved.screen(both))
    assert "no mapping" in text
    assert "without a mapping, not in the totals: big" in text
    assert "not mapped, not in the totals" in text
    assert ["pool1", "gemm", "192", "80", "24"] in [line.split() for line in text.splitlines()]
    assert "in the totals: 1 of 2 layers: 50% of their MACs" in text
    assert "interrupted" in text
    assert both.energy == COST.energy


def test_repetitions_count() -> None:
    twice = replace(SOLUTION, layer=replace(LAYER, repeat=2))
    assert answers(Answer(twice)).macs == 2 * 192
    assert "fc x 2" in as_text(solved.screen(answers(Answer(twice))))


def test_shares_add_up_to_the_energy() -> None:
    found = shares.shares(ARCH, COST)
    assert list(found) == ["dram", "glb", "network", "PE"]
    assert sum(found.values()) == COST.energy


def test_stacked_bar_has_its_width() -> None:
    for width in (1, 7, 32):
        bar = shares.stacked([Fraction(1), Fraction(2), Fraction(3, 7)], Fraction(24, 7), width)
        assert len(bar.plain) == width


def test_nest_shows_where_each_tensor_is_held() -> None:
    lines = as_text([nest_table(LAYER, MAPPING, operation="mac")]).splitlines()
    assert [line.split() for line in lines[1:4:2]] == [
        ["loop", "on", "input", "weight", "output"],
        ["for", "m", "in", "2", "dram", "[32]", "dram", "[48]", "dram", "[24]"],
    ]
    assert lines[4].split() == ["for", "n", "in", "3", "glb", "[16]", "dram", "glb", "[12]"]
    assert lines[6].split() == ["for", "k", "in", "4", "pe.y", "glb", "dram", "glb"]
    assert lines[-1].split() == ["mac", "ifmap", "filter", "psum"]


def test_short_form_names_uneven_places() -> None:
    items = list(MAPPING.items)
    uneven = replace(MAPPING, items=(*items[:5], items[6], *items[5:6], *items[7:]))
    assert in_short(ARCH, LAYER, uneven).startswith("dram m2 · glb.input n3 · pe.x n2")


def test_mapped_screen_and_machine() -> None:
    text = as_text(mapped.screen(ARCH, LAYER, MAPPING, TALLY, COST, how="closed forms"), width=80)
    assert "192 operations in 24 steps" in text
    assert "24 cycles = 24 steps" in text
    assert "limited by mac, busy 100% of the time" in text
    assert "exact: no port or link that is used has a bandwidth" in text
    machine = as_text(shown.architecture(ARCH), width=80)
    assert "pe[x = 2, y = 4]" in machine
    assert "weight?" in machine
    assert "200 MHz" in machine


def test_network_table_has_weights() -> None:
    assert "192 MACs, 48 weights" in as_text(shown.network(Network("net", (), (LAYER,))))


def test_piped_output_is_plain_and_wide() -> None:
    console = console_for(io.StringIO())
    assert console.width == PIPED_WIDTH
    assert console.color_system is None


def test_stages_are_the_sub_networks() -> None:
    names = ("stem", "block.a", "block.b")
    layers = [replace(LAYER, name=name, repeat=3 if "." in name else 1) for name in names]
    found = answers(*(Answer(replace(SOLUTION, layer=layer)) for layer in layers))
    rows = [line.split() for line in as_text(solved.screen(found)).splitlines()]
    assert [row[:4] for row in rows if row[:1] == ["block"]] == [["block", "2", "6", "1.15"]]
    assert "in the totals: 3 of 3 layers, executed 7 times: 100% of their MACs" in as_text(solved.screen(found))
    assert whole.stages(found)["block"].energy == 6 * COST.energy
    assert "stages" not in as_text(solved.screen(FINE))


def test_where_the_cycles_go() -> None:
    half = Fraction(1, 2)
    slow = replace(
        COST,
        cycles=Fraction(1250) + half,
        busy={"mac": Fraction(1000), "dram": Fraction(625), "glb": Fraction(100)},
        onload=Fraction(20),
        steady=Fraction(1230) + half,
        stalls={"glb": Fraction(100), "dram": Fraction(230) + half},
        working=1000 / (Fraction(1250) + half),
        at_least=Fraction(1200),
        at_most=Fraction(1300),
        bounded="bounds meet",
    )
    assert list(account(slow)) == [
        "1,250.5 cycles = 20 onload + 1,000 steps + 230.5 stalls",
        "waits most for dram, busy 50.0% of the time; stalls: dram 230, glb 100 (each alone)",
        "between 1,200 and 1,300: bounds meet",
    ]
    assert next(account(replace(slow, executed=True))).startswith("1,250.5 cycles, executed = ")
    assert together([(COST, 3)]) == "cycles exact for all layers"
    assert together([(COST, 3), (slow, 2)]) == (
        "cycles exact for 1 of 2 layers; all together between 2.47 k and 2.67 k"
    )
