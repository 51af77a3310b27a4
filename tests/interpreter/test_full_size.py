"""Real layers at full size on a 12 x 14 array: output right, time and memory within the limits that users feel."""

from __future__ import annotations

import resource

import pytest

from npudsl.interpreter import run
from npudsl.spec.op import Layer

from .machines import alexnet, eyeriss, large, random_eyeriss_mapping

each = pytest.mark.parametrize("layer", alexnet(), ids=lambda layer: layer.name)


@each
def test_alexnet(layer: Layer) -> None:
    execution = run(eyeriss(), layer, random_eyeriss_mapping(layer, 0))
    assert execution.output_equal
    assert execution.tally.points == layer.macs
    assert execution.counting < 10  # 0.1 to 0.4 s on an idle machine
    assert execution.seconds < 30  # 0.2 to 1.5 s


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("layer", (*alexnet(), *large()), ids=lambda layer: layer.name)
def test_large_layers(layer: Layer, seed: int) -> None:
    execution = run(eyeriss(), layer, random_eyeriss_mapping(layer, seed))
    assert execution.output_equal
    assert execution.counting < 10
    assert execution.seconds < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 << 20  # KiB
