"""Verdicts: agreement on full-size layers, and a loud failure for one wrong counter or a wrong output."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from npudsl.mapping.nest import Loop, Mapping
from npudsl.mapping.tally import Access
from npudsl.model.evaluate import evaluate
from npudsl.verify import Disagreement, verify
from tests.interpreter.machines import alexnet, conv_layer, eyeriss, random_eyeriss_mapping
from tests.strategies import Case, cases

CONV = conv_layer("conv", stride=2, pad=1, n=2, m=6, c=4, p=6, q=6, r=3, s=3)
MAPPING = random_eyeriss_mapping(CONV, 0, fill=False)


@settings(max_examples=100)
@given(cases())
def test_closed_forms_agree_with_execution(case: Case) -> None:
    verdict = verify(case.arch, case.layer, case.mapping)
    assert verdict.differences == ()
    verdict.raise_if_different()


def test_a_full_size_layer() -> None:
    layer = alexnet()[2]
    verdict = verify(eyeriss(), layer, random_eyeriss_mapping(layer, 3))
    assert verdict.agreed
    assert 0 < verdict.seconds < 30


def test_one_wrong_counter_is_told() -> None:
    right = evaluate(eyeriss(), CONV, MAPPING)
    counts = {memory: dict(tensors) for memory, tensors in right.tally.counts.items()}
    access = counts["glb"]["input"]
    counts["glb"]["input"] = Access(access.read + 1, access.write)
    wrong = replace(right, tally=replace(right.tally, counts=counts))
    assert verify(eyeriss(), CONV, MAPPING, right).agreed
    verdict = verify(eyeriss(), CONV, MAPPING, wrong)
    text = f"closed forms against execution: glb.input read: {access.read + 1} against {access.read}"
    assert verdict.differences == (text,)
    assert not verdict.agreed
    with pytest.raises(Disagreement, match=f"`mapping` of `conv`: {text}"):
        verdict.raise_if_different()


def test_a_wrong_output_is_told() -> None:
    at = next(i for i, x in enumerate(MAPPING.items) if isinstance(x, Loop) and x.dim == "c")
    short = Mapping((*MAPPING.items[:at], *MAPPING.items[at + 1 :]), "short")
    verdict = verify(eyeriss(), CONV, short, evaluate(eyeriss(), CONV, MAPPING))
    assert verdict.differences[-1] == "the memories do not end up with the output of the operator"
    with pytest.raises(Disagreement, match="`short` of `conv`"):
        verdict.raise_if_different()
