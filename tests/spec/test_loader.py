"""Loading: where imports are found, what is refused, and that every mistake comes with its place."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from npudsl.spec.loader import MAX_IMPORT_DEPTH, load, load_anyway, load_text
from npudsl.spec.scope import Scope
from npudsl.spec.values import number
from npudsl.syntax import tree
from npudsl.text.diagnostics import Diagnostic, SpecError


def write(folder: Path, **files: str) -> Path:
    """Files by name without suffix, `__` for a folder; the path of the first."""
    for name, text in files.items():
        path = folder.joinpath(*name.split("__")).with_suffix(".npu")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder / f"{next(iter(files))}.npu"


def problems(path: Path) -> tuple[Diagnostic, ...]:
    return load_anyway(path).check()


def codes(path: Path) -> list[str]:
    return [d.code for d in problems(path)]


def test_beside_below_and_in_the_library(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main="import other\nimport sub.deep as d\nimport std.tech.eyeriss65\nlet a = other.x + d.y",
        other="let x = 1",
        sub__deep="import sibling as s\nlet y = 2 * s.z",
        sub__sibling="let z = 5",
    )
    program = load(main)
    assert program.scope.own("a") == number(11)
    assert isinstance(program.scope.own("eyeriss65"), Scope)


def test_own_files_come_before_the_library_and_extra_folders_between(tmp_path: Path) -> None:
    main = write(tmp_path / "a", main="import std.tech.eyeriss65 as t\nimport extra as e\nlet x = t.own + e.y")
    write(tmp_path / "a", std__tech__eyeriss65="let own = 1")
    write(tmp_path / "b", extra="let y = 2")
    assert load(main, search=[tmp_path / "b"]).scope.own("x") == number(3)


def test_each_file_is_read_once(tmp_path: Path) -> None:
    layers = 30
    files = {"main": "import f0 as a\nlet x = a.n"}
    for i in range(layers):
        files[f"f{i}"] = f"import f{i + 1} as a\nimport f{i + 1} as b\nlet n = a.n + b.n"
    files[f"f{layers}"] = "let n = 1"
    started = time.perf_counter()
    assert load(write(tmp_path, **files)).scope.own("x") == number(2**layers)
    assert time.perf_counter() - started < 5


def test_missing(tmp_path: Path) -> None:
    main = write(tmp_path, main="import machien\nlet a = machien.x\nlet b = 2 * a", machine="let x = 1")
    (found,) = problems(main)
    assert (found.code, found.message) == ("E205", "no file for `import machien`")
    assert found.help == "did you mean `machine`?"
    assert found.primary is not None and str(found.primary.span).endswith("main.npu:1:8")


def test_mistakes_of_imports_stand_where_they_are_made_and_are_told_once(tmp_path: Path) -> None:
    main = write(tmp_path, main="import a\nimport b\nlet x = a.v", a="import b\nlet v = b.w", b="let w = 1 Kib")
    (found,) = problems(main)
    assert found.code == "E101"
    assert found.primary is not None and found.primary.span.source.name.endswith("b.npu")
    with pytest.raises(SpecError) as error:
        load(main)
    assert error.value.diagnostics == (found,)


def test_circle(tmp_path: Path) -> None:
    main = write(tmp_path, main="import a", a="import b", b="import a\nlet x = a.y")
    (found,) = problems(main)
    assert (found.code, found.message) == ("E206", "files import each other in a circle")
    assert found.notes == ("a.npu -> b.npu -> a.npu",)
    assert found.primary is not None and found.primary.span.text == "a"
    assert codes(write(tmp_path, self="import self")) == ["E206"]


def test_import_depth_and_number_are_bounded(tmp_path: Path) -> None:
    deep = {f"f{i}": f"import f{i + 1}" for i in range(MAX_IMPORT_DEPTH + 5)}
    assert codes(write(tmp_path, **deep)) == ["E105"]
    wide = {"wide": "\n".join(f"import g{i}" for i in range(520))} | {f"g{i}": "" for i in range(520)}
    assert set(codes(write(tmp_path / "wide", **wide))) == {"E105"}


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    main = write(tmp_path / "in", main="import inside\nimport outside\nimport folder.secret")
    write(tmp_path / "out", secret="let x = 1")
    write(tmp_path / "in", real="let x = 1")
    (tmp_path / "in" / "inside.npu").symlink_to(tmp_path / "in" / "real.npu")
    (tmp_path / "in" / "outside.npu").symlink_to(tmp_path / "out" / "secret.npu")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "out")
    assert codes(main) == ["E209", "E209"]


def test_a_linked_project_folder_is_fine(tmp_path: Path) -> None:
    write(tmp_path / "real", main="import other\nlet a = other.x", other="let x = 1")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert load(tmp_path / "link" / "main.npu").scope.own("a") == number(1)


@pytest.mark.parametrize("text", ["import ..secret", "import /etc/passwd", 'import "x"', "import a/b", "import ."])
def test_no_way_out_in_the_text(text: str) -> None:
    assert load_text(text).check()[0].code.startswith("E0")


def test_unreadable_imports_say_so_at_the_import(tmp_path: Path) -> None:
    main = write(tmp_path, main="import binary\nimport huge", huge="")
    (tmp_path / "binary.npu").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "huge.npu").write_bytes(b"# " + b"x" * 10_000_000)
    found = problems(main)
    assert [d.code for d in found] == ["E705", "E704"]
    assert all(d.primary is not None and d.primary.text == "imported here" for d in found)


def test_the_file_itself_must_exist(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as error:
        load_anyway(tmp_path / "nothing.npu")
    assert error.value.diagnostics[0].code == "E701"


def test_a_file_that_did_not_parse_entirely_causes_no_follow_up(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main="import lib\nlet a = lib.lost\nlet b = lib.kept.x",
        lib="component lost(: memory {\n}\nlet kept = 3",
    )
    assert [d.code for d in problems(main)] == ["E001", "E201"]


def test_declarations_by_name(tmp_path: Path) -> None:
    head = "import std.tech.eyeriss65 as t\n"
    body = "{\nmemory dram : t.dram { holds = [input, weight, output] }\ncompute mac : t.mac()\n}\n"
    main = write(
        tmp_path,
        main="import one\nimport two as t",
        one=f"{head}arch one {body}arch other {body}",
        two=f"{head}arch alpha {body}arch beta {body}",
    )
    program = load(main)
    assert program.find(tree.ArchDecl, "one").decl.name.text == "one"
    assert program.find(tree.ArchDecl, "t.beta").decl.name.text == "beta"
    assert load(tmp_path / "one.npu").names(tree.ArchDecl) == ("one", "other")
    for name, code, message in [
        ("t", "E207", "the file `t` has 2 architectures"),
        ("on", "E201", "no architecture `on` in"),
        ("t.betta", "E201", "no architecture `t.betta` in"),
        (None, "E201", "has 4 architectures"),
    ]:
        with pytest.raises(SpecError) as error:
            program.arch(name)
        found = error.value.diagnostics[0]
        assert found.code == code and message in found.message, found


def test_text_without_a_file() -> None:
    program = load_text("import std.tech.eyeriss65 as t\nlet a = t.e_mac * 2", name="<editor>")
    assert program.check() == ()
    assert program.name == "<editor>"
