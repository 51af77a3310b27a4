"""Windows over an axis: `stride*p + dilation*r - pad`, and the bound that an axis gives, as frameworks compute it.

The index may reach `pad` beyond either end of the axis (`pad`: what the negative constant says), so
`sum of coefficient * (bound - 1) <= size - 1 + 2 * pad`; an open dim takes the largest bound that fits:
`p = (size + 2*pad - dilation*(r - 1) - 1) // stride + 1` (the formula of PyTorch's `Conv2d`).
"""

from __future__ import annotations

from collections.abc import Mapping

from .op import Rank, Term


def room(rank: Rank, size: int) -> int:
    """The largest sum of coefficient * (bound - 1) that stays inside the padded axis; negative: nothing fits."""
    return size - 1 - 2 * rank.constant if rank.constant < 0 else size - 1 - rank.constant


def span_of(terms: tuple[Term, ...], bounds: Mapping[str, int]) -> int:
    """The distance from the first index to the last."""
    return sum(t.coefficient * (bounds[t.dim] - 1) for t in terms)


def open_bound(rank: Rank, size: int, bounds: Mapping[str, int], dim: str) -> int:
    """The bound of `dim`, the only one that `bounds` lacks. Less than 1: the rest of the window does not fit."""
    others = tuple(t for t in rank.terms if t.dim != dim)
    coefficient = next(t.coefficient for t in rank.terms if t.dim == dim)
    return (room(rank, size) - span_of(others, bounds)) // coefficient + 1


def sweeping(rank: Rank, output_dims: tuple[str, ...]) -> Term | None:
    """The term that moves the window: the one with the least coefficient among dims of the output, else among all."""
    moving = [t for t in rank.terms if t.dim in output_dims] or list(rank.terms)
    return min(moving, key=lambda t: t.coefficient, default=None)


def fits(rank: Rank, size: int, bounds: Mapping[str, int], output_dims: tuple[str, ...]) -> bool:
    """Whether written bounds are those of the axis: what the formula gives, or the same rounded up.

    Rounded up, the last window begins inside the axis and reaches beyond its padding by less than one step: `ceil_mode`
    pooling, and `same` padding that is larger at the far end.
    """
    term = sweeping(rank, output_dims)
    if term is None:
        return 0 <= rank.constant < size
    over = span_of(rank.terms, bounds) - room(rank, size)
    if -term.coefficient < over <= 0:
        return True
    begins = term.coefficient * (bounds[term.dim] - 1) + rank.constant
    return 0 < over < term.coefficient and begins < size


def arithmetic(rank: Rank, size: int, bounds: Mapping[str, int], dim: str) -> str:
    """`(227 + 2*0 - 1*(11 - 1) - 1) // 4 + 1 = 55`."""
    parts = [str(size)]
    if rank.constant:
        parts.append(f"+ 2*{-rank.constant}" if rank.constant < 0 else f"- {rank.constant}")
    for term in rank.terms:
        if term.dim != dim:
            factor = f"{term.coefficient}*" if term.coefficient != 1 else ""
            parts.append(f"- {factor}({bounds[term.dim]} - 1)")
    step = next(t.coefficient for t in rank.terms if t.dim == dim)
    known = {d: b for d, b in bounds.items() if d != dim}
    return f"({' '.join(parts)} - 1) // {step} + 1 = {open_bound(rank, size, known, dim)}"
