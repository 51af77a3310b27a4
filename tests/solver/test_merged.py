"""Templates searched as one: nothing of any of them is lost, and nothing is bounded from the wrong side."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np
import pytest

from npudsl.mapping.nest import Node
from npudsl.solver import Options
from npudsl.solver import search as search_module
from npudsl.solver.clock import Clock
from npudsl.solver.layer import LayerSearch
from npudsl.solver.merged import Batch
from npudsl.solver.search import Search
from npudsl.solver.start import Entry
from npudsl.spec.loader import load

from ..generate.choices import Seeded
from .fuzz import Kind
from .test_prototype import ROOT

#: Combinations of rows that are compared per template.
SAMPLES = 60


@cache
def several(objective: str) -> tuple[Entry, ...]:
    """Batches of more than one template of a convolution with windows along two dims, on a machine with bandwidths."""
    arch = load(str(ROOT / "benchmarks" / "study_b_bandwidths.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == "conv3")
    search = LayerSearch(arch, layer, Options(objective=objective, space="uneven"), Clock(), lambda value, bound: None)
    return tuple(entry for entry in search._entries("uneven") if len(entry.batch.programs) > 1)


@pytest.mark.parametrize("objective", ["energy", "edp"])
def test_a_merged_row_costs_at_most_what_every_row_costs_that_it_stands_for(objective: str) -> None:
    random = np.random.default_rng(5)
    assert len(several(objective)) > 10
    for entry in several(objective)[::4]:
        merged, search, top = entry.batch.task, entry.search, entry.top
        assert merged is not None
        picks = np.array([random.integers(t.size, size=SAMPLES) for t in merged.tables])
        least = search.bounds(merged, top)
        for column in range(SAMPLES):
            one = picks[:, [column]]
            values = np.prod([t.values[:, r] for t, r in zip(merged.tables, one, strict=True)], axis=0)
            below = least.within(values)[:, 0]
            for task, rows in entry.batch.rows(one):
                mine = search.bounds(task, top)
                own = np.prod([t.values[:, r] for t, r in zip(task.tables, rows, strict=True)], axis=0)
                costs = mine.within(own)
                assert (below[:, None] <= costs * (1 + 1e-12)).all()
                assert (values[merged.steps] <= own[task.steps]).all()
                for (ours, bound), (theirs, same) in zip(merged.limits, task.limits, strict=True):
                    assert bound == same
                    asked = sum(w * values[c] for c, w in ours)
                    assert (asked <= sum(w * own[c] for c, w in theirs) * (1 + 1e-12)).all()


def test_every_row_of_every_template_is_stood_for_once() -> None:
    for entry in several("energy"):
        merged = entry.batch.task
        assert merged is not None
        for number in range(len(entry.batch.programs)):
            member = entry.batch._member(number)
            assert member is not None
            for table, mine, order, starts in zip(
                merged.tables, member.task.tables, member.order, member.starts, strict=True
            ):
                assert starts[0] == 0 and starts[-1] == mine.size and len(starts) == table.size + 1
                assert (np.diff(starts) >= 0).all() and sorted(order) == list(range(mine.size))


@pytest.mark.parametrize("seed", [100078, 100080, 100126, 100151, 100209, 100226])
@pytest.mark.parametrize("timed", [False, True])
def test_searched_as_one_they_give_what_enumeration_finds(
    seed: int, timed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any mapping to begin with, so that every batch is searched as a whole; thousands more with
    `python -m tests.solver.fuzz --space uneven --cold`."""
    merges: list[int] = []
    finish = Search.finish

    def counted(search: Search, batch: Batch, top: frozenset[Node]) -> None:
        if len(batch.programs) > 1:
            merges.append(len(batch.programs))
        finish(search, batch, top)

    monkeypatch.setattr(Search, "finish", counted)
    mistakes = Kind("uneven", timed, cold=True).wrong(Seeded(Random(seed)))
    assert mistakes == [] and merges


@pytest.mark.parametrize("seed", [100078, 100080, 100151])
def test_tables_that_are_forgotten_are_made_again(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is known by then: nothing may be left of them."""
    emptied: list[Batch] = []
    finish = Search.finish

    def counted(search: Search, batch: Batch, top: frozenset[Node]) -> None:
        if batch.task is None:
            emptied.append(batch)
        finish(search, batch, top)

    monkeypatch.setattr(Search, "finish", counted)
    monkeypatch.setattr(search_module, "MOST_HELD", 0)
    assert Kind("uneven", timed=False, cold=True).wrong(Seeded(Random(seed))) == []
    assert emptied
