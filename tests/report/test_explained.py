"""Derivations as they are printed, verbatim: `tests/report/explained/*.txt`.

With `UPDATE_GOLDEN=1` in the environment the files are rewritten; read the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import npudsl
from npudsl.api.explained import Explained, compared
from npudsl.api.mapped import Mapped
from npudsl.report.console import as_text
from npudsl.report.formula_compare import comparison_text
from npudsl.report.formula_overview import overview

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = Path(__file__).resolve().parent / "explained"

#: AlexNet's first layer on Eyeriss, and a small machine whose energies nobody changes.
CONV1 = """
import std.nets.alexnet
import eyeriss

mapping even for alexnet.conv1 on eyeriss {
    bypass prefetch.weight
    dram [m = 6, p = 5]
    glb  [c = 3, q = 55]
    pe.x [p = 11]
    pe.y [r = 11]
    spad [m = 16, s = 11]
}

mapping uneven for alexnet.conv1 on eyeriss {
    bypass prefetch.weight
    dram       [m = 7, p = 5]
    glb.output [c = 3]
    glb.input  [q = 28, s = 2]
    pe.x   [p = 11]
    pe.y   [r = 11]
    ifmap  [m = 5, s = 6]
    psum   [m = 3, q = 2]
    filter []
}
"""
SMALL = """
component ram(size: data) : memory {
    read  = 2 pJ/bit
    write = 3 pJ/bit
}
component wires : link { hop = 1 pJ/bit }
component unit : compute { op_energy = 1 pJ }

arch small {
    memory dram : ram(size = inf) { holds = [input, weight, output] }
    memory glb  : ram(size = 1 KiB) { holds = [input, output, weight?] }
    array pe[x = 4, y = 4] {
        link bus : wires() { multicast = [input, weight] }
        link chain : wires() {
            along  = y
            reduce = [output]
        }
        memory file : ram(size = 256 B) { holds = [input, weight, output] }
        compute mac : unit()
    }
}

op convolution {
    dims m, c, p, r
    output[m, p] += input[c, 2*p + 3*r] * weight[m, c, r]
}

network net {
    tensor x[c = 4, l = 22]
    layer conv = convolution[m = 8, p = 8, r = 3](input = x)
}

mapping rows for net.conv on small {
    bypass glb.weight
    dram [m = 2]
    glb  [p = 4, c = 2]
    pe.x [m = 4, p = 1]
    pe.y [c = 2, p = 2]
    file [r = 3]
}

mapping columns for net.conv on small {
    keep glb.weight
    dram [c = 2]
    glb  [m = 8, p = 4]
    pe.x [p = 2, c = 2]
    pe.y [r = 3]
    file []
}
"""


@pytest.fixture(scope="module")
def mappings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mapped]:
    folder = tmp_path_factory.mktemp("explained")
    found = {}
    for name, text in (("conv1", CONV1), ("small", SMALL)):
        (folder / f"{name}.npu").write_text(text, encoding="utf-8")
        spec = npudsl.load(folder / f"{name}.npu", search=[ROOT / "specs"])
        for mapping in ("even", "uneven") if name == "conv1" else ("rows", "columns"):
            found[mapping] = spec.mapping(mapping)
    return found


def check(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert max(len(line) for line in text.splitlines()) <= 120 or "\\begin" in text


@pytest.mark.parametrize(
    "key",
    [
        ("even", "glb", "input", "read"),
        ("even", "psum", "output", "read"),
        ("even", "chain", "output", "link"),
        ("uneven", "glb", "input", "read"),
        ("uneven", "filter", "weight", "write"),
        ("rows", "dram", "input", "read"),
        ("rows", "file", "input", "write"),
        ("columns", "glb", "input", "read"),
        ("columns", "glb", "output", "read"),
    ],
    ids="-".join,
)
def test_derivations(mappings: dict[str, Mapped], key: tuple[str, str, str, str]) -> None:
    mapping, place, tensor, action = key
    check("-".join(key), mappings[mapping].explain(place, tensor, action).text())


@pytest.mark.parametrize("mapping", ["even", "uneven"])
def test_latex(mappings: dict[str, Mapped], mapping: str) -> None:
    check(f"{mapping}-glb-input-read-latex", mappings[mapping].explain("glb", "input", "read").latex())


def test_overview(mappings: dict[str, Mapped]) -> None:
    rows = mappings["rows"]
    explained = Explained(rows.arch, rows.layer, rows.mapping)
    check("rows", as_text(overview("rows", explained.derivations(), rows.evaluate().cost)))


def test_comparison(mappings: dict[str, Mapped]) -> None:
    sides = [(n, Explained(m.arch, m.layer, m.mapping), m.evaluate()) for n, m in list(mappings.items())[2:]]
    check("rows-against-columns", comparison_text(compared(*sides)))
    assert "every counter is the same" in comparison_text(compared(sides[0], sides[0]))
