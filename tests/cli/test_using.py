"""Dataflows by name: `solve --using`, `eval --using`, and what is said of layers that they are not for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import npudsl
from npudsl.api.dataflows import dataflows_for, find_dataflow, library
from npudsl.api.names import find_network
from npudsl.cli.main import main
from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.violations import violations
from npudsl.report.console import as_text
from npudsl.report.solved import screen
from npudsl.report.solved_records import solved
from npudsl.spec.loader import load
from npudsl.text.diagnostics import SpecError

from .test_solve import FILE, ROOT

FLOWS = """
mapping own for o.conv2d on small {
    glb [.., q]
    lane.x [m]
}
mapping bad for o.conv2d {
    glb [z]
    wide.x [m]
}
mapping thirds for o.conv2d { glb [m = 3, ..] }
mapping more_lanes for o.conv2d on small(lanes = 8) { glb [..] }
mapping for_pool for o.max_pool { glb [..] }
mapping for_two for tiny(batch = 2).conv1 { glb [..] }
mapping for_fc for tiny.fc2 { lane.x [n = 4] }
mapping every { lane.x [..] }
mapping apart for o.conv2d {
    glb.output [c = 2]
    glb.input  [..]
}
mapping may_be_apart for o.conv2d {
    glb.output [c <= 2]
    glb.input  [..]
}
mapping fixed for tiny.conv1 on small {
    bypass glb.weight
    dram   [p = 8, m]
    glb    [q = 8, c = 2]
    lane.x [r = 3]
    file   [s = 3]
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "small.npu").write_text(FILE + FLOWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def asked(using: str, *, space: str = "even", factors: str = "perfect") -> dict[str, Dataflow]:
    """What a dataflow of `small.npu` asks of the layers of `tiny`."""
    program = load("small.npu")
    nets, name = find_network("tiny", near=program)
    found = find_dataflow(using, [program, nets])
    return dict(dataflows_for(found, program.arch(), nets.network(name), None, space=space, factors=factors))


def codes(using: str) -> list[str]:
    with pytest.raises(SpecError) as caught:
        asked(using)
    return [diagnostic.code for diagnostic in caught.value.diagnostics]


def test_a_dataflow_is_for_layers_of_its_operator(folder: Path) -> None:
    assert list(asked("own")) == ["conv1"]
    assert asked("own")["conv1"].name == "own"
    assert list(asked("for_fc")) == ["fc2"]
    assert list(asked("every")) == ["conv1", "fc2"]


def test_where_a_dataflow_stands(folder: Path) -> None:
    (folder / "flows.npu").write_text("import small\nimport std.ops as o\nmapping one for o.conv2d { lane.x [c] }\n")
    assert asked("flows.npu") == asked("flows.npu:one") == asked("./flows.npu")
    (folder / "one.npu").write_text("mapping other { lane.x [] }\nmapping one { lane.x [..] }\n")
    assert asked("one.npu") == asked("one.npu:one") != asked("one.npu:other")
    (folder / "small.npu").write_text("import flows\n" + FILE)
    (folder / "flows.npu").write_text("import std.ops as o\nmapping one for o.conv2d { lane.x [c] }\n")
    assert list(asked("flows.one")) == ["conv1"]


def test_what_a_dataflow_is_not_for(folder: Path) -> None:
    assert codes("more_lanes") == codes("for_pool") == codes("for_two") == ["E523"]
    assert codes("nothing") == ["E710"]
    more = "mapping a for o.convd { }\nmapping b for convd { }\nmapping c for tiny.conv9 { }\nmapping d for o { }\n"
    (folder / "small.npu").write_text((folder / "small.npu").read_text() + more)
    with pytest.raises(SpecError, match="E201: no operator `convd` in `ops`"):
        asked("a")
    with pytest.raises(SpecError, match="E201: no operator `convd`"):
        asked("b")
    with pytest.raises(SpecError, match="E201: network `tiny` has no layer `conv9`"):
        asked("c")
    assert codes("d") == ["E517"]
    assert codes("row_stationary") == ["E501"]  # the array of `small` has one axis


def test_mistakes_are_told_once_for_all_layers(folder: Path) -> None:
    assert codes("bad") == ["E509", "E501"]
    (folder / "small.npu").write_text((folder / "small.npu").read_text() + "mapping long { lane.x [r = 5] }\n")
    with pytest.raises(SpecError) as caught:
        asked("long")
    assert [d.notes for d in caught.value.diagnostics] == [("for the layer conv1",), ("for the layer fc2",)]


def test_factors_must_divide_where_they_are_perfect(folder: Path) -> None:
    assert codes("thirds") == ["E522"]
    assert list(asked("thirds", factors="imperfect")) == ["conv1"]


def test_tiles_apart_need_the_uneven_mapspace(folder: Path) -> None:
    assert codes("apart") == ["E524"]
    assert list(asked("apart", space="uneven")) == ["conv1"]
    assert list(asked("may_be_apart")) == ["conv1"]


def test_solve_tells_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["solve", "small.npu", "--net", "tiny", "--using", "bad"]) == 1
    assert "error[E509]" in capsys.readouterr().err


