"""Are mappings of other tools cheaper than ours? `python benchmarks/quality.py [--layer NAME]... [--tool NAME]...`.

`benchmarks/quality/*.npu` has what ZigZag and AccelForge answered for AlexNet and a GEMM, as mapping blocks of our
language (`benchmarks/peers/` asked them). Each is counted by our closed forms, executed by the interpreter (every count
and the output must be equal), and held against our optimum of the same layer on the same machine in the space that it
is of: even or uneven, perfect or imperfect factors. Columns: `own`, what the tool itself counts (by other rules);
`peer`, what we count for its mapping; `ours`, our answer; `alike`, our optimum among the mappings with the very
unrolling of the peer's, so that what is above that is its tiles and orders. `docs/quality.md` tells more.

Exit status 1 if a peer's mapping is cheaper than our answer, if an answer with perfect factors is not proven, or if
closed forms and execution differ.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Literal

from run import ROOT, machine

sys.path.insert(0, str(ROOT))
import npudsl
from npudsl.mapping.dataflow import Dataflow, FactorRule, PlaceRule
from npudsl.solver import LayerSolution, Options, solve
from npudsl.syntax import tree

FOLDER = ROOT / "benchmarks" / "quality"
#: The comment above a block: `# ...: 4.1e+09 by ZigZag's count, ...`; energies are in units of a MAC, here 1 pJ.
OWN = re.compile(r"^# .*: (\S+) by \w+'s count,.*\nmapping (\w+) ", re.MULTILINE)


@dataclass(frozen=True)
class Peer:
    """A mapping of another tool.

    `tool`: the stem of its file; `name`: that of the block; `own`: its energy in pJ by the tool's count, which follows
    other rules (None: not told).
    """

    tool: str
    name: str
    mapped: npudsl.Mapped
    own: float | None = None

    @property
    def space(self) -> Literal["even", "uneven"]:
        """Even if the tiles of every level stand at one place in the nest."""
        level_of = {memory.name: level.name for level in self.mapped.arch.levels for memory in level.memories}
        places: dict[str, set[int]] = defaultdict(set)
        for node, above in self.mapped.mapping.placed:
            places[level_of[node.memory]].add(sum(loop.factor > 1 for loop in self.mapped.mapping.loops[:above]))
        return "even" if all(len(depths) == 1 for depths in places.values()) else "uneven"

    @property
    def factors(self) -> Literal["perfect", "imperfect"]:
        whole = all(self.mapped.mapping.extent(dim, 0) == bound for dim, bound in self.mapped.layer.bounds)
        return "perfect" if whole else "imperfect"

    @property
    def unrolling(self) -> Dataflow:
        """The dataflow of all mappings that unroll as this one does."""
        along: dict[tuple[str, str], list[FactorRule]] = {
            (array.name, axis): [] for array in self.mapped.arch.arrays for axis, _ in array.axes
        }
        for loop in self.mapped.mapping.loops:
            if loop.array is not None and loop.axis is not None and loop.factor > 1:
                along[loop.array, loop.axis].append(FactorRule(loop.dim, loop.factor, loop.factor))
        rules = (
            PlaceRule(None, axis, tuple(factors), outer=tuple(rule.dim for rule in factors), name=".".join(axis))
            for axis, factors in along.items()
        )
        return Dataflow("unrolled_alike", tuple(rules))


def peers(folder: Path = FOLDER) -> Iterator[Peer]:
    """Every mapping block of a folder. Raises `SpecError` for one that is wrong or not legal."""
    for path in sorted(folder.glob("*.npu")):
        spec = npudsl.load(path, search=[FOLDER, ROOT / "benchmarks"])
        own = {name: float(energy) for energy, name in OWN.findall(path.read_text())}
        for name in spec.program.names(tree.MappingDecl):
            yield Peer(path.stem, name, spec.mapping(name), own.get(name))


@dataclass
class Optima:
    """Our answers, each searched for once."""

    found: dict[object, LayerSolution] = field(default_factory=dict)

    def best(self, peer: Peer, dataflow: Dataflow | None = None) -> LayerSolution:
        """The answer in the peer's space, among the mappings of a dataflow if one is given."""
        arch, layer = peer.mapped.arch, peer.mapped.layer
        dataflows = () if dataflow is None else ((layer.name, dataflow),)
        options = Options("energy", peer.space, peer.factors, jobs=1, dataflows=dataflows)
        key = arch.name, layer, options
        if key not in self.found:
            (self.found[key],) = solve(arch, "peers", [layer], options).layers
        return self.found[key]


