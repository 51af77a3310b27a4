"""The three ways to count one case, under one signature, and how they differ on it."""

from __future__ import annotations

from npudsl import interpreter
from npudsl.mapping.tally import Tally
from npudsl.model.evaluate import evaluate

from ..strategies import Case
from . import literal


def by_walking(case: Case) -> Tally:
    return literal.tally(case.arch, case.layer, case.mapping)


def by_closed_forms(case: Case) -> Tally:
    return evaluate(case.arch, case.layer, case.mapping).tally


def by_execution(case: Case) -> Tally:
    return interpreter.run(case.arch, case.layer, case.mapping, values=False).tally


SIDES = {"closed forms": by_closed_forms, "interpreter": by_execution}


def differences(case: Case, sides: tuple[str, ...] = tuple(SIDES)) -> tuple[str, ...]:
    """One sentence for each counter of each side that differs from the literal walk."""
    expected = by_walking(case)
    return tuple(f"{side}: {text}" for side in sides for text in SIDES[side](case).differences(expected))
