"""Answers that are kept: found again when nothing changed, and never a wrong one, whatever happens to the files."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import npudsl
from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.model.evaluate import evaluate
from npudsl.solver import LayerSolution, Options, Store, solve, store_key
from npudsl.solver.store_entry import DamagedError, decode, encode
from npudsl.solver.store_folder import FORGOTTEN, Folder, user_folder
from npudsl.solver.store_key import key_of
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = """
import std.tech.eyeriss65 as t
import std.ops as o

arch small(glb_size: data = 1 KiB) {
    memory dram : t.dram() { holds = [input, weight, output] }
    memory glb  : t.buffer(size = glb_size) { holds = [input, weight?, output] }
    array lane[x = 4] {
        link bus : t.network() {
            multicast = [input, weight]
            reduce    = [output]
        }
        memory file : t.regfile(size = 32 B) { holds = [input, weight, output] }
        compute mac : t.mac()
    }
}

network tiny(rows: int = 8) {
    tensor x[m = rows, k = 6]
    layer fc  = o.gemm[n = 4](input = x)
    layer fc2 = o.gemm[n = 6](input = fc)
}
"""
Problem = tuple[Arch, Layer]


def problem(folder: Path, text: str = TEXT, *, layer: int = 0, rows: int = 8, **settings: str) -> Problem:
    (folder / "small.npu").write_text(text)
    machine = npudsl.load(folder / "small.npu").arch("small", **settings)
    return machine.arch, machine.network("tiny", {"rows": rows}).layers[layer]


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Arch, LayerSolution]:
    arch, layer = problem(tmp_path_factory.mktemp("solved"))
    return arch, solve(arch, "tiny", [layer]).layers[0]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Folder(tmp_path / "kept"))


def files(store: Store) -> list[Path]:
    return sorted(p for p in store.folder.path.rglob("*") if p.is_file())


# ---- what is found again -------------------------------------------------------------------------


@pytest.mark.parametrize("space", ["even", "uneven"])
@pytest.mark.parametrize("objective", ["edp", "energy", "latency"])
def test_the_second_time_it_is_found(objective: str, space: str, store: Store, tmp_path: Path) -> None:
    arch, layer = problem(tmp_path)
    options = Options(objective, space)
    first = solve(arch, "tiny", [layer], options, store=store).layers[0]
    again = solve(arch, "tiny", [layer], options, store=store).layers[0]
    assert (first.cached, again.cached) == (False, True)
    assert replace(again, seconds=0.0, cached=False) == replace(first, seconds=0.0)
    assert len(files(store)) == 1


def test_only_proven_answers_are_kept(store: Store, solved: tuple[Arch, LayerSolution]) -> None:
    arch, answer = solved
    assert answer.certificate is not None
    value = answer.certificate.value
    open_gap = replace(answer, certificate=replace(answer.certificate, lower_bound=value * 0.99, complete=False))
    assert not store.put(arch, Options(), open_gap)
    assert not store.put(arch, Options(), LayerSolution(answer.layer, None, None, None, 0.0))
    assert files(store) == []


@pytest.mark.parametrize("objective", ["edp", "energy"])
def test_what_leaks_more_than_a_search_knows_is_kept(objective: str, store: Store, tmp_path: Path) -> None:
    """Proven in the cycles that no schedule undercuts: the bound is not the value."""
    slow = "bandwidth = 16 bit/cycle\n leakage = 3 pJ/cycle\n"
    text = TEXT.replace("t.dram() {", f"t.dram() {{\n {slow}")
    text = text.replace("glb_size) {", f"glb_size) {{\n {slow} double = [input, weight, output]\n")
    arch, layer = problem(tmp_path, text)
    options = Options(objective)
    first = solve(arch, "tiny", [layer], options, store=store).layers[0]
    again = solve(arch, "tiny", [layer], options, store=store).layers[0]
    assert first.certificate is not None and first.certificate.proven and first.certificate.gap > 0
    assert again.cached and again.certificate == first.certificate
    wrong = replace(first.certificate, lower_bound=first.certificate.value * 1.0001)
    assert store.put(arch, options, replace(first, certificate=wrong))
    assert store.get(arch, layer, options) is None


def test_a_failure_is_told_every_time(store: Store, tmp_path: Path) -> None:
    arch, layer = problem(tmp_path, TEXT.replace("32 B", "2 B"))
    for _ in range(2):
        answer = solve(arch, "tiny", [layer], store=store).layers[0]
        assert answer.failure is not None
        assert answer.failure.code == "E601"


# ---- what the key depends on ---------------------------------------------------------------------


def test_comments_and_names_of_layers_change_nothing(tmp_path: Path) -> None:
    here = key_of(*problem(tmp_path), Options())
    text = "# a comment\n" + TEXT.replace("layer fc ", "layer first ").replace("input = fc", "input = first")
    assert key_of(*problem(tmp_path, text), Options(time_limit=3.0, jobs=None)) == here


@pytest.mark.parametrize(
    "other",
    [
        lambda folder: (*problem(folder, glb_size="2 KiB"), Options()),
        lambda folder: (*problem(folder, TEXT.replace("weight?", "weight")), Options()),
        lambda folder: (*problem(folder, TEXT.replace("x = 4", "x = 5")), Options()),
        lambda folder: (*problem(folder, TEXT.replace("t.regfile", "t.buffer")), Options()),
        lambda folder: (*problem(folder, rows=9), Options()),
        lambda folder: (*problem(folder, layer=1), Options()),
        lambda folder: (*problem(folder), Options("energy")),
        lambda folder: (*problem(folder), Options(space="even")),
        lambda folder: (*problem(folder), Options(factors="imperfect")),
        lambda folder: (*problem(folder), Options(dataflows=(("fc", Dataflow("own")),))),
    ],
)
def test_another_question_has_another_key(other: Callable[[Path], tuple[Arch, Layer, Options]], tmp_path: Path) -> None:
    assert key_of(*other(tmp_path)) not in (None, key_of(*problem(tmp_path), Options()))


def test_the_dataflow_of_another_layer_changes_nothing(tmp_path: Path) -> None:
    arch, layer = problem(tmp_path)
    other = Options(dataflows=(("fc2", Dataflow("own")),))
    assert key_of(arch, layer, other) == key_of(arch, layer, Options())


def test_the_key_is_the_same_in_every_process(tmp_path: Path) -> None:
    """Sets of text have another order in each."""
    here = key_of(*problem(tmp_path), Options())
    command = (
        "import sys, npudsl; from npudsl.solver.store_key import key_of; from npudsl.solver.solution import Options;"
        "machine = npudsl.load(sys.argv[1]).arch('small'); layer = machine.network('tiny', {'rows': 8}).layers[0];"
        "print(key_of(machine.arch, layer, Options()))"
    )
    for seed in ("1", "2"):
        found = subprocess.run(
            [sys.executable, "-c", command, str(tmp_path / "small.npu")],
            cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert found.stdout.strip() == here


def test_a_changed_program_finds_nothing(
    store: Store, solved: tuple[Arch, LayerSolution], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A byte more in any module that decides the answer; a module that does not may change."""
    arch, answer = solved
    package = tmp_path / "npudsl"
    for name in (*store_key.DECIDING, "report"):
        (package / name).mkdir(parents=True)
        (package / name / "module.py").write_text("x = 1\n")
    monkeypatch.setattr(store_key, "__file__", str(package / "solver" / "store_key.py"))

    def found() -> bool:
        store_key.program.cache_clear()
        return store.get(arch, answer.layer, Options()) is not None

    try:
        store_key.program.cache_clear()
        assert store.put(arch, Options(), answer)
        assert found()
        (package / "report" / "module.py").write_text("x = 2\n")
        assert found()
        for name in store_key.DECIDING:
            (package / name / "module.py").write_text("x = 2\n")
            assert not found()
            (package / name / "module.py").write_text("x = 1\n")
            assert found()
    finally:
        monkeypatch.undo()
        store_key.program.cache_clear()


