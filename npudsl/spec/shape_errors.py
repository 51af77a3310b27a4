"""Diagnostics of shapes that do not fit: they name the axis, show the arithmetic and mark both places. E301 to E305."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from ..text.diagnostics import Diagnostic, Fix, Label
from ..text.source import Span
from . import windows
from .matching import Block
from .op import Rank
from .shapes import Axis, Fixed, Shape


@dataclass(frozen=True)
class Reading:
    """A reader of a stored tensor: who reads it, with which ranks, and where that is written."""

    reader: str
    ranks: tuple[Rank, ...]
    shape: Shape
    fixed: Mapping[str, Fixed]
    span: Span

    @property
    def verb(self) -> str:
        return "produces" if self.shape.from_layer else "has"


def mismatch(reading: Reading, block: Block) -> Diagnostic:
    """E301 for plain ranks: their product is not that of the axes that they read."""
    narrow = _narrowed(reading, block)
    dims = [reading.ranks[i].dims[0] for i in narrow.ranks]
    axes = [reading.shape.axes[j] for j in narrow.axes]
    known = [(d, reading.fixed[d].value) for d in dims if d in reading.fixed]
    needed, there = prod(v for _, v in known), prod(a.size for a in axes)
    multiple = "a multiple of " if len(known) < len(dims) else ""
    message = (
        f"`{reading.reader}` reads {multiple}{needed} along {_names(dims)}, "
        f"but {reading.shape.title} {reading.verb} {there} along {_names([a.name for a in axes])}"
    )
    culprit = next((d for d, _ in reversed(known) if reading.fixed[d].written), None)
    shown = _product(known)
    read_here = Label(reading.span, "read here")
    there_labels = tuple(_axis_label(reading, a) for a in axes if a.span is not None)
    if culprit is None:
        return Diagnostic("E301", message, Label(reading.span, shown or "does not fit"), there_labels)
    place = reading.fixed[culprit].span or reading.span
    help_, fix = _fitting(known, culprit, there, place)
    return Diagnostic("E301", message, Label(place, shown), (*there_labels, read_here), help=help_, fix=fix)


def window_mismatch(reading: Reading, rank: Rank, axis: Axis, output_dims: tuple[str, ...]) -> Diagnostic:
    """E301 for a window: the bounds that are written are not those that the axis gives."""
    bounds = {d: reading.fixed[d].value for d in rank.dims}
    term = windows.sweeping(rank, output_dims)
    if term is None:
        index = f"{reading.shape.title} {reading.verb} {axis.size} along `{axis.name}`, but is read at {rank.constant}"
        return Diagnostic("E301", index, Label(reading.span, "read here"), _axis_labels(reading, axis))
    dim, mine = term.dim, reading.fixed[term.dim]
    gives = windows.open_bound(rank, axis.size, {d: b for d, b in bounds.items() if d != dim}, dim)
    culprit = mine if mine.written else next((f for d in rank.dims if (f := reading.fixed[d]).written), mine)
    place = culprit.span or reading.span
    labels = (*_axis_labels(reading, axis), *((Label(reading.span, "read here"),) if place != reading.span else ()))
    message = (
        f"`{reading.reader}` computes {mine.value} along `{dim}`, "
        f"but {reading.shape.title} ({axis.name} = {axis.size}) gives {max(gives, 0)}"
    )
    fixable = mine.written and mine.span is not None and gives >= 1
    return Diagnostic(
        "E301",
        message,
        Label(place, f"{mine.value} here" if mine.written else "does not fit"),
        labels,
        (windows.arithmetic(rank, axis.size, bounds, dim),),
        f"write `{dim} = {gives}`, or leave it out" if fixable else None,
        Fix(mine.span, f"{dim} = {gives}") if fixable and mine.span else None,
    )


def no_room(reading: Reading, rank: Rank, axis: Axis, dim: str) -> Diagnostic:
    """E304: the rest of the window is larger than the padded axis."""
    others = tuple(t for t in rank.terms if t.dim != dim)
    extent = windows.span_of(others, {t.dim: reading.fixed[t.dim].value for t in others}) + 1
    padded = windows.room(rank, axis.size) + 1
    culprit = next((reading.fixed[t.dim] for t in others if reading.fixed[t.dim].written), None)
    place = culprit.span if culprit and culprit.span else reading.span
    padding = f" ({padded} with padding)" if padded != axis.size else ""
    return Diagnostic(
        "E304",
        f"the window of `{reading.reader}` is larger than {reading.shape.title} along `{axis.name}`",
        Label(place, f"{extent} wide"),
        (*_axis_labels(reading, axis, more=padding), *((Label(reading.span, "read here"),) if culprit else ())),
    )


def ambiguous(reading: Reading, dims: Sequence[str]) -> Diagnostic:
    """E303: the reader must write a dim, for row-major order allows several ways."""
    axes = ", ".join(f"{a.name} = {a.size}" for a in reading.shape.axes)
    return Diagnostic(
        "E303",
        f"`{reading.reader}` does not say how {_names(dims)} read {reading.shape.title}",
        Label(reading.span, f"[{axes}] can be read in several ways"),
        _axis_labels(reading, *reading.shape.axes)[:1],
        help=f"write one of them, as in `{dims[max(0, len(dims) - 2)]} = ...`",
    )


def open_window(reading: Reading, rank: Rank, axis: Axis) -> Diagnostic:
    """E302: a window has more than one dim that nothing fixes."""
    missing = [d for d in rank.dims if d not in reading.fixed]
    return Diagnostic(
        "E302",
        f"nothing fixes {_names(missing, 'and')} of `{reading.reader}`",
        Label(reading.span, f"{axis.name} = {axis.size} fixes one of them"),
        help=f"write `{missing[-1]} = ...`",
    )


def uneven_parts(
    parts: Sequence[Shape], part: Shape, along: str, dim: str, first: Fixed, found: Fixed, span: Span
) -> Diagnostic:
    """E301: parts that are joined along one dim differ in another."""
    labels = (Label(f.span, f"{f.value} here") for f in (first, found) if f.span and f.span != span)
    return Diagnostic(
        "E301",
        f"parts that are joined along `{along}` are alike in every other dim, but {parts[0].title} has "
        f"{dim} = {first.value} and {part.title} has {dim} = {found.value}",
        Label(span, "joined here"),
        tuple(labels),
    )


def wrong_total(reader: str, parts: Sequence[Shape], along: str, mine: Fixed, total: int, span: Span) -> Diagnostic:
    """E301: the written size is not the sum of the parts."""
    return Diagnostic(
        "E301",
        f"`{reader}` reads {mine.value} along `{along}`, but the parts have {total} together",
        Label(mine.span or span, f"{along} = {mine.value}"),
        (Label(span, f"{' + '.join(p.title for p in parts)} = {total} along `{along}`"),),
        help=f"write `{along} = {total}`, or leave it out",
    )


def _narrowed(reading: Reading, block: Block) -> Block:
    """The block without pairs of the same name and size at its ends: what is left is what does not fit."""
    ranks, axes = list(block.ranks), list(block.axes)

    def equal(i: int, j: int) -> bool:
        dim, axis = reading.ranks[i].dims[0], reading.shape.axes[j]
        return dim == axis.name and dim in reading.fixed and reading.fixed[dim].value == axis.size

    while len(ranks) > 1 and len(axes) > 1 and equal(ranks[0], axes[0]):
        del ranks[0], axes[0]
    while len(ranks) > 1 and len(axes) > 1 and equal(ranks[-1], axes[-1]):
        del ranks[-1], axes[-1]
    return Block(tuple(ranks), tuple(axes))


def _fitting(known: Sequence[tuple[str, int]], culprit: str, there: int, place: Span) -> tuple[str | None, Fix | None]:
    others = [(d, v) for d, v in known if d != culprit and v != 1]
    rest = prod(v for _, v in others)
    if there % rest or there // rest < 1:
        return None, None
    given = "with " + " and ".join(f"{d} = {v}" for d, v in others) + ", " if others else ""
    text = f"{culprit} = {there // rest}"
    return f"{given}`{text}` would fit", Fix(place, text) if place.text.startswith(culprit) else None


def _axis_label(reading: Reading, axis: Axis, more: str = "") -> Label:
    verb = "produced" if reading.shape.from_layer else "there"
    return Label(axis.span or reading.span, f"{axis.name} = {axis.size} {verb}{more}")


def _axis_labels(reading: Reading, *axes: Axis, more: str = "") -> tuple[Label, ...]:
    return tuple(_axis_label(reading, a, more) for a in axes if isinstance(a, Axis) and a.span is not None)


def _product(known: Sequence[tuple[str, int]]) -> str:
    names, values = " * ".join(d for d, _ in known), " * ".join(str(v) for _, v in known)
    return f"{names} = {values} = {prod(v for _, v in known)}" if len(known) > 1 else f"{names} = {values}"


def _names(names: Sequence[str], joint: str = "and") -> str:
    quoted = [f"`{n}`" for n in names]
    return f"{', '.join(quoted[:-1])} {joint} {quoted[-1]}" if len(quoted) > 1 else "".join(quoted) or "nothing"
