"""`npudsl explain FILE`: counters taken apart, as text, LaTeX and JSON; two mappings compared; wrong usage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from npudsl.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent
MAPPINGS = """
import std.nets.alexnet
import eyeriss

mapping one for alexnet.conv1 on eyeriss {
    bypass prefetch.weight
    dram [m = 6, p = 5]
    glb  [c = 3, q = 55]
    pe.x [p = 11]
    pe.y [r = 11]
    spad [m = 16, s = 11]
}

mapping other for alexnet.conv1 on eyeriss {
    bypass prefetch.weight
    dram [m = 6, p = 5]
    glb  [q = 55, c = 3]
    pe.x [p = 11]
    pe.y [r = 11]
    spad [m = 16, s = 11]
}
"""


@pytest.fixture
def explain(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Runs `npudsl explain` on the file of mappings: exit status, standard output, standard error."""
    (tmp_path / "two.npu").write_text(MAPPINGS)

    def run(*arguments: str) -> tuple[int, str, str]:
        status = main(["explain", str(tmp_path / "two.npu"), "--search", str(ROOT / "specs"), *arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


def test_a_counter(explain) -> None:
    status, out, _ = explain("--mapping", "one", "--memory", "glb", "--tensor", "input", "--action", "read")
    assert status == 0
    assert out.startswith("glb.input read = 1,041,930 words   (conv1 on eyeriss, mapping one)\n")
    assert "  = N_c*W_pr*W_qs*m_dram\n  = 3*255*227*6\n" in out
    assert max(map(len, out.splitlines())) <= 120


def test_filters_leave_several_counters(explain) -> None:
    _, out, _ = explain("--mapping", "one", "--memory", "bus")
    assert [line.split(" = ")[0] for line in out.splitlines() if " words   (" in line] == [
        "bus.weight carried",
        "bus.input carried",
    ]


def test_every_counter_has_the_number_of_eval(explain, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = explain("--mapping", "one", "--json", "-")
    found = json.loads(out)
    file, search = str(tmp_path / "two.npu"), str(ROOT / "specs")
    assert main(["eval", file, "--search", search, "--mapping", "one", "--json", "-"]) == 0
    counts = json.loads(capsys.readouterr().out)["counts"]
    explained = {(c["place"], c["tensor"], c["action"]): c["words"] for c in found["counters"]}
    for memory, tensors in counts.items():
        for tensor, access in tensors.items():
            assert access == {action: explained[memory, tensor, action] for action in ("read", "write")}
    for counter in found["counters"]:
        assert counter["words"] == sum(t["words"] for s in counter["sections"] for t in s["terms"])


def test_overview(explain) -> None:
    status, out, _ = explain("--mapping", "one")
    assert status == 0
    assert "N_m*N_c*N_r*N_s*p_dram" in out


def test_latex(explain) -> None:
    status, out, _ = explain("--mapping", "one", "--memory", "dram", "--tensor", "input", "--latex")
    assert status == 0
    assert out.count(r"\begin{align*}") == out.count(r"\end{align*}") == 1
    assert "input is in dram from the start" in out


def test_comparison(explain) -> None:
    status, out, _ = explain("--mapping", "one", "--against", "other")
    assert status == 0
    assert "c: 3 under one (c_glb outside q_glb: the tiles leave and come back in each iteration)" in " ".join(
        out.split()
    )
    _, text, _ = explain("--mapping", "one", "--against", "other", "--json", "-")
    found = json.loads(text)
    changes = [d["energy_pj"][1] - d["energy_pj"][0] for d in found["differences"]]
    assert sum(changes) == pytest.approx(found["energy_pj"][1] - found["energy_pj"][0])
    _, out, _ = explain("--mapping", "one", "--against", "other", "--memory", "chain")
    assert "chain.output carried" in out
    assert "glb.output read" not in out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--mapping", "one", "--memory", "glbb"], 1, "did you mean `glb`?"),
        (["--mapping", "one", "--tensor", "inputs"], 1, "did you mean `input`?"),
        (["--mapping", "one", "--memory", "glb", "--tensor", "weight"], 1, "this mapping has no counter `glb.weight`"),
        (["--mapping", "three"], 1, "three"),
        (["--mapping", "one", "--against", "three"], 1, "three"),
        (["--mapping", "one", "--against", "other", "--latex"], 2, "does not go with"),
    ],
)
def test_mistakes(explain, arguments: list[str], status: int, message: str) -> None:
    given, out, err = explain(*arguments)
    assert (given, out) == (status, "")
    assert message in err


def test_a_code_takes_no_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E101", "--mapping", "one"]) == 2
    assert "`--mapping` needs a file" in capsys.readouterr().err
