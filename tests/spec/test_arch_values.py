"""What architectures resolve to: the machines that ship, parameters, defaults, conversions by the clock."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from npudsl.spec.arch import Arch, Hold, Level, Ports
from npudsl.spec.loader import load, load_anyway, load_text
from npudsl.spec.schema import RULES, SCHEMA, find_rule
from npudsl.text.diagnostics import SpecError

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted([*ROOT.glob("specs/*.npu"), *ROOT.glob("stdlib/tech/*.npu")])

MACHINE = """import std.tech.eyeriss65 as t
arch m(n: int = 4, wide: bool = false) {{
    {clock}
    memory dram : t.dram() {{ holds = [input, weight, output] }}
    array pe[x = n, y = 2] {{
        link bus : t.network() {{ {link} }}
        memory file : t.regfile(size = 512 B) {{
            holds = [input, weight?, output <= 64 B]
            {memory}
        }}
        compute mac : t.mac() {{ {compute} }}
    }}
}}
"""


def machine(*, clock: str = "clock = 200 MHz", link: str = "", memory: str = "", compute: str = "") -> Arch:
    return load_text(MACHINE.format(clock=clock, link=link, memory=memory, compute=compute)).arch()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_what_ships_is_clean(path: Path) -> None:
    assert load_anyway(path).check() == ()


def test_eyeriss() -> None:
    arch = load(ROOT / "specs" / "eyeriss.npu").arch()
    word = 16
    per_word = {m.name: (m.read_energy * word, m.write_energy * word) for m in arch.memories}
    assert per_word == {
        "dram": (200, 200),
        "glb": (6, 6),
        "prefetch": (6, 6),
        "ifmap": (1, 1),
        "filter": (1, 1),
        "psum": (1, 1),
    }
    words = {m.name: m.size and m.size / word for m in arch.memories}
    assert words == {"dram": None, "glb": 51_200, "prefetch": 4_096, "ifmap": 12, "filter": 224, "psum": 24}
    (pe,) = arch.arrays
    assert pe.axes == (("x", 14), ("y", 12))
    assert [link.hop_energy * word for link in pe.links] == [2, 2]
    assert pe.combining_axes("input", False) == {"x", "y"} == pe.combining_axes("weight", False)
    assert pe.combining_axes("output", True) == {"y"}
    assert arch.compute.op_energy == 1 and arch.compute.rate == 1
    assert {arch.width(m, r) for m in (None, "glb", "psum") for r in ("input", "weight", "output")} == {16}
    assert [m.name for m in arch.path("weight")] == ["dram", "prefetch", "filter"]
    held = arch.memory("prefetch").hold("weight")
    assert held is not None and held.optional
    assert isinstance(arch.nodes[1], Level) and arch.nodes[1].name == "glb"
    assert arch.memory("dram").bandwidth == Fraction(64 * 60, 200)


def test_the_study_s_machines() -> None:
    a = load(ROOT / "specs" / "study_a.npu").arch()
    b = load(ROOT / "specs" / "study_b.npu").arch()
    assert {m.name: m.size and m.size / 16 for m in a.memories} == {"dram": None, "glb": 54_000, "file": 256}
    sizes = {m.name: m.size and m.size / 16 for m in b.memories}
    assert sizes == {"dram": None, "glb": 54_000, "ifmap": 12, "filter": 224, "psum": 24}
    assert [m.name for m in b.path("weight")] == ["dram", "filter"]
    for arch in (a, b):
        assert arch.arrays[0].axes == (("x", 14), ("y", 12))
        assert arch.arrays[0].combining_axes("output", True) == {"x", "y"}


def test_parameters() -> None:
    program = load(ROOT / "specs" / "eyeriss.npu")
    arch = program.arch("eyeriss", {"glb_size": "216 KiB", "rows": 6, "cols": "2 * 7"})
    assert arch.arrays[0].axes == (("x", 14), ("y", 6))
    assert arch.memory("glb").size == 208 * 8192
    for settings, code in [
        ({"row": 3}, "E204"),
        ({"glb_size": "216"}, "E102"),
        ({"rows": "1 KiB"}, "E102"),
        ({"rows": 2.5}, "E103"),
        ({"rows": 0}, "E403"),
        ({"glb_size": "4 KiB"}, "E103"),
        ({"rows": "twelve"}, "E201"),
    ]:
        with pytest.raises(SpecError) as error:
            program.arch("eyeriss", settings)
        assert code in {d.code for d in error.value.diagnostics}, (settings, error.value.diagnostics)


def test_equal_whatever_the_text() -> None:
    spaced = load_text(MACHINE.format(clock="clock   = 0.2 GHz   # the same", link="", memory="", compute="")).arch()
    assert machine() == spaced and hash(machine()) == hash(spaced)


def test_holds_and_shares() -> None:
    holds = machine().memory("file").holds
    assert holds == (Hold("input"), Hold("weight", optional=True), Hold("output", cap=Fraction(512)))


def test_defaults_are_those_of_the_schema() -> None:
    """Writing every default of the table out makes the same machine (`hop` aside: its component gives one)."""
    written = {
        block: "\n"
        + "\n".join(f"{r.name} = {r.default}" for r in rules.values() if r.default and r.name != "hop")
        + "\n"
        for block, rules in SCHEMA.items()
    }
    assert machine(link=written["link"], memory=written["memory"], compute=written["compute"]) == machine()
    free = load_text(
        "component wire : link {}\n"
        + MACHINE.format(clock="", link="", memory="", compute="").replace("t.network()", "wire")
    )
    assert free.arch().arrays[0].links[0].hop_energy == 0 and SCHEMA["link"]["hop"].default == "0 pJ/bit"


def test_every_rule_has_an_example_that_is_accepted() -> None:
    for rule in RULES:
        kind = {"arch": "clock"}.get(rule.block, rule.block)
        example = rule.example.replace("108 KiB", "108 B").replace("weight? <= 8 KiB", "weight? <= 8 B")
        if rule.name == "holds":
            continue  # used by every case of this file
        extra = {kind: f"\n{example}\n"}
        if kind != "clock":
            extra["clock"] = "clock = 200 MHz"
        assert machine(**extra).name == "m", rule
        assert find_rule(rule.block, rule.name) is rule and rule.doc.endswith(".")


def test_rates_by_the_clock() -> None:
    arch = machine(
        memory="bandwidth = 3.2 GB/s\nleakage = 2 mW\nports = [read = 2, write = 1]\ndouble = [input]\nfifo = [output]",
        compute="rate = 0.4 Gop/s\nprecision = [output = 24 bit]\nop_energy = 2 pJ/op\nleakage = 3 pJ/cycle",
        link="\nbandwidth = 64 bit/cycle\nalong = [y, x]\ntopology = neighbour\n",
    )
    file = arch.memory("file")
    assert file.bandwidth == 128 and file.leakage == 10 and file.ports == Ports(2, 1, 0)
    assert file.double == {"input"} and file.fifo == {"output"}
    assert [file.ahead(role) for role in ("input", "weight", "output")] == [True, False, True]
    assert (arch.compute.rate, arch.compute.op_energy, arch.compute.leakage) == (2, 2, 3)
    assert arch.width(None, "output") == 24 and arch.width("file", "input") == 16
    (link,) = arch.arrays[0].links
    assert (link.bandwidth, link.along, link.neighbour) == (64, ("y", "x"), True)


def test_a_level_may_have_a_memory_of_its_name() -> None:
    text = """import std.tech.eyeriss65 as t
