"""Makes a failing case smaller by making its choices smaller, for cases that no hypothesis run found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic

Offsets = tuple[int, ...]


def shrink(offsets: Offsets, fails: Callable[[Offsets], bool], seconds: float = 20.0) -> Offsets:
    """The smallest choices found that still fail, by deleting runs and lowering single choices until nothing helps."""
    deadline = monotonic() + seconds
    improved = True
    while improved and monotonic() < deadline:
        improved = False
        for candidate in _smaller(offsets):
            if monotonic() > deadline:
                break
            if fails(candidate):
                offsets, improved = candidate, True
                break
    return offsets


def _smaller(offsets: Offsets) -> Iterator[Offsets]:
    """Simpler choices, the boldest first."""
    length = len(offsets)
    for size in (32, 16, 8, 4, 2, 1):
        for start in range(length - size + 1):
            yield offsets[:start] + offsets[start + size :]
    for size in (8, 4, 2, 1):
        for start in range(0, length - size + 1, size):
            if any(offsets[start : start + size]):
                yield offsets[:start] + (0,) * size + offsets[start + size :]
    for at, offset in enumerate(offsets):
        for lower in dict.fromkeys((offset // 2, offset - 1)):
            if 0 < lower < offset:
                yield (*offsets[:at], lower, *offsets[at + 1 :])
