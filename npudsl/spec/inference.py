"""Bounds of a layer: what it writes, and what the tensors that are bound to its operands fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.source import Span
from . import shape_errors, windows
from .matching import AmbiguousError, MismatchError, match
from .op import Operator, Tensor
from .shape_errors import Reading
from .shapes import Fixed, Shape, is_plain

#: Largest number of operations of one layer.
MAX_POINTS = 10**18


@dataclass(frozen=True)
class Binding:
    """What an operand reads: one stored tensor, or several one after another along the dim `along`."""

    tensor: str
    parts: tuple[Shape, ...]
    along: str | None
    span: Span


@dataclass
class Bounds:
    """The bounds of a layer as they become known, and the real sizes of its operands per rank."""

    layer: str
    op: Operator
    span: Span
    fixed: dict[str, Fixed]
    extents: dict[str, tuple[int, ...]] = field(default_factory=dict)
    points: str = "operations"  # what a diagnostic calls them

    @property
    def values(self) -> dict[str, int]:
        return {d: f.value for d, f in self.fixed.items()}


def infer(
    layer: str,
    op: Operator,
    span: Span,
    written: Mapping[str, Fixed],
    bindings: Sequence[Binding],
    *,
    points: str = "operations",
) -> Bounds:
    """Every bound of the layer. Operands are read in turn until none fixes anything more. `points`: what there may be
    too many of.

    Raises E301 sizes that do not fit, E302 a dim that nothing fixes, E303 ambiguous reading, E304 a window without
    room, E305 bounds out of range.
    """
    bounds = Bounds(layer, op, span, dict(written), points=points)
    _check_range(bounds)
    pending = list(bindings)
    while pending:
        blocked: list[tuple[Binding, Diagnostic]] = []
        before = len(bounds.fixed)
        for binding in pending:
            reason = _read(bounds, binding)
            if reason is not None:
                blocked.append((binding, reason))
        if len(blocked) == len(pending) and len(bounds.fixed) == before:
            raise SpecError(reason for _, reason in blocked)
        pending = [binding for binding, _ in blocked]
    _check_complete(bounds)
    _check_range(bounds)
    return bounds


def _read(bounds: Bounds, binding: Binding) -> Diagnostic | None:
    """Fix what this operand fixes. Returns why it cannot be read entirely yet, None if it is."""
    tensor = bounds.op.tensor(binding.tensor)
    if binding.along is not None:
        return _read_parts(bounds, tensor, binding, binding.along)
    return _read_one(bounds, tensor, binding.parts[0], bounds.fixed, binding.span)


def _read_one(bounds: Bounds, tensor: Tensor, shape: Shape, fixed: dict[str, Fixed], span: Span) -> Diagnostic | None:
    reading = Reading(bounds.layer, tensor.ranks, shape, fixed, span)
    try:
        windowed = _read_plain(reading, fixed)
    except MismatchError as error:
        raise SpecError(shape_errors.mismatch(reading, error.block)) from None
    except AmbiguousError as error:
        return shape_errors.ambiguous(reading, error.dims)
    reasons = [_read_window(bounds, reading, fixed, i, j) for i, j in windowed.items()]
    sizes = {i: shape.axes[j].size for i, j in windowed.items()}
    blocked = next((r for r in reasons if r is not None), None)
    if blocked is None:
        bounds.extents[tensor.name] = tuple(
            sizes[i] if i in sizes else fixed[r.dims[0]].value for i, r in enumerate(tensor.ranks)
        )
    return blocked


def _read_plain(reading: Reading, fixed: dict[str, Fixed]) -> dict[int, int]:
    """Fix the open dims of plain ranks. Returns which axis each window takes."""
    axes = reading.shape.axes
    matched = match(reading.ranks, axes, {d: f.value for d, f in fixed.items()})
    for dim, (value, at) in matched.found.items():
        where = axes[at].span if at is not None else None
        fixed[dim] = Fixed(value, where or reading.span, False)
    return matched.windows


def _read_window(
    bounds: Bounds, reading: Reading, fixed: dict[str, Fixed], position: int, at: int
) -> Diagnostic | None:
    """Fix the one open dim of a window, or check it if there is none."""
    rank, axis = reading.ranks[position], reading.shape.axes[at]
    unknown = [d for d in rank.dims if d not in fixed]
    known = {d: f.value for d, f in fixed.items()}
    if len(unknown) > 1:
        return shape_errors.open_window(reading, rank, axis)
    if unknown:
        value = windows.open_bound(rank, axis.size, known, unknown[0])
        if value < 1:
            raise SpecError(shape_errors.no_room(reading, rank, axis, unknown[0]))
        fixed[unknown[0]] = Fixed(value, axis.span or reading.span, False)
    elif not windows.fits(rank, axis.size, known, bounds.op.output.dims):
        raise SpecError(shape_errors.window_mismatch(reading, rank, axis, bounds.op.output.dims))
    return None


def _read_parts(bounds: Bounds, tensor: Tensor, binding: Binding, along: str) -> Diagnostic | None:
    """Each part is read as if it were alone, with `along` open; the sizes along it add up, the others are equal."""
    known = {d: f for d, f in bounds.fixed.items() if d != along}
    total, seen = 0, dict(known)
    for part in binding.parts:
        fixed = dict(known)
        blocked = _read_one(bounds, tensor, part, fixed, binding.span)
        if blocked is not None:
            return blocked
        total += fixed.pop(along).value
        for dim, found in fixed.items():
            if seen.setdefault(dim, found).value != found.value:
                raise SpecError(
                    shape_errors.uneven_parts(binding.parts, part, along, dim, seen[dim], found, binding.span)
                )
    bounds.fixed.update({d: f for d, f in seen.items() if d not in bounds.fixed})
    mine = bounds.fixed.setdefault(along, Fixed(total, binding.span, False))
    if mine.value != total:
        raise SpecError(shape_errors.wrong_total(bounds.layer, binding.parts, along, mine, total, binding.span))
    sizes = bounds.extents[tensor.name]
    where = next(i for i, rank in enumerate(tensor.ranks) if is_plain(rank) and rank.dims == (along,))
    bounds.extents[tensor.name] = (*sizes[:where], total, *sizes[where + 1 :])
    return None


def _check_complete(bounds: Bounds) -> None:
    missing = [d for d in bounds.op.dims if d not in bounds.fixed]
    if missing:
        shown = ", ".join(f"`{d}`" for d in missing)
        raise SpecError(
            Diagnostic(
                "E302",
                f"nothing fixes {shown} of `{bounds.layer}`",
                Label(bounds.span, f"{shown} {'is' if len(missing) == 1 else 'are'} not written"),
                notes=(f"a layer of `{bounds.op.name}` writes the dims that its inputs do not fix",),
                help=f"write `[{', '.join(f'{d} = ...' for d in missing)}]`",
            )
        )


def _check_range(bounds: Bounds) -> None:
    """E305: a bound below 1, or more operations than `MAX_POINTS`."""
    points, at = 1, bounds.span
    for dim, fixed in bounds.fixed.items():
        if fixed.value < 1:
            label = Label(fixed.span or bounds.span, f"this is {fixed.value}" if fixed.value > -(10**9) else "below 1")
            help = f"give `{dim}` a bound of 1 or more"
            raise SpecError(Diagnostic("E305", f"`{dim}` of `{bounds.layer}` is at least 1", label, help=help))
        if points <= MAX_POINTS < points * fixed.value:
            at = fixed.span or bounds.span
        points *= fixed.value
    if points > MAX_POINTS:
        factors = [f"{d} {_size(fixed.value)}" for d, fixed in bounds.fixed.items() if fixed.value > 1]
        raise SpecError(
            Diagnostic(
                "E305",
                f"`{bounds.layer}` has more than 10^18 {bounds.points}",
                Label(at, "together with this"),
                notes=(f"{' * '.join(factors)} = {_size(points)}",) if len(factors) > 1 else (),
                help="make a bound smaller, or split the layer into several",
            )
        )


def _size(bound: int) -> str:
    """`4096`, `1.2e+29`"""
    if bound < 10**9:
        return str(bound)
    digits = len(str(bound)) - 1 if bound < 10**300 else int(bound.bit_length() * 0.30103)
    return f"{bound / 10**digits:.3g}e+{digits}" if bound < 10**300 else f"about 10^{digits}"
