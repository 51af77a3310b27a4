"""AccelForge's optima, as mapping blocks: `PEER/bin/python benchmarks/peers/accelforge_mappings.py --machine shared`.

To be run with a Python that has AccelForge (`pip install accelforge==1.0.467`, Python 3.12). The machines are those of
`benchmarks/quality/machines.npu`, words of 16 bit. Its mapper makes energy least over uneven mappings.

Order: `free` lets the tiles of the array stand anywhere (`force_memory_hierarchy_order: false`), as in our rules; with
that its mapper raises an error of its own for convolutions. `fixed` keeps memories in the order of their list.
Unrolling: `free`, or `eyeriss` as its own model of Eyeriss prescribes it (examples/arches/eyeriss.yaml): along the 14
columns only what reuses weights, along the 12 rows only what reuses outputs, of each as much as there is
(`min_usage: 1`). With free unrolling a convolution takes it about an hour.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path
from typing import Any

import accelforge as af
from accelforge.mapper.FFM.main import map_workload_to_arch
from nest_text import Item, block, loop, node, ordered

# Layer -> equation of AccelForge, target in our language, bounds. AlexNet at batch 4 (stdlib/nets/alexnet.npu).
CONVOLUTION = "output[n, g, m, p, q] = weight[g, m, c, r, s] * input[n, g, c, H: {0}*p + r, W: {0}*q + s]"
PRODUCT = "output[m, n] = input[m, k] * weight[k, n]"


def convolution(stride: int, **bounds: int) -> tuple[str, dict[str, int]]:
    """Dims of bound 1 are left out of the equation."""
    equation = CONVOLUTION.format(stride).replace("1*", "")
    for dim in [dim for dim, bound in bounds.items() if bound == 1]:
        equation = equation.replace(f"{dim}, ", "")
    return equation, {dim: bound for dim, bound in bounds.items() if bound > 1}


LAYERS = {
    "gemm1024.product": (PRODUCT, {"m": 1024, "n": 1024, "k": 1024}),
    "alexnet(batch = 4).conv1": convolution(4, n=4, g=1, m=96, c=3, p=55, q=55, r=11, s=11),
    "alexnet(batch = 4).conv2": convolution(1, n=4, g=2, m=128, c=48, p=27, q=27, r=5, s=5),
    "alexnet(batch = 4).conv3": convolution(1, n=4, g=1, m=384, c=256, p=13, q=13, r=3, s=3),
    "alexnet(batch = 4).conv4": convolution(1, n=4, g=2, m=192, c=192, p=13, q=13, r=3, s=3),
    "alexnet(batch = 4).conv5": convolution(1, n=4, g=2, m=128, c=192, p=13, q=13, r=3, s=3),
    "alexnet(batch = 4).fc6": (PRODUCT, {"m": 4, "n": 4096, "k": 9216}),
    "alexnet(batch = 4).fc7": (PRODUCT, {"m": 4, "n": 4096, "k": 4096}),
    "alexnet(batch = 4).fc8": (PRODUCT, {"m": 4, "n": 1000, "k": 4096}),
}
# Per machine: memories from the outermost in, each with its words, energy per word and tensors.
MACHINES: dict[str, tuple[tuple[str, float, float, tuple[str, ...]], ...]] = {
    "spads": (
        ("dram", float("inf"), 200.0, ("input", "weight", "output")),
        ("glb", 54_000, 6.0, ("input", "output")),
        ("filter", 224, 1.0, ("weight",)),  # the order of our own optima
        ("ifmap", 12, 1.0, ("input",)),
        ("psum", 24, 1.0, ("output",)),
    ),
    "shared": (
        ("dram", float("inf"), 200.0, ("input", "weight", "output")),
        ("glb", 54_000, 6.0, ("input", "weight", "output")),
        ("file", 256, 1.0, ("input", "weight", "output")),
    ),
}
OUTSIDE = ("dram", "glb")
# Dims in the indices of a tensor.
MOVED_BY = {"weight": "gmcrs", "input": "ngcpqrs", "output": "ngmpq"}
PRODUCT_MOVED_BY = {"weight": "nk", "input": "mk", "output": "mn"}


def memory(name: str, words: float, energy: float, tensors: tuple[str, ...], *, free: bool) -> str:
    keep = "All" if len(tensors) == 3 else " | ".join(tensors)
    size = "inf" if words == float("inf") else str(int(words) * 16)
    actions = "".join(
        f"    - {{name: {action}, energy: {energy}, bits_per_action: 16, latency: 0}}\n" for action in ("read", "write")
    )
    order = "" if name in OUTSIDE or not free else ", force_memory_hierarchy_order: false"
    return (
        f"  - !Memory\n    name: {name}\n    size: {size}\n    leak_power: 0\n    area: 0\n"
        f"    tensors: {{keep: {keep}, may_keep: Nothing{order}}}\n    actions:\n{actions}"
    )


def architecture(machine: str, unrolling: str, *, free: bool) -> str:
    columns, rows = "", ""
    if unrolling == "eyeriss":
        columns, rows = ", reuse: weight, may_reuse: All, min_usage: 1", ", reuse: output, may_reuse: All, min_usage: 1"
    memories = MACHINES[machine]
    return "".join(
        (
            "arch:\n  nodes:\n",
            *(memory(*m, free=free) for m in memories if m[0] in OUTSIDE),
            "  - !Container\n    name: PE\n    spatial:\n",
            f"    - {{name: x, fanout: 14{columns}}}\n    - {{name: y, fanout: 12{rows}}}\n",
            *(memory(*m, free=free) for m in memories if m[0] not in OUTSIDE),
            "  - !Compute\n    name: mac\n    leak_power: 0\n    area: 0\n",
            "    actions:\n    - {name: compute, energy: 1, latency: 1}\n",
        )
    )


def workload(layer: str) -> str:
    equation, bounds = LAYERS[layer]
    shape = "".join(f"    {dim}: 0 <= {dim} < {bound}\n" for dim, bound in bounds.items())
    return (
        f"workload:\n  iteration_space_shape:\n{shape}  bits_per_value: {{All: 16}}\n"
        f'  einsums:\n  - einsum: "{equation}"\n    renames: {{weight: weight, input: input, output: output}}\n'
    )


def best(layer: str, machine: str, unrolling: str, order: str) -> tuple[float, Any]:
    """Its energy in units of a MAC, and its mapping."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"arch.yaml": architecture(machine, unrolling, free=order == "free"), "workload.yaml": workload(layer)}
        for name, text in files.items():
            (Path(folder) / name).write_text(text)
        spec = af.Spec.from_yaml(*(Path(folder) / name for name in files))
    spec.mapper.metrics = af.mapper.Metrics.ENERGY
    found = map_workload_to_arch(spec, eval_in_detail=False, print_progress=False)
    row = found.data.iloc[0]
    return float(row["Total<SEP>energy"]), row["Total<SEP>mapping"]()