arch m {
    memory dram : t.dram() { holds = [input, weight, output] }
    level glb {
        memory glb : t.buffer(size = 1 KiB) { holds = [input, output] }
        memory other : t.buffer(size = 1 KiB) { holds = [weight] }
    }
    compute mac : t.mac()
}
"""
    arch = load_text(text).arch()
    assert arch.depth == {"dram": 0, "glb": 1, "other": 1}
    twice = load_text(text.replace("memory other", "memory glb"))
    assert [d.code for d in twice.check()] == ["E203"]


def test_a_component_s_block_overrides_but_does_not_recompute() -> None:
    text = """
component ram(size: data) : memory {
    read = 1 pJ/bit
    write = 2 * read
}
component unit : compute { op_energy = 1 pJ }
arch m {
    memory dram : ram(size = inf) {
        holds = [input, weight, output]
        read = 5 pJ/bit
    }
    compute mac : unit
}
"""
    dram = load_text(text).arch().memory("dram")
    assert (dram.read_energy, dram.write_energy, dram.size) == (5, 2, None)


def test_checking_loads_no_numeric_package() -> None:
    code = (
        "import sys; from npudsl.spec.loader import load_anyway;"
        f"assert load_anyway({str(ROOT / 'specs' / 'eyeriss.npu')!r}).check() == ();"
        "print([m for m in ('numpy', 'scipy', 'sympy', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"
