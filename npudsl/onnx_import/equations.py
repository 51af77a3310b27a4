"""Equations over views: which dims an operator needs so that it reads every operand as it is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .refine import Digit, Digits, NoDigitsError, digits
from .sizes import Size, product
from .values import Atom, Known, Value, View, stored

#: An axis of an operand: the labels that its index is made of, outermost first.
Labels = tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """An axis that a window moves over: `stride*place + dilation*tap - pad`, with the names of the three parameters.

    `size`: of the axis, where it is the output's.
    """

    place: str
    tap: str
    stride: str | None = None
    dilation: str | None = None
    pad: str | None = None
    size: Size = 1

    def __str__(self) -> str:
        place = f"{self.stride}*{self.place}" if self.stride else self.place
        tap = f"{self.dilation}*{self.tap}" if self.dilation else self.tap
        return f"{place} + {tap}" + (f" - {self.pad}" if self.pad else "")


Axis = Labels | Window


@dataclass(frozen=True)
class Operand:
    """A tensor that an equation reads. `role`: what it takes the place of on a machine, if not what it is called."""

    name: str
    value: Value
    axes: tuple[Axis, ...]
    role: str | None = None


@dataclass(frozen=True)
class Equation:
    """`output[axes] REDUCTION body`. `body` has operands as `{name}`; `sizes`: bounds of all labels.

    `together`: lists of labels whose digits may become one dim where every tensor has them side by side.
    `parameters`: name -> (type with default, value as text, None to leave the default).
    """

    operands: tuple[Operand, ...]
    axes: tuple[Axis, ...]
    sizes: Mapping[str, Size]
    body: str
    reduction: str = "="
    together: tuple[tuple[str, ...], ...] = ()
    parameters: Mapping[str, tuple[str, str | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Resolved:
    """An equation with its dims. `index`: tensor -> its ranks as text, in stored order; `along`: the dim along which
    operands that are several tensors stand one after another."""

    dims: dict[str, Size]
    index: dict[str, tuple[str, ...]]
    along: str | None
    output: tuple[tuple[str, ...], ...]

    def view(self, equation: Equation, name: str) -> View:
        """What the layer of this name stores, as the value that the equation computes."""
        shape = tuple(a.size if isinstance(a, Window) else product(equation.sizes[x] for x in a) for a in equation.axes)
        axes = []
        for axis, dims in zip(equation.axes, self.output, strict=True):
            own = (axis.size,) if isinstance(axis, Window) else tuple(self.dims[d] for d in dims)
            axes.append(tuple(Atom(size, True) for size in own))
        order = tuple(atom for axis in axes for atom in axis)
        if any(product(a.size for a in axis) != size for axis, size in zip(axes, shape, strict=True)):
            return stored(name, tuple(a.size for a in order), shape)
        main = tuple(tuple(a for a in axis if a.size != 1) or axis[-1:] for axis in axes)  # groups of 1 say nothing
        return View((name,), order, main)


class CannotReadError(Exception):
    """An operand cannot be read as it is stored. `materialise`: a copy in order would do; else it is a window over
    a piece of an axis, which the language has no view for."""

    def __init__(self, operand: Operand, *, materialise: bool):
        super().__init__(operand.name)
        self.operand = operand
        self.materialise = materialise


def resolve(equation: Equation) -> Resolved:
    """The dims of an equation and every tensor's index. Raises `CannotReadError`."""
    for operand in equation.operands:
        _check_windows(operand)
    found = _digits(equation)
    orders = {o.name: _order(o, found) for o in equation.operands}
    output = [_plain(axis, found) for axis in equation.axes]
    orders["output"] = [digit for axis in output for digit in axis]
    along = _along(equation.operands, found)
    dropped = {d for group in equation.together for label in group for d in found.of_label(label) if found.size(d) == 1}
    orders = {name: [d for d in order if d not in dropped] for name, order in orders.items()}
    fused = _fuse(equation, found, list(orders.values()), along)
    names = _names(fused, equation.together)
    dims = {names[head]: product(found.size(d) for d in chain) for head, chain in fused.items()}
    index = {
        name: tuple(str(d) if isinstance(d, Window) else names[d] for d in order if isinstance(d, Window) or d in names)
        for name, order in orders.items()
    }
    _check_used(equation, names, orders)
    ranks = tuple(tuple(names[d] for d in axis if not isinstance(d, Window) and d in names) for axis in output)
    joined = names[along] if along is not None else None
    return Resolved(_in_order(dims, equation), index, joined, ranks)


def _check_used(equation: Equation, names: Mapping[Digit, str], orders: Mapping[str, list[Digit | Window]]) -> None:
    """What is summed over must be stored: a repeated value is written out first."""
    windows = [o for order in orders.values() for o in order if isinstance(o, Window)]
    moved = {label for w in windows for label in (w.place, w.tap)}
    for digit in names:
        if digit[0] not in moved and not any(digit in order for order in orders.values()):
            repeating = (o for o in equation.operands if isinstance(o.value, View) and o.value.repeats)
            raise CannotReadError(next(repeating), materialise=True)


