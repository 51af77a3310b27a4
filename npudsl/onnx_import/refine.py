"""Digits: the pieces in which several tensors can all be indexed.

A label is an index of an equation. Where one operand stores it in two pieces that another keeps together (heads split
off the features, groups of channels), the label becomes two digits, each a dim of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .sizes import Size, divide
from .values import Atom, View

#: A digit: its label, and its number among the digits of the label, outermost first.
Digit = tuple[str, int]


class NoDigitsError(Exception):
    """The pieces of two tensors cut across each other."""


def common(first: Sequence[Size], second: Sequence[Size]) -> tuple[list[list[Size]], list[list[Size]]]:
    """Each size of both lists as a list of factors, such that both lists of factors are the same. Sizes of 1 have none.

    Raises `NoDigitsError` if there is no such factorisation.
    """
    left: list[list[Size]] = [[] for _ in first]
    right: list[list[Size]] = [[] for _ in second]
    i, j = len(first) - 1, len(second) - 1
    a: Size = first[i] if i >= 0 else 1
    b: Size = second[j] if j >= 0 else 1
    while True:
        while a == 1 and i > 0:
            i -= 1
            a = first[i]
        while b == 1 and j > 0:
            j -= 1
            b = second[j]
        if a == 1 and b == 1:
            return left, right
        if a == 1 or b == 1:
            raise NoDigitsError
        factor, a, b = _shared(a, b)
        left[i].insert(0, factor)
        right[j].insert(0, factor)


def _shared(a: Size, b: Size) -> tuple[Size, Size, Size]:
    """The innermost factor of both, and what is left of each."""
    if a == b:
        return a, 1, 1
    rest = divide(a, b)
    if rest is not None:
        return b, rest, 1
    rest = divide(b, a)
    if rest is not None:
        return a, 1, rest
    raise NoDigitsError


@dataclass(frozen=True)
class Digits:
    """`sizes`: label -> its digits' sizes. `of`: atom -> digits, for every operand's atoms."""

    sizes: dict[str, list[Size]]
    of: dict[Atom, list[Digit]]

    def of_label(self, label: str) -> list[Digit]:
        """The digits of a label, outermost first."""
        return [(label, i) for i in range(len(self.sizes[label]))]

    def size(self, digit: Digit) -> Size:
        """How many values a digit has."""
        return self.sizes[digit[0]][digit[1]]


def digits(sizes: Mapping[str, Size], axes: Sequence[tuple[View, int, tuple[str, ...]]]) -> Digits:
    """The digits of every label, given which axis of which view has which labels. A label of size 1 has one digit."""
    found: dict[str, list[Size]] = {label: [size] for label, size in sizes.items()}
    changed = True
    while changed:
        changed = False
        for view, axis, labels in axes:
            for label, factors in zip(labels, _split(found, view, axis, labels), strict=True):
                if factors and factors != found[label]:
                    found[label] = factors
                    changed = True
    of: dict[Atom, list[Digit]] = {}
    for view, axis, labels in axes:
        flat = [((label, i), s) for label in labels for i, s in enumerate(found[label])]
        _, pieces = common([s for _, s in flat], [a.size for a in view.axes[axis]])
        queue = [digit for digit, size in flat if size != 1]
        for atom, piece in zip(view.axes[axis], pieces, strict=True):
            of[atom], queue = queue[: len(piece)], queue[len(piece) :]
    return Digits(found, of)


def _split(found: Mapping[str, list[Size]], view: View, axis: int, labels: tuple[str, ...]) -> list[list[Size]]:
    """The digits of each label that the atoms of one axis ask for."""
    flat = [s for label in labels for s in found[label]]
    factors, _ = common(flat, [a.size for a in view.axes[axis]])
    result, at = [], 0
    for label in labels:
        count = len(found[label])
        result.append([f for piece in factors[at : at + count] for f in piece])
        at += count
    return result
