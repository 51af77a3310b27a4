"""The survey's metrics, by hand for a small machine."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from npudsl.report import metrics
from npudsl.report.answers import Answer, Answers
from npudsl.report.console import as_text
from npudsl.solver.solution import Options
from npudsl.spec.arch import Arch, Array, Level

from .machine import ARCH, LAYER
from .test_tables import SOLUTION

TWICE = replace(SOLUTION, layer=replace(LAYER, repeat=2))


def answers(arch: Arch = ARCH, **constants: Fraction) -> Answers:
    return Answers(arch, "net", Options(), (Answer(TWICE),), net_constants=tuple(constants.items()))


def with_areas() -> Arch:
    """1 mm2 for the buffer, 1/100 for everything in the array and for its links."""
    nodes: list[Level | Array] = []
    for node in ARCH.nodes:
        if isinstance(node, Array):
            nodes.append(replace(node, links=tuple(replace(x, area=Fraction(1, 100)) for x in node.links)))
        else:
            area = Fraction(1) if node.name == "glb" else Fraction(1, 100)
            nodes.append(replace(node, memories=tuple(replace(m, area=area) for m in node.memories)))
    nodes[0] = ARCH.nodes[0]
    return replace(ARCH, nodes=tuple(nodes), compute=replace(ARCH.compute, area=Fraction(1, 100)))


def test_metrics() -> None:
    found = metrics.metrics(answers(batch=Fraction(4), accuracy=Fraction(4, 5)))
    assert (found.accuracy, found.batch, found.macs, found.utilization) == (Fraction(4, 5), 4, 2 * 192, 1)
    assert found.seconds == Fraction(2 * 24, 200_000_000)
    assert found.frames_per_second == 4 / found.seconds
    assert found.watts == Fraction(2 * 24_592, 10**12) / found.seconds
    assert found.off_chip_words == (2 * (32 + 96), 2 * 24)
    assert found.off_chip_bits == 16 * (2 * (32 + 96) + 2 * 24)
    assert (found.area, found.without_area[0]) == (None, "glb")


def test_area_counts_instances() -> None:
    assert metrics.chip_area(with_areas()) == (1 + 8 * Fraction(2 + 3 + 1, 100), ())


def test_what_is_not_known_is_said() -> None:
    text = as_text(metrics.screen(answers(replace(ARCH, clock=None))))
    assert "not declared by glb, bus, chain, ifmap, ..." in text
    assert "runtime (no clock)" in text
    record = metrics.record(answers(replace(ARCH, clock=None)))
    assert (record["accuracy"], record["runtime_s"], record["power_w"], record["area_mm2"]) == (None,) * 4
    assert (record["batch"], record["energy_pj"]) == (1, 2 * 24_592)


def test_table() -> None:
    text = as_text(metrics.screen(answers(with_areas(), batch=Fraction(2), accuracy=Fraction(4, 5))), width=80)
    rows = {line[:24].strip(): line[24:].split() for line in text.splitlines()}
    assert rows["accuracy"] == ["80%"]
    assert rows["runtime"] == ["240", "ns", "120", "ns"]
    assert rows["area"] == ["1.48", "mm2"]
    assert rows["power"] == ["205", "mW"]
