"""What the mutation check makes once, before there are mutants: cases with the counts that a literal walk gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from npudsl.interpreter.nest import Nest
from npudsl.interpreter.timed_traffic import traffic
from npudsl.mapping.tally import Tally
from npudsl.mapping.traffic import Traffic

from ..oracle.literal import tally
from ..strategies import EVEN_PERFECT, EVERYTHING, WINDOWED, Case, random_case
from ..timing.decorate import timed_case
from . import clipped_checks, coordinate_checks, framed_checks

#: numbers of questions and cases of the several checks
ANSWERS, EXPLICIT, ROWS, TENSORS, CLIPPED, FRAMED, SYMBOLIC, TOLD = 3000, 300, 20, 100, 150, 60, 60, 40

#: timed cases in which an output comes back over a link above an array that does not share it: one in ten thousand
RARE = (24067, 24166)


class Prepared:
    """`count`: number of cases. Imports nothing of the model, so that children can import it mutated."""

    def __init__(self, count: int) -> None:
        self.count = count

    def suites_of(self, module: str) -> tuple[str, ...]:
        """Which checks must notice mutants of a module: of what is counted, of the words about it, of time."""
        if module.startswith("latency"):
            return ("time",)
        if module.startswith("derivation/"):
            return ("words",)
        if module == "edges":
            return ("counts", "words", "time")
        return ("counts", "words") if module in ("counts", "formulas", "functions") else ("counts",)

    def prepare(self, suites: Sequence[str]) -> None:
        """Makes what these checks need."""
        clipped_checks.walked(CLIPPED)
        coordinate_checks.answered(1, ANSWERS)
        coordinate_checks.answered(3, EXPLICIT)
        if "words" in suites:
            assert self.told
        if "time" in suites:
            assert self.moved
        if "counts" in suites:
            coordinate_checks.answered_rows(ROWS)
            coordinate_checks.tensors(TENSORS)
            framed_checks.framed_cases(FRAMED)
            assert self.walked

    @cached_property
    def walked(self) -> list[tuple[Case, Tally]]:
        """A third of the cases even and perfect, as the solver needs them, a third windows, a third anything."""
        spaces = (EVEN_PERFECT, WINDOWED, EVERYTHING)
        cases = [random_case(seed, space) for seed in range(self.count // 3) for space in spaces]
        return [(case, tally(case.arch, case.layer, case.mapping)) for case in cases]

    @cached_property
    def moved(self) -> list[tuple[Case, Traffic]]:
        """Cases with bandwidths, and the words that their first instances move, counted with sets by the
        interpreter."""
        cases = [timed_case(seed) for seed in (*RARE, *range(self.count // 2))]
        return [(c, traffic(Nest.of(c.arch, c.layer, c.mapping), c.mapping)) for c in cases]

    @cached_property
    def told(self) -> list[Case]:
        """Cases of all kinds, whose derivations are taken apart."""
        return [random_case(seed, (EVERYTHING, WINDOWED)[seed % 2]) for seed in range(TOLD)]
