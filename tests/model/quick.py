"""What the mutation check runs on every mutant: closed forms against tallies that were walked before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npudsl.mapping.tally import Tally
from npudsl.model.evaluate import evaluate

from ..strategies import Case


def disagreements(expected: Sequence[tuple[Case, Tally]]) -> Iterator[str]:
    for case, walked in expected:
        yield from evaluate(case.arch, case.layer, case.mapping).tally.differences(walked)
