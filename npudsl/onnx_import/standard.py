"""Operators of the standard library as the importer uses them: how each tensor is indexed, in stored order.

The text of `stdlib/ops.npu` decides what they mean; `tests/onnx_import` compares this list with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Standard:
    """`index`: tensor -> its ranks. A window is written as its place and tap, `p~r`. `optional`: dims that a layer may
    leave out with all their occurrences; they are 1 then."""

    index: Mapping[str, tuple[str, ...]]
    optional: tuple[str, ...] = ()


def _op(optional: str = "", **index: str) -> Standard:
    return Standard({tensor: tuple(ranks.split()) for tensor, ranks in index.items()}, tuple(optional.split()))


STANDARD: Mapping[str, Standard] = {
    "conv1d": _op(output="n g m p", weight="g m c r", input="n g c p~r"),
    "conv2d": _op(output="n g m p q", weight="g m c r s", input="n g c p~r q~s"),
    "conv2d_hw": _op(output="n g m p q", weight="g m c r s", input="n g c p~r q~s"),
    "conv3d": _op(output="n g m o p q", weight="g m c t r s", input="n g c o~t p~r q~s"),
    "depthwise": _op(output="n c p q", weight="c r s", input="n c p~r q~s"),
    "conv2d_transposed": _op(output="n g m p~r q~s", weight="g c m r s", input="n g c p q"),
    "gemm": _op("b", output="b m n", input="b m k", weight="k n"),
    "matmul": _op("b", output="b m n", left="b m k", right="b k n"),
    "matmul_nt": _op("b", output="b m n", left="b m k", right="b n k"),
    "max_pool": _op(output="n c p q", input="n c p~r q~s"),
    "avg_pool": _op(output="n c p q", input="n c p~r q~s"),
    "concat": _op(output="n c p q", input="n c p q"),
    "concat_rows": _op("b", output="b m n", input="b m n"),
    "upsample": _op(output="n c p~a q~b", input="n c p q"),
    "channel_gate": _op(output="n c p q", input="n c p q", gate="n c"),
    "channel_affine": _op(output="n c p q", input="n c p q", scale="c", shift="c"),
    "channel_bias": _op(output="n c p q", input="n c p q", bias="c"),
    "row_max": _op("b", output="b m", input="b m n"),
    "row_sum": _op("b", output="b m", input="b m n"),
    "row_mean": _op("b", output="b m", input="b m n"),
    "row_square_mean": _op("b", output="b m", input="b m n"),
    "exp_diff": _op("b", output="b m n", input="b m n", row="b m"),
    "row_sub": _op("b", output="b m n", input="b m n", row="b m"),
    "row_div": _op("b", output="b m n", input="b m n", row="b m"),
    "row_normal": _op("b", output="b m n", input="b m n", row="b m", gain="n", bias="n"),
    "row_rms": _op("b", output="b m n", input="b m n", row="b m", gain="n"),
}


def fits(name: str, index: Mapping[str, tuple[str, ...]], dims: Mapping[str, object]) -> bool:
    """Whether an equation with these ranks (dims called as in the standard operator) is the standard operator."""
    standard = STANDARD[name]
    missing = [d for d in standard.optional if d not in dims]
    wanted = {t: tuple(r for r in ranks if r not in missing) for t, ranks in standard.index.items()}
    return wanted == dict(index)
