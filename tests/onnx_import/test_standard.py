"""The importer's list of standard operators says what `stdlib/ops.npu` says."""

from __future__ import annotations

import pytest

from npudsl.onnx_import.standard import STANDARD
from npudsl.spec.loader import load
from npudsl.spec.resources import stdlib_folder

#: Values for parameters without a default, and ones that show which term of a window is which.
SETTINGS = {"row_mean": {"length": 2}, "row_square_mean": {"length": 2}}


@pytest.mark.parametrize("name", STANDARD)
def test_index(name: str) -> None:
    op = load(stdlib_folder() / "ops.npu").op(name, SETTINGS.get(name, {}))
    found = {t.name: tuple("~".join(r.dims) for r in t.ranks) for t in op.tensors}
    assert found == dict(STANDARD[name].index)
    assert set(STANDARD[name].optional) <= set(op.dims)