def test_answers_obey(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """From the command line to a file of mappings, each of which is held against the dataflow again."""
    arguments = ["--net", "tiny", "--space", "even", "--using", "own", "--no-cache", "--json", "-", "--emit", "out.npu"]
    assert main(["solve", "small.npu", *arguments]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["dataflow"] == "own"
    assert [(layer["name"], layer["dataflow"]) for layer in record["layers"]] == [("conv1", "own"), ("fc2", None)]
    assert main(["eval", "out.npu", "--mapping", "conv1_best", "--using", "small.npu:own"]) == 0


def test_from_python(folder: Path) -> None:
    machine = npudsl.load("small.npu").arch()
    best = machine.solve("tiny", using="own", layers=["conv1"], space="even", cache=False)
    free = machine.solve("tiny", layers=["conv1"], space="even", cache=False)
    assert best["conv1"].certificate.value >= free["conv1"].certificate.value
    assert violations(asked("own")["conv1"], machine.arch, best["conv1"].layer, best["conv1"].mapping.nest) == ()
    with pytest.raises(SpecError, match="E509"):
        machine.solve("tiny", using="bad")


@pytest.mark.parametrize("net", ["alexnet", "vgg16", "resnet50"])
@pytest.mark.parametrize("machine", ["eyeriss", "study_a", "tpu_v1_like"])
def test_the_library_fits_machines_with_two_axes(machine: str, net: str) -> None:
    spec = load(ROOT / "specs" / f"{machine}.npu")
    nets, name = find_network(net)
    network = nets.network(name)
    assert library() == ("no_local_reuse", "output_stationary", "row_stationary", "weight_stationary")
    for using in library():
        found = dataflows_for(find_dataflow(using, [spec]), spec.arch(), network, None, space="even", factors="perfect")
        assert [name for name, _ in found] == [x.name for x in network.layers if x.op.name == "conv2d"]
        assert all(dataflow.complete is None for _, dataflow in found)


def test_the_result_says_what_was_asked_and_of_which_layers(folder: Path) -> None:
    answers = npudsl.load("small.npu").arch().solve("tiny", space="even", cache=False).answers
    plain = solved(answers, lambda answer, mapping: "")
    assert plain["dataflow"] is None and "under the dataflow" not in as_text(screen(answers))
    answers = replace(answers, options=replace(answers.options, dataflows=tuple(asked("own").items())))
    shown = as_text(screen(answers))
    assert "under the dataflow own; it is not for fc2 (gemm): solved freely" in shown
    record = solved(answers, lambda answer, mapping: "")
    assert record["dataflow"] == "own"
    assert isinstance(record["layers"], list)
    assert [layer["dataflow"] for layer in record["layers"]] == ["own", None]


def test_eval_holds_a_mapping_against_a_dataflow(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["eval", "small.npu", "--mapping", "fixed", "--using"]
    assert main([*arguments, "every"]) == 0
    assert main([*arguments, "own"]) == 1
    told = capsys.readouterr().err
    assert "error[E530]: the loops below `glb` stand in another order" in told
    assert "error[E530]: `r` has a factor of 3 along `lane.x`" in told
    assert main([*arguments, "for_fc"]) == 1
    assert "error[E523]" in capsys.readouterr().err


def test_eval_holds_a_mapping_against_its_requirements(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = FILE + FLOWS.replace("file   [s = 3]", 'file   [s = 3]\n    require utilization(lane) >= 0.8, "busy lanes"')
    (folder / "small.npu").write_text(text)
    assert main(["eval", "small.npu", "--mapping", "fixed"]) == 1
    captured = capsys.readouterr()
    assert "error[E532]: utilization(lane) is 0.75" in captured.err and "busy lanes" in captured.err
    assert "energy" in captured.out  # the costs are told all the same


def test_a_dataflow_for_an_operator_is_no_mapping_to_evaluate(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "small.npu", "--mapping", "own"]) == 1
    assert "is for every layer of `conv2d`, but one layer is needed here" in capsys.readouterr().err


def test_check_looks_at_dataflows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "small.npu"]) == 1
    told = capsys.readouterr().err
    assert told.count("error") == 1 and "error[E509]: `conv2d` has no dim `z`" in told


def test_the_block_of_the_documentation(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "dataflows.md").read_text(encoding="utf-8")
    (tmp_path / "flow.npu").write_text("import eyeriss\n" + text.split("```npu\n")[1].split("```")[0])
    (tmp_path / "eyeriss.npu").write_text((ROOT / "specs" / "eyeriss.npu").read_text(encoding="utf-8"))
    assert main(["check", str(tmp_path / "flow.npu")]) == 0
    assert main(["fmt", "--check", str(tmp_path / "flow.npu")]) == 0