def _check_windows(operand: Operand) -> None:
    """A window needs a whole stored axis, and what stands before windows inside must be whole axes as well."""
    value = operand.value
    if isinstance(value, Known):
        return
    windows = [i for i, axis in enumerate(operand.axes) if isinstance(axis, Window)]
    for i in windows:
        atoms = value.axes[i]
        if len(atoms) != 1 or not atoms[0].alone or atoms[0] is value.joined:
            raise CannotReadError(operand, materialise=value.joined is not None)
    moved = [value.axes[i][0] for i in windows]
    if windows and list(value.order[len(value.order) - len(moved) :]) != moved:
        whole = all(a.alone for a in value.order) and all(len(axis) == 1 for axis in value.axes)
        if not whole or len(value.order) != len(value.axes):
            raise CannotReadError(operand, materialise=not value.in_stored_order)


def _digits(equation: Equation) -> Digits:
    axes = [
        (operand.value, position, labels)
        for operand in equation.operands
        if isinstance(operand.value, View)
        for position, labels in enumerate(operand.axes)
        if not isinstance(labels, Window) and labels
    ]
    try:
        return digits(equation.sizes, axes)
    except NoDigitsError:
        views = [o for o in equation.operands if isinstance(o.value, View)]
        worst = max(views, key=lambda o: len(o.value.order) if isinstance(o.value, View) else 0)
        raise CannotReadError(worst, materialise=True) from None


def _plain(axis: Axis, found: Digits) -> list[Digit | Window]:
    """The digits of an axis in the order of its labels."""
    if isinstance(axis, Window):
        return [axis]
    return [digit for label in axis for digit in found.of_label(label)]


def _order(operand: Operand, found: Digits) -> list[Digit | Window]:
    """The digits of an operand in the order in which it is stored. A weight is stored as its axes say."""
    value = operand.value
    if isinstance(value, Known):
        return [digit for axis in operand.axes for digit in _plain(axis, found)]
    windows = {value.axes[i][0]: axis for i, axis in enumerate(operand.axes) if isinstance(axis, Window)}
    order: list[Digit | Window] = []
    for atom in value.order:
        order += [windows[atom]] if atom in windows else found.of.get(atom, [])
    for position, axis in enumerate(operand.axes):
        if not isinstance(axis, Window):
            _place_ones(order, position, operand, found)
    return order


def _place_ones(order: list[Digit | Window], position: int, operand: Operand, found: Digits) -> None:
    """Digits of size 1 have no atom: each stands behind the digit before it in its axis, or behind the axis before."""
    before: Digit | Window | None = None
    for place, axis in enumerate(operand.axes[: position + 1]):
        for digit in _plain(axis, found):
            one = not isinstance(digit, Window) and found.size(digit) == 1  # others that are missing are repeated
            if digit not in order and place == position and one:
                order.insert(order.index(before) + 1 if before is not None else 0, digit)
            before = digit if digit in order else before


def _along(operands: Sequence[Operand], found: Digits) -> Digit | None:
    along: Digit | None = None
    for operand in operands:
        value = operand.value
        if not isinstance(value, View) or value.joined is None:
            continue
        here = found.of.get(value.joined, [])
        if len(here) != 1 or along not in (None, here[0]):
            raise CannotReadError(operand, materialise=True)
        along = here[0]
    return along


def _fuse(
    equation: Equation, found: Digits, orders: Sequence[list[Digit | Window]], along: Digit | None
) -> dict[Digit, list[Digit]]:
    """Digits that can be one dim, under the first of them: neighbours wherever they occur. Each digit stands once."""
    grouped = {label for group in equation.together for label in group}
    groups = [*equation.together, *((label,) for label in equation.sizes if label not in grouped)]
    fused: dict[Digit, list[Digit]] = {}
    for group in groups:
        chain: list[Digit] = []
        for digit in (d for label in group for d in found.of_label(label)):
            if len(group) > 1 and found.size(digit) == 1:
                continue
            if chain and along not in (digit, chain[0]) and _adjacent(chain[-1], digit, orders):
                chain.append(digit)
            else:
                chain = fused[digit] = [digit]
    return fused


def _adjacent(first: Digit, second: Digit, orders: Sequence[list[Digit | Window]]) -> bool:
    for order in orders:
        if (first in order) != (second in order):
            return False
        if first in order and order[order.index(first) + 1 : order.index(first) + 2] != [second]:
            return False
    return True


def _names(fused: Mapping[Digit, list[Digit]], together: Sequence[tuple[str, ...]]) -> dict[Digit, str]:
    """Dim names: the label, numbered from the second digit on. A group that became one dim has its first label."""
    alone = {heads[0]: group[0] for group in together if len(heads := [h for h in fused if h[0] in group]) == 1}
    names: dict[Digit, str] = {}
    used: set[str] = set()
    for head in fused:
        base = alone.get(head, head[0])
        name, count = base, 1
        while name in used:
            count += 1
            name = f"{base}{count}"
        used.add(name)
        names[head] = name
    return names


def _in_order(dims: dict[str, Size], equation: Equation) -> dict[str, Size]:
    """The dims in the order of the labels."""
    order = list(equation.sizes)
    return dict(sorted(dims.items(), key=lambda d: order.index(d[0].rstrip("0123456789"))))
