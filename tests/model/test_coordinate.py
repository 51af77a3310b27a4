"""Counts on one coordinate against sets of integers, in Python integers and over arrays."""

from __future__ import annotations

from npudsl.model import vectorised
from npudsl.model.clipped import Step, coordinate_cases, coordinate_sum, positions
from npudsl.model.coordinate import box_set, linearised
from npudsl.model.functions import EXACT
from npudsl.model.symbolic import Footprint, Overlap

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


def test_footprints_overlaps_and_unions() -> None:
    assert list(wrong_answers(EXACT, 6000)) == []


def test_sets() -> None:
    assert list(wrong_sets(box_set, 400)) == []


def test_over_arrays() -> None:
    assert list(wrong_columns(vectorised, 60)) == []


def test_overlaps_of_windows() -> None:
    assert list(wrong_overlaps(vectorised)) == []


def test_rows_are_told_apart() -> None:
    assert list(wrong_distinct(vectorised.distinct_rows, 200)) == []


def test_explicit_forms() -> None:
    assert list(wrong_explicit_forms({"Footprint": Footprint, "Overlap": Overlap}, 400)) == []


def test_several_ranks_are_one_coordinate() -> None:
    assert list(wrong_coordinates(linearised, 300)) == []


def test_clipped_cases() -> None:
    assert list(wrong_cases(Step, coordinate_cases, 300)) == []


def test_clipped_dims() -> None:
    assert list(wrong_clipped(Step, positions, coordinate_sum, 300)) == []
