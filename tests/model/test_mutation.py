"""A sample of mutants of the closed forms on every run, all of them with `-m long`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a fresh interpreter: the children must not find the model imported."""
    command = [sys.executable, "-m", "tests.mutation", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_sample_is_noticed() -> None:
    """Which mutants are drawn changes with the code, so that a few equivalent ones may be among them."""
    done = run("--sample", "24", "--cases", "90", "--score", "70")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_all_are_noticed() -> None:
    done = run("--cases", "600")
    assert done.returncode == 0, done.stdout + done.stderr
