"""Full-size machines, layers and mappings, written with the resolved types."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.spec.arch import Arch, Array, Compute, Hold, Level, Link, Memory
from npudsl.spec.op import Apply, Layer, Operator, Rank, Read, Tensor, Term

WORD = Fraction(16)
KIB = 8 * 1024


def memory(name: str, words: int | None, *roles: str) -> Memory:
    size = None if words is None else words * WORD
    return Memory(name, size, tuple(Hold(r) for r in roles), Fraction(1), Fraction(1))


def eyeriss(rows: int = 12, columns: int = 14) -> Arch:
    """DRAM, 100 KiB of inputs and partial sums, a reducing array, spads of 12, 224 and 24 words."""
    bus = Link("bus", multicast=frozenset({"input", "weight"}))
    chain = Link("chain", reduce=frozenset({"output"}))
    spads = (memory("ifmap", 12, "input"), memory("filter", 224, "weight"), memory("psum", 24, "output"))
    return Arch(
        "eyeriss",
        (
            Level("dram", (memory("dram", None, "input", "weight", "output"),)),
            Level("glb", (memory("glb", 100 * 512, "input", "output"),)),
            Array("pe", (("x", columns), ("y", rows)), (bus, chain)),
            Level("spad", spads),
        ),
        Compute("mac", Fraction(1)),
    )


def rank(*terms: tuple[str, int] | str, constant: int = 0) -> Rank:
    return Rank(tuple(Term(t, 1) if isinstance(t, str) else Term(*t) for t in terms), constant)


def conv2d(stride: int = 1, pad: int = 0, dilation: int = 1) -> Operator:
    window = [rank((a, stride), (b, dilation), constant=-pad) for a, b in (("p", "r"), ("q", "s"))]
    return Operator(
        "conv2d",
        tuple("ngmcpqrs"),
        (
            Tensor("weight", "weight", tuple(map(rank, "gmcrs"))),
            Tensor("input", "input", (*map(rank, "ngc"), *window)),
            Tensor("output", "output", tuple(map(rank, "ngmpq")), is_output=True),
        ),
        "+=",
        Apply("*", (Read("weight"), Read("input"))),
    )


def gemm() -> Operator:
    return Operator(
        "gemm",
        tuple("bmnk"),
        (
            Tensor("input", "input", tuple(map(rank, "bmk"))),
            Tensor("weight", "weight", tuple(map(rank, "kn"))),
            Tensor("output", "output", tuple(map(rank, "bmn")), is_output=True),
        ),
        "+=",
        Apply("*", (Read("input"), Read("weight"))),
    )


def conv_layer(name: str, stride: int = 1, pad: int = 0, dilation: int = 1, **bounds: int) -> Layer:
    op = conv2d(stride, pad, dilation)
    full = dict.fromkeys(op.dims, 1) | bounds
    height, width = (
        (full[a] - 1) * stride + (full[b] - 1) * dilation + 1 - 2 * pad for a, b in (("p", "r"), ("q", "s"))
    )
    extents = (("input", (full["n"], full["g"], full["c"], height, width)),)
    return Layer(name, op, tuple(full.items()), extents=extents)


def gemm_layer(name: str, **bounds: int) -> Layer:
    op = gemm()
    return Layer(name, op, tuple((dict.fromkeys(op.dims, 1) | bounds).items()))


def alexnet(batch: int = 4) -> tuple[Layer, ...]:
    b = batch
    return (
        conv_layer("conv1", stride=4, n=b, m=96, c=3, p=55, q=55, r=11, s=11),
        conv_layer("conv2", pad=2, n=b, g=2, m=128, c=48, p=27, q=27, r=5, s=5),
        conv_layer("conv3", pad=1, n=b, m=384, c=256, p=13, q=13, r=3, s=3),
        conv_layer("conv4", pad=1, n=b, g=2, m=192, c=192, p=13, q=13, r=3, s=3),
        conv_layer("conv5", pad=1, n=b, g=2, m=128, c=192, p=13, q=13, r=3, s=3),
        gemm_layer("fc6", m=b, n=4096, k=9216),
        gemm_layer("fc7", m=b, n=4096, k=4096),
        gemm_layer("fc8", m=b, n=1000, k=4096),
    )


def large() -> tuple[Layer, ...]:
    """Layers of VGG-16 and ResNet-50, among them the largest."""
    return (
        conv_layer("vgg_conv1_2", pad=1, n=1, m=64, c=64, p=224, q=224, r=3, s=3),
        conv_layer("vgg_conv3_2", pad=1, n=1, m=256, c=256, p=56, q=56, r=3, s=3),
        conv_layer("vgg_conv4_2", pad=1, n=1, m=512, c=512, p=28, q=28, r=3, s=3),
        conv_layer("vgg_conv5_2", pad=1, n=1, m=512, c=512, p=14, q=14, r=3, s=3),
        conv_layer("resnet_conv1", stride=2, pad=3, n=1, m=64, c=3, p=112, q=112, r=7, s=7),
        conv_layer("resnet_2a", n=1, m=256, c=64, p=56, q=56),
        conv_layer("resnet_down", stride=2, n=1, m=1024, c=512, p=14, q=14),
    )


def primes(number: int) -> list[int]:
    found, divisor = [], 2
    while number > 1:
        while number % divisor == 0:
            found.append(divisor)
            number //= divisor
        divisor += 1
    return found


def random_eyeriss_mapping(layer: Layer, seed: int, *, fill: bool = True) -> Mapping:
    """A legal mapping on `eyeriss()` that unrolls over much of the array: factors drawn until the tiles fit."""
    random = Random(f"{layer.name} {seed}")
    while True:
        mapping = _draw(layer, random)
        unrolled = 1
        for loop in mapping.loops:
            unrolled *= loop.factor if loop.spatial else 1
        if _fits(layer, mapping) and (unrolled >= 48 or not fill):
            return mapping


def _draw(layer: Layer, random: Random) -> Mapping:
    factors: list[dict[str, int]] = [{}, {}, {}, {}, {}]  # dram, glb, x, y, spad
    room = {2: 14, 3: 12}
    every = [(d, p) for d in layer.op.dims for p in primes(layer.bound[d])]
    random.shuffle(every)
    for dim, prime in every:
        open_ = [i for i in range(5) if room.get(i, prime) >= prime]
        spatial = [i for i in open_ if i in room]
        place = random.choice(spatial) if spatial and random.random() < 0.6 else random.choice((0, 0, 1, 1, 4))
        factors[place][dim] = factors[place].get(dim, 1) * prime
        if place in room:
            room[place] //= prime
    slots = [list(f.items()) for f in factors]
    for slot in slots:
        random.shuffle(slot)
    items: list[Node | Loop] = [Node(t.name, "dram") for t in layer.op.tensors]
    items += [Loop(d, f) for d, f in slots[0]]
    items += [Node("input", "glb"), Node("output", "glb")]
    items += [Loop(d, f) for d, f in slots[1]]
    items += [Loop(d, f, "pe", axis) for slot, axis in ((slots[2], "x"), (slots[3], "y")) for d, f in slot]
    items += [Node("input", "ifmap"), Node("weight", "filter"), Node("output", "psum")]
    items += [Loop(d, f) for d, f in slots[4]]
    return Mapping(tuple(items))


def _fits(layer: Layer, mapping: Mapping) -> bool:
    sizes = {"ifmap": 12, "filter": 224, "psum": 24}
    buffered = 0
    for node, above in mapping.placed:
        if node.memory == "dram":
            continue
        words = 1
        for r in layer.op.tensor(node.tensor).ranks:
            words *= 1 + sum(
                t.coefficient * (min(layer.bound[t.dim], mapping.extent(t.dim, above)) - 1) for t in r.terms
            )
        if node.memory == "glb":
            buffered += words
        elif words > sizes[node.memory]:
            return False
    return buffered <= 100 * 512
