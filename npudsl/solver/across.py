"""What whole combinations wait for at two places (`waits.py`), where a cut lies between these.

With n the arrivals outside that the first sum was credited, n most cycles, and y those of Y's own tile,

    S / rate + apart(p, X) + apart(q, Y) - n y  =  (1 - y / most) * (the second sum without its credit)
                                                       + (y / most) * (the first sum)

is no more than what is reported. It is no sum over rows, but it grows with both sums and falls with y, so no mapping
that another one beats in all that rows and fronts are compared by (y among it) is below that one in this.
"""

from __future__ import annotations

import numpy as np

from .halves import Bounds, Found
from .problem import Problem


def waited(problem: Problem, bounds: Bounds, found: Found, some: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Cycles that some combinations (positions in `found`) take at least, for their costs with all that is outside,
    shape (costs, some). `bounds`: of one template."""
    cycles = np.zeros(len(some))
    task = bounds.task
    picks = found.picks(some)
    for wait, credit in task.program.credits:
        columns = [column for column, _ in credit]
        values = np.prod([t.values[columns][:, rows] for t, rows in zip(task.tables, picks, strict=True)], axis=0)
        lost = np.array([weight for _, weight in credit]) @ values
        share = np.minimum(lost / problem.lattice.outside(found.above[some]) / float(wait.most), 1.0)
        first, second = (costs[bounds.timed][problem.loads.index(load)] for load in wait.loads)
        cycles = np.maximum(cycles, (1 - share) * (second + lost) + share * first)
    return cycles
