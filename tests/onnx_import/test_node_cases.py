"""The cases that onnx ships for every operator: each is imported or refused with a message, and what is imported
computes the same numbers, up to the differences that are named here.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections import Counter
from pathlib import Path
from unittest import mock

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from npudsl.onnx_import import OnnxError, import_model, importer
from npudsl.onnx_import.document import Document
from npudsl.spec.loader import load_text

from . import numeric

#: Cases that compute other numbers at the same cost, and why.
EXPLAINED = {
    r"attention_.*(causal|window)|flexattention": "the numbers of masks are not followed",
    r"attention_3d": "the output is stored in another order than it is read",
    r"layer_normalization.*expanded": "the output that is compared is not the last",
    r"resize_.*nearest": "neighbours are rounded in another way; as many are read",
    r"averagepool_.*(pads|same|ceil)": "windows at the rim are divided by the whole window's size",
    r"maxpool_2d_pads": "what lies outside is zero",
    r"batchnorm": "mean and variance are folded into the factor and the summand",
    r"gemm_(alpha|beta|all)": "factors are folded into the weights and the bias",
    r"convinteger|matmulinteger|qlinear|quantizelinear": "zero points and scales are not followed",
    r"convtranspose_(output_shape|pad|kernel_shape|autopad_same)": "cropped by the tensor that readers read",
    r"div_u?int": "whole division",
    r"causal_conv_with_state": "a bias starts the sums",
}


@pytest.mark.long
def test_every_case_of_onnx(tmp_path: Path) -> None:
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        cases = [c for c in collect_testcases(None) if c.model is not None and c.data_sets]
    outcomes = Counter(_outcome(case, tmp_path / "m.onnx") for case in cases)
    different = [name for kind, name in outcomes if kind == "different"]
    counts = Counter(kind for kind, _ in outcomes)
    print(dict(counts))
    assert [n for n in different if not any(re.search(p, n) for p in EXPLAINED)] == []
    assert counts["same"] > 400


def _outcome(case: object, path: Path) -> tuple[str, str]:
    model, (inputs, outputs) = case.model, case.data_sets[0]  # type: ignore[attr-defined]
    given = _with_constants(model, inputs)
    path.write_bytes(model.SerializeToString())
    documents: list[Document] = []
    checked = importer.checked_text
    with mock.patch.object(importer, "checked_text", lambda d, *rest: documents.append(d) or checked(d, *rest)):
        try:
            found = import_model(path)
        except OnnxError:
            return "refused", model.graph.name
    if "network m {" not in found.text:
        return "dynamic", model.graph.name
    network, document = load_text(found.text).network(found.network), documents[-1]
    stored = {}
    for tensor in network.tensors:
        title = re.search(r"input `(.*)`", document.tensors[tensor.name].comments[0])
        if title is None:
            return "apart", model.graph.name
        stored[tensor.name] = np.asarray(given[title[1]])
    known = {name: {o: k.data for o, k in item.known.items()} for name, item in document.layers.items()}
    along = {name: item.along for name, item in document.layers.items() if item.along}
    with np.errstate(all="ignore"):
        computed = numeric.run(network, stored, known, along)
    expected = np.asarray(outputs[0], dtype=float).reshape(-1)
    same = computed.size == expected.size and np.allclose(computed, expected, rtol=1e-2, atol=1e-3, equal_nan=True)
    return ("same" if same else "different"), model.graph.name


def _with_constants(model: onnx.ModelProto, arrays: list[object]) -> dict[str, object]:
    """The inputs by name; small whole ones behind the first (axes, shapes) become constants of the model."""
    given = dict(zip((v.name for v in model.graph.input), arrays, strict=False))
    for position, value in reversed(list(enumerate(model.graph.input))):
        array = given.get(value.name)
        if position and isinstance(array, np.ndarray) and array.dtype.kind == "i" and array.ndim < 2:
            model.graph.initializer.append(numpy_helper.from_array(array, value.name))
            del model.graph.input[position]
    return given
