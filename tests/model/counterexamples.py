"""Cases on which two ways to count once differed, shrunk. Each stays in the suite; `tests/fuzz.py` prints new ones."""

from __future__ import annotations

from ..strategies import Case

#: (what went wrong, the case)
CASES: tuple[tuple[str, Case], ...] = ()
