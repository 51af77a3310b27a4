"""Real exported files: the models with their weights taken out that the onnx package ships for its own tests."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from npudsl.onnx_import import import_model

from .checks import macs, network_of, reference_macs

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

#: Model -> MACs of its convolutions and matrix products. GoogLeNet's and SqueezeNet's are those of the survey's and of
#: the papers' networks with the padding that these files have.
MACS = {
    "bvlc_alexnet": 654_560_384,
    "densenet121": 2_834_161_664,
    "inception_v1": 1_431_556_352,
    "inception_v2": 2_018_851_840,
    "resnet50": 4_089_184_256,
    "shufflenet": 124_664_528,
    "squeezenet": 349_151_936,
    "vgg19": 19_632_062_464,
    "zfnet512": 1_481_727_008,
}


@pytest.mark.parametrize("name", MACS)
def test_macs_are_those_of_the_model(name: str) -> None:
    path = LIGHT / f"light_{name}.onnx"
    network = network_of(import_model(path))
    assert macs(network) == reference_macs(onnx.load(path)) == MACS[name]


def test_the_same_file_gives_the_same_text() -> None:
    path = LIGHT / "light_squeezenet.onnx"
    assert import_model(path) == import_model(path)


def test_joins_move_nothing() -> None:
    found = import_model(LIGHT / "light_squeezenet.onnx")
    network = network_of(found)
    read = [{f.producer for f in layer.feeds} for layer in network.layers if len(layer.feeds) > 1 and layer.macs]
    assert len(read) == 6  # of eight modules, two are read by pooling
    assert not [layer for layer in network.layers if layer.op.name == "concat"]


def test_residual_sums_are_layers() -> None:
    network = network_of(import_model(LIGHT / "light_resnet50.onnx"))
    assert sum(layer.op.name == "add" for layer in network.layers) == 16
    assert sum(layer.op.name == "channel_affine" for layer in network.layers) == 53


def test_channels_are_shuffled_by_the_index() -> None:
    network = network_of(import_model(LIGHT / "light_shufflenet.onnx"))
    shuffled = [layer for layer in network.layers if layer.op.name == "depthwise_axes"]
    assert len(shuffled) == 16
    first = shuffled[0]
    assert [r.dims for r in first.op.tensor("input").ranks][:3] == [("n",), ("c2",), ("c",)]
    assert [r.dims for r in first.op.output.ranks][:3] == [("n",), ("c",), ("c2",)]