def nest(layer: str, mapping: Any) -> list[Item]:
    """AccelForge's mapping as one nest. Its loops name the tile that is left below them.

    A tile stands where room is reserved for it: of a window that slides below its storage node only what is needed at
    a time is held, which in our rules is a tile below the loop that slides.
    """
    tile = dict(LAYERS[layer][1])
    items: list[Item] = []
    for item in mapping.nodes:
        kind = type(item).__name__
        if kind == "Reservation":
            items += [node(item.resource, tensor) for tensor in item.purposes]
        elif kind in ("Temporal", "Spatial"):
            dim, left = str(item.rank_variable), item.tile_shape
            items.append(loop(dim, tile[dim] / left, "" if kind == "Temporal" else f"pe.{item.name}"))
            tile[dim] = left
        elif kind not in ("Storage", "Compute"):
            raise ValueError(f"{kind} is not understood")
    if any(left != 1 for left in tile.values()):
        raise ValueError(f"tiles are left: {tile}")
    return ordered(items, OUTSIDE, PRODUCT_MOVED_BY if LAYERS[layer][0] == PRODUCT else MOVED_BY)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", choices=MACHINES, default="shared")
    parser.add_argument("--unrolling", choices=("free", "eyeriss"), default="free")
    parser.add_argument("--order", choices=("free", "fixed"), default="free")
    parser.add_argument("--layer", choices=LAYERS, default="gemm1024.product")
    arguments = parser.parse_args()
    af.set_n_parallel_jobs(1)
    started = time.process_time()
    energy, mapping = best(arguments.layer, arguments.machine, arguments.unrolling, arguments.order)
    seconds = time.process_time() - started
    macs = math.prod(LAYERS[arguments.layer][1].values())
    print(
        f"# {arguments.unrolling}: {energy:.6g} by AccelForge's count, {energy / macs:.4f} per MAC, {seconds:.1f} s CPU"
    )
    label = f"{arguments.machine}_{arguments.layer.rpartition('.')[2]}"
    print(block(label, arguments.layer, f"machines.{arguments.machine}", nest(arguments.layer, mapping)))


if __name__ == "__main__":
    main()
