"""ZigZag's mappings of AlexNet as mapping blocks: `PEER/bin/python benchmarks/peers/zigzag_alexnet.py --machine spads`.

To be run with a Python that has ZigZag (`pip install zigzag-dse==3.9.1 six`: it forgets to declare `six`). The machines
are those of `benchmarks/quality/machines.npu`, words of 16 bit, every port one word wide, so that a word costs what it
costs there. The search is ZigZag's own pipeline with its objective `energy`, told not to spare accesses to registers
that repeat (`access_same_data_considered_as_no_access`: our rules count every access).

Unrolling: `rows` is row-stationary as in Eyeriss (JSSC 2017, table III), with divisors of the bounds since ZigZag's
nests do not cover a layer otherwise: filter rows `r` along the 12 rows of PEs, with more filters and channels where
there is room, output rows `p` along the 14 columns. `auto` leaves it to ZigZag, as for fully connected layers always.

ZigZag unrolls neighbours of a dim, our nests what the loops inside a PE leave apart. Where that matters (windows), a
second block, `..._neighbours`, has these loops outside the array.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import resource
import tempfile
from pathlib import Path
from typing import Any

from nest_text import Item, block, loop, neighbours, node, ordered
from zigzag.mapping.temporal_mapping import TemporalMappingType
from zigzag.stages.evaluation.cost_model_evaluation import CostModelStage
from zigzag.stages.main import MainStage
from zigzag.stages.mapping.salsa import SalsaStage
from zigzag.stages.mapping.spatial_mapping_generation import SpatialMappingGeneratorStage
from zigzag.stages.mapping.temporal_mapping_generator_stage import TemporalMappingGeneratorStage
from zigzag.stages.parser.accelerator_parser import AcceleratorParserStage
from zigzag.stages.parser.workload_parser import WorkloadParserStage
from zigzag.stages.results.reduce_stages import MinimalEnergyStage
from zigzag.stages.workload_iterator import WorkloadStage

WORD = 16
OPERANDS = {"I": "input", "W": "weight", "O": "output"}
DIMS = {"B": "n", "G": "g", "K": "m", "C": "c", "OY": "p", "OX": "q", "FY": "r", "FX": "s"}
GEMM_DIMS = {"B": "m", "K": "n", "C": "k"}
# Dims of our language in the indices of a tensor, of convolutions and of products.
MOVED_BY = {"weight": "gmcrs", "input": "ngcpqrs", "output": "ngmpq"}
PRODUCT_MOVED_BY = {"weight": "nk", "input": "mk", "output": "mn"}
# Bounds of AlexNet at batch 4 (stdlib/nets/alexnet.npu).
CONVOLUTIONS: dict[str, tuple[int, dict[str, int]]] = {
    "conv1": (4, {"B": 4, "G": 1, "K": 96, "C": 3, "OY": 55, "OX": 55, "FY": 11, "FX": 11}),
    "conv2": (1, {"B": 4, "G": 2, "K": 128, "C": 48, "OY": 27, "OX": 27, "FY": 5, "FX": 5}),
    "conv3": (1, {"B": 4, "G": 1, "K": 384, "C": 256, "OY": 13, "OX": 13, "FY": 3, "FX": 3}),
    "conv4": (1, {"B": 4, "G": 2, "K": 192, "C": 192, "OY": 13, "OX": 13, "FY": 3, "FX": 3}),
    "conv5": (1, {"B": 4, "G": 2, "K": 128, "C": 192, "OY": 13, "OX": 13, "FY": 3, "FX": 3}),
}
PRODUCTS = {
    "fc6": {"B": 4, "K": 4096, "C": 9216},
    "fc7": {"B": 4, "K": 4096, "C": 4096},
    "fc8": {"B": 4, "K": 1000, "C": 4096},
}
# D1: the 14 columns, D2: the 12 rows.
ROW_STATIONARY = {
    "conv1": {"D1": ["OY, 11"], "D2": ["FY, 11"]},
    "conv2": {"D1": ["OY, 9"], "D2": ["FY, 5", "K, 2"]},
    "conv3": {"D1": ["OY, 13"], "D2": ["FY, 3", "K, 4"]},
    "conv4": {"D1": ["OY, 13"], "D2": ["FY, 3", "C, 2", "K, 2"]},
    "conv5": {"D1": ["OY, 13"], "D2": ["FY, 3", "C, 2", "K, 2"]},
}
# Per machine: memories from the innermost out, each with its words, energy per word and operands.
MACHINES: dict[str, tuple[tuple[str, int, float, str], ...]] = {
    "spads": (
        ("ifmap", 12, 1.0, "I"),
        ("filter", 224, 1.0, "W"),
        ("psum", 24, 1.0, "O"),
        ("glb", 54_000, 6.0, "IO"),
        ("dram", 10**10, 200.0, "IWO"),
    ),
    "shared": (
        ("file", 256, 1.0, "IWO"),
        ("glb", 54_000, 6.0, "IWO"),
        ("dram", 10**10, 200.0, "IWO"),
    ),
}
OUTSIDE = ("glb", "dram")  # memories outside the array
MEMORY_OPERANDS = {"I": "I1", "W": "I2", "O": "O"}


def memory(words: int, cost: float, operands: str, *, in_array: bool) -> dict[str, Any]:
    """One memory as ZigZag describes it: every operand with a read and a write port of one word."""
    ports = []
    for kind, inputs, output in (("read", ("tl",), ("tl", "th")), ("write", ("fh",), ("fh", "fl"))):
        allocation = [f"{MEMORY_OPERANDS[o]}, {way}" for o in operands for way in (output if o == "O" else inputs)]
        ports.append(
            {"name": f"{kind[0]}_port_1", "type": kind, "bandwidth_min": WORD, "bandwidth_max": WORD,
             "allocation": allocation}
        )  # fmt: skip
    return {
        "size": words * WORD, "r_cost": cost, "w_cost": cost, "area": 0.0, "latency": 1,
        "operands": [MEMORY_OPERANDS[o] for o in operands], "ports": ports,
        "served_dimensions": [] if in_array else ["D1", "D2"],
    }  # fmt: skip


def accelerator(machine: str) -> dict[str, Any]:
    memories = {
        name: memory(words, cost, operands, in_array=name not in OUTSIDE)
        for name, words, cost, operands in MACHINES[machine]
    }
    array = {"dimensions": ["D1", "D2"], "sizes": [14, 12], "unit_energy": 1.0, "unit_area": 0.0}
    return {"name": machine, "memories": memories, "operational_array": array}


def workload(name: str) -> dict[str, Any]:
    """A layer as ZigZag describes it; padded inputs are stored padded, as in our rules."""
    common = {
        "id": 0, "name": name,
        "operand_precision": {"I": WORD, "W": WORD, "O": WORD, "O_final": WORD},
        "operand_source": {"I": 0, "W": 0},
    }  # fmt: skip
    if name in PRODUCTS:
        bounds = PRODUCTS[name]
        equation = "O[b][k]+=I[b][c]*W[k][c]"
        return common | {"operator_type": "Gemm", "equation": equation, "loop_dims": list(bounds),
                         "loop_sizes": list(bounds.values())}  # fmt: skip
    stride, bounds = CONVOLUTIONS[name]
    return common | {
        "operator_type": "Conv",
        "equation": "O[b][g][k][oy][ox]+=W[g][k][c][fy][fx]*I[b][g][c][iy][ix]",
        "dimension_relations": [f"ix={stride}*ox+1*fx", f"iy={stride}*oy+1*fy"],
        "loop_dims": list(bounds),
        "loop_sizes": list(bounds.values()),
    }


def best(name: str, machine: str, arguments: argparse.Namespace, folder: Path) -> tuple[Any, Any]:
    """ZigZag's evaluation of its best mapping, and the temporal and spatial mapping themselves."""
    links = {"memory_operand_links": {"O": "O", "W": "I2", "I": "I1"}}
    mapping: list[dict[str, Any]] = [{"name": "default", **links}]
    if arguments.unrolling == "rows" and name in ROW_STATIONARY:
        mapping.append({"name": name, "spatial_mapping": ROW_STATIONARY[name], **links})
    files = {"accelerator": accelerator(machine), "mapping": mapping}
    for what, data in files.items():
        (folder / f"{what}.yaml").write_text(json.dumps(data))
    engine = SalsaStage if arguments.engine == "salsa" else TemporalMappingGeneratorStage
    stages = [WorkloadParserStage, AcceleratorParserStage, WorkloadStage, MinimalEnergyStage,
              SpatialMappingGeneratorStage, MinimalEnergyStage, engine, CostModelStage]  # fmt: skip
    found = MainStage(
        stages,
        accelerator=str(folder / "accelerator.yaml"),
        workload=[workload(name)],
        mapping=str(folder / "mapping.yaml"),
        loma_lpf_limit=arguments.factors,
        loma_show_progress_bar=False,
        nb_mappings_generated=3,
        access_same_data_considered_as_no_access=False,
        temporal_mapping_type=TemporalMappingType(arguments.space),
        salsa_iteration_number=2000,
        salsa_start_temperature=0.05,
        salsa_number_of_core=1,
        salsa_opt_criterion="energy",
    ).run()
    return found[0]


