"""`npudsl solve` from the command line: results, failures, interruptions."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from npudsl.cli.main import main

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = """
import std.tech.eyeriss65 as t
import std.ops as o

arch small(glb_size: data = 4 KiB, lanes: int = 4) {
    memory dram : t.dram() { holds = [input, weight, output] }
    memory glb  : t.buffer(size = glb_size) { holds = [input, output, weight?] }
    array lane[x = lanes] {
        link bus : t.network() {
            multicast = [input, weight]
            reduce    = [output]
        }
        memory file : t.regfile(size = 64 B) { holds = [input, weight, output] }
        compute mac : t.mac()
    }
}

network tiny(batch: int = 1) {
    tensor image[n = batch, c = 2, h = 8, w = 8]
    layer conv1 = o.conv2d[m = 4, r = 3, s = 3](pad = 1, input = image)
    layer pool1 = o.max_pool[r = 2, s = 2](stride = 2, input = conv1)
    layer fc2   = o.gemm[m = batch, n = 4](input = pool1)
}
"""
MACS = {"conv1": 8 * 8 * 4 * 2 * 9, "fc2": 4 * 64}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.npu").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solve(*arguments: str, space: str | None = "even") -> int:
    """`space`: even where it does not matter, which is faster."""
    return main(["solve", "small.npu", "--net", "tiny", *(["--space", space] if space else []), *arguments])


@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
def test_json(objective: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("--objective", objective, "--batch", "2", "--json", "-", space=None) == 0
    record = json.loads(capsys.readouterr().out)
    assert {k: record[k] for k in ("schema", "arch", "net", "objective", "space", "factors")} == {
        "schema": 1,
        "arch": "small",
        "net": "tiny",
        "objective": objective,
        "space": "uneven",
        "factors": "perfect",
    }
    assert {layer["name"]: layer["macs"] for layer in record["layers"]} == {k: 2 * v for k, v in MACS.items()}
    for layer in record["layers"]:
        assert (layer["optimal"], layer["gap"], layer["verified"], layer["repeat"]) == (True, 0, True, 1)
        assert layer["lower_bound"] == layer["value"] and layer["proven"]
        reported = {"energy": layer["energy_pj"], "latency": layer["cycles"]}
        share = reported.get(objective, layer["energy_pj"] * layer["cycles"]) / layer["lower_bound"] - 1
        assert layer["within"] == pytest.approx(share, abs=1e-9)
        assert 0 < layer["utilization"] <= 1
    assert record["total"]["macs"] == 2 * sum(MACS.values())
    assert record["total"]["energy_pj"] == sum(layer["energy_pj"] for layer in record["layers"])
    pool = {"name": "pool1", "op": "max_pool", "repeat": 1, "ops": 512, "read": 512, "written": 128}
    assert record["unmapped"] == [pool]
    assert [stage["name"] for stage in record["stages"]] == ["conv1", "fc2"]


def test_tables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("--nest", "conv1") == 0
    captured = capsys.readouterr()
    assert "2 of 2 layers proven optimal; 2 of 2 executed at full size" in captured.out
    assert "loop nest of conv1" in captured.out
    assert "not mapped, not in the totals" in captured.out
    assert ["pool1", "max_pool", "256", "256", "64"] in [line.split() for line in captured.out.splitlines()]
    assert "in the totals: 2 of 2 layers: 100% of their MACs" in captured.out
    assert captured.err == ""


def test_same_answer_every_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answers() -> list[dict[str, object]]:
        assert solve("--json", "-") == 0
        layers = json.loads(capsys.readouterr().out)["layers"]
        return [{k: v for k, v in layer.items() if "seconds" not in k} for layer in layers]

    assert answers() == answers()


def test_emitted_mappings_give_the_same_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--batch", "2", "--set", "lanes=8"]
    assert solve(*given, "--emit", "best.npu", "--json", "best.json") == 0
    capsys.readouterr()
    for layer in json.loads((folder / "best.json").read_text())["layers"]:
        assert main(["eval", "best.npu", "--mapping", f"{layer['name']}_best", "--json", "-"]) == 0
        evaluated = json.loads(capsys.readouterr().out)
        for name in ("macs", "energy_pj", "cycles", "counts"):
            assert evaluated[name] == layer[name]
    text = (folder / "best.npu").read_text()
    assert "for small.tiny(batch = 2).conv1 on small(lanes = 8) {" in text
    assert main(["fmt", "--check", "best.npu"]) == main(["check", "best.npu"]) == 0


def test_mapping_text_works_behind_the_file_it_is_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("--layer", "fc2", "--batch", "3", "--set", "glb_size=8KiB", "--json", "-") == 0
    layer = json.loads(capsys.readouterr().out)["layers"][0]
    (folder / "all.npu").write_text(FILE + "\n" + layer["mapping"])
    assert main(["run", "all.npu", "--mapping", "fc2_best", "--json", "-"]) == 0
    executed = json.loads(capsys.readouterr().out)
    assert executed["output_equal"] is True
    assert executed["counts"] == layer["counts"]
    assert executed["energy_pj"] == layer["energy_pj"]
    assert layer["mapping"].startswith("mapping fc2_best for tiny(batch = 3).fc2 on small(glb_size = 8 KiB) {")


def test_layers_of_sub_networks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Their names have dots, the names of mapping blocks have none; two that become one are told apart."""
    nets = """
import std.ops as o
network block(width: int) {
    tensor x[m = 4, k = 8]
    layer fc = o.gemm[n = width](input = x)
}
network nest(width: int = 6) {
    tensor x[m = 4, k = 8]
    layer a = block(width = width, x = x)
    layer a_fc = o.gemm[n = 2](input = a)
}
"""
    (folder / "nets.npu").write_text(nets)
    arguments = ["solve", "small.npu", "--net", "nets.npu:nest", "--set", "width=12", "--json", "-", "--emit", "b.npu"]
    assert main(arguments) == 0
    layers = {layer["name"]: layer for layer in json.loads(capsys.readouterr().out)["layers"]}
    for name, block in {"a.fc": "a_fc_best", "a_fc": "a_fc_best2"}.items():
        assert f"mapping {block} for nest(width = 12).{name} on small " in layers[name]["mapping"]
        assert main(["eval", "b.npu", "--mapping", block, "--json", "-"]) == 0
        assert json.loads(capsys.readouterr().out)["counts"] == layers[name]["counts"]


