"""Random questions about one coordinate, answered by the model and by Python sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import gcd, prod
from random import Random
from types import ModuleType
from typing import Any

import numpy as np
from sympy import Integer, Tuple

from npudsl.spec.op import Rank, Tensor, Term

Spread = tuple[int, int, int]


@dataclass(frozen=True)
class Question:
    """`form` names a function of the model. `spread`: copies as (axis, factor, pitch). `axis` moves by `shift`."""

    form: str
    coefficients: tuple[int, ...]
    extents: tuple[int, ...]
    spread: tuple[Spread, ...] = ()
    axis: int = 0
    shift: int = 0

    def arguments(self, extents: Any) -> tuple[Any, ...]:
        """What the function of the model takes."""
        start = (self.coefficients, extents)
        return {
            "Footprint": start,
            "Overlap": (*start, self.axis, self.shift),
            "Union": (*start, self.spread),
            "FreshUnion": (*start, self.spread, self.axis, self.shift),
        }[self.form]


FORMS = ("Footprint", "Overlap", "Union", "FreshUnion")


def questions(random: Random, count: int, only: str | None = None) -> Iterator[Question]:
    for _ in range(count):
        form = only or random.choice(FORMS)
        dims = random.choice((1, 2, 2, 2, 3))
        extents = tuple(random.randint(1, 6) for _ in range(dims))
        coefficients = tuple(random.choice((1, 1, 2, 3, 4, 6)) for _ in range(dims))
        reach = list(extents)
        spread = []
        for _ in range(random.choice((0, 1, 1, 2, 3))):
            axis = random.randrange(dims)
            pitch = reach[axis] * random.choice((1, 1, 2))
            spread.append((axis, random.randint(1, 4), pitch))
            reach[axis] = pitch * spread[-1][1]
        spread.reverse()
        axis = random.randrange(dims)
        shift = random.choice((extents[axis], reach[axis]))
        yield Question(form, coefficients, extents, tuple(spread), axis, shift)


def answer(question: Question) -> int:
    """By sets: the box, what of it is shared with or new after the move, and all copies of that."""
    coefficients = question.coefficients
    box = values(question)
    moved = {value + coefficients[question.axis] * question.shift for value in box}
    if question.form == "Footprint":
        return len(box)
    if question.form == "Overlap":
        return len(box & moved)
    copied = moved - box if question.form == "FreshUnion" else box
    for axis, factor, pitch in question.spread:
        copied = {value + coefficients[axis] * pitch * k for value in copied for k in range(factor)}
    return len(copied)


def values(question: Question) -> set[int]:
    """Of the coordinate over the box."""
    return {sum(map(lambda c, x: c * x, question.coefficients, at)) for at in product(*map(range, question.extents))}


@lru_cache
def answered(seed: int, count: int) -> list[tuple[Question, int]]:
    return [(question, answer(question)) for question in questions(Random(seed), count)]


def wrong_answers(functions: dict[str, Callable[..., Any]], count: int) -> Iterator[str]:
    """Questions that the model's functions of integers answer differently."""
    for question, expected in answered(1, count):
        given = functions[question.form](*question.arguments(question.extents))
        if given != expected:
            yield f"{question}: {given} against {expected}"


def wrong_sets(box_set: Callable[..., int], count: int) -> Iterator[str]:
    """Boxes whose set of values, as a bit mask, differs."""
    for question, _ in answered(3, count):
        given = box_set(question.coefficients, question.extents)
        if given != sum(1 << value for value in values(question)):
            yield f"{question}: {given:b}"


@lru_cache
def answered_rows(count: int) -> list[tuple[list[Question], list[int]]]:
    """Questions that differ in extents, in copies and in the move only, twelve at a time, and their answers."""
    random = Random(2)
    found = []
    for form in FORMS:
        for question in questions(random, count, form):
            rows = [question, *(varied(random, question) for _ in range(11))]
            found.append((rows, [answer(row) for row in rows]))
    return found


