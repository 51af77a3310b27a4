"""What mapping blocks say they are for: networks and machines with arguments, and what `check` says of the blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

import npudsl
from npudsl import SpecError
from npudsl.api.check_mappings import check_mappings
from npudsl.spec.loader import load_anyway

NETS = """
op gemm {
    dims m, n, k
    output[m, n] += input[m, k] * weight[k, n]
}
network block(width: int) {
    tensor x[m = 4, k = 8]
    layer fc = gemm[n = width](input = x)
}
network other(width: int = 3) {
    tensor x[m = 4, k = 8]
    layer fc = gemm[n = width](input = x)
}
network nets(width: int = 6) {
    tensor x[m = 4, k = 8]
    layer block = block(width = width, x = x)
    layer out = gemm[n = 2](input = block)
}
"""
MACHINE = """
component ram(size: data) : memory {
    read  = 1 pJ/bit
    write = 1 pJ/bit
}
component unit : compute { op_energy = 1 pJ }
arch plain(size: data = 64 B) {
    memory dram : ram(size = inf) { holds = [input, weight, output] }
    memory file : ram(size = size) { holds = [input, weight, output] }
    compute mac : unit()
}
"""
BLOCK = """
import plain
import nets
let w = 5
mapping m for {target} on {machine} {{
    dram [m, n, k]
    file []
}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets.npu").write_text(NETS)
    (tmp_path / "plain.npu").write_text(MACHINE)
    return tmp_path


def written(folder: Path, target: str, machine: str = "plain") -> Path:
    path = folder / "mapping.npu"
    path.write_text(BLOCK.format(target=target, machine=machine))
    return path


@pytest.mark.parametrize(
    ("target", "network", "layer", "width"),
    [
        ("nets.out", "nets", "out", 2),
        ("nets.block.fc", "nets", "block.fc", 6),
        ("nets(width = 9).block.fc", "nets", "block.fc", 9),
        ("nets(width = w * 2).block.fc", "nets", "block.fc", 10),
        ("nets.nets.block.fc", "nets", "block.fc", 6),
        ("nets.nets(width = 4).block.fc", "nets", "block.fc", 4),
        ("nets.other.fc", "other", "fc", 3),
        ("nets.other(width = 7).fc", "other", "fc", 7),
    ],
)
def test_targets(folder: Path, target: str, network: str, layer: str, width: int) -> None:
    found = npudsl.load(written(folder, target)).mapping("m")
    assert (found.layer.name, found.layer.bound["n"]) == (layer, width)
    assert check_mappings(load_anyway(folder / "mapping.npu")) == ()


def test_arguments_of_the_machine_and_settings_that_win(folder: Path) -> None:
    spec = npudsl.load(written(folder, "nets(width = 9).block.fc", "plain(size = 128 B)"))
    assert spec.mapping("m").arch.memory("file").size == 128 * 8
    again = spec.mapping("m", width=11, size="32 B")
    assert (again.arch.memory("file").size, again.layer.bound["n"]) == (32 * 8, 11)


@pytest.mark.parametrize(
    ("target", "machine", "code", "marked"),
    [
        ("nets(widht = 9).out", "plain", "E204", "widht"),
        ("nets(width = 9 KiB).out", "plain", "E102", "9 KiB"),
        ("nets.out", "plain(sise = 1 KiB)", "E204", "sise"),
        ("nets.block.fd", "plain", "E201", "block.fd"),
        ("nest.out", "plain", "E201", "nest"),
        ("nets", "plain", "E517", "nets"),
        ("plain.out", "plain", "E207", "plain"),
        ("nets.out", "nets", "E207", "nets"),
    ],
)
def test_mistakes(folder: Path, target: str, machine: str, code: str, marked: str | None) -> None:
    path = written(folder, target, machine)
    with pytest.raises(SpecError) as caught:
        npudsl.load(path).mapping("m")
    assert [d.code for d in caught.value.diagnostics] == [code]
    primary = caught.value.diagnostics[0].primary
    assert marked is None or (primary is not None and primary.span.text == marked)
    assert check_mappings(load_anyway(path)) == caught.value.diagnostics


def test_a_mapping_that_does_not_cover_marks_the_layer_too(folder: Path) -> None:
    path = written(folder, "nets.out")
    path.write_text(path.read_text().replace("[m, n, k]", "[m = 2, n, k]"))
    (found,) = check_mappings(load_anyway(path))
    assert found.code == "E502"
    assert any("gemm[n = 2]" in label.span.text for label in found.secondary)


def test_a_dataflow_is_no_mistake(folder: Path) -> None:
    path = written(folder, "nets.out")
    path.write_text(path.read_text().replace("[m, n, k]", "any [m, n, k]"))
    assert check_mappings(load_anyway(path)) == ()


def test_what_many_blocks_name_is_elaborated_and_diagnosed_once(folder: Path) -> None:
    path = written(folder, "nets(width = 0).out")
    block = path.read_text().partition("mapping m")[2]
    path.write_text(path.read_text() + "mapping again" + block)
    assert [d.code for d in check_mappings(load_anyway(path))] == ["E305"]
