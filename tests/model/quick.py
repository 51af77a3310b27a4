"""What the mutation check runs on every mutant of the model. Imported by its children only: it imports the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest

from npudsl.mapping.tally import Tally
from npudsl.mapping.traffic import Traffic
from npudsl.model import vectorised
from npudsl.model.clipped import Step, coordinate_cases, coordinate_sum, positions
from npudsl.model.coordinate import box_set, linearised
from npudsl.model.counts import derive
from npudsl.model.evaluate import Numbers, evaluate
from npudsl.model.functions import EXACT
from npudsl.model.latency_traffic import traffic
from npudsl.model.symbolic import Footprint, Overlap

from ..strategies import Case
from .clipped_checks import wrong_cases, wrong_clipped
from .coordinate_checks import (
    wrong_answers,
    wrong_columns,
    wrong_coordinates,
    wrong_distinct,
    wrong_explicit_forms,
    wrong_overlaps,
    wrong_sets,
)
from .derivation_checks import (
    mistakes,
    wrong_comparison,
    wrong_elementary_forms,
    wrong_examples,
    wrong_names,
    wrong_positions,
)
from .expression_checks import wrong_algebra
from .framed_checks import wrong_frames
from .prepared import ANSWERS, CLIPPED, EXPLICIT, FRAMED, ROWS, SYMBOLIC, TENSORS, Prepared
from .shared_checks import wrong_reuse, wrong_sharing
from .symbolic_checks import wrong_expressions, wrong_powers
from .told import NAMES, blocks, pair, told

#: Random expressions, random tables, layers with nests that share closed forms.
ALGEBRA, TABLES, SHARED = 300, 200, 60
#: Its name, and what yields a sentence for everything that is wrong.
Check = tuple[str, Callable[[], Iterator[str]]]


def checks(prepared: Prepared, suites: Sequence[str]) -> list[Check]:
    """The quick ones first; always the same ones in the same order."""
    found: list[Check] = []
    for suite in suites:
        found += {"counts": _counts, "words": _words, "time": _time}[suite](prepared)
    return found


def _counts(prepared: Prepared) -> list[Check]:
    explicit = {"Footprint": Footprint, "Overlap": Overlap}
    return [
        ("one coordinate", partial(wrong_answers, EXACT, ANSWERS)),
        ("columns", partial(wrong_columns, vectorised, ROWS)),
        ("overlaps", partial(wrong_overlaps, vectorised)),
        ("rows", partial(wrong_distinct, vectorised.distinct_rows, TABLES)),
        ("sets", partial(wrong_sets, box_set, EXPLICIT)),
        ("several ranks", partial(wrong_coordinates, linearised, TENSORS)),
        ("clipped dims", partial(wrong_clipped, Step, positions, coordinate_sum, CLIPPED)),
        ("clipped cases", partial(wrong_cases, Step, coordinate_cases, CLIPPED)),
        ("explicit forms", partial(wrong_explicit_forms, explicit, EXPLICIT)),
        ("algebra", partial(wrong_algebra, ALGEBRA)),
        *((f"case {k}", partial(_counted, case, walked)) for k, (case, walked) in enumerate(prepared.walked)),
        *(
            (f"expressions of case {k}", partial(wrong_expressions, derive, Numbers, case))
            for k, (case, _) in enumerate(prepared.walked[:SYMBOLIC])
        ),
        ("frames", partial(wrong_frames, derive, Numbers, FRAMED)),
        ("what nests share", partial(wrong_sharing, derive, SHARED)),
        ("what they reuse", partial(wrong_reuse, derive, SHARED)),
        ("sympy's numbers", partial(wrong_powers, ALGEBRA)),
    ]


def _counted(case: Case, walked: Tally) -> Iterator[str]:
    yield from evaluate(case.arch, case.layer, case.mapping).tally.differences(walked)


def wrong_words(name: str) -> Iterator[str]:
    """What is said about a pair of cases, where it is not what `told.txt` has."""
    for k, (given, line) in enumerate(zip_longest(told(name), blocks()[name])):
        if given != line:
            yield f"{name}, line {k + 1}: {given} against {line}"


def _time(prepared: Prepared) -> list[Check]:
    return [(f"traffic of case {k}", partial(_moved, case, walked)) for k, (case, walked) in enumerate(prepared.moved)]


def _moved(case: Case, walked: Traffic) -> Iterator[str]:
    given = traffic(case.arch, case.layer, case.mapping)
    if given != walked:
        yield f"{given} against {walked}"


def _compared(name: str) -> Iterator[str]:
    yield from wrong_comparison(*pair(name))


def _words(prepared: Prepared) -> list[Check]:
    return [
        ("elementary forms", partial(wrong_elementary_forms, ANSWERS)),
        ("elementary positions", partial(wrong_positions, CLIPPED)),
        ("names by hand", wrong_examples),
        *((f"derivation of case {k}", partial(mistakes, case)) for k, case in enumerate(prepared.told)),
        *((f"told of {name}", partial(wrong_words, name)) for name in NAMES),
        *((f"comparison of {name}", partial(_compared, name)) for name in NAMES),
        *((f"names of case {k}", partial(wrong_names, case)) for k, case in enumerate(prepared.told)),
    ]
