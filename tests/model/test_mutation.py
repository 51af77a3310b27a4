"""Tests of the tests: edits of the model's code that must be noticed, a few on every run, all with `-m long`."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ..mutation import all_mutants, chosen
from .survivors import EXPLAINED

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a fresh interpreter: the children must not find the model imported."""
    command = [sys.executable, "-m", "tests.mutation", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_sample_is_noticed() -> None:
    """Other ones each time that the code changes; none of them is among the explained."""
    done = run("--module", "clipped", "--module", "coordinate", "--sample", "20")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("20 mutants, 20 noticed")


def test_mutants_are_told_apart() -> None:
    """Each has a key of its own, and its code differs from the original."""
    mutants = list(all_mutants())
    assert len({m.key for m in mutants}) == len(mutants) > 1000
    for mutant in chosen((), 40, seed=3):
        assert ast.unparse(mutant.tree()) != ast.unparse(ast.parse(mutant.path.read_text())), mutant.key


def test_only_what_exists_is_explained() -> None:
    keys = {m.key for m in all_mutants()}
    assert [key for key in EXPLAINED if key not in keys] == []
    assert all(EXPLAINED.values())


@pytest.mark.long
def test_all_are_noticed() -> None:
    done = run()
    assert done.returncode == 0, done.stdout + done.stderr
