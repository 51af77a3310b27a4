"""Closed forms with a frame, as the solver uses them, beside a literal walk.

The loops of a frame are always walked, in whatever order. That is what an extra dim below the frame makes of them: if
its loop of 2 moves every tensor that the frame moves, each of their counters is twice that of the framed nest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.tally import Tally
from npudsl.spec.op import Layer, Rank, Term

from ..oracle.literal import tally
from ..strategies import EVEN_PERFECT, Case, random_case

EXTRA, TIMES = "extra", 2


@dataclass(frozen=True)
class Framed:
    """A case of which the first `frame` loops are the frame, and its counts, with those of `moved` tensors doubled."""

    case: Case
    frame: int
    moved: frozenset[str]
    plain: Tally
    doubled: Tally


@lru_cache
def framed_cases(count: int) -> tuple[Framed, ...]:
    found: list[Framed] = []
    seed = 0
    while len(found) < count:
        case = random_case(10_000 + seed, EVEN_PERFECT)
        seed += 1
        case = replace(case, mapping=case.mapping.simplified())
        frame = _outermost(case.mapping)
        if frame:
            found.append(_framed(case, frame))
    return tuple(found)


def _outermost(mapping: Mapping) -> int:
    """Temporal loops before the first node that stands below a loop."""
    count = 0
    for item in mapping.items:
        if isinstance(item, Loop) and not item.spatial:
            count += 1
        elif isinstance(item, Loop) or count:
            break
    return count


def _framed(case: Case, frame: int) -> Framed:
    arch, layer, mapping = case.arch, case.layer, case.mapping
    dims = {loop.dim for loop in mapping.loops[:frame]}
    moved = frozenset(t.name for t in layer.op.tensors if dims & set(t.dims))
    tensors = tuple(
        replace(t, ranks=(*t.ranks, Rank((Term(EXTRA, 1),)))) if t.name in moved else t for t in layer.op.tensors
    )
    op = replace(layer.op, dims=(*layer.op.dims, EXTRA), tensors=tensors)
    at = mapping.items.index(mapping.loops[frame - 1]) + 1
    items: tuple[Node | Loop, ...] = (*mapping.items[:at], Loop(EXTRA, TIMES), *mapping.items[at:])
    wide = Layer(layer.name, op, (*layer.bounds, (EXTRA, TIMES)))
    return Framed(case, frame, moved, tally(arch, layer, mapping), tally(arch, wide, Mapping(items)))


def wrong_frames(derive: Callable[..., Any], numbers: Callable[..., Any], count: int) -> Iterator[str]:
    """Counters of framed nests, with numbers put in, that differ from the walk."""
    for framed in framed_cases(count):
        case = framed.case
        formulas = derive(case.arch, case.layer, case.mapping, frame=framed.frame)
        known = dict(zip(formulas.symbols, (loop.factor for loop in case.mapping.loops), strict=True))
        values = numbers(known | {symbol: case.layer.bound[d] for d, symbol in formulas.bounds.items()})
        for counter, place, tensor, doubled, plain in _counters(framed):
            given = values(formulas.total(counter, place, tensor))
            expected = plain if tensor not in framed.moved else doubled
            if given * (TIMES if tensor in framed.moved else 1) != expected:
                yield f"{case} with a frame of {framed.frame}: {counter} {place} {tensor}: {given} against {expected}"


def _counters(framed: Framed) -> Iterator[tuple[str, str, str, int, int]]:
    for memory, tensors in framed.plain.counts.items():
        for tensor, access in tensors.items():
            twice = framed.doubled.counts[memory][tensor]
            yield "read", memory, tensor, twice.read, access.read
            yield "write", memory, tensor, twice.write, access.write
    for link, words in framed.plain.links.items():
        for tensor, count in words.items():
            yield "link", link, tensor, framed.doubled.links[link][tensor], count
