"""The Python interface as the README shows it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import npudsl
from npudsl import Best, Spec, SpecError
from npudsl.api.solving import widest

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = {"lanes": 4, "file_size": "64 B"}


@pytest.fixture(scope="module")
def spec() -> Spec:
    return npudsl.load(ROOT / "specs" / "simple_1d.npu")


@pytest.fixture(scope="module")
def best(spec: Spec) -> Best:
    return spec.arch("simple_1d", **SETTINGS).solve("alexnet", layers=["fc8"], batch=2, objective="energy")


def test_results_are_a_mapping_from_layer_names(best: Best) -> None:
    assert list(best) == ["fc8"]
    assert len(best) == 1
    with pytest.raises(KeyError, match="did you mean `fc8`"):
        best["fc9"]


def test_a_layer_has_its_figures(best: Best) -> None:
    fc8 = best["fc8"]
    assert fc8.layer.macs == 2 * 4096 * 1000
    assert fc8.energy == float(fc8.evaluation.cost.energy) == float(best.energy)
    assert fc8.cycles == float(best.cycles) > 0
    assert 0 < fc8.utilization <= 1
    assert fc8.certificate.gap == 0
    assert fc8.mapping.text().startswith(
        "mapping fc8_best for alexnet(batch = 2).fc8 on simple_1d(lanes = 4, file_size = 64 B) {"
    )


def test_verify(best: Best) -> None:
    verdict = npudsl.verify(best["fc8"])
    assert verdict.agreed
    verdict.raise_if_different()


def test_verify_stays_a_function_whatever_is_imported() -> None:
    code = "import npudsl, npudsl.verify, npudsl.api; assert callable(npudsl.verify); from npudsl.verify import Verdict"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_explain_gives_the_formula_of_a_counter(best: Best) -> None:
    fc8 = best["fc8"]
    for memory, tensors in fc8.evaluation.tally.counts.items():
        for tensor, access in tensors.items():
            for action, words in (("read", access.read), ("write", access.write)):
                found = fc8.explain(memory, tensor, action)
                assert found.value == words == sum(term.value for term in found.terms) == found.at()
                assert found.expression.subs(found.values) == words
                assert str(found).startswith(f"{memory}.{tensor} {action} = {words:,} words   (fc8 on simple_1d)\n")
                assert f"{words:,}".replace(",", "\\,") in found.latex()
    carried = fc8.evaluation.tally.links["bus"]["input"]
    assert fc8.explain("bus", "input", "link").value == carried
    with pytest.raises(LookupError, match="did you mean `dram`"):
        fc8.explain("dramm", "input", "read")
    with pytest.raises(ValueError, match="neither"):
        fc8.explain("dram", "input", "reed")
    with pytest.raises(LookupError, match="no symbol `m_dramm`"):
        fc8.explain("dram", "input", "read").at(m_dramm=2)


def test_record_is_the_json_of_the_command(best: Best) -> None:
    record = best.record()
    assert (record["schema"], record["arch"], record["net"]) == (1, "simple_1d", "alexnet")
    assert "fc8" in str(best)


def test_a_mapping_of_a_file(tmp_path: Path, best: Best) -> None:
    text = f"import std.nets.alexnet\nimport simple_1d\n\n{best['fc8'].mapping.text()}"
    (tmp_path / "fc8.npu").write_text(text)
    found = npudsl.load(tmp_path / "fc8.npu", search=[ROOT / "specs"]).mapping("fc8_best")
    assert found.evaluate().tally == best["fc8"].evaluation.tally
    assert npudsl.verify(found).agreed


def test_mistakes_carry_their_diagnostics(spec: Spec) -> None:
    with pytest.raises(SpecError) as caught:
        spec.arch("simple_1d", lanez=3)
    assert [d.code for d in caught.value.diagnostics] == ["E204"]
    with pytest.raises(SpecError):
        npudsl.load("nowhere.npu")


def test_import_costs_nothing() -> None:
    code = "import sys, npudsl; print(len([m for m in sys.modules if m.startswith('npudsl.')]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


TWO_BUFFERS = """import std.tech.eyeriss65 as t

arch two {
    memory dram  : t.dram() { holds = [input, weight, output] }
    memory big   : t.sram(size = 256 KiB) { holds = [input, weight, output] }
    memory small : t.sram(size = 16 KiB) { holds = [input, weight, output] }
    array pe[x = 4] {
        memory file : t.regfile(size = 256 B) { holds = [input, weight, output] }
        compute mac : t.mac()
    }
}
"""


def test_only_the_layers_that_are_asked_for_decide_which_space_is_searched(tmp_path: Path) -> None:
    """Windows make every order of the nodes dearer, so a convolution is refused where a product is not."""
    (tmp_path / "two.npu").write_text(TWO_BUFFERS)
    machine = npudsl.load(tmp_path / "two.npu").arch("two")
    network = machine.network("lenet5", {})
    found = [widest(machine.arch, network, "edp", only) for only in (None, ["c3"], ["f6"])]
    assert found == ["even", "even", "uneven"]
    with pytest.raises(SpecError, match="no layer `c9`"):
        widest(machine.arch, network, "edp", ["c9"])
