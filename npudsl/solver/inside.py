"""What is inside a cut costs at least, for every vector of tile extents that is offered there.

A part inside may need any extents that divide those offered. Of each group of dims the least of a column over all rows
that need no more is a small table; a column's least over the whole part is their product, and costs are sums of
columns. So entries of a front that are cheap outside, but leave tiles too small to be cheap inside, are never made.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .groups import Group
from .latency import Load
from .lattice import Lattice
from .primes import primes
from .rows import Task
from .sieve import Laid

#: Products that are made at a time; bounds the memory.
CHUNK = 1 << 20


def least_costs(
    lattice: Lattice, groups: Sequence[Group], task: Task, laid: Sequence[Laid], loads: Sequence[Load], pace: float
) -> np.ndarray:
    """Shape (costs + 1, vectors): energy, every load and the cycles of the steps, infinite where nothing fits. `task`:
    without tables, of which `laid` are all rows of every group."""
    parts = [_least_needing(lattice, group, rows) for group, rows in zip(groups, laid, strict=True)]
    sums = [(task.energy, task.constant), *(task.loads.get(load, ((), 0.0)) for load in loads)]
    sums.append((((task.steps, pace),), 0.0))
    weights = np.zeros((len(sums), task.count))
    for row, (mine, _) in zip(weights, sums, strict=True):
        for column, weight in mine:
            row[column] += weight
    fits = [np.isfinite(part).all(axis=0) for part in parts]
    parts = [np.where(fit, part, 0.0) for part, fit in zip(parts, fits, strict=True)]
    found = np.zeros((len(sums), lattice.size))
    step = max(1, CHUNK // lattice.size)
    for low in range(0, task.count, step):
        found += weights[:, low : low + step] @ _together([part[low : low + step] for part in parts])
    found += np.array([constant for _, constant in sums])[:, None]
    found[:, _together([fit[None] for fit in fits])[0] == 0] = np.inf
    return _arranged(lattice, groups, found)


def least_energy(task: Task, laid: Sequence[Laid]) -> float:
    """The same of the energy alone, whatever the extents."""
    least = np.prod([rows.extremes() for rows in laid], axis=0)
    return task.constant + sum(weight * float(least[column]) for column, weight in task.energy)


def _least_needing(lattice: Lattice, group: Group, laid: Laid) -> np.ndarray:
    """Shape (columns, vectors of the group's dims): the least (most, if falling) of rows whose needs divide one."""
    places = [lattice.dims.index(dim) for dim in group]
    shape = [lattice.shape[k] for k in places]
    at = np.unravel_index(laid.above, lattice.shape)
    need = np.ravel_multi_index([at[k] for k in places], shape) if places else np.zeros_like(laid.above)
    order = np.argsort(need, kind="stable")
    ascending = need[order]
    starts = np.flatnonzero(np.concatenate([[True], ascending[1:] != ascending[:-1]]))
    needs = ascending[starts]
    found = np.full((len(laid.number), int(np.prod(shape, dtype=int))), np.inf)
    signs, values = np.where(laid.falling, -1.0, 1.0)[:, None], laid.values[:, order]
    found[:, needs] = np.minimum.reduceat(values, starts, axis=1)[laid.number]
    if laid.falling.any():
        most = np.maximum.reduceat(values, starts, axis=1)[laid.number[laid.falling]]
        found[np.ix_(laid.falling, needs)] = -most
    table = found.reshape(-1, *shape)
    for axis, k in enumerate(places, start=1):
        number = {v: i for i, v in enumerate(lattice.axes[k])}
        moved = np.moveaxis(table, axis, 0)
        for prime in primes(lattice.bounds[k]):
            for v in lattice.axes[k]:
                if v * prime in number:
                    moved[number[v * prime]] = np.minimum(moved[number[v * prime]], moved[number[v]])
    return found * signs


def _together(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Products of what groups have, shapes (columns, vectors of a group), for all combinations: (columns, all)."""
    found = np.ones((len(parts[0]), 1))
    for part in parts:
        found = (found[:, :, None] * part[:, None, :]).reshape(len(part), -1)
    return found


def _arranged(lattice: Lattice, groups: Sequence[Group], found: np.ndarray) -> np.ndarray:
    """From vectors in the order of the groups to those of the lattice."""
    dims = [dim for group in groups for dim in group]
    shape = [lattice.shape[lattice.dims.index(dim)] for dim in dims]
    axes = [0, *(1 + dims.index(dim) for dim in lattice.dims)]
    return found.reshape(-1, *shape).transpose(axes).reshape(len(found), -1)
