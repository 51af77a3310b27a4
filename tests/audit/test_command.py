"""`solve --certificate` and `npudsl audit`: accepted as written, refused when anything was changed that is a claim."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from npudsl.audit import Refused, auditing, from_json, to_json
from npudsl.cli.main import main

LIBRARY = """
component ram(size: data, energy: energy) : memory {
    read  = energy / 16 bit
    write = energy / 16 bit
}
component unit : compute { op_energy = 1 pJ }
"""
MACHINE = """
import parts.memories as t
import std.ops as o

arch small(glb_size: data = 96 B, lanes: int = 4) {
    memory dram : t.ram(size = inf, energy = 200 pJ) { holds = [input, weight, output] }
    memory glb  : t.ram(size = glb_size, energy = 6 pJ) { holds = [input, output, weight?] }
    array lane[x = lanes] {
        memory file : t.ram(size = 12 B, energy = 1 pJ) { holds = [input, weight, output] }
        compute mac : t.unit()
    }
}

network tiny(batch: int = 1) {
    tensor image[n = batch, c = 2, h = 4, w = 1]
    layer conv = o.conv2d[m = 2, r = 3, s = 1](input = image)
    layer fc   = o.gemm[m = batch, n = 4](input = conv)
}
"""
Record = dict[str, Any]


def solve(folder: Path, target: Path) -> int:
    mapspace = ("--objective", "energy", "--space", "even")
    settings = ("--set", "lanes=2", "--batch", "2", *mapspace, "--no-cache", "--no-verify")
    return main(["solve", str(folder / "small.npu"), "--net", "tiny", *settings, "--certificate", str(target)])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with the files, and the certificate's text."""
    folder = tmp_path_factory.mktemp("certified")
    (folder / "parts").mkdir()
    (folder / "parts" / "memories.npu").write_text(LIBRARY)
    (folder / "small.npu").write_text(MACHINE)
    target = folder / "proof.json"
    status = solve(folder, target)
    assert status == 0
    return folder, target.read_text()


def audit(folder: Path, text: str, *arguments: str) -> int:
    file = folder / "given.json"
    file.write_text(text)
    return main(["audit", str(file), "--samples", "5", "--enumerate", "1000", *arguments])


