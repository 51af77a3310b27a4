"""Templates searched as one: nothing of any of them is lost, and nothing is bounded from the wrong side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random

import numpy as np
import pytest

from npudsl.solver import Options
from npudsl.solver import search as search_module
from npudsl.solver.clock import Clock
from npudsl.solver.layer import LayerSearch
from npudsl.solver.merged import Merged, merge
from npudsl.solver.rows import Task
from npudsl.solver.start import Entry, batches
from npudsl.spec.loader import load

from ..generate.choices import Seeded
from .fuzz import Kind
from .test_prototype import ROOT

#: Combinations of rows that are compared per template.
SAMPLES = 60


@cache
def several(objective: str) -> tuple[list[Entry], ...]:
    """Batches of more than one template of a convolution with windows along two dims, on a machine with bandwidths."""
    arch = load(str(ROOT / "benchmarks" / "study_b_bandwidths.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == "conv3")
    search = LayerSearch(arch, layer, Options(objective=objective, space="uneven"), Clock(), lambda value, bound: None)
    return tuple(batch for batch in batches(search._entries("uneven")) if len(batch) > 1)


@pytest.mark.parametrize("objective", ["energy", "edp"])
def test_a_merged_row_costs_at_most_what_every_row_costs_that_it_stands_for(objective: str) -> None:
    random = np.random.default_rng(5)
    assert len(several(objective)) > 10
    for batch in several(objective)[::4]:
        tasks = [entry.task for entry in batch]
        merged, search, top = merge(tasks), batch[0].search, batch[0].top
        picks = np.array([random.integers(t.size, size=SAMPLES) for t in merged.task.tables])
        least = search.bounds(merged.task, top)
        for column in range(SAMPLES):
            one = picks[:, [column]]
            values = np.prod([t.values[:, r] for t, r in zip(merged.task.tables, one, strict=True)], axis=0)
            below = least.within(values)[:, 0]
            for member, rows in merged.rows(one):
                mine = search.bounds(tasks[member], top)
                own = [t.values[:, r] for t, r in zip(tasks[member].tables, rows, strict=True)]
                costs = mine.within(np.prod(own, axis=0))
                assert (below[:, None] <= costs * (1 + 1e-12)).all()
                assert (values[merged.task.steps] <= np.prod(own, axis=0)[mine.task.steps]).all()
                for (ours, bound), (theirs, same) in zip(merged.task.limits, mine.task.limits, strict=True):
                    assert bound == same
                    asked = sum(w * values[c] for c, w in ours)
                    assert (asked <= sum(w * np.prod(own, axis=0)[c] for c, w in theirs) * (1 + 1e-12)).all()


def test_every_row_of_every_template_is_stood_for_once() -> None:
    for batch in several("energy"):
        tasks = [entry.task for entry in batch]
        merged = merge(tasks)
        for group, pool in enumerate(merged.pools):
            assert pool.starts[0] == 0 and pool.starts[-1] == pool.index.shape[1] and (np.diff(pool.starts) > 0).all()
            for task, index in zip(tasks, pool.index, strict=True):
                assert sorted(index[index >= 0]) == list(range(task.tables[group].size))


@pytest.mark.parametrize("seed", [100078, 100080, 100095, 100126, 100151, 100169])
@pytest.mark.parametrize("timed", [False, True])
def test_searched_as_one_they_give_what_enumeration_finds(
    seed: int, timed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any mapping to begin with, so that every batch is searched as a whole; thousands more with
    `python -m tests.solver.fuzz --space uneven --cold`."""
    merges: list[int] = []

    def counted(tasks: Sequence[Task]) -> Merged:
        merges.append(len(tasks))
        return merge(tasks)

    monkeypatch.setattr(search_module, "merge", counted)
    mistakes = Kind("uneven", timed, cold=True).wrong(Seeded(Random(seed)))
    assert mistakes == [] and merges
