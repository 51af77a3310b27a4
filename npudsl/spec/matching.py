"""Which axes of a stored tensor each rank of an operand reads, in row-major order; adjacent axes may merge or split.

The rules look at names, at numbers of axes and at which dims are known, never at their values, so that a network means
the same for every batch size (values only decide between a meaning and a diagnostic):

1. From either end, a window takes one axis, and an open rank takes the axis of its own name.
2. What lies between is one block; the product of its ranks is the product of its axes, which fixes one open rank.
   Several open ranks: as many ranks as axes are one to one; open ranks before a known one are 1 (`b` of `[b, m = 4, k]`
   is like a missing batch axis); more axes than ranks, all open: leading axes of size 1 are passed over (`g` of
   `[g = 1, m, p, q]` read as `[c, h, w]`), but not the outermost of the tensor, a batch that may grow; else the layer
   must write one of them.
3. Ranks without an axis are 1, if open; known ones split the axis after them (`c -> g, c`), else the one before. Axes
   without a rank merge into the rank beside them (`c, p, q -> c`), if only one side has one.
4. If names lead to sizes that do not fit, but the known ranks alone fill the axes, the open ones are 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from .op import Rank
from .shapes import Axis, is_plain


@dataclass(frozen=True)
class Block:
    """Positions of neighbouring ranks that together read neighbouring axes."""

    ranks: tuple[int, ...]
    axes: tuple[int, ...]

    def with_axes(self, axes: Sequence[int]) -> Block:
        return Block(self.ranks, tuple(sorted((*self.axes, *axes))))

    def with_ranks(self, ranks: Sequence[int]) -> Block:
        return Block(tuple(sorted((*self.ranks, *ranks))), self.axes)


class AmbiguousError(Exception):
    """The rules do not tell which axes these open dims read."""

    def __init__(self, dims: Sequence[str]):
        super().__init__(", ".join(dims))
        self.dims = tuple(dims)


class MismatchError(Exception):
    """A block whose ranks and axes have different products, or axes (ranks) that nothing can read (fill)."""

    def __init__(self, block: Block):
        super().__init__(str(block))
        self.block = block


@dataclass
class _Ends:
    """The unpaired middle, `ranks[low_rank:high_rank]` and `axes[low_axis:high_axis]`, and what is paired around it."""

    high_rank: int
    high_axis: int
    low_rank: int = 0
    low_axis: int = 0
    before: list[Block] = field(default_factory=list)
    after: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Match:
    """`found`: bounds of open dims, each with the first axis that it reads; `windows`: rank -> axis of every window."""

    found: dict[str, tuple[int, int | None]]
    windows: dict[int, int]


def match(ranks: Sequence[Rank], axes: Sequence[Axis], known: Mapping[str, int]) -> Match:
    """How `ranks` read `axes`, given the bounds of some dims. Raises `AmbiguousError` or `MismatchError`."""
    try:
        return _match(ranks, axes, dict(known))
    except MismatchError as error:
        opened = {r.dims[0]: 1 for r in ranks if is_plain(r) and r.dims[0] not in known}
        try:
            alone = _match(ranks, axes, {**known, **opened})
        except (MismatchError, AmbiguousError):
            raise error from None
        return Match(dict.fromkeys(opened, (1, None)), alone.windows)


def _match(ranks: Sequence[Rank], axes: Sequence[Axis], known: dict[str, int]) -> Match:
    found: dict[str, tuple[int, int | None]] = {}
    windows: dict[int, int] = {}
    for block in pair(ranks, axes, set(known).__contains__):
        if len(block.ranks) == 1 and not is_plain(ranks[block.ranks[0]]):
            windows[block.ranks[0]] = block.axes[0]
            continue
        solved = solve(block, ranks, axes, known)
        known.update(solved)
        found.update({d: (v, block.axes[0] if block.axes else None) for d, v in solved.items()})
    return Match(found, windows)


def pair(ranks: Sequence[Rank], axes: Sequence[Axis], is_known: Callable[[str], bool]) -> tuple[Block, ...]:
    """Blocks of ranks and axes in order. Raises `AmbiguousError` or `MismatchError`."""

    def anchored(rank: Rank, axis: Axis) -> bool:
        return not is_plain(rank) or (rank.dims[0] == axis.name and not is_known(axis.name))

    ends = _Ends(len(ranks), len(axes))
    while (
        ends.low_rank < len(ranks) and ends.low_axis < len(axes) and anchored(ranks[ends.low_rank], axes[ends.low_axis])
    ):
        ends.before.append(Block((ends.low_rank,), (ends.low_axis,)))
        ends.low_rank, ends.low_axis = ends.low_rank + 1, ends.low_axis + 1
    while (
        ends.high_rank > ends.low_rank
        and ends.high_axis > ends.low_axis
        and anchored(ranks[ends.high_rank - 1], axes[ends.high_axis - 1])
    ):
        ends.high_rank, ends.high_axis = ends.high_rank - 1, ends.high_axis - 1
        ends.after.insert(0, Block((ends.high_rank,), (ends.high_axis,)))
    _middle(ranks, axes, is_known, ends)
    return (*ends.before, *ends.after)


def _middle(ranks: Sequence[Rank], axes: Sequence[Axis], is_known: Callable[[str], bool], ends: _Ends) -> None:
    """Put what is left between the ends into blocks."""
    left_ranks, left_axes = range(ends.low_rank, ends.high_rank), range(ends.low_axis, ends.high_axis)
    if not left_ranks and not left_axes:
        return
    if any(not is_plain(ranks[i]) for i in left_ranks):
        if len(left_ranks) != len(left_axes):
            raise MismatchError(Block(tuple(left_ranks), tuple(left_axes)))
        ends.before += [Block((i,), (j,)) for i, j in zip(left_ranks, left_axes, strict=True)]
    elif not left_ranks:
        _spare_axes(ranks, axes, list(left_axes), ends)
    elif not left_axes:
        _spare_ranks(ranks, is_known, list(left_ranks), ends)
    else:
        ends.before.append(Block(tuple(left_ranks), tuple(left_axes)))


def _plain_neighbours(ranks: Sequence[Rank], ends: _Ends) -> tuple[bool, bool]:
    before = bool(ends.before) and is_plain(ranks[ends.before[-1].ranks[-1]])
    after = bool(ends.after) and is_plain(ranks[ends.after[0].ranks[0]])
    return before, after


def _spare_axes(ranks: Sequence[Rank], axes: Sequence[Axis], spare: list[int], ends: _Ends) -> None:
    before, after = _plain_neighbours(ranks, ends)
    if before and after and prod(axes[j].size for j in spare) != 1:
        raise AmbiguousError([ranks[ends.before[-1].ranks[-1]].dims[0], ranks[ends.after[0].ranks[0]].dims[0]])
    if before:
        ends.before[-1] = ends.before[-1].with_axes(spare)
    elif after:
        ends.after[0] = ends.after[0].with_axes(spare)
    else:
        ends.before.append(Block((), tuple(spare)))


def _spare_ranks(ranks: Sequence[Rank], is_known: Callable[[str], bool], spare: list[int], ends: _Ends) -> None:
    before, after = _plain_neighbours(ranks, ends)
    known = [i for i in spare if is_known(ranks[i].dims[0])]
    ones = [Block((i,), ()) for i in spare if i not in known]
    if known and after:
        ends.after[0] = ends.after[0].with_ranks(known)
    elif known and before:
        ends.before[-1] = ends.before[-1].with_ranks(known)
    elif known:
        ones.append(Block(tuple(known), ()))
    ends.before += ones


def solve(block: Block, ranks: Sequence[Rank], axes: Sequence[Axis], known: dict[str, int]) -> dict[str, int]:
    """Bounds of the open dims of a block of plain ranks. Raises `AmbiguousError` or `MismatchError`."""
    dims = [ranks[i].dims[0] for i in block.ranks]
    unknown = list(dict.fromkeys(d for d in dims if d not in known))
    if len(unknown) > 1 and len(unknown) == len(dims):
        block = _without_leading_ones(block, axes)
    if len(unknown) > 1 and len(block.ranks) == len(block.axes):
        return _one_to_one(block, dims, axes, known)
    found: dict[str, int] = {}
    if len(unknown) > 1:
        leading = dims[: next((i for i, d in enumerate(dims) if d in known), 0)]
        found = dict.fromkeys(leading, 1)
        unknown = [d for d in unknown if d not in found]
    if len(unknown) > 1 or (unknown and dims.count(unknown[0]) > 1):
        raise AmbiguousError(unknown)
    there = prod(axes[j].size for j in block.axes)
    need = prod(known[d] for d in dims if d in known)
    if there % need or (not unknown and there != need):
        raise MismatchError(block)
    return {**found, unknown[0]: there // need} if unknown else found


def _without_leading_ones(block: Block, axes: Sequence[Axis]) -> Block:
    if block.axes and block.axes[0] == 0:
        return block
    spare = len(block.axes) - len(block.ranks)
    ones = next((i for i, j in enumerate(block.axes) if axes[j].size != 1), len(block.axes))
    return Block(block.ranks, block.axes[max(0, min(spare, ones)) :])


def _one_to_one(block: Block, dims: list[str], axes: Sequence[Axis], known: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for i, j, dim in zip(block.ranks, block.axes, dims, strict=True):
        if (known | found).get(dim, axes[j].size) != axes[j].size:
            raise MismatchError(Block((i,), (j,)))
        found.setdefault(dim, axes[j].size)
    return {d: size for d, size in found.items() if d not in known}
