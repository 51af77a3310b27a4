"""Did you mean ...? The name nearest to a misspelt one, if one is near."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 64  # a longer name is never offered: comparing takes time that grows with the product of the lengths


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` most likely means, or None when no candidate is near.

    A difference in case alone is always near. Otherwise one mistake is allowed for every three characters of the
    shorter name (for two characters one mistake, for one character none). Of equally near candidates the first wins.
    """
    if not name or len(name) > _LONGEST:
        return None
    best: str | None = None
    best_distance = _LONGEST
    for candidate in candidates:
        if not candidate or len(candidate) > _LONGEST or candidate == name:
            continue
        allowed = min(_allowed(name, candidate), best_distance - 1)
        distance = 0 if candidate.lower() == name.lower() else edit_distance(name, candidate, allowed)
        if distance <= allowed:
            best, best_distance = candidate, distance
    return best


def _allowed(a: str, b: str) -> int:
    shorter = min(len(a), len(b))
    return 1 if shorter == 2 else shorter // 3


def edit_distance(a: str, b: str, limit: int) -> int:
    """Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`; `limit + 1` if more.

    Damerau-Levenshtein in the form of optimal string alignment (no character is touched twice).
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row = [i]
        for j, y in enumerate(b, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(last) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]