def test_a_layer_that_fits_nowhere_does_not_stop_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "small.npu").write_text(FILE.replace("size = 64 B", "size = 2 B"))
    assert solve() == 1
    captured = capsys.readouterr()
    assert "error[E601]" in captured.err
    assert "no mapping" in captured.out


def test_refuted_answer_is_a_loud_failure(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from npudsl.verify import verdict

    class Wrong:
        tally = type("Tally", (), {"differences": lambda self, other: ()})()
        output_equal = False

    monkeypatch.setattr(verdict, "run", lambda *_, **__: Wrong())
    monkeypatch.setattr("npudsl.mapping.tally.Tally.differences", lambda *_: ("glb.input read: 1 against 2",))
    assert solve("--layer", "fc2") == 1
    captured = capsys.readouterr()
    assert "VERIFICATION FAILED: fc2" in captured.out
    assert "glb.input read: 1 against 2" in captured.out
    assert "refutes its closed forms" in captured.err


def test_no_verify_claims_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("--no-verify", "--json", "-") == 0
    assert [layer["verified"] for layer in json.loads(capsys.readouterr().out)["layers"]] == [False, False]


def test_time_limit_gives_the_best_so_far(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--net", "alexnet", "--layer", "conv2", "--time-limit", "0.01", "--no-verify", "--json", "-"]
    assert main(["solve", str(ROOT / "specs" / "eyeriss.npu"), *arguments]) == 0
    layer = json.loads(capsys.readouterr().out)["layers"][0]
    assert layer["optimal"] is False
    assert layer["gap"] is None or layer["gap"] > 0
    assert layer["lower_bound"] <= layer["value"]


def test_imperfect_factors_tell_their_gap(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    perfect, imperfect = (_layers(capsys, "--factors", factors) for factors in ("perfect", "imperfect"))
    assert [layer["verified"] for layer in imperfect] == [True, True]
    for ours, other in zip(imperfect, perfect, strict=True):
        assert ours["lower_bound"] <= ours["value"] <= other["value"]
        assert ours["gap"] == pytest.approx(ours["value"] / ours["lower_bound"] - 1, abs=1e-9)
    assert solve("--factors", "imperfect", "--no-verify", "--no-cache") == 0
    assert "not proven: the best found, at most " in capsys.readouterr().out


def _layers(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert solve(*arguments, "--no-cache", "--json", "-") == 0
    layers: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["layers"]
    return layers


def test_unwritable_json_loses_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("--layer", "fc2", "--json", "/dev/full") == 1
    captured = capsys.readouterr()
    assert json.loads(captured.out[captured.out.index('{\n  "schema"') :])["net"] == "tiny"
    assert "No space left" in captured.err


#: The command line, telling on standard error when a layer is solved.
TELLING = """
import sys
from contextlib import contextmanager
from npudsl.cli.main import main
from npudsl.report import progress
from npudsl.solver import LayerSolved

@contextmanager
def telling():
    yield lambda event: isinstance(event, LayerSolved) and print("solved", file=sys.stderr, flush=True)

progress.shown_progress = telling
sys.exit(main(sys.argv[1:]))
"""


def test_interruption_keeps_what_is_solved() -> None:
    """Interrupted when the first layer is solved, however long that takes: it is there."""
    arguments = ["solve", "specs/eyeriss.npu", "--net", "resnet50", "--no-verify", "--space", "even"]
    command = [sys.executable, "-c", TELLING, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert process.stderr.readline() == "solved\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "interrupted" in err
    assert "interrupted: not reached: " in out
    assert "layers proven optimal" in out
    assert "Traceback" not in err + out


def test_sensitivity(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What more is worth, as a table and as JSON; without the option neither."""
    assert solve("--layer", "fc2", "--sensitivity", "30", "--json", "f.json", "--no-verify") == 0
    text = capsys.readouterr().out
    assert "what more is worth: edp, at the same prices" in text
    rows = [line.split() for line in text[text.index("what more is worth") :].splitlines()]
    assert [row[0] for row in rows[3:]] == ["fc2", "file", "lane.x"]
    assert rows[3][1:4] == ["glb", "4", "KiB"]
    (layer,) = json.loads((folder / "f.json").read_text())["layers"]
    found = {(x["kind"], x["name"], x["part"]): x for x in layer["sensitivity"]}
    assert set(found) == {("size", "glb", ""), ("size", "file", ""), ("axis", "lane", "x")}
    lanes = found["axis", "lane", "x"]
    assert (lanes["now"], lanes["step"], lanes["unit"]) == (4, 1, "instances")
    assert all(x["more"] <= layer["value"] and x["used"] <= x["now"] for x in found.values())
    assert lanes["better"] < layer["value"] and 5 <= lanes["better_at"] <= 8  # more lanes for 4 x 4 x 64
    assert solve("--layer", "fc2", "--json", "-", "--no-verify") == 0
    assert "sensitivity" not in json.loads(capsys.readouterr().out)["layers"][0]


FRONT = """\
fc2: energy against latency, 3 points
   latency   more   energy     more  pJ/MAC        EDP  least         proof
─────────────────────────────────────────────────────────────────────────────
 64 cycles      -  67.9 nJ  +0.035%     265  4.345e+06  latency, EDP  optimal
128 cycles  +100%  67.9 nJ  +0.012%     265  8.688e+06                optimal
256 cycles  +300%  67.9 nJ        -     265  1.737e+07  energy        optimal

67.9 nJ ┤●
        │
        │
        │
        │
        │                ●
        │
67.9 nJ ┤                                                ●
        └─────────────────────────────────────────────────
         64                                     256 cycles
fc2: every point proven, and there is no other
"""


def test_pareto(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fronts as tables, pictures and JSON; their ends are the least energy and the least latency, the least EDP is
    between; every mapping costs what its point says."""
    assert solve("--pareto", "--json", "f.json", "--no-verify") == 0
    text = capsys.readouterr().out
    shown = "\n".join(line.rstrip() for line in text[text.index("fc2: energy against") :].splitlines()) + "\n"
    assert shown == FRONT
    conv1, fc2 = json.loads((folder / "f.json").read_text())["layers"]
    assert (conv1["pareto_complete"], fc2["pareto_complete"]) == (True, True)
    assert len(conv1["pareto"]) == 1
    assert conv1["pareto"][0]["edp"] == conv1["value"]
    points = fc2["pareto"]
    assert [point["latency_cycles"] for point in points] == [64, 128, 256]
    assert [point["energy_pj"] for point in points] == sorted((p["energy_pj"] for p in points), reverse=True)
    assert min(point["edp"] for point in points) == fc2["value"]
    assert all(
        (point["optimal"], point["gap"], point["cycles"]) == (True, 0, point["latency_cycles"]) for point in points
    )
    for point in points:
        (folder / "point.npu").write_text(FILE + "\n" + point["mapping"])
        assert main(["eval", "point.npu", "--mapping", "fc2_best", "--json", "-"]) == 0
        evaluated = json.loads(capsys.readouterr().out)
        assert (evaluated["energy_pj"], evaluated["cycles"]) == (point["energy_pj"], point["cycles"])


def test_pareto_with_imperfect_factors_says_what_is_exact(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """fc2 has bounds that no factors but its own fill: points with proofs, and a bound on all that may be faster."""
    flags = ("--layer", "fc2", "--pareto", "--factors", "imperfect", "--space", "even", "--no-verify")
    assert solve(*flags, "--json", "f.json") == 0
    text = capsys.readouterr().out
    (layer,) = json.loads((folder / "f.json").read_text())["layers"]
    points = layer["pareto"]
    assert points and layer["pareto_least_cycles"] <= points[0]["latency_cycles"] * (1 + 1e-9)
    assert all(point["lower_bound"] <= point["energy_pj"] for point in points)
    assert [p["latency_cycles"] for p in points] == sorted(p["latency_cycles"] for p in points)
    assert ("nothing takes less than" in text) != layer["pareto_complete"]
    for point in points:
        (folder / "point.npu").write_text(FILE + "\n" + point["mapping"])
        assert main(["eval", "point.npu", "--mapping", "fc2_best", "--json", "-"]) == 0
        assert json.loads(capsys.readouterr().out)["energy_pj"] == point["energy_pj"]


def test_pareto_that_time_cuts_short(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("--layer", "conv1", "--pareto", "0.000001", "--json", "f.json", "--no-verify") == 0
    assert "conv1: not all proven: points may be missing, or not belong to the front" in capsys.readouterr().out
    (layer,) = json.loads((folder / "f.json").read_text())["layers"]
    assert layer["pareto_complete"] is False
    assert layer["pareto"]
    assert solve("--layer", "conv1", "--json", "-", "--no-verify") == 0
    assert "pareto" not in json.loads(capsys.readouterr().out)["layers"][0]


def test_a_certificate_that_cannot_be_made_costs_no_other_result(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is read again from temporary files; their folder may be full, or not be there."""
    monkeypatch.setattr(tempfile, "tempdir", str(folder / "nowhere"))
    flags = ("--layer", "fc2", "--no-verify", "--json", "f.json", "--emit", "f.npu", "--certificate", "c.json")
    assert solve(*flags) == 1
    assert "error: no certificate: cannot write temporary files: No such file or directory" in capsys.readouterr().err
    assert (folder / "f.json").exists() and (folder / "f.npu").exists() and not (folder / "c.json").exists()


def test_a_machine_with_too_many_orders_of_nodes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--space` its even mappings are searched, and that is said; with it the diagnostic says why not."""
    outer = "    memory glb  : t.buffer(size = 64 KiB) { holds = [input, output, weight] }\n"
    more = [outer.replace("glb ", name).replace("64", size) for name, size in zip("abcd", "8421", strict=True)]
    text = FILE.replace(
        "    memory glb  : t.buffer(size = glb_size) { holds = [input, output, weight?] }\n", outer + "".join(more)
    )
    file = "memory file : t.regfile(size = 64 B) { holds = [input, weight, output] }"
    (folder / "small.npu").write_text(text.replace(file, file + "\n" + file.replace("file :", "word :")))
    assert solve("--layer", "fc2", "--no-cache", "--json", "-", space=None) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["space"] == "even" and json.loads(told.out)["layers"][0]["optimal"]
    assert "note: only even mappings are searched" in told.err
    assert solve("--layer", "fc2", "--no-cache", space="uneven") == 1
    told = capsys.readouterr()
    assert "E604" in told.err and "not searched" in told.out and "no mapping" not in told.out