# ---- files that are not what was written ---------------------------------------------------------


def test_every_truncation_and_every_changed_byte_is_noticed(solved: tuple[Arch, LayerSolution]) -> None:
    _, answer = solved
    assert answer.mapping is not None
    assert answer.certificate is not None
    text = encode("k", answer.mapping, answer.certificate)
    assert decode(text, "k") == (answer.mapping, answer.certificate)
    with pytest.raises(DamagedError):
        decode(text, "another key")
    for length in range(len(text) - 1):
        with pytest.raises(DamagedError):
            decode(text[:length], "k")
    for place in range(len(text) - 1):
        with pytest.raises(DamagedError):
            decode(text[:place] + ("x" if text[place] != "x" else "y") + text[place + 1 :], "k")


@pytest.mark.parametrize("rubbish", [b"", b"\xff\xfe", b"{}", b"[" * 100_000, b"x" * (2 << 20)])
def test_rubbish_is_not_there(rubbish: bytes, store: Store, solved: tuple[Arch, LayerSolution]) -> None:
    arch, answer = solved
    assert store.put(arch, Options(), answer)
    files(store)[0].write_bytes(rubbish)
    assert store.get(arch, answer.layer, Options()) is None
    assert not solve(arch, "tiny", [answer.layer], store=store).layers[0].cached
    assert store.get(arch, answer.layer, Options()) is not None  # the new answer stands in its place


