"""How fast the exact search is: `python benchmarks/search.py [--prototype FOLDER] [--rows N[,N...]]`.

The rows are those of the table that the search is held against (even and uneven AlexNet, GEMM 1024^3, ResNet-50, energy
and EDP with bandwidths). Every row is one command line in a process of its own, start-up included, without cache and
without executing the answers; its peak memory is that of its largest process. `--prototype`: the folder of the research
prototype, whose one-thread search of the same layers is run right after each row that it can do, for a ratio.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from run import LAYERS, ROOT, line, machine, measure

ALEXNET = ("alexnet", "--batch", "4")


@dataclass(frozen=True)
class Row:
    """One search. `wanted`: the seconds to reach on two cores; `prototype`: arguments of its `uneven.py`, if it can."""

    what: str
    spec: str
    net: tuple[str, ...]
    objective: str
    space: str
    wanted: str
    prototype: tuple[str, ...] = ()


ROWS = (
    Row("AlexNet b4, Eyeriss spads (study_b)", "study_b", ALEXNET, "energy", "uneven", "3 s",
        ("eye", *(f"a4.{name}" for name in LAYERS))),
    Row("AlexNet b4, Eyeriss with bandwidths", "eyeriss", ALEXNET, "edp", "uneven", "10 s"),
    Row("AlexNet b4, Eyeriss spads (study_b)", "study_b", ALEXNET, "energy", "even", "2 s"),
    Row("AlexNet b4, Eyeriss with bandwidths", "eyeriss", ALEXNET, "edp", "even", ""),
    Row("GEMM 1024^3 on study_a", "study_a", ("benchmarks/gemm1024.npu",), "energy", "uneven", "0.2 s",
        ("uni", "gemm1024")),
    Row("AlexNet b4 on study_a", "study_a", ALEXNET, "energy", "uneven", "6 s",
        ("uni", *(f"a4.{name}" for name in LAYERS))),
    Row("ResNet-50 on study_b", "study_b", ("resnet50",), "energy", "uneven", "30 s"),
)  # fmt: skip


def search(row: Row) -> None:
    """Solving as the program times it, and the whole command; every layer must be proven."""
    command = ["solve", f"specs/{row.spec}.npu", "--net", *row.net, "--objective", row.objective, "--space", row.space]
    done = measure(sys.executable, "-m", "npudsl", *command, "--no-cache", "--no-verify", "--json", "-")
    found = json.loads(done.output)
    proven = sum(layer["optimal"] for layer in found["layers"])
    what = f"{row.what}, {row.space}, {row.objective}: {proven} of {len(found['layers'])} proven"
    line(what, found["seconds"], None, f"to reach: {row.wanted}" if row.wanted else "")
    line("    the whole command", done.seconds, done)


def prototype(row: Row, folder: Path) -> None:
    theirs = measure(sys.executable, "uneven.py", *row.prototype, folder=folder)
    line("    the prototype, one thread", theirs.seconds, theirs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prototype", type=Path, metavar="FOLDER", help="the folder of uneven.py")
    parser.add_argument("--rows", help=f"numbers from 1 to {len(ROWS)}, with commas; default: all")
    arguments = parser.parse_args()
    for text in machine():
        print(text)
    numbers = range(1, len(ROWS) + 1) if arguments.rows is None else [int(n) for n in arguments.rows.split(",")]
    for number in numbers:
        search(ROWS[number - 1])
        if arguments.prototype is not None and ROWS[number - 1].prototype:
            prototype(ROWS[number - 1], arguments.prototype)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
