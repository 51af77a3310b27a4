"""What a name of the graph stands for: data that layers compute (views of stored tensors), or data known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .errors import UndecidedError
from .sizes import Size, divide, product, show


@dataclass(frozen=True, eq=False)
class Atom:
    """A piece of a stored axis: a digit of its index. `alone`: the piece is the whole axis, so that a window can move
    over it."""

    size: Size
    alone: bool


@dataclass(frozen=True)
class View:
    """How a value reads what is stored. `order`: the atoms in stored (row-major) order; `axes`: each axis of the value
    as the atoms that its index is made of, outermost digit first; an axis of size 1 may have none.

    An atom of `axes` that `order` lacks repeats what is stored. Several `sources` stand one after another along the
    atom `joined`. `precision`: the type that a quantised model gives the value.
    """

    sources: tuple[str, ...]
    order: tuple[Atom, ...]
    axes: tuple[tuple[Atom, ...], ...]
    joined: Atom | None = None
    precision: str | None = None

    @property
    def shape(self) -> tuple[Size, ...]:
        return tuple(product(a.size for a in axis) for axis in self.axes)

    @property
    def repeats(self) -> bool:
        """Whether elements that are stored once occur several times."""
        return any(a not in self.order for axis in self.axes for a in axis)

    def trailing(self, count: int) -> bool:
        """Whether the last axes are the innermost ones in storage, in their order."""
        flat = [a for axis in self.axes[len(self.axes) - count :] for a in axis]
        return list(self.order[len(self.order) - len(flat) :]) == flat

    @property
    def in_stored_order(self) -> bool:
        """Whether reading the value row by row reads what is stored from its first word to its last."""
        flat = [a for axis in self.axes for a in axis if a.size != 1]
        return flat == [a for a in self.order if a.size != 1]


@dataclass(frozen=True)
class Known:
    """A value that no layer computes: a weight, a constant, something computed from shapes.

    `data`: elements (int, Poly, float or bool) in an object array if they are known and few, else None.
    `name`: the initialiser that it is, for comments. `dtype`: its element type in the file; `precision`: the type that
    a quantised model gives the value.
    """

    shape: tuple[Size, ...]
    data: np.ndarray | None = None
    name: str | None = None
    dtype: str = "float"
    precision: str | None = None


Value = View | Known


def stored(source: str, sizes: tuple[Size, ...], shape: tuple[Size, ...] | None = None) -> View:
    """A tensor as it is stored, one atom per axis; `shape`: the value's, if its axes are merged or split ones."""
    atoms = tuple(Atom(size, True) for size in sizes)
    view = View((source,), atoms, tuple((a,) for a in atoms))
    return view if shape is None or shape == sizes else reshaped(view, shape)


def transposed(view: View, permutation: tuple[int, ...]) -> View:
    """The value with its axes in another order."""
    return replace(view, axes=tuple(view.axes[i] for i in permutation))


def reshaped(view: View, shape: tuple[Size, ...]) -> View:
    """The value's elements, read row by row, in another shape.

    Raises `UndecidedError` if a size is not known well enough, `NotAViewError` if the new axes cut across the stored
    ones in a way that no index can say.
    """
    rest = [a for axis in view.axes for a in axis if a.size != 1]
    ones = [a for axis in view.axes for a in axis if a.size == 1 and a.alone]
    current = view
    axes: list[tuple[Atom, ...]] = []
    for position, size in enumerate(shape):
        if size == 1:
            same = position < len(view.axes) and view.axes[position] and view.axes[position][0] in ones
            axes.append(view.axes[position] if same else ())
            continue
        current, taken, rest = _take(current, rest, size, [a for axis in axes for a in axis])
        axes.append(taken)
    if rest:
        raise UndecidedError(f"{_sizes(view.shape)} cannot be read as {_sizes(shape)}")
    return replace(current, axes=tuple(axes))


class NotAViewError(Exception):
    """Data would have to move: no index over what is stored reads it so."""


def _take(view: View, rest: list[Atom], size: Size, used: list[Atom]) -> tuple[View, tuple[Atom, ...], list[Atom]]:
    """Atoms from the front of `rest` that together have `size`; the last one is split if it is larger.

    `used`: atoms of axes that are done, which merging must leave alone (it makes new ones).
    """
    taken: list[Atom] = []
    open_size = size
    while open_size != 1:
        if not rest:
            raise UndecidedError(f"nothing of {_sizes(view.shape)} is left for an axis of {show(size)}")
        atom, rest = rest[0], rest[1:]
        below = divide(open_size, atom.size)
        if below is not None:
            taken.append(atom)
            open_size = below
            continue
        inner = divide(atom.size, open_size)
        if inner is not None:
            outer, low = Atom(open_size, False), Atom(inner, False)
            view = _replaced(view, (atom,), (outer, low))
            taken.append(outer)
            rest = [low, *rest]
            open_size = 1
            continue
        view, rest = _merged(view, [atom, *rest], size)
    return view, tuple(taken), rest


def _merged(view: View, rest: list[Atom], size: Size) -> tuple[View, list[Atom]]:
    """The first two atoms as one, if they are neighbours in storage."""
    if len(rest) < 2:
        raise UndecidedError(f"{_sizes(view.shape)} has no axis of {show(size)}")
    first, second = rest[0], rest[1]
    kept = [a for a in view.order if a.size != 1]
    stored_once = first in kept and second in kept and kept.index(second) == kept.index(first) + 1
    repeated = first not in kept and second not in kept
    if not (stored_once or repeated) or view.joined in (first, second):
        if isinstance(first.size, int) and isinstance(second.size, int) and isinstance(size, int):
            raise NotAViewError
        raise UndecidedError(f"{show(first.size)} x {show(second.size)} cannot be read as {show(size)}")
    whole = Atom(first.size * second.size, False)
    return _replaced(view, (first, second), (whole,)), [whole, *rest[2:]]


def _replaced(view: View, old: tuple[Atom, ...], new: tuple[Atom, ...]) -> View:
    """The view with neighbouring atoms exchanged for others in its stored order."""
    if view.joined in old:
        raise NotAViewError
    if old[0] not in view.order:
        return view
    order = [a for a in view.order if a in old or a.size != 1 or a.alone]
    at = order.index(old[0])
    between = [a for a in order[at : order.index(old[-1]) + 1] if a not in old]  # axes of size 1
    order[at : order.index(old[-1]) + 1] = [*new, *between]
    return replace(view, order=tuple(order))


def _sizes(shape: tuple[Size, ...]) -> str:
    return "[" + ", ".join(show(s) for s in shape) + "]"
