"""Derivations and comparisons as plain lines, for `told.txt`: what is said about fixed random cases, verbatim.

`python -m tests.model.told` rewrites the file; read the difference before committing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from npudsl.model.derivation.compare import Comparison, Side, compare
from npudsl.model.derivation.explain import Derivations
from npudsl.model.derivation.terms import Counter, Factor, Section
from npudsl.model.evaluate import evaluate
from npudsl.spec.arch import Arch, Level, Memory

from ..strategies import EVERYTHING, WINDOWED, Case, random_case

FILE = Path(__file__).parent / "told.txt"
HEAD = "=== "
#: cases that were found to notice mutants that no other of 200 noticed: (seed, seed of another mapping of the problem)
SEEDS: tuple[tuple[int, int], ...] = tuple((seed, seed + 1) for seed in range(12))


def pair(seeds: tuple[int, int]) -> tuple[Case, Case]:
    """Two mappings of one layer, and every third time two machines: reads of the second are free in its outermost
    memory, and its innermost leaks."""
    problem, other = seeds
    space = (EVERYTHING, WINDOWED)[problem % 2]
    first, second = random_case(problem + other, space, problem=problem), random_case(other, space, problem=problem)
    return first, second if problem % 3 else replace(second, arch=_changed(second.arch))


def _changed(arch: Arch) -> Arch:
    outermost, innermost = arch.memories[0].name, arch.memories[-1].name

    def changed(memory: Memory) -> Memory:
        energy = Fraction(0) if memory.name == outermost else memory.read_energy
        leakage = Fraction(2) if memory.name == innermost else memory.leakage
        return replace(memory, read_energy=energy, leakage=leakage)

    nodes = tuple(
        replace(node, memories=tuple(map(changed, node.memories))) if isinstance(node, Level) else node
        for node in arch.nodes
    )
    return replace(arch, nodes=nodes)


def told(seeds: tuple[int, int]) -> Iterator[str]:
    """Everything that is said about the first of a pair, and how the second differs from it."""
    first, _ = cases = pair(seeds)
    for counter in Derivations(first.arch, first.layer, first.mapping).counters():
        yield from _counter(counter)
    yield from _comparison(compared(*cases))


def compared(one: Case, other: Case) -> Comparison:
    sides = [
        Side(name, Derivations(c.arch, c.layer, c.mapping), evaluate(c.arch, c.layer, c.mapping))
        for name, c in (("one", one), ("other", other))
    ]
    return compare(*sides)


def blocks() -> dict[tuple[int, int], list[str]]:
    """The file, by seeds."""
    found: dict[tuple[int, int], list[str]] = {}
    for block in FILE.read_text(encoding="utf-8").split(HEAD)[1:]:
        head, *lines = block.splitlines()
        first, second = map(int, head.split())
        found[first, second] = lines
    return found


def _counter(counter: Counter) -> Iterator[str]:
    yield f"{counter.place} {counter.tensor} {counter.action}: {counter.value} = {counter.expression}"
    yield from (f"  {note}" for note in counter.notes)
    for section in counter.sections:
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"  {section.tensor} between {section.parent} and {section.child}"
    for loop in section.loops:
        yield f"    {loop.symbol} = {loop.factor} over {loop.dim} in {loop.place}, {loop.role}: {loop.sentence}"
    yield from (f"    {note}" for note in section.notes)
    for term in section.terms:
        yield f"    {term.sign} x {term.cause}: {term.sentence}: {term.value} = {term.expression}"
        for factor in term.factors:
            yield from _factor(factor)


def _factor(factor: Factor) -> Iterator[str]:
    silent = ", silent" if factor.silent else ""
    yield f"      {factor.kind} {' '.join(factor.dims)}{silent}: {factor.symbol} = {factor.form} = {factor.value}"
    yield from (f"        {sentence}" for sentence in factor.sentences)
    for quantity in factor.quantities:
        yield f"        {quantity.symbol} of {quantity.index}: {quantity.form} = {quantity.value}: {quantity.sentence}"
    for piece in factor.pieces:
        yield f"        {piece.times} x {piece.extents}{' moved' if piece.moved else ''}: {piece.words}"


def _comparison(found: Comparison) -> Iterator[str]:
    yield f"energies {' '.join(map(str, found.energies))}"
    yield from (f"  {name}: {one}, {other}" for name, one, other in found.others)
    for difference in found.differences:
        yield f"  {difference.place} {difference.tensor} {difference.action}: {difference.change}"
        yield from (f"    {reason}" for reason in difference.reasons)


def main() -> None:
    FILE.write_text(
        "".join(f"{HEAD}{a} {b}\n" + "".join(f"{line}\n" for line in told((a, b))) for a, b in SEEDS), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
