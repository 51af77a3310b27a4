"""Every diagnostic of architectures, components, tables and expressions, verbatim."""

from __future__ import annotations

from pathlib import Path

import pytest

from .golden import Case, compare, read_cases

GOLDEN = Path(__file__).with_name("arch_diagnostics.txt")


@pytest.mark.parametrize("case", read_cases(GOLDEN), ids=lambda case: case.name.replace(" ", "_"))
def test_says(case: Case) -> None:
    compare(GOLDEN, case)
