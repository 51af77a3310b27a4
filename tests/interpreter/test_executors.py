"""The fast executor does what the plain one does: every counter and the output, on random nests of any kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from npudsl.interpreter import blocks, direct, run, walk
from npudsl.interpreter.body import REDUCTIONS
from npudsl.interpreter.data import Arithmetic, box, operands
from npudsl.interpreter.literal import direct as direct_literally
from npudsl.interpreter.literal import execute
from tests.strategies import Case, cases, random_case


def disagreements(case: Case, *, values: bool) -> tuple[str, ...]:
    slow = execute(case.arch, case.layer, case.mapping)
    fast = run(case.arch, case.layer, case.mapping, values=values)
    found = fast.tally.differences(slow.tally)
    if slow.output != direct_literally(case.layer):
        found += ("the plain executor's output is wrong",)
    return found if not values or fast.output_equal else (*found, "the fast executor's output is wrong")


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Tiny nests fall into many runs and boxes, as full-size ones do."""
    monkeypatch.setattr(walk, "RUN", 12)
    monkeypatch.setattr(direct, "BOX_ELEMENTS", 40)
    return monkeypatch


@settings(max_examples=150)
@given(cases())
def test_any_nest_in_one_block(case: Case) -> None:
    assert disagreements(case, values=True) == ()


@pytest.mark.parametrize("elements", [1, 6, 30, 200])
def test_any_nest_in_blocks(elements: int, small_pieces: pytest.MonkeyPatch) -> None:
    small_pieces.setattr(blocks, "BLOCK_ELEMENTS", elements)
    for seed in range(1000 * elements, 1000 * elements + 100):
        assert disagreements(random_case(seed), values=True) == (), seed


def test_counts_of_any_nest() -> None:
    for seed in range(2_000_000, 2_000_600):
        assert disagreements(random_case(seed), values=False) == (), seed


@pytest.mark.long
def test_any_nest_for_long(small_pieces: pytest.MonkeyPatch) -> None:
    for seed in range(3_000_000, 3_010_000):
        small_pieces.setattr(blocks, "BLOCK_ELEMENTS", (1, 6, 30, 200, 1 << 20)[seed % 5])
        small_pieces.setattr(walk, "RUN", (4, 12, 1 << 14)[seed % 3])
        assert disagreements(random_case(seed), values=True) == (), seed


@settings(max_examples=100)
@given(cases())
def test_the_direct_evaluation_is_the_definition(case: Case) -> None:
    layer = case.layer
    arithmetic = Arithmetic.of(layer)
    dense = direct.output(layer, operands(layer, arithmetic, 5), arithmetic.dtype)
    expected = direct_literally(layer, 5)
    low = [span.start for span in box(layer.op.output, layer)]
    assert {e: dense[tuple(i - a for i, a in zip(e, low, strict=True))] for e in expected} == expected
    assert (dense != REDUCTIONS[layer.op.reduction][1]).sum() <= len(expected)
