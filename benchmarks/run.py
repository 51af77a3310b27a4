"""What the project promises about time and memory, measured: `python benchmarks/run.py [--prototype FOLDER]`.

Each command runs in a process of its own, so that its memory is its own and nothing is warm. `--prototype` names the
folder of the research prototype; its exact uneven search of the same eight layers is timed in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8")
SOLVE = ("solve", "specs/eyeriss.npu", "--net", "alexnet", "--batch", "4", "--no-cache", "--json", "-")


@dataclass(frozen=True)
class Measured:
    """Of one process: wall-clock `seconds`, `cpu` seconds of all its threads, peak `megabytes`, and what it wrote."""

    seconds: float
    cpu: float
    megabytes: float
    output: str


def measure(*command: str, folder: Path = ROOT, statuses: Collection[int] = (0,)) -> Measured:
    """Run a command. Raises `SystemExit` if it ends with an exit status that is not among `statuses`."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        output = out.read()
    if process.returncode not in statuses:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def npudsl(*arguments: str) -> Measured:
    return measure(sys.executable, "-m", "npudsl", *arguments)


def machine() -> Iterator[str]:
    """What this ran on."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    yield f"{platform.machine()} {model}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {platform.system()}"
    packages = " ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "sympy", "lark"))
    yield f"Python {platform.python_version()}, {packages}"


def line(what: str, seconds: float, process: Measured | None = None, wanted: str = "") -> None:
    cost = f"{process.cpu:8.2f} s CPU {process.megabytes:5.0f} MB" if process else ""
    print(f"{what:<78}{seconds:9.2f} s {cost:<24}{wanted}".rstrip(), flush=True)


def check() -> None:
    best = min((npudsl("check", "specs/eyeriss.npu") for _ in range(5)), key=lambda run: run.seconds)
    line("npudsl check specs/eyeriss.npu (best of 5)", best.seconds, best, "below 0.5 s")


def solve(objective: str) -> None:
    """Solving and verifying as the program itself times them, and the whole command."""
    done = npudsl(*SOLVE, "--objective", objective)
    layers = json.loads(done.output)["layers"]
    assert all(layer["optimal"] and layer["verified"] for layer in layers)
    what = f"AlexNet batch 4 on Eyeriss, even, {objective}"
    line(f"{what}: solving", sum(layer["seconds"] for layer in layers), None, "below 10 s")
    for layer in layers:
        line(f"    {layer['name']}", layer["seconds"])
    line(f"{what}: verifying", sum(layer["verify_seconds"] for layer in layers), None, "below 60 s")
    line(f"{what}: both, from the command line", done.seconds, done)


def prototype(folder: Path) -> None:
    """Both searches from their command lines, start-up included."""
    ours = npudsl(*SOLVE, "--objective", "energy", "--no-verify")
    line("AlexNet batch 4 on Eyeriss, even, energy: not verified", ours.seconds, ours)
    theirs = measure(sys.executable, "uneven.py", "eye", *(f"a4.{name}" for name in LAYERS), folder=folder)
    line("prototype: the same layers, its larger uneven space", theirs.seconds, theirs)
    print(f"npudsl takes {ours.cpu / theirs.cpu:.2f} times the prototype's CPU time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prototype", type=Path, metavar="FOLDER", help="the folder of uneven.py")
    arguments = parser.parse_args()
    for text in machine():
        print(text)
    check()
    for objective in ("energy", "edp"):
        solve(objective)
    if arguments.prototype is not None:
        prototype(arguments.prototype)


if __name__ == "__main__":
    main()