def nest(name: str, machine: str, evaluation: Any) -> list[Item]:
    """ZigZag's mapping as one nest. A tile stands just above the loops that ZigZag allocates to its level or inside."""
    dims = GEMM_DIMS if name in PRODUCTS else DIMS
    temporal = evaluation.temporal_mapping.mapping_dic_origin
    loops = [pair for level in next(iter(temporal.values())) for pair in level]  # innermost first
    depths: dict[tuple[str, str], int] = {}  # (memory, operand) -> loops below the tile
    for memory_name, _, _, operands in MACHINES[machine]:
        for operand in temporal:
            if str(operand) in operands:
                level = sum(1 for _, of in depths if of == str(operand))
                depths[memory_name, str(operand)] = sum(map(len, temporal[operand][: level + 1]))
    items = unrolled(evaluation, dims)
    for depth in range(len(loops), -1, -1):
        items += [node(held_in, OPERANDS[of]) for (held_in, of), at in reversed(depths.items()) if at == depth]
        if depth:
            dim, size = loops[depth - 1]
            items.append(loop(dims[str(dim)], size))
    return ordered(items, OUTSIDE, PRODUCT_MOVED_BY if name in PRODUCTS else MOVED_BY)


def unrolled(evaluation: Any, dims: dict[str, str]) -> list[Item]:
    found = []
    for axis, factors in evaluation.layer.spatial_mapping.items():
        for dim, size in factors.items():
            found.append(loop(dims[str(dim)], size, "pe.x" if str(axis) == "D1" else "pe.y"))
    return found


