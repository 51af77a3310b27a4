"""How often Python looks for garbage that refers to itself."""

from __future__ import annotations

import gc

#: Objects made since the last time (Python's own threshold is 700), and how many young collections make an older one.
YOUNG, OLDER = 250_000, 50


def collect_rarely() -> None:
    """For a process of our own: nearly all that a search makes is kept, and going through it again and again took a
    seventh of the time of a search."""
    gc.set_threshold(YOUNG, OLDER, OLDER)