def test_accepted_far_from_its_files(
    written: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but the certificate is read: not the files that it was made from, nor those of the library."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("npudsl.spec.loader.stdlib_folder", lambda: tmp_path / "nowhere")
    assert audit(tmp_path, written[1], "--execute", "--json", "result.json") == 0
    told = capsys.readouterr().out
    assert "re-proved" in told and "2 of 2 layers" not in told and "executed" in told
    record = json.loads((tmp_path / "result.json").read_text())
    assert [(x["layer"], x["bound"], x["executed"]) for x in record["layers"]] == [
        ("conv", "re-proved", True), ("fc", "re-proved", True),
    ]  # fmt: skip


def test_same_bytes_again(written: tuple[Path, str], tmp_path: Path) -> None:
    folder, text = written
    assert to_json(from_json(text)) == text
    again = tmp_path / "again.json"
    assert solve(folder, again) == 0
    assert again.read_text() == text


def first(record: Record) -> Record:
    layer: Record = record["layers"][0]
    return layer


def machine_text(record: Record, old: str, new: str) -> None:
    for program in record["programs"]:
        for path, lines in program["texts"].items():
            program["texts"][path] = [line.replace(old, new) for line in lines]


def another_mapping(record: Record) -> None:
    """A legal one that costs more: everything done from DRAM's slot."""
    lines = first(record)["mapping"]
    dims = {d: n for d, n in first(record)["bounds"].items() if n > 1}
    head = [line for line in lines if line.startswith("mapping") or line.split()[0] in ("keep", "bypass")]
    slots = [f"    dram [{', '.join(f'{d} = {n}' for d, n in dims.items())}]", "    glb []", "    file []", "}"]
    first(record)["mapping"] = head + slots


def scaled(record: Record, factor: float, *names: str) -> None:
    for name in names:
        first(record)[name] *= factor


TAMPERED: dict[str, tuple[Callable[[Record], object], str]] = {
    "value lower": (lambda r: scaled(r, 0.99, "value", "lower_bound"), "`conv`: its mapping costs"),
    "value higher": (lambda r: scaled(r, 1.01, "value"), "`conv`: its mapping costs"),
    "bound above the value": (lambda r: scaled(r, 1.5, "lower_bound"), "`conv`: its lower bound is above"),
    "another mapping": (another_mapping, "`conv`: its mapping costs"),
    "another mapping with its value": (lambda r: dear(r), "`conv`: its lower bound"),
    "a factor too many": (lambda r: replace_in_mapping(r, "= 2", "= 3"), "`conv`: its mapping"),
    "no mapping": (lambda r: first(r).update(mapping=["}"]), "`conv`: its mapping is not one mapping block"),
    "DRAM cheaper": (lambda r: machine_text(r, "200 pJ", "199 pJ"), "`conv`: its mapping costs"),
    "operations dearer": (lambda r: machine_text(r, "op_energy = 1 pJ", "op_energy = 2 pJ"), "costs"),
    "buffer smaller": (lambda r: r["machine"]["settings"].update(glb_size="2 B"), "`conv`: its mapping is not legal"),
    "registers larger": (lambda r: machine_text(r, "size = 12 B", "size = 64 B"), "does not hold"),
    "more lanes": (lambda r: r["machine"]["settings"].update(lanes="4"), "does not hold"),
    "another batch": (lambda r: r["network"]["settings"].update(batch="3"), "its bounds are not those"),
    "bounds": (lambda r: first(r)["bounds"].update(m=4), "`conv`: its bounds are not those"),
    "layer renamed": (lambda r: first(r).update(layer="conv9"), "`conv9`: the network has no such layer"),
    "objective": (lambda r: r.update(objective="latency"), "`conv`: its mapping costs"),
    "no classes": (lambda r: r["classes"][0].clear(), "its list of classes is not complete"),
    "a class with an unknown dim": (lambda r: r["classes"][0].append("a | b"), "names nothing"),
    "a class without nodes": (lambda r: r["classes"][0].append("n | m"), "in the order of the hierarchy"),
    "other classes": (lambda r: first(r).update(classes=9), "names a list of classes"),
    "a text left out": (lambda r: r["programs"][0]["texts"].pop("parts/memories.npu"), "its texts are wrong"),
    "a path to elsewhere": (lambda r: r["programs"][0]["texts"].update({"../x.npu": []}), "is no path"),
    "schema": (lambda r: r.update(schema=2), "its schema is not 1"),
    "imperfect": (lambda r: r.update(factors="imperfect"), "imperfect"),
    "value no number": (lambda r: first(r).update(value="much"), "`value` of its layers is not a number"),
    "twice the same layer": (lambda r: r["layers"].append(first(r)), "two claims about one layer"),
}


def dear(record: Record) -> None:
    """A worse mapping that is claimed to be the best, at its true cost."""
    another_mapping(record)
    text = json.dumps(record)
    try:
        from npudsl.audit import state
        from npudsl.audit.values import exact

        one = state(from_json(text))[0]
        energy, _ = exact(one.arch, one.layer, one.mapping)
    except Refused as error:
        raise AssertionError(str(error)) from None
    first(record).update(value=float(energy), lower_bound=float(energy))


def replace_in_mapping(record: Record, old: str, new: str) -> None:
    first(record)["mapping"] = [line.replace(old, new) for line in first(record)["mapping"]]


@pytest.mark.parametrize("kind", TAMPERED)
def test_tampered(kind: str, written: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, sentence = TAMPERED[kind]
    record = json.loads(written[1])
    change(record)
    assert json.dumps(record) != json.dumps(json.loads(written[1])), "nothing was changed"
    assert audit(tmp_path, json.dumps(record)) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: refused: ") and sentence in told and told.count("\n") == 1


def test_every_class_list_without_what_the_best_needs(
    written: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Classes left out one by one: refused as soon as none that is left reaches the value of the answer."""
    record = json.loads(written[1])
    number = first(record)["classes"]
    refused = 0
    while record["classes"][number] and not refused:
        record["classes"][number] = record["classes"][number][:-1]
        if audit(tmp_path, json.dumps(record), "--layer", "conv", "--enumerate", "1") == 1:
            assert "`conv`: its list of classes is not complete" in capsys.readouterr().err
            refused += 1
    assert refused and record["classes"][number]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"schema": 1}', "[" * 100_000, '{"schema": 1e999}'])
def test_no_certificate(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit(tmp_path, text) == 1
    assert capsys.readouterr().err.startswith("error: refused: ")


def test_every_field_missing_or_of_another_kind(
    written: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = json.loads(written[1])
    for name in whole:
        for value in (None, 7, "x", [7], {"x": 7}, -1, True):
            if name in ("what", "version") or value == whole[name]:
                continue
            if (name, value) == ("unanswered", None) or (type(value) is type(whole[name]) is list and name == "layers"):
                continue
            changed = {**whole, name: value}
            assert audit(tmp_path, json.dumps(changed)) == 1, (name, value)
            assert "error: refused: " in capsys.readouterr().err, (name, value)


def test_no_time(written: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was not re-proved is said, and the exit status tells."""
    assert audit(tmp_path, written[1], "--time-limit", "0.000001") == 1
    told = capsys.readouterr()
    assert "not reached" in told.out and "the time was too short for the bounds of conv, fc" in told.err


def test_ctrl_c(written: tuple[Path, str], tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The first ends with what was checked until then."""
    stop = auditing.Audit._tick

    def interrupted(audit: auditing.Audit) -> None:
        if not audit.stop():
            signal.raise_signal(signal.SIGINT)
        stop(audit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(auditing.Audit, "_tick", interrupted)
        assert audit(tmp_path, written[1], "--json", str(tmp_path / "found.json")) == 1
    told = capfd.readouterr()
    assert "stopping: what was checked so far follows" in told.err
    assert "interrupted before the bounds of conv, fc were re-proved" in told.err
    assert "all layers: not looked at in full: interrupted." in told.out and "none re-proved" in told.out
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["interrupted"] and [one["bound"] for one in found["layers"]] == ["not reached"] * 2
    assert all(one["searched"] < one["classes"] for one in found["layers"])


def test_mapspaces_that_cannot_be_certified(written: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder, _ = written
    for extra in (["--factors", "imperfect"], ["--using", "row_stationary"]):
        command = ["solve", str(folder / "small.npu"), "--net", "tiny", "--certificate", str(folder / "x.json"), *extra]
        assert main(command) == 2
        assert "cannot be certified yet" in capsys.readouterr().err


def test_unknown_layer_and_missing_file(
    written: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(tmp_path, written[1], "--layer", "pool") == 1
    assert "nothing about a layer `pool`" in capsys.readouterr().err
    assert main(["audit", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
