"""The physical limit: words that any schedule must move between the memories outside a boundary and everything inside.

A boundary lies below a level. What is inside: all instances of all memories further in, and one word of each tensor per
compute unit where operations may be fed straight from outside. What crosses: words read from memories outside for
memories or operations inside, and words written back from there, each once however many instances receive it.

No schedule without algebraic tricks (every product is formed, sums may be formed in any order) moves fewer words than
`limit_words` says: every word that is touched crosses at least once, and `pebbles.least_moved` bounds any three tensors
that every operation touches, with the others added at one crossing per word. In a mapping, an output word inside a
boundary begins its stay by a load or from zero, and every stay ends with a store outside (tiles leave whole), so that
what it moves is what `pebbles` counts. Instances that share a word only add to what is moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import ceil, inf, prod

from ..mapping.footprint import UncountableError, words
from ..mapping.nest import Mapping as Nest
from ..model.counts import derive
from ..model.evaluate import Numbers
from ..spec.arch import Arch, Level, Memory
from ..spec.op import Layer, Tensor
from .pebbles import Inside, least_moved
from .reuse import most_reuse

#: Counters at a node that count what goes to or comes from inside it; others count what goes on outside.
_INWARDS = frozenset({"fill", "operand", "combine", "result", "addend", "fresh"})


@dataclass(frozen=True)
class Boundary:
    """Below level `outside`: no schedule moves fewer than `words` across it."""

    outside: str
    words: int


def boundaries(arch: Arch, layer: Layer) -> tuple[Boundary, ...]:
    """One per level with another inside it, outermost first; none if words are too many to be counted."""
    levels = arch.levels[:-1]
    try:
        return tuple(Boundary(level.name, limit_words(arch, layer, i)) for i, level in enumerate(levels))
    except (UncountableError, OverflowError):
        return ()


def limit_words(arch: Arch, layer: Layer, level: int) -> int:
    """Words that cross the boundary below level number `level`, at least. Raises UncountableError."""
    touched = {t.name: words(t, layer.bound) for t in layer.op.tensors}
    return ceil(least_weight(arch, layer, level, dict.fromkeys(touched, 1.0), touched) - 1e-6)


def least_weight(
    arch: Arch, layer: Layer, level: int, weights: Mapping[str, float], crossings: Mapping[str, float]
) -> float:
    """The weight that crosses a boundary at least, if a word of a tensor weighs what `weights` says (0: nothing).

    An operand weighs when it is brought in, an output word once per stay inside; `crossings`: how often words of each
    tensor cross at least. Part of the weights may go into `pebbles.least_moved`, the rest then counts for `crossings`:
    heavy words are tried at the weights of lighter ones, which leaves less room inside. Raises UncountableError.
    """
    total = best = sum(weights[name] * count for name, count in crossings.items())
    for triple in combinations(layer.op.tensors, 3):
        kappa = most_reuse(layer, triple)
        for heaviest in {weights[t.name] for t in triple} if kappa is not None else ():
            lighter = {name: min(weight, heaviest) for name, weight in weights.items()}
            inside = _inside(arch, layer, level, lighter)
            one, two, three = (lighter[t.name] for t in triple)
            least = least_moved(layer.points, kappa or 1, (one, two, three), inside)
            best = max(best, total - sum(lighter[t.name] * crossings[t.name] for t in triple) + least)
    return best


# ---- what is inside ------------------------------------------------------------------------------


def _inside(arch: Arch, layer: Layer, level: int, weights: Mapping[str, float]) -> Inside:
    """The heaviest that can be inside a boundary at once, and how many insides there are that exchange nothing."""
    inner = [m for one in arch.levels[level + 1 :] for m in one.memories]
    units = prod(size for array in arch.arrays for _, size in array.axes)
    room = 0.0
    for memory in inner:
        instances = prod(size for array in arch.arrays_between(None, memory.name) for _, size in array.axes)
        room += instances * _heaviest(arch, layer, memory, weights)
    stored = [t for t in layer.op.tensors if any(m.hold(t.role) for m in inner)]
    room = min(room, sum(weights[t.name] * words(t, layer.bound) for t in stored))
    room += units * sum(weights[t.name] for t in layer.op.tensors if not any(_must(m, t) for m in inner))
    return Inside(room, _cells(arch, layer, level))


def _must(memory: Memory, tensor: Tensor) -> bool:
    hold = memory.hold(tensor.role)
    return hold is not None and not hold.optional


def _heaviest(arch: Arch, layer: Layer, memory: Memory, weights: Mapping[str, float]) -> float:
    """The heaviest content of one instance: heaviest words per bit first, within size, shares and whole tensors.

    Shares are parts of the size that do not overlap, so filling greedily is best. Buffering in two halves is no
    concern of a schedule in general.
    """
    held = [t for t in layer.op.tensors if memory.hold(t.role)]
    width = {t.name: arch.width(memory.name, t.role) for t in held}
    left: float | Fraction = inf if memory.size is None else memory.size
    shares = {h.role: inf if h.cap is None else h.cap for h in memory.holds}
    total = 0.0
    for tensor in sorted(held, key=lambda t: -weights[t.name] / width[t.name]):
        bits = min(left, shares[tensor.role], words(tensor, layer.bound) * width[tensor.name])
        left -= bits
        shares[tensor.role] -= bits
        total += weights[tensor.name] * float(bits / width[tensor.name])
    return total


def _cells(arch: Arch, layer: Layer, level: int) -> int:
    """Instances of the arrays that every word which crosses the boundary comes from inside of.

    A word's source is the innermost memory outside the boundary that holds it: at the outermost the innermost one that
    must.
    """
    outside = [m for one in arch.levels[: level + 1] for m in one.memories]
    depths = []
    for tensor in layer.op.tensors:
        sources = [arch.depth[m.name] for m in outside if _must(m, tensor)]
        depths.append(max(sources, default=0))
    return prod(size for a in arch.arrays if arch.depth[a.name] < min(depths) for _, size in a.axes)


# ---- what a mapping moves ------------------------------------------------------------------------


def moved_words(arch: Arch, layer: Layer, mapping: Nest) -> dict[str, int]:
    """Words that a legal mapping moves across the boundary below each level, by the level's name; from the closed
    forms."""
    simple = mapping.simplified()
    formulas = derive(arch, layer, simple)
    known = dict(zip(formulas.symbols, (loop.factor for loop in simple.loops), strict=True))
    values = Numbers(known | {symbol: layer.bound[d] for d, symbol in formulas.bounds.items()})
    level = {m.name: i for i, one in enumerate(arch.levels) for m in one.memories}
    found = dict.fromkeys((one.name for one in arch.levels), 0)
    for booking in formulas.bookings:
        arrives_outside = booking.cause == "evict" and booking.counter == "write"
        if booking.counter == "link" or not (booking.cause in _INWARDS or arrives_outside):
            continue
        if booking.counter == "write" and booking.cause == "fill":
            continue  # the other end of the same words
        at_operations = booking.cause in ("operand", "result", "addend", "fresh") or booking.edge.child is None
        end = len(arch.levels) if at_operations else level[str(booking.edge.child)]
        moved = values(booking.count.expression)
        for one in _levels_between(arch, level[booking.place], end):
            found[one.name] += moved
    return found


def _levels_between(arch: Arch, outer: int, inner: int) -> Iterator[Level]:
    """Levels with the boundary below them on the way from one level to another."""
    yield from arch.levels[outer:inner]
