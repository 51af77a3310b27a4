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


def least_costs(
    lattice: Lattice, groups: Sequence[Group], task: Task, laid: Sequence[Laid], loads: Sequence[Load], pace: float
) -> np.ndarray:
    """Shape (costs + 1, vectors): energy, every load and the cycles of the steps, infinite where nothing fits. `task`:
    without tables, of which `laid` are all rows of every group."""
    parts = [_least_needing(lattice, group, rows) for group, rows in zip(groups, laid, strict=True)]
    sums = [(task.energy, task.constant), *(task.loads.get(load, ((), 0.0)) for load in loads)]
    sums.append((((task.steps, pace),), 0.0))
    found = np.array([np.full(lattice.size, constant) for _, constant in sums])
    for column in range(task.count):
        weights = [(k, w) for k, (mine, _) in enumerate(sums) for c, w in mine if c == column]
        if weights:
            product = _together(lattice, groups, [part[column] for part in parts])
            for k, weight in weights:
                found[k] += weight * product
    fits = _together(lattice, groups, [np.isfinite(part).all(axis=0).astype(float) for part in parts])
    found[:, fits == 0] = np.inf
    return found


def _least_needing(lattice: Lattice, group: Group, laid: Laid) -> np.ndarray:
    """Shape (columns, vectors of the group's dims): the least (most, if falling) of rows whose needs divide one."""
    places = [lattice.dims.index(dim) for dim in group]
    shape = [lattice.shape[k] for k in places]
    at = np.unravel_index(laid.above, lattice.shape)
    need = np.ravel_multi_index([at[k] for k in places], shape) if places else np.zeros_like(laid.above)
    order = np.argsort(need, kind="stable")
    needs, starts = np.unique(need[order], return_index=True)
    found = np.full((len(laid.number), int(np.prod(shape, dtype=int))), np.inf)
    signs = np.where(laid.falling, -1.0, 1.0)[:, None]
    found[:, needs] = np.minimum.reduceat(laid.values[:, order][laid.number] * signs, starts, axis=1)
    table = found.reshape(-1, *shape)
    for axis, k in enumerate(places, start=1):
        number = {v: i for i, v in enumerate(lattice.axes[k])}
        moved = np.moveaxis(table, axis, 0)
        for prime in primes(lattice.bounds[k]):
            for v in lattice.axes[k]:
                if v * prime in number:
                    moved[number[v * prime]] = np.minimum(moved[number[v * prime]], moved[number[v]])
    return found * signs


def _together(lattice: Lattice, groups: Sequence[Group], parts: Sequence[np.ndarray]) -> np.ndarray:
    """The products of what groups have at their parts of every vector, shape (vectors,)."""
    product = np.ones(1)
    for part in parts:
        product = np.multiply.outer(product, np.where(np.isfinite(part), part, 0.0)).ravel()
    dims = [dim for group in groups for dim in group]
    shape = [lattice.shape[lattice.dims.index(dim)] for dim in dims]
    return product.reshape(shape).transpose([dims.index(dim) for dim in lattice.dims]).ravel()
