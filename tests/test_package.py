"""The wheel, not only the checkout: what it carries, and that the program runs from it alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, unpacked."""
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("wheel")
    code = f"import hatchling.build; hatchling.build.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    unpacked = out / "site"
    zipfile.ZipFile(next(out.glob("npudsl-*.whl"))).extractall(unpacked)
    return unpacked


def from_wheel(wheel: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`npudsl ...` with the unpacked wheel first on the path, away from the checkout."""
    code = (
        f"import sys; sys.path.insert(0, {str(wheel)!r}); import npudsl; "
        f"assert npudsl.__file__.startswith({str(wheel)!r}); from npudsl.cli import main; sys.exit(main({arguments!r}))"
    )
    return subprocess.run([sys.executable, "-I", "-c", code], cwd=folder, capture_output=True, text=True)


def test_wheel_carries_its_data(wheel: Path) -> None:
    package = wheel / "npudsl"
    assert (package / "py.typed").is_file()
    for folder in ("grammar", "specs", "stdlib"):
        here = {p.relative_to(ROOT / folder) for p in (ROOT / folder).rglob("*") if p.is_file()}
        assert {p.relative_to(package / "_data" / folder) for p in (package / "_data" / folder).rglob("*.*")} >= {
            p for p in here if p.suffix in (".npu", ".lark")
        }


def test_wheel_has_the_command(wheel: Path) -> None:
    entry = next(wheel.glob("npudsl-*.dist-info")) / "entry_points.txt"
    assert "npudsl = npudsl.cli:main" in entry.read_text()


def test_program_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    spec = tmp_path / "machine.npu"
    spec.write_text((ROOT / "specs" / "eyeriss.npu").read_text())
    done = from_wheel(wheel, tmp_path, "check", "machine.npu")
    assert (done.returncode, done.stderr) == (0, "1 file: no mistakes\n")
    done = from_wheel(wheel, tmp_path, "show", "alexnet", "--set", "batch=4")
    assert done.returncode == 0, done.stderr
    assert "2,897,627,264 MACs" in done.stdout
    done = from_wheel(wheel, tmp_path, "explain", "E101")
    assert done.returncode == 0, done.stderr


def test_version_is_one(wheel: Path) -> None:
    import npudsl

    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert npudsl.__version__ == declared


def test_public_names_exist() -> None:
    import npudsl

    for name in npudsl.__all__:
        assert getattr(npudsl, name) is not None
    assert callable(npudsl.verify)
