"""Problems that grow in one respect, for `scaling.py`: machines and layers written as text of the language."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path

from run import ROOT

sys.path.insert(0, str(ROOT))
import npudsl
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer


@dataclass(frozen=True)
class Problem:
    """Layers to solve on a machine. `size` is what grows, `about` what else is told of it."""

    name: str
    size: float
    arch: Arch
    layers: tuple[Layer, ...]
    about: str = ""


ARCH = """import std.tech.eyeriss65 as t

arch levels{count} {{
    let word = 16 bit
    memory dram : t.dram() {{ holds = [input, weight, output] }}
{outer}    array pe[x = 14, y = 12] {{
{inner}        compute mac : t.mac() {{ precision = [input = word, weight = word, output = word] }}
    }}
}}
"""
MEMORY = "memory {name} : t.sram(size = {words} * word) {{ holds = [input, weight, output] }}\n"
OUTER = (("l3", 1_000_000), ("l2", 200_000), ("glb", 54_000))  # words, shared by all tensors
INNER = (("file", 256), ("latch", 16))
#: On-chip levels -> which of them: the buffer in front of the array and the registers come first.
CHOSEN = {
    1: ("file",),
    2: ("glb", "file"),
    3: ("l2", "glb", "file"),
    4: ("l2", "glb", "file", "latch"),
    5: ("l3", "l2", "glb", "file", "latch"),
}


def load(text: str) -> npudsl.Spec:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "problem.npu"
        path.write_text(text)
        return npudsl.load(path)


def hierarchy(count: int) -> Arch:
    """A machine with so many memories below DRAM, as in `CHOSEN`."""
    outer, inner = (
        "".join(" " * depth + MEMORY.format(name=name, words=words) for name, words in group if name in CHOSEN[count])
        for group, depth in ((OUTER, 4), (INNER, 8))
    )
    return load(ARCH.format(count=count, outer=outer, inner=inner)).arch().arch


def study_a() -> Arch:
    return npudsl.load(ROOT / "specs" / "study_a.npu").arch().arch


NETWORK = """import std.ops as o

network problem {{
    tensor image[{tensor}]
    layer only = o.{op}[{dims}]({arguments}input = image)
}}
"""


def layer(op: str, tensor: dict[str, int], arguments: str = "", **dims: int) -> Layer:
    """One layer of the standard library. `tensor`: the shape of its input; `dims`: what that does not fix."""

    def listed(bounds: dict[str, int]) -> str:
        return ", ".join(f"{dim} = {bound}" for dim, bound in bounds.items())

    text = NETWORK.format(op=op, tensor=listed(tensor), dims=listed(dims), arguments=arguments)
    return load(text).network().layers[0]


def gemm(n: int) -> Layer:
    return layer("gemm", {"b": 1, "m": n, "k": n}, n=n)


def levels() -> Iterator[Problem]:
    product = gemm(512)
    for count in CHOSEN:
        yield Problem(f"{count}: {' '.join(CHOSEN[count])}", count, hierarchy(count), (product,))


def dims() -> Iterator[Problem]:
    """Channels of 64, an image of 28 (x 28), a filter of 3 (x 3)."""
    arch = study_a()
    one = partial(layer, "conv1d", arguments="pad = 1, ", m=64, r=3)
    two = partial(layer, "conv2d", arguments="pad = 1, ", m=64, r=3, s=3)
    kinds = {
        "gemm m n k": layer("gemm", {"b": 1, "m": 28, "k": 64}, n=64),
        "conv1d m c p r": one({"n": 1, "g": 1, "c": 64, "w": 28}),
        "conv1d, batch 4": one({"n": 4, "g": 1, "c": 64, "w": 28}),
        "conv2d m c p q r s": two({"n": 1, "g": 1, "c": 64, "h": 28, "w": 28}),
        "conv2d, batch 4": two({"n": 4, "g": 1, "c": 64, "h": 28, "w": 28}),
        "conv2d, batch 4, groups 2": two({"n": 4, "g": 2, "c": 64, "h": 28, "w": 28}),
    }
    for name, only in kinds.items():
        count = sum(bound > 1 for _, bound in only.bounds)
        yield Problem(name, count, arch, (only,), f"{count} dims")


def squares(sizes: Sequence[int]) -> Iterator[Problem]:
    arch = study_a()
    for n in sizes:
        yield Problem(f"{n}^3", n, arch, (gemm(n),), f"{divisors(n)} divisors")


def divisors(n: int) -> int:
    return sum(n % d == 0 for d in range(1, n + 1))


def convolutions() -> Iterator[Problem]:
    """3 x 3 convolutions whose image and channels double, batch 4."""
    arch = study_a()
    for size in (7, 14, 28, 56, 112):
        channels = {"n": 4, "g": 1, "c": size * 2, "h": size, "w": size}
        only = layer("conv2d", channels, "pad = 1, ", m=size * 2, r=3, s=3)
        count = prod(divisors(bound) for _, bound in only.bounds)
        yield Problem(f"image {size}, channels {size * 2}", size, arch, (only,), f"{count:,} x divisors")


def networks() -> Iterator[Problem]:
    """Size: the layers that differ."""
    arch = npudsl.load(ROOT / "specs" / "study_b.npu").arch()
    for net in ("alexnet", "resnet18", "resnet50", "resnet152"):
        layers = tuple(one for one in arch.network(net, {}).layers if one.op.is_mac)
        different = len({(one.op, one.bounds) for one in layers})
        yield Problem(
            net, different, arch.arch, layers, f"{sum(one.repeat for one in layers)} layers, {different} differ"
        )
