"""What templates that are searched as one want to know of the rows of a group of dims: over which splits, and which of
their columns are one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..model.expressions import Expression, Symbol
from .groups import Group
from .program import Program, Split, Spot

#: Columns of several templates, one each (None: it has no such column), and whether they count against a sum.
Matched = tuple[tuple[int | None, ...], bool]


@dataclass(frozen=True)
class Member:
    """A template in a family: the loops of the family that its own are, in the order of their dims, and those that it
    lacks; its closed forms in a group, and their symbols in that order."""

    loops: tuple[int, ...]
    lacks: tuple[int, ...]
    columns: tuple[Expression, ...]
    symbols: tuple[Symbol, ...]


#: A column of a member: its expression, and the loops of the family that it has and lacks.
Term = tuple[Expression, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Wanted:
    """What templates that are searched as one want to know of the rows of a group; all layers of a kind want the same.

    `splits`: of the family that they are looked up in; `distinct`: the columns that differ, `number`: which of them
    each column is; `falling`: of each column whether it counts against a sum; `signs`: -1 for such a distinct one;
    `loops`: the loops of the family that factors are told of; `known`: what says by which rows each row is beaten.
    """

    dims: Group
    splits: tuple[Split, ...]
    members: tuple[Member, ...]
    distinct: tuple[tuple[frozenset[Term | None], bool], ...]
    number: np.ndarray
    falling: np.ndarray
    signs: np.ndarray
    loops: tuple[int, ...]
    known: tuple[object, bool, bool]


def united(programs: Sequence[Program], group: int) -> dict[Spot, Split]:
    """Where some template has a loop, dim by dim, in the order in which the loops are nested."""
    if len(programs) == 1:
        return programs[0].splits[group]
    order: list[Spot] = []
    found: dict[Spot, Split] = {}
    for program in programs:
        at = 0
        for spot in program.splits[group]:
            if spot not in found:
                order.insert(at, spot)
            at = order.index(spot) + 1
        found |= program.splits[group]
    dims = programs[0].groups[group]
    return {spot: found[spot] for spot in sorted(order, key=lambda spot: dims.index(spot[0]))}


def wanted(programs: Sequence[Program], group: int, columns: Sequence[Matched], splits: Mapping[Spot, Split]) -> Wanted:
    """`splits`: `united` of these templates, or of more."""
    members = tuple(_member(program, group, tuple(splits)) for program in programs)
    keys = [(frozenset(_term(m, c) for m, c in zip(members, matched, strict=True)), falling)
            for matched, falling in columns]  # fmt: skip
    distinct = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    template = programs[0].template
    return Wanted(
        programs[0].groups[group],
        tuple(splits.values()),
        members,
        tuple(distinct),
        np.array([distinct[key] for key in keys]),
        np.array([falling for _, falling in columns]),
        np.array([-1.0 if falling else 1.0 for _, falling in distinct]),
        members[0].loops if len(members) == 1 else tuple(range(len(splits))),
        (frozenset(distinct), template.top == 0, template.last),
    )


def _member(program: Program, group: int, spots: Sequence[Spot]) -> Member:
    loops = tuple(spots.index(spot) for spot in program.splits[group])
    lacks = tuple(k for k in range(len(spots)) if k not in loops)
    symbols = tuple(program.symbols[i] for i in program.loops[group])
    return Member(loops, lacks, program.columns[group], symbols)


def _term(member: Member, column: int | None) -> Term | None:
    return None if column is None else (member.columns[column], member.loops, member.lacks)
