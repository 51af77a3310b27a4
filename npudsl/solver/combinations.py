"""All combinations of the rows of a task, where they are few."""

from __future__ import annotations

from math import prod

import numpy as np

from .goal import Incumbent
from .halves import Bounds, Found


def combinations(bounds: Bounds) -> int:
    """How many there are."""
    return prod(table.size for table in bounds.task.tables)


def promising(bounds: Bounds, incumbent: Incumbent) -> Found:
    """Those that may improve."""
    sizes = [table.size for table in bounds.task.tables]
    found = bounds.combined(np.array(np.unravel_index(np.arange(prod(sizes)), sizes)))
    costs = found.costs if bounds.outer is None else found.costs + bounds.outer[:, found.above]
    return found.select(np.flatnonzero(bounds.leads(costs, found.steps, found.below, incumbent)))
