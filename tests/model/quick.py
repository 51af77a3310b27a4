"""What the mutation check runs on every mutant: closed forms against tallies that were walked before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npudsl.mapping.tally import Tally
from npudsl.model.clipped import Step, coordinate_sum, positions
from npudsl.model.coordinate import linearised
from npudsl.model.evaluate import evaluate
from npudsl.model.functions import EXACT, VECTORISED, Footprint, Overlap

from ..strategies import Case
from .clipped_checks import wrong_clipped
from .coordinate_checks import wrong_answers, wrong_columns, wrong_coordinates, wrong_explicit_forms


def disagreements(expected: Sequence[tuple[Case, Tally]]) -> Iterator[str]:
    """The cheap checks first."""
    yield from wrong_answers(EXACT, 3000)
    yield from wrong_columns(VECTORISED, 20)
    yield from wrong_coordinates(linearised, 100)
    yield from wrong_clipped(Step, positions, coordinate_sum, 100)
    yield from wrong_explicit_forms({"Footprint": Footprint, "Overlap": Overlap}, 100)
    for case, walked in expected:
        yield from evaluate(case.arch, case.layer, case.mapping).tally.differences(walked)
