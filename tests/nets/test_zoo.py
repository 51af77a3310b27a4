"""The networks of the standard library, against the counts that the survey's table and the papers give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from npudsl.spec.loader import load
from npudsl.spec.net import Network
from npudsl.spec.program import Program
from npudsl.spec.resources import stdlib_folder
from npudsl.spec.summary import network_summary, weights


@dataclass(frozen=True)
class Counts:
    conv_weights: int
    conv_macs: int
    weights: int
    macs: int


#: survey_models.md: exact integers from the layer tables, batch 1, no biases. 18 and 101 from the same layer tables.
SURVEY = {
    "lenet5": Counts(2_550, 357_600, 61_470, 416_520),
    "alexnet": Counts(2_332_704, 665_784_864, 60_954_656, 724_406_816),
    "overfeat_fast": Counts(15_984_672, 2_671_478_784, 145_909_792, 2_801_403_904),
    "vgg16": Counts(14_710_464, 15_346_630_656, 138_344_128, 15_470_264_320),
    "googlenet": Counts(5_966_272, 1_430_532_352, 6_990_272, 1_431_556_352),
    "resnet18": Counts(11_166_912, 1_813_561_344, 11_678_912, 1_814_073_344),
    "resnet34": Counts(21_267_648, 3_663_249_408, 21_779_648, 3_663_761_408),
    "resnet50": Counts(23_454_912, 3_855_925_248, 25_502_912, 3_857_973_248),
    "resnet101": Counts(42_394_816, 7_568_146_432, 44_442_816, 7_570_194_432),
    "resnet152": Counts(57_992_384, 11_280_367_616, 60_040_384, 11_282_415_616),
}


@cache
def program(name: str) -> Program:
    return load(stdlib_folder() / "nets" / f"{name}.npu")


def zoo(name: str, **settings: object) -> Network:
    return program(name).network(name, settings)


@pytest.mark.parametrize("name", SURVEY)
def test_counts_of_the_survey(name: str) -> None:
    network = zoo(name)
    convolutions = [layer for layer in network.layers if layer.op.name.startswith(("conv", "depthwise"))]
    total = network_summary(network)["total"]
    assert (
        Counts(
            sum(weights(layer) * layer.repeat for layer in convolutions),
            sum(layer.macs * layer.repeat for layer in convolutions),
            total["weights"],  # type: ignore[index]
            total["macs"],  # type: ignore[index]
        )
        == SURVEY[name]
    )


@pytest.mark.parametrize("name", SURVEY)
def test_a_batch_multiplies_operations_and_not_weights(name: str) -> None:
    one, four = network_summary(zoo(name)), network_summary(zoo(name, batch=4))
    for key, factor in (("macs", 4), ("ops", 4), ("weights", 1)):
        assert four["total"][key] == factor * one["total"][key]  # type: ignore[index]


def test_alexnet_has_eight_compute_layers() -> None:
    network = zoo("alexnet", batch=4)
    compute = [layer for layer in network.layers if layer.op.is_mac]
    assert len(compute) == 8
    assert sum(layer.macs for layer in compute) == 2_897_627_264
    assert network.layer("conv2").bound == {"n": 4, "g": 2, "m": 128, "c": 48, "p": 27, "q": 27, "r": 5, "s": 5}
    assert network.layer("fc6").bound == {"b": 1, "m": 4, "n": 4096, "k": 9216}


@pytest.mark.parametrize("name", ["resnet50", "resnet101", "resnet152"])
def test_deep_residual_networks_have_21_different_compute_layers(name: str) -> None:
    assert len({layer.problem for layer in zoo(name).layers if layer.op.is_mac}) == 21


def test_the_maps_of_the_survey() -> None:
    sizes = {layer.name: layer.bound.get("p") for layer in zoo("googlenet").layers}
    assert [sizes[n] for n in ("conv1", "pool1", "pool2", "pool3", "pool4")] == [112, 55, 27, 13, 6]
    sizes = {layer.name: layer.bound.get("p") for layer in zoo("overfeat_fast").layers}
    names = ("conv1", "pool1", "conv2", "pool2", "conv3", "conv5", "pool5")
    assert [sizes[n] for n in names] == [56, 28, 24, 12, 12, 12, 6]


#: Published numbers of trainable parameters (model pages of torchvision; of timm for Inception v4): weights, plus one
#: bias per output of a fully connected layer, plus two numbers per channel that is batch-normalised.
PARAMETERS = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "inception_v3": 23_834_568,
    "inception_v4": 42_679_816,
    "mobilenet_v2": 3_504_872,
    "mobilenet_v3_large": 5_483_032,
    "efficientnet_b0": 5_288_548,
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_published_numbers_of_parameters(name: str) -> None:
    total = 0
    for layer in zoo(name).layers:
        bound = layer.bound
        beside = {"fc": bound.get("m", 0), "depthwise": 2 * bound.get("c", 0)}
        convolution = 2 * bound.get("g", 1) * bound.get("m", 0)
        if weights(layer):
            total += (weights(layer) + beside.get(layer.op.name, convolution)) * layer.repeat
    assert total == PARAMETERS[name]


def test_densenet_normalises_what_it_reads() -> None:
    layers = [layer for layer in zoo("densenet121").layers if weights(layer)]
    normalised = [layer.bound["c"] for layer in layers[1:]] + [layers[0].bound["m"]]  # before each, and after the first
    assert sum(weights(layer) for layer in layers) + 2 * sum(normalised) + 1000 == 7_978_856


#: Operations as published, in millions: the papers' tables, or torchvision's model pages (GFLOPS of multiply-adds).
MILLIONS = {
    "mobilenet_v1": 569, "mobilenet_v2": 300, "mobilenet_v3_large": 217, "efficientnet_b0": 390, "densenet121": 2834,
    "inception_v3": 5713,
}  # fmt: skip


@pytest.mark.parametrize("name", MILLIONS)
def test_published_numbers_of_operations(name: str) -> None:
    macs = network_summary(zoo(name))["total"]["macs"]  # type: ignore[index]
    assert macs / 1e6 == pytest.approx(MILLIONS[name], rel=0.012)


def test_every_network_file_is_clean() -> None:
    files = sorted((stdlib_folder() / "nets").rglob("*.npu"))
    assert len(files) > 20
    for file in files:
        assert load(file).check() == ()


#: Weights and operations worked out by hand from the papers' sizes (see the header of each file).
TRANSFORMERS = {
    "bert_base": (12 * 12 * 768**2, 12 * (512 * 12 * 768**2 + 2 * 512**2 * 768)),
    "gpt2": (12 * 12 * 768**2 + 50_257 * 768, 1024 * (12 * (12 * 768**2 + 2 * 1024 * 768) + 50_257 * 768)),
    "vit_b16": (12 * 12 * 768**2 + 768 * 768 + 768_000, 17_563_828_224),  # 17.56 G: torchvision
    "llama3_8b": (8_030_261_248 - 128_256 * 4096 - 65 * 4096, None),  # published parameters, embedding and norms aside
    "llama3_8b_decode": (7_504_658_432, 7_504_658_432 + 32 * 2 * 2049 * 4096),
    "lstm": (4 * 512 * 1024, 128 * 4 * 512 * 1024),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_sequence_models(name: str) -> None:
    total = network_summary(zoo(name))["total"]
    expected_weights, expected_macs = TRANSFORMERS[name]
    assert total["weights"] == expected_weights  # type: ignore[index]
    assert expected_macs in (None, total["macs"])  # type: ignore[index]


def test_the_cache_is_read_with_the_new_token() -> None:
    score = zoo("llama3_8b_decode", past=100).layer("block.score")
    assert (score.bound["n"], score.bound["g"], score.bound["h"]) == (101, 8, 4)
    assert [f.producer for f in score.feeds if f.tensor == "key"] == ["block.keys", "block.qkv.rotated_key"]


#: MACs of MLPerf Tiny's reference models (in millions, rounded as published) and YOLO v3 (65.86 GFLOPs, 416 x 416).
SMALL_AND_LARGE = {"tiny_resnet8": 12.5, "tiny_ds_cnn": 2.66, "tiny_mobilenet": 7.49, "tiny_autoencoder": 0.264,
                   "yolo_v3": 32_930}  # fmt: skip


@pytest.mark.parametrize("name", SMALL_AND_LARGE)
def test_tiny_and_large(name: str) -> None:
    macs = network_summary(zoo(name))["total"]["macs"]  # type: ignore[index]
    assert macs / 1e6 == pytest.approx(SMALL_AND_LARGE[name], rel=0.002)


EVERY = sorted(file.stem for file in (stdlib_folder() / "nets").glob("*.npu"))


@pytest.mark.parametrize("name", [name for name in EVERY if name not in SURVEY])
def test_every_network_means_the_same_for_every_batch(name: str) -> None:
    one, three = network_summary(zoo(name)), network_summary(zoo(name, batch=3))
    for key, factor in (("macs", 3), ("ops", 3), ("weights", 1)):
        assert three["total"][key] == factor * one["total"][key]  # type: ignore[index]