@dataclass(frozen=True)
class Row:
    """Energies in pJ. `alike`: our optimum with the peer's unrolling (None: not asked). `differences`: between closed
    forms and execution (empty where it was not executed)."""

    peer: Peer
    energy: Fraction
    ours: Fraction
    proven: bool
    alike: Fraction | None = None
    differences: tuple[str, ...] = ()

    @property
    def failures(self) -> Iterator[str]:
        """What must not be, a sentence each."""
        if self.energy < self.ours:
            yield f"{float(self.energy):.17g} pJ is less than our answer, {float(self.ours):.17g} pJ"
        if self.alike is not None and not self.ours <= self.alike <= self.energy:
            yield f"our answer with its unrolling, {float(self.alike):.17g} pJ, is not between the two"
        if not self.proven and self.peer.factors == "perfect":
            yield "our answer is not proven"
        yield from self.differences

    def __str__(self) -> str:
        """One line of the table; energies per operation."""
        operations = prod(bound for _, bound in self.peer.mapped.layer.bounds)
        energies = (self.peer.own, self.energy, self.ours, self.alike)
        cells = " ".join(f"{'' if pj is None else f'{float(pj) / operations:.4f}':>8}" for pj in energies)
        space = self.peer.space + ("" if self.peer.factors == "perfect" else ", imperfect")
        proven = "proven" if self.proven else "best found"
        place = f"{self.peer.tool:<12} {self.peer.name:<23}"
        return f"{place} {cells} {float(self.energy / self.ours):9.4f}  {space:<17} {proven}"


HEADER = (
    f"{'':<36}{'pJ per operation':^36}\n{'tool':<12} {'machine and layer':<23} "
    f"{'own':>8} {'peer':>8} {'ours':>8} {'alike':>8} {'peer/ours':>9}  {'space':<17} ours is"
)


def compare(peer: Peer, optima: Optima, *, execute: bool = True, alike: bool = True) -> Row:
    """One peer's mapping beside our answer."""
    energy = peer.mapped.evaluate().cost.energy
    ours = optima.best(peer)
    assert ours.evaluation is not None and ours.certificate is not None, "a layer that has a mapping has a best one"
    restricted = optima.best(peer, peer.unrolling).evaluation if alike and peer.factors == "perfect" else None
    differences = npudsl.verify(peer.mapped).differences if execute else ()
    cost = None if restricted is None else restricted.cost.energy
    return Row(peer, energy, ours.evaluation.cost.energy, ours.certificate.optimal, cost, differences)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", action="append", metavar="NAME", help="only this layer (repeatable)")
    parser.add_argument("--tool", action="append", metavar="NAME", help="only this file of the folder (repeatable)")
    parser.add_argument("--no-run", action="store_true", help="do not execute the mappings")
    parser.add_argument("--no-alike", action="store_true", help="do not search with the peers' unrollings")
    arguments = parser.parse_args()
    chosen = [
        peer
        for peer in peers()
        if peer.mapped.layer.name in (arguments.layer or [peer.mapped.layer.name])
        and peer.tool in (arguments.tool or [peer.tool])
    ]
    for text in (*machine(), HEADER):
        print(text)
    optima, failed = Optima(), 0
    for peer in sorted(chosen, key=lambda peer: (peer.name, peer.tool)):
        row = compare(peer, optima, execute=not arguments.no_run, alike=not arguments.no_alike)
        failures = list(row.failures)
        failed += bool(failures)
        print(row, *(f"    WRONG: {text}" for text in failures), sep="\n", flush=True)
    if not chosen:
        print("no mapping of these names was compared")
    print(f"{len(chosen) - failed} of {len(chosen)} mappings of other tools cost no less than our answers")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