def forged(store: Store, arch: Arch, answer: LayerSolution, mapping: Mapping | None = None, **proof: object) -> bool:
    """Whether a file with a right checksum but another content is believed."""
    assert answer.mapping is not None
    assert answer.certificate is not None
    key = key_of(arch, answer.layer, Options())
    assert key is not None
    certificate = replace(answer.certificate, **proof)  # type: ignore[arg-type]
    assert store.folder.write(key, encode(key, mapping or answer.mapping, certificate))
    return store.get(arch, answer.layer, Options()) is not None


def test_what_can_be_checked_is_not_believed(store: Store, solved: tuple[Arch, LayerSolution]) -> None:
    arch, answer = solved
    assert answer.mapping is not None
    assert answer.certificate is not None
    value = answer.certificate.value
    assert forged(store, arch, answer)
    assert not forged(store, arch, answer, value=value * 0.9, lower_bound=value * 0.9)
    assert not forged(store, arch, answer, lower_bound=value * 0.9, complete=False)
    assert not forged(store, arch, answer, lower_bound=value * 1.1)
    assert answer.evaluation is not None
    energy = float(answer.evaluation.cost.energy)
    assert not forged(store, arch, answer, objective="energy", value=energy, lower_bound=energy)
    assert not forged(store, arch, answer, value="none")
    items = answer.mapping.items
    for wrong in (
        items[1:],  # a node is missing
        tuple(i for i in items if not isinstance(i, Loop)),  # the bounds are not covered
        tuple(replace(i, factor=i.factor * 2) if isinstance(i, Loop) else i for i in items),
        tuple(replace(i, array="nowhere") if isinstance(i, Loop) and i.spatial else i for i in items),
        items[::-1],
    ):
        assert not forged(store, arch, answer, Mapping(wrong))
    dear = next(
        m
        for m in (Mapping((*items[:k], *items[k + 1 :], items[k])) for k in range(len(items)))
        if legal(arch, answer, m)
    )
    assert not forged(store, arch, answer, dear)  # legal, but it does not cost what is said


def test_an_illegal_mapping_of_the_right_cost_is_not_believed(
    store: Store, solved: tuple[Arch, LayerSolution], tmp_path: Path
) -> None:
    _, answer = solved
    assert forged(store, problem(tmp_path, TEXT.replace("x = 4", "x = 8"))[0], answer)
    assert not forged(store, problem(tmp_path, TEXT.replace("x = 4", "x = 2"))[0], answer)  # it needs four lanes


def test_a_mapping_that_breaks_its_dataflow_is_not_believed(store: Store, solved: tuple[Arch, LayerSolution]) -> None:
    arch, answer = solved
    assert answer.mapping is not None
    assert answer.certificate is not None
    node = Node("weight", "glb")
    there = any(found == node for found, _ in answer.mapping.placed)
    obeys = Dataflow("own", **{"kept" if there else "bypassed": frozenset([node])})
    breaks = Dataflow("own", **{"bypassed" if there else "kept": frozenset([node])})
    for dataflow, believed in ((obeys, True), (breaks, False)):
        options = Options(dataflows=((answer.layer.name, dataflow),))
        key = key_of(arch, answer.layer, options)
        assert key is not None
        assert store.folder.write(key, encode(key, answer.mapping, answer.certificate))
        assert (store.get(arch, answer.layer, options) is not None) is believed


def legal(arch: Arch, answer: LayerSolution, mapping: Mapping) -> bool:
    """And costs something else."""
    from npudsl.mapping.legality import check_mapping

    return not check_mapping(arch, answer.layer, mapping) and evaluate(arch, answer.layer, mapping) != answer.evaluation


