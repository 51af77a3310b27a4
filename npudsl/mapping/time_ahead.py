"""How long a mapping takes at most if its boundaries fall into classes: some movements go on beside the steps.

docs/latency.md, In closed form, says why this is an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from .nest import Mapping
from .resources import Loads, longest
from .time_classes import Class, Movement, StepKind
from .timing import Terms

ZERO = Fraction(0)


@dataclass(frozen=True)
class Parts:
    """The movements of a boundary: those that its step waits for and that wait for the step before (`apart`), arrivals
    that may come beside the steps before it (`ahead`), and evictions that may go on beside those after it (`late`)."""

    apart: tuple[Movement, ...]
    ahead: tuple[Movement, ...]
    late: tuple[Movement, ...]


def parts(terms: Terms, boundary: Class) -> Parts:
    """A movement is apart if its tile is single-buffered, or one that it waits for (or, leaving, that waits for it)
    is."""
    apart: list[Movement] = []
    ahead: list[Movement] = []
    late: list[Movement] = []
    single: set[str] = set()  # tensors of which a single-buffered tile has arrived further outside
    for m in boundary.movements:
        if not m.leaves:
            single |= set() if m.flow.ahead(terms.arch) else {m.flow.tensor}
            (apart if m.flow.tensor in single else ahead).append(m)
    single.clear()
    for m in reversed([m for m in boundary.movements if m.leaves]):  # outermost first
        single |= set() if m.flow.ahead(terms.arch) else {m.flow.tensor}
        (apart if m.flow.tensor in single else late).append(m)
    return Parts(tuple(apart), tuple(ahead), tuple(late))


def at_most(terms: Terms, mapping: Mapping, boundaries: Sequence[Class], kinds: Sequence[StepKind]) -> Fraction | None:
    """Cycles between the onload and the offload, at most; None if the steps leave nothing of a port that is needed."""
    innermost = max((c.loop for c in boundaries if any(m.load for m in c.movements)), default=-1)
    split = [(c.times, parts(terms, c)) for c in boundaries if c.loop <= innermost]
    free = _free(terms, kinds)
    if any(not free.get(r, 1) for _, p in split for m in (*p.ahead, *p.late) for r in m.load):
        return None
    between = _steps(mapping, innermost) * min(_length(terms, k) for k in kinds)
    late = max((_beside(p.late, free) for _, p in split), default=ZERO)
    total = sum((k.times * _length(terms, k) for k in kinds), ZERO)
    if any(_complete(p.late, free) > between for _, p in split):
        total += max(ZERO, late - between)  # after the last boundary
    for times, p in split:
        apart = _one_by_one(p.apart)
        if apart or any(_complete((*before.late, *p.ahead), free) > between for _, before in split):
            excess = max(ZERO, late + _beside(p.ahead, free) - between)
            total += times * (excess + apart + _one_by_one(p.late))  # those late go before what the step waits for
    return total


def _one_by_one(movements: Iterable[Movement]) -> Fraction:
    return sum((longest(m.load) for m in movements), ZERO)


def _length(terms: Terms, kind: StepKind) -> Fraction:
    return max(terms.pace, longest(kind.load))


def _free(terms: Terms, kinds: Sequence[StepKind]) -> Loads:
    """The part of a resource that steps always leave free."""
    free: Loads = {}
    for kind in kinds:
        for resource, cycles in kind.load.items():
            free[resource] = min(free.get(resource, Fraction(1)), 1 - cycles / _length(terms, kind))
    return free


def _steps(mapping: Mapping, innermost: int) -> int:
    """Steps between two boundaries with movements: with perfect factors always as many."""
    inside = mapping.simplified().loops[innermost + 1 :]
    return prod(loop.factor for loop in inside if not loop.spatial)


def _beside(movements: Iterable[Movement], free: Loads) -> Fraction:
    """Cycles until the movements are complete, one after the other, with what steps leave."""
    return sum((max((c / free.get(r, 1) for r, c in m.load.items()), default=ZERO) for m in movements), ZERO)


def _complete(movements: Sequence[Movement], free: Loads) -> Fraction:
    """Cycles until all are complete, with what steps leave, if nothing else goes first.

    At most one after the other; and each at most, at any of its resources, with all before it there once those that it
    waits for are complete.
    """
    waited: Loads = {}
    ends: dict[str, Fraction] = {}  # of the last movement of a tensor: the next of that tensor may wait for it
    for m in movements:
        for resource, cycles in m.load.items():
            waited[resource] = waited.get(resource, ZERO) + cycles / free.get(resource, 1)
        own = max((waited[r] for r in m.load), default=ZERO)
        ends[m.flow.tensor] = ends.get(m.flow.tensor, ZERO) + own
    return min(_beside(movements, free), max(ends.values(), default=ZERO))
