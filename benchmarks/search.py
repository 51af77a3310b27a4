"""How fast the exact search is: `python benchmarks/search.py [--prototype FOLDER] [--rows N[,N...]]`.

The rows are those of the table that the search is held against (even and uneven AlexNet, GEMM 1024^3, ResNet-50, energy
and EDP with bandwidths, factors that do not divide). Every row is one command line in a process of its own, start-up
included, without cache and without executing the answers; its peak memory is that of its largest process. A row that
has not finished after its limit says how far it came: what is proven, and the widest gap of the rest.
The searches of the layers, added up, leave out what is imported for them (a seventh of a second, most of it numpy).
`--prototype`: the folder of the research prototype, whose one-thread search of the same layers is run right after each
row that it can do, for a ratio.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from run import LAYERS, ROOT, line, machine, measure

ALEXNET = ("alexnet", "--batch", "4")
STUDY_A, STUDY_B, EYERISS = "specs/study_a.npu", "specs/study_b.npu", "specs/eyeriss.npu"
BANDWIDTHS = "benchmarks/study_b_bandwidths.npu"


@dataclass(frozen=True)
class Row:
    """One search. `wanted`: the time to reach on two cores; `prototype`: arguments of its `uneven.py`, if it can."""

    what: str
    spec: str
    net: tuple[str, ...]
    objective: str
    space: str
    wanted: str = ""
    prototype: tuple[str, ...] = ()
    factors: str = "perfect"


def imperfect(what: str, net: tuple[str, ...]) -> tuple[Row, ...]:
    """A network with factors that do not divide, for each objective."""
    rows = (("latency", "5 min, all exact"), ("energy", "5 min"), ("edp", "5 min"))
    return tuple(Row(what, STUDY_B, net, objective, "uneven", wanted, (), "imperfect") for objective, wanted in rows)


ROWS = (
    Row("AlexNet b4, study_b", STUDY_B, ALEXNET, "energy", "uneven", "3 s",
        ("eye", *(f"a4.{name}" for name in LAYERS))),
    Row("AlexNet b4, study_b, bandwidths", BANDWIDTHS, ALEXNET, "edp", "uneven", "10 s"),
    Row("AlexNet b4, study_b, bandwidths", BANDWIDTHS, ALEXNET, "edp", "even"),
    Row("AlexNet b4, study_b", STUDY_B, ALEXNET, "energy", "even", "2 s"),
    Row("GEMM 1024^3, study_a", STUDY_A, ("benchmarks/gemm1024.npu",), "energy", "uneven", "0.2 s",
        ("uni", "gemm1024")),
    Row("AlexNet b4, study_a", STUDY_A, ALEXNET, "energy", "uneven", "6 s",
        ("uni", *(f"a4.{name}" for name in LAYERS))),
    Row("ResNet-50, study_b", STUDY_B, ("resnet50",), "energy", "uneven", "30 s"),
    Row("AlexNet b4, Eyeriss", EYERISS, ALEXNET, "edp", "uneven"),
    Row("AlexNet b4, Eyeriss", EYERISS, ALEXNET, "edp", "even"),
    *imperfect("AlexNet b4, study_b", ALEXNET),
    *imperfect("ResNet-50, study_b", ("resnet50",)),
)  # fmt: skip


def search(row: Row, limit: float) -> None:
    """Solving as the program times it, and the whole command; at most `limit` seconds of searching."""
    command = ["solve", row.spec, "--net", *row.net, "--objective", row.objective, "--space", row.space]
    command += ["--factors", row.factors, "--time-limit", f"{limit:g}", "--no-cache", "--no-verify", "--json", "-"]
    done = measure(sys.executable, "-m", "npudsl", *command, statuses=(0, 1))
    found = json.loads(done.output)
    kind = row.objective if row.factors == "perfect" else f"{row.factors}, {row.objective}"
    what = f"{row.what}, {row.space}, {kind}: {achieved(found)}"
    line(what, found["seconds"], None, f"to reach: {row.wanted}" if row.wanted else "")
    line("    the searches of the layers, added up", sum(layer["seconds"] for layer in found["layers"]))
    line("    the whole command", done.seconds, done)


def achieved(found: dict[str, Any]) -> str:
    """How many layers are proven, and the widest gap of the others (JSON result of `solve`)."""
    layers = found["layers"]
    text = f"{sum(layer['optimal'] for layer in layers)} of {len(layers) + len(found.get('missing', ()))} proven"
    gaps = [layer["gap"] for layer in layers if not layer["optimal"]]
    if not gaps:
        return text
    return f"{text}, a gap unknown" if None in gaps else f"{text}, gaps to {max(gaps):.1%}"


def prototype(row: Row, folder: Path) -> None:
    theirs = measure(sys.executable, "uneven.py", *row.prototype, folder=folder)
    line("    the prototype, one thread", theirs.seconds, theirs)
    *_, last = theirs.output.splitlines()
    line("    its searches of the layers, added up", float(last.removeprefix("total ")))


def numbers(text: str) -> list[int]:
    """`1,4` as numbers of rows. Raises `ArgumentTypeError` for anything else."""
    chosen = [int(part) if part.strip().isdecimal() else 0 for part in text.split(",")]
    if not all(1 <= number <= len(ROWS) for number in chosen):
        raise argparse.ArgumentTypeError(f"{text}: not numbers from 1 to {len(ROWS)} with commas")
    return chosen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prototype", type=Path, metavar="FOLDER", help="the folder of uneven.py")
    parser.add_argument("--rows", type=numbers, metavar="N,N..", help=f"from 1 to {len(ROWS)}; default: all")
    parser.add_argument("--limit", type=float, default=300.0, metavar="SECONDS", help="per row; default: 300")
    arguments = parser.parse_args()
    for text in machine():
        print(text)
    for number in arguments.rows or range(1, len(ROWS) + 1):
        row = ROWS[number - 1]
        print(f"{number:2} ", end="")
        search(row, arguments.limit)
        if arguments.prototype is not None and row.prototype:
            prototype(row, arguments.prototype)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()