def test_an_answer_under_another_name_is_not_there(store: Store, tmp_path: Path) -> None:
    (arch, one), (_, other) = problem(tmp_path), problem(tmp_path, rows=6)
    assert not solve(arch, "tiny", [one], store=store).layers[0].cached
    key = key_of(arch, other, Options())
    assert key is not None
    target = store.folder.path / key[:2] / f"{key}.json"
    target.parent.mkdir(exist_ok=True)
    os.rename(files(store)[0], target)
    assert store.has(arch, other, Options())
    assert store.get(arch, other, Options()) is None


# ---- folders -------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_is_told_once_and_tried_once(
    tmp_path: Path, solved: tuple[Arch, LayerSolution]
) -> None:
    arch, answer = solved
    (tmp_path / "file").write_text("")
    store = Store(Folder(tmp_path / "file" / "kept"))
    assert not store.put(arch, Options(), answer)
    assert store.folder.trouble is not None
    assert "Not a directory" in store.folder.trouble
    assert store.get(arch, answer.layer, Options()) is None
    (tmp_path / "file").unlink()
    assert not store.put(arch, Options(), answer)
    assert not (tmp_path / "file").exists()


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Folder(tmp_path)
    assert folder.write("aa1", "old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("npudsl.solver.store_folder.os.replace", full)
    assert not folder.write("aa1", "new")
    assert folder.trouble is not None
    assert "No space left" in folder.trouble
    assert folder.read("aa1") == "old"
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["aa1.json"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    (tmp_path / "aa").mkdir()
    os.mkfifo(tmp_path / "aa" / "aa1.json")
    (tmp_path / "bb" / "bb1.json").mkdir(parents=True)
    assert folder.read("aa1") is None
    assert folder.read("bb1") is None


WRITER = """
import sys
from pathlib import Path
from npudsl.solver.store_folder import Folder
folder, text = Folder(Path(sys.argv[1])), sys.argv[2] * 200_000
print("ready", flush=True)
while folder.write("aa1", text):
    pass
print(folder.trouble)
"""


def test_writers_at_the_same_time_and_killed_at_any_moment(tmp_path: Path) -> None:
    """A reader finds one of the texts as a whole, always; what the killed ones left is removed later."""
    folder, chance = Folder(tmp_path), random.Random(1)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), letter], cwd=ROOT, stdout=subprocess.PIPE)
        for letter in "abc"
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
    seen: set[str] = set()
    deadline = time.monotonic() + 30
    while writers and time.monotonic() < deadline:
        text = folder.read("aa1")
        if text is not None:
            assert len(text) == 200_000
            assert len(set(text)) == 1
            seen.add(text[0])
        if len(seen) > 1 and chance.random() < 0.02:
            writers[-1].kill()
            assert writers.pop().wait() == -signal.SIGKILL
    assert not writers
    assert len(folder.read("aa1") or "") == 200_000
    for left in tmp_path.rglob("*.partial"):
        os.utime(left, (time.time() - 2 * FORGOTTEN,) * 2)
    folder.prune()
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["aa1.json"]


def test_the_folder_stays_within_its_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("npudsl.solver.store_folder.MOST", 20 * 4096)
    monkeypatch.setattr("npudsl.solver.store_folder.LEFT", 10 * 4096)
    folder = Folder(tmp_path)
    for number in range(25):
        assert folder.write(f"{number:02}", "text")
        os.utime(tmp_path / f"{number:02}" / f"{number:02}.json", (1000 + number,) * 2)
    (tmp_path / "notes.txt").write_text("not ours")
    assert folder.read("03") == "text"  # used again: the youngest now
    folder.prune()
    assert folder.census() == (10, 40)
    assert folder.read("03") == folder.read("24") == "text"
    assert folder.read("15") is None
    assert folder.clear() == 10
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["notes.txt"]


def test_where_answers_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert user_folder() is None  # for all tests (conftest.py)
    monkeypatch.setenv("NPUDSL_CACHE", str(tmp_path / "own"))
    assert user_folder() == Folder(tmp_path / "own")
    monkeypatch.delenv("NPUDSL_CACHE")
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_folder() == Folder(tmp_path / "npudsl")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_folder() == Folder(tmp_path / ".cache" / "npudsl")


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs users")
def test_the_folder_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NPUDSL_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not" / "there"))
    user = os.geteuid()
    assert user_folder() is not None
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    assert user_folder() is None


def test_files_are_data(store: Store, solved: tuple[Arch, LayerSolution]) -> None:
    arch, answer = solved
    assert store.put(arch, Options(), answer)
    _, body = files(store)[0].read_text().splitlines()
    assert json.loads(body)["certificate"]["value"] == answer.certificate.value  # type: ignore[union-attr]
