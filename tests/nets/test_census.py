"""The survey's table of models, from the network files."""

from __future__ import annotations

import json

import pytest

from npudsl.cli.main import main
from npudsl.spec.census import ACTIVATIONS, CONNECTED, CONVOLUTION, census

from .test_zoo import SURVEY, zoo

#: Rows of the survey's table (Sze et al. 2017, table of popular models): convolution layers, depth in them, filter
#: sizes, strides, fully connected layers. LeNet-5 there has two of the latter: its third counts as a convolution.
TABLE = {
    "lenet5": (2, 2, {5}, {1}, 3),
    "alexnet": (5, 5, {3, 5, 11}, {1, 4}, 3),
    "overfeat_fast": (5, 5, {3, 5, 11}, {1, 4}, 3),
    "vgg16": (13, 13, {3}, {1}, 3),
    "googlenet": (57, 21, {1, 3, 5, 7}, {1, 2}, 1),
    "resnet50": (53, 49, {1, 3, 7}, {1, 2}, 1),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_the_survey(name: str) -> None:
    found = census(zoo(name))
    kind, connected = found.kinds[CONVOLUTION], found.kinds[CONNECTED]
    sizes = {side for size in kind.filters for side in size}
    assert (kind.layers, kind.depth, sizes, set(kind.strides), connected.layers) == TABLE[name]


@pytest.mark.parametrize("name", SURVEY)
def test_kinds_add_up(name: str) -> None:
    found, counts = census(zoo(name)), SURVEY[name]
    kind, connected = found.kinds[CONVOLUTION], found.kinds[CONNECTED]
    assert (kind.weights, kind.macs, found.weights, found.macs) == (
        counts.conv_weights,
        counts.conv_macs,
        counts.weights,
        counts.macs,
    )
    assert kind.weights + connected.weights == found.weights
    assert kind.macs + connected.macs == found.macs


def test_channels_and_filters() -> None:
    kind = census(zoo("alexnet")).kinds[CONVOLUTION]
    assert (kind.channels, kind.outputs) == ((3, 48, 192, 256), (96, 256, 384))


def test_products_of_activations_and_shared_weights() -> None:
    bert = census(zoo("bert_base"))
    assert bert.kinds[ACTIVATIONS].layers == 24  # scores and their product with the values, twelve times
    assert bert.kinds[CONNECTED].weights == bert.weights
    lstm = census(zoo("lstm"))
    assert lstm.kinds[CONNECTED].weights == lstm.weights  # every step uses the same


def test_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nets", "alexnet", "lenet5", "--batch", "2", "--json", "-"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [(net["net"], net["total"]["macs"]) for net in record["nets"]] == [
        ("alexnet", 2 * 724_406_816),
        ("lenet5", 2 * 416_520),
    ]
    assert record["nets"][0]["convolution"]["filter_sizes"] == [[3, 3], [5, 5], [11, 11]]
    assert main(["nets", "vgg16"]) == 0
    assert "vgg16" in capsys.readouterr().out
    assert main(["nets", "vgg61"]) == 1
    assert "did you mean `vgg16`" in capsys.readouterr().err
