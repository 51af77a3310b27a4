"""Random questions about one coordinate, answered by the model and by Python sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
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
        least = 0 if form == "Footprint" and random.random() < 0.1 else 1
        extents = tuple(random.randint(least, 6) for _ in range(dims))
        coefficients = tuple(random.choice((1, 1, 2, 3, 4, 6)) for _ in range(dims))
        reach = list(extents)
        spread = []
        for _ in range(random.choice((0, 1, 1, 2, 3))):
            axis = random.randrange(dims)
            pitch = reach[axis] * random.choice((1, 1, 2))
            spread.append((axis, random.randint(1, 4), pitch))
            reach[axis] = pitch * spread[-1][1]
        random.shuffle(spread)
        axis = random.randrange(dims)
        shift = random.choice((extents[axis], reach[axis]))
        yield Question(form, coefficients, extents, tuple(spread), axis, shift)


def answer(question: Question) -> int:
    """By sets: the box, what of it is shared with or new after the move, and all copies of that."""
    coefficients = question.coefficients
    box = {sum(map(lambda c, x: c * x, coefficients, at)) for at in product(*map(range, question.extents))}
    moved = {value + coefficients[question.axis] * question.shift for value in box}
    if question.form == "Footprint":
        return len(box)
    if question.form == "Overlap":
        return len(box & moved)
    values = moved - box if question.form == "FreshUnion" else box
    for axis, factor, pitch in question.spread:
        values = {value + coefficients[axis] * pitch * k for value in values for k in range(factor)}
    return len(values)


def wrong_answers(functions: dict[str, Callable[..., Any]], count: int) -> Iterator[str]:
    """Questions that the model's functions of integers answer differently."""
    for question in questions(Random(1), count):
        given, expected = functions[question.form](*question.arguments(question.extents)), answer(question)
        if given != expected:
            yield f"{question}: {given} against {expected}"


def wrong_columns(functions: dict[str, Callable[..., Any]], count: int) -> Iterator[str]:
    """The same for the vectorised functions, with many extents in one call."""
    random = Random(2)
    for form in FORMS:
        for question in questions(random, count, form):
            # larger extents stay below the pitch only if the box shrinks
            rows = [tuple(random.randint(min(1, e), e) for e in question.extents) for _ in range(12)]
            expected = [answer(Question(form, question.coefficients, row, *_rest(question))) for row in rows]
            columns = tuple(np.array(column) for column in zip(*rows, strict=True))
            given = np.broadcast_to(functions[form](*question.arguments(columns)), len(rows))
            if list(given) != expected:
                yield f"{question} for {rows}: {list(given)} against {expected}"


def wrong_explicit_forms(forms: dict[str, type[Any]], count: int) -> Iterator[str]:
    """Elementary expressions for display, with numbers put in, where a function has one."""
    for question in questions(Random(3), count):
        if question.form not in ("Footprint", "Overlap"):
            continue
        numbers = [[Integer(n) for n in part] for part in (question.coefficients, question.extents)]
        moves = () if question.form == "Footprint" else (Integer(question.axis), Integer(question.shift))
        given = forms[question.form](Tuple(*numbers[0]), Tuple(*numbers[1]), *moves).explicit()
        if given.is_number and not given.has(forms[question.form]) and int(given) != answer(question):
            yield f"explicitly {question}: {given} against {answer(question)}"


def wrong_coordinates(linearised: Callable[..., tuple[int, ...]], count: int) -> Iterator[str]:
    """Several ranks over shared dims, as one sum: equal sums must mean equal index tuples."""
    random = Random(4)
    for _ in range(count):
        dims = "abc"[: random.randint(1, 3)]
        ranks = [
            Rank(tuple(Term(d, random.choice((1, 1, 2, 3))) for d in random.sample(dims, random.randint(1, len(dims)))))
            for _ in range(random.randint(1, 3))
        ]
        tensor = Tensor("x", "x", (Rank((Term("z", 2),)), *ranks))
        bounds = {d: random.randint(1, 5) for d in dims} | {"z": 3}
        points = [dict(zip(dims, at, strict=True)) for at in product(*(range(bounds[d]) for d in dims))]
        for group in tensor.groups:
            if "z" in group:
                continue
            own = [r for r in tensor.ranks if r.dims and r.dims[0] in group]
            indices = {tuple(sum(t.coefficient * p[t.dim] for t in r.terms) for r in own) for p in points}
            coefficients = linearised(tensor, group, bounds)
            sums = {sum(c * p[d] for c, d in zip(coefficients, group, strict=True)) for p in points}
            if len(sums) != len(indices):
                yield f"{tensor.ranks} within {bounds}: {coefficients}"


def _rest(question: Question) -> tuple[Any, ...]:
    return question.spread, question.axis, question.shift