def varied(random: Random, question: Question) -> Question:
    """Extents no larger, so that they stay below the pitch; or copies beside each other, some of them only one."""
    extents = tuple(random.randint(1, e) for e in question.extents)
    shift = max(question.shift - random.randint(0, 2), extents[question.axis])
    if random.random() < 0.5:
        return replace(question, extents=extents, shift=shift)
    reach, spread = list(extents), []
    for axis, _, _ in reversed(question.spread):
        spread.append((axis, random.choice((1, 1, 2, 3)), reach[axis] * random.choice((1, 1, 1, 2))))
        reach[axis] = spread[-1][1] * spread[-1][2]
    return replace(question, extents=extents, spread=tuple(reversed(spread)), shift=shift)


def wrong_columns(vectorised: ModuleType, count: int) -> Iterator[str]:
    """The same for the vectorised functions, with many extents in one call; and rows that are evaluated one by one
    though an elementary form holds for them, or the other way round."""
    for rows, expected in answered_rows(count):
        first = rows[0]
        extents = tuple(np.array(column, dtype=float) for column in zip(*(row.extents for row in rows), strict=True))
        spread = tuple(
            (copies[0][0], *(np.array(part, dtype=float) for part in list(zip(*copies, strict=True))[1:]))
            for copies in zip(*(row.spread for row in rows), strict=True)
        )
        shift = np.array([row.shift for row in rows], dtype=float)
        columns = replace(first, spread=spread, shift=shift)  # type: ignore[arg-type]
        with _asked(vectorised) as asked:
            given = vectorised.VECTORISED[first.form](*columns.arguments(extents))
        if list(np.broadcast_to(given, len(rows))) != expected:
            yield f"{rows}: {given} against {expected}"
        slow = sum(not elementary(row) for row in rows)
        if asked[_SLOW[first.form]] != slow:
            yield f"{rows}: {asked} rows one by one, not {slow}"


#: What evaluates a form row by row.
_SLOW = {"Footprint": "FOOTPRINT", "Overlap": "OVERLAP", "Union": "UNION", "FreshUnion": "FRESH"}


@contextmanager
def _asked(vectorised: ModuleType) -> Iterator[dict[str, int]]:
    """How many rows are evaluated one by one meanwhile, by the name of the function."""
    asked, before = dict.fromkeys(_SLOW.values(), 0), {name: getattr(vectorised, name) for name in _SLOW.values()}

    def counted(name: str) -> Callable[..., np.ndarray]:
        def function(*args: Any) -> np.ndarray:
            found: np.ndarray = before[name](*args)
            asked[name] += len(found)
            return found

        return function

    for name in before:
        setattr(vectorised, name, counted(name))
    try:
        yield asked
    finally:
        for name, function in before.items():
            setattr(vectorised, name, function)


def elementary(question: Question) -> bool:
    """Whether arrays of such rows have an elementary form: of up to two dims footprints and overlaps (of few terms);
    copies that are one box; moves that keep nothing, and a single copy."""
    if question.form == "Union":
        return all(
            _unbroken(extent, [(factor, pitch) for k, factor, pitch in question.spread if k == axis])
            for axis, extent in enumerate(question.extents)
        )
    if question.form == "FreshUnion":
        single = all(factor == 1 for _, factor, _ in question.spread)
        return single or answer(replace(question, form="Overlap")) == 0
    return len(question.extents) < 3


def _unbroken(extent: int, copies: list[tuple[int, int]]) -> bool:
    """Whether the positions of all copies along an axis are one interval, none taken twice."""
    at = {0}
    for factor, pitch in copies:
        at = {position + pitch * k for position in at for k in range(factor)}
    reached = {position + k for position in at for k in range(extent)}
    return len(reached) == max(reached) + 1 == extent * prod(factor for factor, _ in copies)