def cpu_seconds() -> float:
    """Of this process and those that it waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machine", choices=MACHINES, default="spads")
    parser.add_argument("--unrolling", choices=("rows", "auto"), default="rows")
    parser.add_argument("--engine", choices=("loma", "salsa"), default="loma")
    parser.add_argument("--factors", type=int, default=6, help="limit of loops that LOMA permutes; its default: 6")
    parser.add_argument("--space", choices=("uneven", "even"), default="uneven")
    parser.add_argument("--layer", action="append", choices=(*CONVOLUTIONS, *PRODUCTS))
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    for name in arguments.layer or (*CONVOLUTIONS, *PRODUCTS):
        started = cpu_seconds()
        with tempfile.TemporaryDirectory() as folder:
            evaluation, _ = best(name, arguments.machine, arguments, Path(folder))
        seconds = cpu_seconds() - started
        bounds = PRODUCTS[name] if name in PRODUCTS else CONVOLUTIONS[name][1]
        print(f"# {arguments.engine}, {arguments.unrolling}: {evaluation.energy_total:.6g} by ZigZag's count, "
              f"{evaluation.energy_total / math.prod(bounds.values()):.4f} per MAC, {seconds:.1f} s CPU")  # fmt: skip
        found = nest(name, arguments.machine, evaluation)
        variants = {"": found, "_neighbours": neighbours(found, "pqrs") if name in CONVOLUTIONS else found}
        for suffix, items in variants.items():
            if not suffix or items != found:
                label = f"{arguments.machine}_{name}{suffix}"
                print(block(label, f"alexnet(batch = 4).{name}", f"machines.{arguments.machine}", items))


if __name__ == "__main__":
    main()