def wrong_overlaps(vectorised: ModuleType) -> Iterator[str]:
    """Overlaps of all small windows, moved by their extent or more; of the largest that are sums of arrays; and of
    larger ones, which are counted one by one."""
    few = [((u, d), (p, r), s) for u, d in product(range(1, 5), repeat=2) for p, r in product(range(1, 6), repeat=2)
           for s in range(p, 3 * p + 1)]  # fmt: skip
    most = vectorised.TERMS
    edge = [((1, most + d), (most + p, most + 7), most + p + s) for d in (-1, 0, 1) for p in (-1, 0, 1) for s in (0, 5)]
    for coefficients, (p, r), shift in [*few, *edge]:
        question = Question("Overlap", coefficients, (p, r), (), 0, shift)
        with _asked(vectorised) as asked:
            given = vectorised.overlap(coefficients, (np.array([float(p)]), np.array([float(r)])), 0, np.array([shift]))
        if float(given[0]) != answer(question):
            yield f"{question}: {given}"
        if asked["OVERLAP"] != (min(p, coefficients[1] // gcd(*coefficients)) > most):
            yield f"{question}: {asked['OVERLAP']} rows one by one"


def wrong_distinct(distinct_rows: Callable[..., tuple[np.ndarray, np.ndarray]], count: int) -> Iterator[str]:
    """Tables of small numbers, and of numbers that do not fit one code, some rows more than once."""
    random = Random(5)
    for number in range(count):
        columns, top = random.choice(((1, 3), (3, 2), (4, 5), (5, 1 << 15), (3, 1 << 32), (2, 1 << 62)))
        few = [0, top, *(random.randint(0, top) for _ in range(2))]
        rows = [[random.choice(few) for _ in range(columns)] for _ in range(random.randint(number > 0, 40))]
        table = np.array(rows, dtype=np.int64).reshape(len(rows), columns)
        first, kind = distinct_rows(table)
        if len(first) != len({tuple(row) for row in rows}) or table[first][kind].tolist() != rows:
            yield f"{rows}: {first}, {kind}"
        if any(rows.index(rows[k]) != k for k in first):
            yield f"{rows}: {first} are not the first ones"


def wrong_explicit_forms(forms: dict[str, type[Any]], count: int) -> Iterator[str]:
    """Elementary expressions for display, with numbers put in, where a function has one."""
    for question, expected in answered(3, count):
        if question.form not in ("Footprint", "Overlap"):
            continue
        numbers = [[Integer(n) for n in part] for part in (question.coefficients, question.extents)]
        moves = () if question.form == "Footprint" else (Integer(question.axis), Integer(question.shift))
        given = forms[question.form](Tuple(*numbers[0]), Tuple(*numbers[1]), *moves).explicit()
        if given.is_number and not given.has(forms[question.form]) and int(given) != expected:
            yield f"explicitly {question}: {given} against {expected}"


Points = list[dict[str, int]]


@lru_cache
def tensors(count: int) -> list[tuple[Tensor, dict[str, int], Points]]:
    """Tensors whose ranks share dims, with bounds and all points."""
    random = Random(4)
    found = []
    for _ in range(count):
        dims = "abc"[: random.randint(1, 3)]
        ranks = [
            Rank(tuple(Term(d, random.choice((1, 1, 2, 3))) for d in random.sample(dims, random.randint(1, len(dims)))))
            for _ in range(random.randint(1, 3))
        ]
        tensor = Tensor("x", "x", (Rank((Term("z", 2),)), Rank((), 3), *ranks))
        bounds = {d: random.randint(1, 5) for d in dims} | {"z": 3}
        points = [dict(zip(dims, at, strict=True)) for at in product(*(range(bounds[d]) for d in dims))]
        found.append((tensor, bounds, points))
    return found


def wrong_coordinates(linearised: Callable[..., tuple[int, ...]], count: int) -> Iterator[str]:
    """Several ranks over shared dims, as one sum: their indices, read as the digits of one number."""
    for tensor, bounds, points in tensors(count):
        for group in tensor.groups:
            if "z" in group:
                continue
            own = [r for r in tensor.ranks if r.dims and r.dims[0] in group]
            indices = [[sum(t.coefficient * p[t.dim] for t in r.terms) for r in own] for p in points]
            sizes = [max(digits) + 1 for digits in zip(*indices, strict=True)]
            coefficients = linearised(tensor, group, bounds)
            sums = [sum(c * p[d] for c, d in zip(coefficients, group, strict=True)) for p in points]
            if sums != [sum(i * prod(sizes[:k]) for k, i in enumerate(digits)) for digits in indices]:
                yield f"{tensor.ranks} within {bounds}: {coefficients}"
